package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// progress is what a run leaves beside the CSV file until it has ended: how far it came.
type progress struct {
	Run           string `json:"run"`            // hash of file, tables, mapping and server: whose progress this is
	Rows          int    `json:"rows"`           // confirmed, from the first
	RejectedBytes int64  `json:"rejected_bytes"` // length of the rejected file at that point
	Report        Report `json:"report"`
}

// loadProgress reads a progress file. It returns an empty progress when there is none, or one of another run.
func loadProgress(path, run string) (p progress, stale bool, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return progress{Run: run}, false, nil
	} else if err != nil {
		return progress{}, false, fmt.Errorf("progress: %w", err)
	}
	if json.Unmarshal(text, &p) == nil && p.Run == run {
		return p, false, nil
	}
	return progress{Run: run}, true, nil
}

// save replaces the progress file in one step: a reader sees the old one or the new one.
func (p progress) save(path string) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return fmt.Errorf("progress: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".progress-*")
	if err != nil {
		return fmt.Errorf("progress: %w", err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error counts
		return fmt.Errorf("progress: %w", err)
	}
	return nil
}
