package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// ErrFolder is returned for a folder that a backup cannot be written to.
var ErrFolder = errors.New("want the absolute path of a folder that is new or empty")

// ErrWithin is returned for a folder within the data folder: whatever befalls the one befalls the other.
var ErrWithin = errors.New("want a folder outside the data folder")

// Source is the server that keeps the ledger.
type Source interface {
	// Streams returns the names of all streams.
	Streams(ctx context.Context) ([]string, error)
	// Snapshot writes a copy of a stream as it stands, and returns what is needed to make it again and the position of the
	// last message in it.
	Snapshot(ctx context.Context, stream string, w io.Writer) (shape json.RawMessage, last uint64, err error)
}

// Plan says what is copied, and in which order.
type Plan struct {
	Before []string // streams that speak of the ledger: copied first, so that they speak of nothing that it lacks
	Ledger string   // then this one
	Leave  []string // streams that are not copied; all others come last
	Data   string   // data folder, "" for none
	Beside []string // files of the data folder, slash-separated, with the wildcards of path.Match; of many the last by name
}

// Write copies everything into a folder and returns the manifest, which is durable there by then, as all else.
func Write(ctx context.Context, folder string, plan Plan, source Source, now func() time.Time) (Manifest, error) {
	if err := prepare(folder, plan.Data); err != nil {
		return Manifest{}, err
	}
	w := writer{folder: folder, manifest: Manifest{Format: Format, Began: now().UTC()}}
	if err := w.write(ctx, plan, source); err != nil {
		return Manifest{}, fmt.Errorf("backup: %w", err)
	}
	w.manifest.Ended = now().UTC()
	if err := w.finish(); err != nil {
		return Manifest{}, fmt.Errorf("backup: %w", err)
	}
	return w.manifest, nil
}

// prepare makes the folder, unless it is there and empty. It is not within the data folder, "" for none.
func prepare(folder, data string) error {
	if !filepath.IsAbs(folder) {
		return ErrFolder
	}
	if data != "" {
		if inside, err := within(folder, data); err != nil || inside {
			return errors.Join(ErrWithin, err)
		}
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("%w: %w", ErrFolder, err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
		return errors.Join(ErrFolder, err)
	}
	return nil
}

// within tells whether a folder, which need not be there yet, is another one or below it, whatever links lead there.
func within(folder, other string) (bool, error) {
	other, err := filepath.Abs(other)
	if err != nil {
		return false, err
	}
	inode, err := os.Stat(other)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for {
		if resolved, err := filepath.EvalSymlinks(folder); err == nil { // a part that is there: from here on nothing is a link
			folder = resolved
		}
		if here, err := os.Stat(folder); err == nil && os.SameFile(here, inode) {
			return true, nil
		}
		above := filepath.Dir(folder)
		if above == folder {
			return false, nil
		}
		folder = above
	}
}

type writer struct {
	folder   string
	manifest Manifest
}

func (w *writer) write(ctx context.Context, plan Plan, source Source) error {
	for _, pattern := range plan.Beside {
		if err := w.beside(plan.Data, pattern); err != nil {
			return err
		}
	}
	there, err := source.Streams(ctx)
	if err != nil {
		return err
	}
	if !slices.Contains(there, plan.Ledger) {
		return errors.New("there is no ledger")
	}
	slices.Sort(there)
	first := slices.Concat(plan.Before, []string{plan.Ledger})
	order := slices.DeleteFunc(slices.Clone(first), func(s string) bool { return !slices.Contains(there, s) })
	for _, s := range there {
		if !slices.Contains(first, s) && !slices.Contains(plan.Leave, s) {
			order = append(order, s)
		}
	}
	for _, stream := range order {
		f := File{Name: "streams/" + stream, Stream: stream}
		var last uint64
		err := w.file(f, func(out io.Writer) (shape json.RawMessage, err error) {
			shape, last, err = source.Snapshot(ctx, stream, out)
			return shape, err
		})
		if err != nil {
			return err
		}
		if stream == plan.Ledger {
			w.manifest.Position = last
		}
	}
	return nil
}

// beside copies a file of the data folder, if there is one that matches.
func (w *writer) beside(data, pattern string) error {
	found, err := fs.Glob(os.DirFS(data), pattern)
	if data == "" || err != nil || len(found) == 0 {
		return err
	}
	name := slices.Max(found)
	content, err := os.ReadFile(filepath.Join(data, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	return w.file(File{Name: "data/" + name}, func(out io.Writer) (json.RawMessage, error) {
		_, err := io.Copy(out, bytes.NewReader(content))
		return nil, err
	})
}

// file writes one file durably and adds it to the manifest.
func (w *writer) file(f File, fill func(io.Writer) (json.RawMessage, error)) (err error) {
	path := filepath.Join(w.folder, filepath.FromSlash(f.Name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	hash := sha256.New()
	size := counter(0)
	f.Shape, err = fill(io.MultiWriter(out, hash, &size))
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	f.Size, f.SHA256 = int64(size), hex.EncodeToString(hash.Sum(nil))
	w.manifest.Files = append(w.manifest.Files, f)
	return nil
}

// finish writes the manifest: whole, and after everything else.
func (w *writer) finish() error {
	if err := syncFolders(w.folder); err != nil {
		return err
	}
	text, err := json.MarshalIndent(w.manifest, "", "  ")
	if err != nil {
		return err
	}
	unfinished := filepath.Join(w.folder, manifestFile+".new")
	out, err := os.OpenFile(unfinished, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = out.Write(append(text, '\n'))
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	if err := os.Rename(unfinished, filepath.Join(w.folder, manifestFile)); err != nil {
		return err
	}
	return errors.Join(syncPath(w.folder), syncPath(filepath.Dir(w.folder)))
}

// counter counts the bytes written to it.
type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

// syncFolders makes the names of all that is below a folder durable.
func syncFolders(folder string) error {
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return syncPath(path)
	})
}

// syncPath makes a file's content, or a folder's names, durable.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
