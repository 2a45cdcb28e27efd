package backup_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/internal/backup"
)

var errGone = errors.New("connection lost")

// source keeps streams whose copies are their names, and is lost at one of them.
type source struct {
	streams []string
	lost    string
	copied  []string
}

func (s *source) Streams(context.Context) ([]string, error) { return s.streams, nil }

func (s *source) Snapshot(_ context.Context, stream string, w io.Writer) (json.RawMessage, uint64, error) {
	s.copied = append(s.copied, stream)
	if stream == s.lost {
		_, _ = io.WriteString(w, stream[:1])
		return nil, 0, errGone
	}
	_, err := io.WriteString(w, stream)
	return json.RawMessage(`{"of":"` + stream + `"}`), uint64(len(s.copied)), err
}

// Restore makes the source the target.
func (s *source) Restore(_ context.Context, stream string, shape json.RawMessage, content io.Reader) error {
	text, err := io.ReadAll(content)
	var known struct{ Of string }
	if err = errors.Join(err, json.Unmarshal(shape, &known)); err != nil {
		return err
	}
	if string(text) != stream || known.Of != stream {
		return errors.New(stream + " is restored from " + string(text))
	}
	s.streams = append(s.streams, stream)
	return nil
}

func clock() time.Time { return time.Date(2026, 11, 2, 15, 4, 5, 0, time.UTC) }

// plan is a plan with a data folder.
func plan(t *testing.T) backup.Plan {
	t.Helper()
	data := t.TempDir()
	if err := os.MkdirAll(filepath.Join(data, "checkpoints"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"audit.key", "address", "checkpoints/01", "checkpoints/02"} {
		if err := os.WriteFile(filepath.Join(data, name), []byte("the "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return backup.Plan{
		Before: []string{"B", "absent"}, Ledger: "L", Leave: []string{"A"},
		Data: data, Beside: []string{"audit.key", "none", "checkpoints/*"},
	}
}

func TestWriteAndRestore(t *testing.T) {
	s := &source{streams: []string{"Z", "L", "A", "C", "B"}}
	folder := filepath.Join(t.TempDir(), "new")
	m, err := backup.Write(t.Context(), folder, plan(t), s, clock)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"B", "L", "C", "Z"}, s.copied); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if m.Position != 2 || m.Bytes() != int64(len("BLCZ"+"the audit.key"+"the checkpoints/02")) {
		t.Errorf("manifest = %+v", m)
	}
	if checked, err := backup.Check(folder); err != nil || checked.Position != 2 || len(checked.Files) != len(m.Files) {
		t.Errorf("check = %+v (%v), want %+v", checked, err, m)
	}

	data := filepath.Join(t.TempDir(), "data")
	m, work, err := backup.Prepare(folder, data)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := backup.Prepare(folder, data); err == nil {
		t.Error("what is left of a restore that was cut short is not told of")
	}
	target := &source{}
	if err := errors.Join(backup.Streams(t.Context(), folder, m, target), backup.Finish(folder, work, data, m)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"B", "L", "C", "Z"}, target.streams); diff != "" {
		t.Errorf("restored (-want +got):\n%s", diff)
	}
	for name, want := range map[string]string{"audit.key": "the audit.key", "checkpoints/02": "the checkpoints/02"} {
		if got, err := os.ReadFile(filepath.Join(data, name)); err != nil || string(got) != want {
			t.Errorf("%s = %q (%v)", name, got, err)
		}
	}
	for _, name := range []string{"address", "checkpoints/01"} {
		if _, err := os.Stat(filepath.Join(data, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s came along (%v)", name, err)
		}
	}
	if _, _, err := backup.Prepare(folder, data); !errors.Is(err, backup.ErrNotEmpty) {
		t.Errorf("into a folder with data: %v", err)
	}
}

func TestCutShortIsNoBackup(t *testing.T) {
	s := &source{streams: []string{"L", "C"}, lost: "C"}
	folder := t.TempDir()
	if _, err := backup.Write(t.Context(), folder, plan(t), s, clock); !errors.Is(err, errGone) {
		t.Errorf("write: %v", err)
	}
	if m, err := backup.Check(folder); err == nil {
		t.Errorf("is taken for a backup: %+v", m)
	}
	if _, err := backup.Write(t.Context(), folder, plan(t), s, clock); !errors.Is(err, backup.ErrFolder) {
		t.Errorf("into the same folder: %v", err)
	}
	if _, err := backup.Write(t.Context(), "relative", plan(t), s, clock); !errors.Is(err, backup.ErrFolder) {
		t.Errorf("into a relative path: %v", err)
	}
}

func TestCheckRefuses(t *testing.T) {
	for name, damage := range map[string]func(folder string) error{
		"another byte":  func(f string) error { return os.WriteFile(filepath.Join(f, "streams/L"), []byte("l"), 0o600) },
		"no such file":  func(f string) error { return os.Remove(filepath.Join(f, "streams/L")) },
		"no manifest":   func(f string) error { return os.Remove(filepath.Join(f, "manifest.json")) },
		"half of it":    func(f string) error { return os.Truncate(filepath.Join(f, "manifest.json"), 40) },
		"other format":  func(f string) error { return rewrite(f, `{"format":2}`) },
		"a way outside": func(f string) error { return rewrite(f, `{"format":1,"files":[{"name":"../x"}]}`) },
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if _, err := backup.Write(t.Context(), folder, plan(t), &source{streams: []string{"L"}}, clock); err != nil {
				t.Fatal(err)
			}
			if err := damage(folder); err != nil {
				t.Fatal(err)
			}
			if m, err := backup.Check(folder); err == nil {
				t.Errorf("passes: %+v", m)
			}
		})
	}
}

func rewrite(folder, manifest string) error {
	return os.WriteFile(filepath.Join(folder, "manifest.json"), []byte(manifest), 0o600)
}

// slow is a source that waits to be let on.
type slow struct {
	source

	on chan struct{}
}

func (s *slow) Streams(ctx context.Context) ([]string, error) {
	<-s.on
	return s.source.Streams(ctx)
}

func TestService(t *testing.T) {
	s := &slow{source{streams: []string{"L", "C"}, lost: "C"}, make(chan struct{})}
	service := backup.NewService(plan(t), s, slog.New(slog.DiscardHandler), clock)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); service.Run(ctx) }()
	if job := service.Job(); job.State != "none" {
		t.Errorf("job = %+v", job)
	}
	folder := t.TempDir()
	if job, err := service.Start(folder); err != nil || job.State != "running" || job.Folder != folder {
		t.Errorf("start = %+v (%v)", job, err)
	}
	if _, err := service.Start(t.TempDir()); !errors.Is(err, backup.ErrRunning) {
		t.Errorf("a second one: %v", err)
	}
	s.on <- struct{}{}
	stop() // the one that runs is seen through as far as its source goes
	<-ended
	if job := service.Job(); job.State != "failed" || job.Fault == "" {
		t.Errorf("job = %+v, want it failed", job)
	}
	if _, err := service.Start("relative"); !errors.Is(err, backup.ErrFolder) {
		t.Errorf("a relative path: %v", err)
	}
}

// A backup within the data folder would share its fate.
func TestFolderWithinDataFolder(t *testing.T) {
	t.Parallel()
	p := plan(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(p.Data, link); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]error{
		p.Data: backup.ErrWithin, filepath.Join(p.Data, "backups", "monday"): backup.ErrWithin,
		filepath.Join(p.Data, "..", filepath.Base(p.Data), "x"): backup.ErrWithin,
		filepath.Join(link, "checkpoints", "x"):                 backup.ErrWithin,
		p.Data + "-beside":                                      nil,
	} {
		if _, err := backup.Write(t.Context(), folder, p, &source{streams: []string{"L"}}, clock); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", folder, err, want)
		}
	}
	if entries, err := os.ReadDir(p.Data); err != nil || len(entries) != 3 {
		t.Errorf("something was written there: %v, %v", entries, err)
	}
}
