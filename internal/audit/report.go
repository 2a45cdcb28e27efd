package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"milemarker/events"
)

// Report says whether the ledger extends a checkpoint.
type Report struct {
	Checkpoint events.Position `json:"checkpoint"` // up to where it speaks
	Issued     time.Time       `json:"issued"`
	Signed     int64           `json:"signed"` // messages that it covers
	Read       int64           `json:"read"`   // messages that stand there now
	Intact     bool            `json:"intact"`

	// What is wrong, where it is not intact: the logs whose roots are others, that the first fault lies behind After and
	// not behind UpTo, and which it is, if that can be proved.
	Logs  []int           `json:"logs,omitempty"`
	After events.Position `json:"after,omitempty"`
	UpTo  events.Position `json:"up_to,omitempty"`
	First *Difference     `json:"first,omitempty"`
}

// The kinds of Difference.
const (
	Altered  = "altered"
	Removed  = "removed"
	Inserted = "inserted"
)

// Difference is the first event that is not as it was signed.
type Difference struct {
	Kind     string          `json:"kind"`
	Position events.Position `json:"position"` // removed: where it stood; else where it stands
	Count    int             `json:"count"`    // how many in a row; what lies behind them was not looked at
	Log      int             `json:"log"`      // the partition, or the number behind the last
	Subject  string          `json:"subject,omitempty"`
	ID       string          `json:"id,omitempty"` // <org>/<id>, as the message says now
}

// String tells what was found, in one line or two.
func (r Report) String() string {
	if r.Intact {
		return fmt.Sprintf("intact: the ledger extends the checkpoint of %s, %d events up to position %d",
			r.Issued.Format(time.RFC3339), r.Signed, r.Checkpoint)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "NOT INTACT: the ledger is not what was signed on %s up to position %d\n",
		r.Issued.Format(time.RFC3339), r.Checkpoint)
	if d := r.First; d != nil {
		fmt.Fprintf(&b, "first difference: %s at position %d", d.Kind, d.Position)
		if d.Count > 1 {
			fmt.Fprintf(&b, ", %d events in a row", d.Count)
		}
		if d.ID != "" {
			fmt.Fprintf(&b, ": %q under %q", d.ID, d.Subject)
		}
		return b.String()
	}
	fmt.Fprintf(&b, "first difference: behind position %d, at %d at the latest; %d events stand where %d were signed",
		r.After, r.UpTo, r.Read, r.Signed)
	return b.String()
}

// window is how many messages behind the first difference are looked at, to tell what it is.
const window = 1024

// name tells what the first difference is. It returns nil when that cannot be proved: what is known of the messages must
// add up to what was signed.
func (v *verification) name(c Checkpoint) (*Difference, error) {
	if v.known == nil {
		return nil, nil
	}
	known, err := readForest(v.known, c.Position)
	if err != nil {
		return nil, err
	}
	if heads, err := known.heads(); err != nil || known.position != c.Position || heads != c.Heads {
		return nil, err
	}
	var stood []leaf
	for p := v.equal + 1; p <= c.Position && len(stood) < window; p++ {
		switch l, err := readLeaf(v.known, p); {
		case err != nil:
			return nil, err
		case l.log != nothing:
			stood = append(stood, l)
		}
	}
	d := tell(stood, v.present)
	if d != nil && len(v.present) == 0 { // nothing is left behind it
		d.Count = int(c.Events() - v.read)
	}
	return d, nil
}

// tell says what became of the messages that stood, given those that are present; all before them are the same.
func tell(stood []leaf, present []message) *Difference {
	switch {
	case len(stood) == 0 && len(present) == 0:
		return nil
	case len(present) == 0:
		return removed(stood, len(stood))
	case len(stood) == 0:
		return inserted(present, len(present))
	}
	gone := slices.IndexFunc(stood, func(l leaf) bool { return l.content == present[0].content })
	come := slices.IndexFunc(present, func(m message) bool { return m.content == stood[0].content })
	switch {
	case gone > 0 && (come <= 0 || gone <= come):
		return removed(stood, gone)
	case come > 0:
		return inserted(present, come)
	case stood[0].position < present[0].position:
		return removed(stood, count(stood, func(l leaf) bool { return l.position < present[0].position }))
	case present[0].position < stood[0].position:
		return inserted(present, count(present, func(m message) bool { return m.position < stood[0].position }))
	}
	n := 0
	for n < min(len(stood), len(present)) && stood[n].position == present[n].position && stood[n].content != present[n].content {
		n++
	}
	d := inserted(present, n)
	d.Kind = Altered
	return d
}

func removed(stood []leaf, n int) *Difference {
	return &Difference{Kind: Removed, Position: stood[0].position, Count: n, Log: int(stood[0].log)}
}

func inserted(present []message, n int) *Difference {
	m := present[0]
	return &Difference{Kind: Inserted, Position: m.position, Count: n, Log: int(m.log), Subject: m.subject, ID: m.id}
}

// count returns how many elements from the first on ok holds for.
func count[T any](list []T, ok func(T) bool) int {
	if n := slices.IndexFunc(list, func(v T) bool { return !ok(v) }); n >= 0 {
		return n
	}
	return len(list)
}
