package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing wrong with a mapping document, or with what it makes of an input.
//
//nolint:errname // named after what it is: most of them are listed, not returned
type Fault struct {
	Line   int    // of the document, from 1
	Where  string // which part of the event it concerns, such as "/data/amount" or "time"; "" for the document itself
	Detail string // what is wrong
	Mend   string // what helps, "" if the detail says it
}

// Error says where and what.
func (f *Fault) Error() string {
	if f.Where == "" {
		return f.Detail
	}
	return f.Where + ": " + f.Detail
}

// Error lists everything wrong with a mapping document, by line.
type Error struct {
	Faults []Fault
}

// Error gives one line for each fault.
func (e *Error) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = fmt.Sprintf("line %d: %s", f.Line, f.Detail)
		if f.Mend != "" {
			lines[i] += "; " + f.Mend
		}
	}
	return strings.Join(lines, "\n")
}

func single(line int, detail string) *Error {
	return &Error{[]Fault{{Line: max(line, 1), Detail: detail}}}
}

// NewError returns the faults in the order of their lines, nil if there are none.
func NewError(faults []Fault) error {
	if len(faults) == 0 {
		return nil
	}
	slices.SortStableFunc(faults, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
	return &Error{faults}
}
