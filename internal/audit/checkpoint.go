package audit

import (
	"bufio"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"milemarker/events"
)

// ErrCheckpoint is returned for what is not a checkpoint, or not one signed with the key.
var ErrCheckpoint = errors.New("not a checkpoint signed with this key")

// checkpointLabel is the first line of every checkpoint.
const checkpointLabel = "milemarker/ledger/v1"

// Head is one log as a checkpoint speaks of it.
type Head struct {
	Size int64     // messages
	Root tlog.Hash // over all of them
}

// Checkpoint says what the ledger was up to a position. Its text is a label, the position and the time, then a line for
// each log: its number, its size and its root in base64.
//
//	milemarker/ledger/v1
//	position 1204
//	time 2026-11-02T15:04:05Z
//	00 76 6v1WqHTmpzbDIzJnHkFLJjhlyEDLyyMrZ1qT3XzkQm8=
//	...
type Checkpoint struct {
	Position events.Position
	Time     time.Time  // when it was issued, UTC, seconds
	Heads    [logs]Head // of each partition, then of what stands under none
}

// Events returns how many messages the checkpoint covers.
func (c Checkpoint) Events() int64 {
	var n int64
	for _, h := range c.Heads {
		n += h.Size
	}
	return n
}

// Sign returns the checkpoint as a signed note.
func (c Checkpoint) Sign(key note.Signer) ([]byte, error) {
	signed, err := note.Sign(&note.Note{Text: c.text()}, key)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	return signed, nil
}

func (c Checkpoint) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nposition %d\ntime %s\n", checkpointLabel, c.Position, c.Time.UTC().Format(time.RFC3339))
	for i, h := range c.Heads {
		fmt.Fprintf(&b, "%02d %d %s\n", i, h.Size, h.Root)
	}
	return b.String()
}

// Open reads a signed note. It returns ErrCheckpoint unless the key signed it.
func Open(signed []byte, key note.Verifier) (Checkpoint, error) {
	n, err := note.Open(signed, note.VerifierList(key))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	c, err := parse(n.Text)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	return c, nil
}

// parse reads the text of a checkpoint; only what text writes is taken.
func parse(text string) (Checkpoint, error) {
	lines := bufio.NewScanner(strings.NewReader(text))
	next := func() []string {
		lines.Scan()
		return strings.Fields(lines.Text())
	}
	var c Checkpoint
	var errs []error
	number := func(s string) int64 {
		n, err := strconv.ParseInt(s, 10, 64)
		errs = append(errs, err)
		return n
	}
	_ = next() // the label
	if f := next(); len(f) == 2 {
		c.Position = events.Position(number(f[1]))
	}
	if f := next(); len(f) == 2 {
		var err error
		c.Time, err = time.Parse(time.RFC3339, f[1])
		errs = append(errs, err)
	}
	for i := range c.Heads {
		f := next()
		if len(f) != 3 {
			return c, fmt.Errorf("line of log %02d: want number, size and root", i)
		}
		var err error
		c.Heads[i].Size = number(f[1])
		c.Heads[i].Root, err = tlog.ParseHash(f[2])
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return c, err
	}
	if c.text() != text {
		return c, errors.New("unknown text")
	}
	return c, nil
}
