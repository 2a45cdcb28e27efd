package ledger

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrBusy is returned by Append when too many events wait already. Nothing was written; try again later.
	ErrBusy = errors.New("ledger is busy")

	// ErrUnavailable is returned when the connection to the server was lost before it answered, or has not come back yet.
	ErrUnavailable = errors.New("ledger cannot be reached")

	// ErrClosed is returned when the ledger was closed before the outcome was known.
	ErrClosed = errors.New("ledger is closed")
)

// DriftError says that a stream is not set up as the ledger demands, so that its promises (nothing is ever deleted, a
// repeat is recognised) no longer hold. The ledger refuses to run on such a stream.
type DriftError struct {
	Stream string
	Fields []Drift
}

// Drift is one setting of a stream that is not as it should be. Values are in the server's own JSON notation.
type Drift struct {
	Field           string
	Expected, Found string
}

// Error names every field with the value expected and the value found.
func (e *DriftError) Error() string {
	fields := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		fields[i] = fmt.Sprintf("%s is %s, must be %s", f.Field, f.Found, f.Expected)
	}
	return fmt.Sprintf("stream %s has drifted: %s", e.Stream, strings.Join(fields, "; "))
}
