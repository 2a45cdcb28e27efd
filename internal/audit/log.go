package audit

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"milemarker/events"
)

// ErrForked is returned when the ledger no longer extends the last checkpoint that was signed.
var ErrForked = errors.New("the ledger does not extend the last checkpoint that was signed")

// checkpointEvery bounds how many messages are read without a checkpoint, so that a long reading is not begun again.
const checkpointEvery = 1 << 20

// Log follows the ledger and signs checkpoints of it. In its folder lie the contents' hashes (leaves) and every
// checkpoint that was signed (checkpoints/<position>). It is safe for concurrent use; a folder belongs to one Log.
type Log struct {
	folder string
	key    Key

	mu      sync.Mutex
	file    *os.File
	out     *bufio.Writer
	forest  forest
	last    Checkpoint // the last that was signed
	signed  []byte     // as a note
	failed  error      // why no more are signed
	waiting []waiter
	leaves  leaves
}

// waiter waits until the log has read up to a position, or has failed.
type waiter struct {
	position events.Position
	done     chan struct{}
}

// OpenLog opens the log in a folder, which is made when there is none. What was read since the last checkpoint is read
// again, and so is everything when the hashes are lost or are not those of the last checkpoint.
func OpenLog(folder string, key Key) (*Log, error) {
	l := &Log{folder: folder, key: key}
	if err := l.open(); err != nil {
		return nil, fmt.Errorf("audit log: %w", err)
	}
	return l, nil
}

func (l *Log) open() error {
	if err := os.MkdirAll(filepath.Join(l.folder, checkpointFolder), 0o700); err != nil {
		return err
	}
	verifier, err := l.key.Verifier()
	if err != nil {
		return err
	}
	if l.last, l.signed, err = newest(l.folder, verifier); err != nil {
		return err
	}
	if l.file, err = os.OpenFile(filepath.Join(l.folder, leavesFile), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	known, err := readForest(l.file, l.last.Position)
	if err == nil {
		heads, headsErr := known.heads()
		if err = headsErr; err == nil && (known.position != l.last.Position || heads != l.last.Heads) {
			known = &forest{}
		}
	}
	if err == nil {
		l.forest = *known
		err = l.file.Truncate(int64(known.position) * recordSize)
	}
	if err == nil {
		_, err = l.file.Seek(0, io.SeekEnd)
	}
	l.out = bufio.NewWriterSize(l.file, 1<<16)
	if err != nil {
		return errors.Join(err, l.file.Close())
	}
	return nil
}

// Position returns up to where the ledger was read.
func (l *Log) Position() events.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.forest.position
}

// Err returns why no more checkpoints are signed, nil while they are.
func (l *Log) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

// add takes in the next message.
func (l *Log) add(f events.Frame, id, digest string, now func() time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.failed == nil && l.forest.position+1 < f.Position { // nothing stands there, and nothing ever will
		l.take(leaf{position: l.forest.position + 1, log: nothing})
	}
	if l.failed == nil {
		l.take(l.leaves.of(f, id, digest))
	}
	if l.failed == nil && l.forest.position >= l.last.Position+checkpointEvery {
		_, l.failed = l.sign(now())
	}
	l.wake()
	return l.failed
}

func (l *Log) take(next leaf) {
	if l.failed = l.forest.add(next); l.failed != nil {
		return
	}
	if _, l.failed = l.out.Write(next.record()); l.failed != nil || next.position != l.last.Position {
		return
	}
	heads, err := l.forest.heads()
	if l.failed = err; err == nil && heads != l.last.Heads {
		l.failed = fmt.Errorf("%w, of position %d", ErrForked, l.last.Position)
	}
}

func (l *Log) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed = errors.Join(l.failed, err)
	l.wake()
}

func (l *Log) wake() {
	l.waiting = slices.DeleteFunc(l.waiting, func(w waiter) bool {
		arrived := l.failed != nil || l.forest.position >= w.position
		if arrived {
			close(w.done)
		}
		return arrived
	})
}

// CatchUp reads what the ledger holds by now.
func (l *Log) CatchUp(ctx context.Context, ledger Ledger, now func() time.Time) error {
	last, err := ledger.Last(ctx)
	if err != nil {
		return err
	}
	at := l.Position()
	if last < max(at, l.lastSigned()) {
		l.fail(fmt.Errorf("%w, of position %d: it ends at %d", ErrForked, max(at, l.lastSigned()), last))
		return l.Err()
	}
	return ledger.Scan(ctx, at+1, last, func(f events.Frame, id, digest string) error { return l.add(f, id, digest, now) })
}

func (l *Log) lastSigned() events.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last.Position
}

// wait returns when the log has read up to a position.
func (l *Log) wait(ctx context.Context, position events.Position) error {
	l.mu.Lock()
	if l.failed != nil || l.forest.position >= position {
		defer l.mu.Unlock()
		return l.failed
	}
	w := waiter{position, make(chan struct{})}
	l.waiting = append(l.waiting, w)
	l.mu.Unlock()
	select {
	case <-w.done:
		return l.Err()
	case <-ctx.Done():
		return fmt.Errorf("the log has read up to %d of %d: %w", l.Position(), position, context.Cause(ctx))
	}
}

// Checkpoint signs what was read by now and returns the signed note; it is durable in the log's folder by then. When
// nothing came since the last one, it returns that.
func (l *Log) Checkpoint(now time.Time) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed != nil {
		return nil, fmt.Errorf("checkpoint: %w", l.failed)
	}
	return l.sign(now)
}

func (l *Log) sign(now time.Time) ([]byte, error) {
	switch {
	case l.forest.position < l.last.Position:
		return nil, fmt.Errorf("checkpoint: position %d is to be read again up to %d", l.forest.position, l.last.Position)
	case l.forest.position == l.last.Position && l.signed != nil:
		return l.signed, nil
	}
	heads, err := l.forest.heads()
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	c := Checkpoint{Position: l.forest.position, Time: now.UTC().Truncate(time.Second), Heads: heads}
	signed, err := c.Sign(l.key)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(l.out.Flush(), l.file.Sync()); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	if err := writeDurably(checkpointPath(l.folder, c.Position), signed, 0o644); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	l.last, l.signed = c, signed
	return signed, nil
}

// flush makes what was read visible to whoever reads the file.
func (l *Log) flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Flush()
}

// Close closes the log. What was read since the last checkpoint will be read again.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.out.Flush(), l.file.Close())
}

// newest returns the last checkpoint in a folder, the zero value when there is none.
func newest(folder string, key note.Verifier) (Checkpoint, []byte, error) {
	names, err := checkpointNames(folder)
	if err != nil || len(names) == 0 {
		return Checkpoint{}, nil, err
	}
	name := names[len(names)-1]
	signed, err := os.ReadFile(name)
	if err != nil {
		return Checkpoint{}, nil, err
	}
	c, err := Open(signed, key)
	if err != nil {
		return Checkpoint{}, nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, signed, nil
}

const checkpointFolder = "checkpoints"

func checkpointPath(folder string, position events.Position) string {
	return filepath.Join(folder, checkpointFolder, fmt.Sprintf("%020d", position))
}

// checkpointNames returns the paths of the checkpoints kept in a folder, by position.
func checkpointNames(folder string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(folder, checkpointFolder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if len(e.Name()) == 20 {
			names = append(names, filepath.Join(folder, checkpointFolder, e.Name()))
		}
	}
	return names, err
}
