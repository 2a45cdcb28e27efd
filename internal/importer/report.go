package importer

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"milemarker/events"
)

// Report counts what became of a file. After an interruption it goes on counting where the run before stopped.
type Report struct {
	Rows      int // records read, the header aside
	Skipped   int // rows to which no rule applied
	Events    int // events made of rows and valid
	Appended  int // now in the ledger
	Duplicate int // already there, the same
	Conflict  int // already there, but different: nothing written
	Rejected  int // rows or events refused, here or by the server

	ByType       map[string]int  // valid events by type
	LastPosition events.Position // the highest position that the server named
}

// String says the report in a few lines for people, without a line end behind the last.
func (r Report) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "rows %d, skipped %d, events %d, rejected %d\n", r.Rows, r.Skipped, r.Events, r.Rejected)
	for _, typ := range slices.Sorted(maps.Keys(r.ByType)) {
		fmt.Fprintf(&out, "  %-24s %d\n", typ, r.ByType[typ])
	}
	if done := r.Appended + r.Duplicate + r.Conflict; done > 0 {
		fmt.Fprintf(&out, "appended %d, duplicate %d, conflict %d, last position %d\n",
			r.Appended, r.Duplicate, r.Conflict, r.LastPosition)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// mapped counts what a batch's rows were made into, before it is sent.
func (r *Report) mapped(b batch) {
	r.Rows += b.rows
	r.Skipped += b.skipped
	for _, it := range b.items {
		if it.event == nil {
			r.Rejected++
			continue
		}
		r.Events++
		if r.ByType == nil {
			r.ByType = map[string]int{}
		}
		r.ByType[it.typ]++
	}
}

// answered counts one receipt and returns why the event was not recorded, "" if it was.
func (r *Report) answered(receipt events.Receipt) (reason string) {
	r.LastPosition = max(r.LastPosition, receipt.Position)
	switch receipt.Outcome {
	case events.Appended:
		r.Appended++
	case events.Duplicate:
		r.Duplicate++
	case events.Conflict:
		r.Conflict++
		return fmt.Sprintf("conflict: id %q stands at position %d with other content", receipt.ID, receipt.Position)
	case events.Rejected:
		r.Rejected++
		return strings.TrimSuffix("rejected by the server: "+violated(withoutIndex(receipt.Violations)), ": ")
	}
	return ""
}

// withoutIndex takes the event's place in the batch off the pointers: it means nothing in the rejected file.
func withoutIndex(violations []events.Violation) []events.Violation {
	out := make([]events.Violation, len(violations))
	for i, v := range violations {
		index, rest, _ := strings.Cut(strings.TrimPrefix(v.Pointer, "/"), "/")
		if index != "" && strings.Trim(index, "0123456789") == "" {
			v.Pointer = strings.TrimSuffix("/"+rest, "/")
		}
		out[i] = v
	}
	return out
}
