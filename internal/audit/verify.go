package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"milemarker/events"
)

// Evidence is what may lie beside the ledger to name a difference: a log's folder. None of it is needed for a proof, and
// none of it is believed unless it adds up to what was signed.
type Evidence struct {
	Folder string // "": none
	Key    string // the public key
}

// progressEvery is how many positions lie between two calls of a progress function.
const progressEvery = 10_000

// Verify reads the ledger up to the position of a checkpoint, reckons every root from it, and tells whether they are those
// that were signed; then the present ledger extends the checkpoint. If they are not, it names the first event that was
// altered, removed or inserted, if the evidence allows, else between which positions it lies. An error means that nothing
// can be said. progress, if not nil, is told from time to time up to where the ledger was read.
func Verify(
	ctx context.Context, ledger Ledger, c Checkpoint, evidence Evidence, progress func(events.Position),
) (report Report, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("audit: %w", err)
		}
	}()
	marks, err := evidence.marks(c)
	if err != nil {
		return Report{}, err
	}
	v := &verification{marks: marks}
	if v.known, err = evidence.open(); err != nil {
		return Report{}, err
	}
	if v.known != nil {
		defer func() { err = errors.Join(err, v.known.Close()) }()
	}
	err = ledger.Scan(ctx, 1, c.Position, func(f events.Frame, id, digest string) error {
		if progress != nil && f.Position%progressEvery == 0 {
			progress(f.Position)
		}
		return v.add(f, id, digest)
	})
	if err == nil {
		err = v.reach(c.Position) // where the ledger ends before
	}
	if err != nil {
		return Report{}, err
	}
	report = Report{Checkpoint: c.Position, Issued: c.Time, Signed: c.Events(), Read: v.read}
	heads, err := v.forest.heads()
	if err != nil {
		return Report{}, err
	}
	for i, h := range c.Heads {
		if heads[i] != h {
			report.Logs = append(report.Logs, i)
		}
	}
	report.Intact = len(report.Logs) == 0
	if report.Intact {
		return report, nil
	}
	report.After, report.UpTo = v.good, c.Position
	if v.bad > 0 {
		report.UpTo = v.bad
	}
	report.First, err = v.name(c)
	return report, err
}

// verification is one reading of the ledger.
type verification struct {
	marks  []Checkpoint // the one in question and those kept from before it, by position
	good   events.Position
	bad    events.Position // the first mark that does not hold, 0 while all do
	known  *os.File        // of leaves; nil: none
	forest forest
	leaves leaves
	read   int64

	differs bool            // from what is known
	equal   events.Position // of the last message before that
	present []message       // those behind it, at most window
}

// message is what stands in the ledger now.
type message struct {
	leaf
	subject, id string
}

func (v *verification) add(f events.Frame, id, digest string) error {
	l := v.leaves.of(f, id, digest)
	v.read++
	if err := v.compare(message{l, f.Subject, id}); err != nil {
		return err
	}
	if err := v.reach(f.Position - 1); err != nil {
		return err
	}
	if err := v.forest.add(l); err != nil {
		return err
	}
	return v.mark()
}

// reach takes in that nothing stands between the last message and a position, included.
func (v *verification) reach(position events.Position) error {
	for len(v.marks) > 0 && v.marks[0].Position <= position {
		v.forest.position = v.marks[0].Position
		if err := v.mark(); err != nil {
			return err
		}
	}
	v.forest.position = max(v.forest.position, position)
	return nil
}

// mark holds the logs against the mark at this position, if there is one.
func (v *verification) mark() error {
	if len(v.marks) == 0 || v.marks[0].Position != v.forest.position {
		return nil
	}
	heads, err := v.forest.heads()
	switch {
	case err != nil:
		return err
	case heads == v.marks[0].Heads && v.bad == 0:
		v.good = v.marks[0].Position
	case v.bad == 0:
		v.bad = v.marks[0].Position
	}
	v.marks = v.marks[1:]
	return nil
}

// compare notes the first message that is not what is known, and those behind it.
func (v *verification) compare(m message) error {
	if v.known == nil {
		return nil
	}
	for p := v.forest.position + 1; p <= m.position && !v.differs; p++ {
		l, err := readLeaf(v.known, p)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		same := l == m.leaf
		if p < m.position { // nothing stands there now
			same = l.log == nothing
		}
		v.differs = err != nil || !same
	}
	if !v.differs {
		v.equal = m.position
	}
	if v.differs && len(v.present) < window {
		v.present = append(v.present, m)
	}
	return nil
}

func (e Evidence) open() (*os.File, error) {
	if e.Folder == "" {
		return nil, nil
	}
	f, err := os.Open(filepath.Join(e.Folder, leavesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return f, err
}

// marks returns the checkpoint and those kept from before it that bear the signature; the others count as absent.
func (e Evidence) marks(c Checkpoint) ([]Checkpoint, error) {
	marks := []Checkpoint{c}
	if e.Folder == "" {
		return marks, nil
	}
	key, err := ParsePublic(e.Key)
	if err != nil {
		return nil, err
	}
	names, err := checkpointNames(e.Folder)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if old, ok := readMark(name, key); ok && old.Position < c.Position {
			marks = append(marks, old)
		}
	}
	slices.SortFunc(marks, func(a, b Checkpoint) int { return int(int64(a.Position) - int64(b.Position)) })
	return marks, nil
}

func readMark(name string, key note.Verifier) (Checkpoint, bool) {
	signed, err := os.ReadFile(name)
	if err != nil {
		return Checkpoint{}, false
	}
	c, err := Open(signed, key)
	return c, err == nil
}
