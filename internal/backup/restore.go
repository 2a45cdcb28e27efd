package backup

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrNotEmpty is returned for a data folder that has something in it already.
var ErrNotEmpty = errors.New("the data folder is not empty: a backup is restored into a new one only")

// Target is a server that keeps no ledger yet.
type Target interface {
	// Restore makes a stream of a copy, and returns an error unless it then holds what the original held.
	Restore(ctx context.Context, stream string, shape json.RawMessage, content io.Reader) error
}

// Prepare checks a backup from end to end, and that nothing is in the data folder. It returns the folder in which the data
// is to be put together, which does not become the data folder before Finish.
func Prepare(folder, data string) (m Manifest, work string, err error) {
	if m, err = Check(folder); err != nil {
		return Manifest{}, "", err
	}
	entries, err := os.ReadDir(data)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, "", fmt.Errorf("data folder: %w", err)
	}
	if len(entries) > 0 {
		return Manifest{}, "", ErrNotEmpty
	}
	work = filepath.Clean(data) + ".restoring"
	if err := os.MkdirAll(filepath.Dir(work), 0o700); err != nil {
		return Manifest{}, "", fmt.Errorf("data folder: %w", err)
	}
	if err := os.Mkdir(work, 0o700); errors.Is(err, fs.ErrExist) {
		return Manifest{}, "", fmt.Errorf("%s is left of a restore that was cut short: remove it", work)
	} else if err != nil {
		return Manifest{}, "", fmt.Errorf("data folder: %w", err)
	}
	return m, work, nil
}

// Streams restores the streams of a backup that Prepare has checked.
func Streams(ctx context.Context, folder string, m Manifest, target Target) error {
	for _, f := range m.Files {
		if f.Stream == "" {
			continue
		}
		in, err := os.Open(filepath.Join(folder, filepath.FromSlash(f.Name)))
		if err != nil {
			return fmt.Errorf("restore: %w", err)
		}
		err = target.Restore(ctx, f.Stream, f.Shape, bufio.NewReader(in))
		if err = errors.Join(err, in.Close()); err != nil {
			return err
		}
	}
	return nil
}

// Finish puts the other files of a backup where they belong, makes all of it durable, and makes it the data folder. No
// server may run on it any more.
func Finish(folder, work, data string, m Manifest) error {
	if err := finish(folder, work, data, m); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return nil
}

func finish(folder, work, data string, m Manifest) error {
	for _, f := range m.Files {
		name, beside := strings.CutPrefix(f.Name, "data/")
		if !beside {
			continue
		}
		content, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(f.Name)))
		if err != nil {
			return err
		}
		path := filepath.Join(work, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	err := filepath.WalkDir(work, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() && !d.Type().IsRegular() {
			return err
		}
		return syncPath(path)
	})
	if err != nil {
		return err
	}
	if err := os.Remove(data); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(work, data); err != nil {
		return err
	}
	return syncPath(filepath.Dir(work))
}
