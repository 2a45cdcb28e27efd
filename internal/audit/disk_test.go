package audit_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/internal/audit"
)

// block returns the file in which the server keeps the ledger's newest messages, and its content.
func (h *house) block() (string, []byte) {
	h.tb.Helper()
	var found string
	err := filepath.WalkDir(h.store, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".blk") && strings.Contains(path, "/LEDGER/") {
			found = path
		}
		return err
	})
	if err != nil || found == "" {
		h.tb.Fatalf("no block: %v", err)
	}
	content, err := os.ReadFile(found)
	if err != nil {
		h.tb.Fatal(err)
	}
	return found, content
}

// A byte that changes on the disk under a server that is down. The server finds the message damaged by its own checksum, and
// drops it without a word to its clients; the audit names it.
func TestBytesFlippedOnTheDisk(t *testing.T) {
	for name, test := range map[string]struct {
		loseIndex bool
		gone      int
		told      bool // the log itself: its ledger has grown shorter
	}{
		"the server goes on without the message":               {false, 1, false},
		"its index is lost too: it drops all that comes after": {true, 30, true},
	} {
		t.Run(name, func(t *testing.T) {
			h, folder, key := newHouse(t), t.TempDir(), newKey(t)
			h.record("a", 60)
			c := issue(t, h, folder, key)
			h.stop()
			path, content := h.block()
			at := bytes.Index(content, []byte(`"id":"a31"`))
			if at < 0 {
				t.Fatal("a31 does not stand in clear in the block")
			}
			content[at+7] ^= 1
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			if test.loseIndex {
				if err := os.Remove(filepath.Join(filepath.Dir(path), "index.db")); err != nil {
					t.Fatal(err)
				}
			}
			h.start()
			r := verify(t, h, c, audit.Evidence{Folder: folder, Key: key.Public})
			want := &audit.Difference{Kind: audit.Removed, Position: 31, Count: test.gone, Log: events.PartitionOf("org-2")}
			if diff := cmp.Diff(want, r.First); diff != "" {
				t.Errorf("%+v (-want +got):\n%s", r, diff)
			}
			l, err := audit.OpenLog(folder, key)
			if err != nil {
				t.Fatal(err)
			}
			if err := l.CatchUp(t.Context(), h.ledger, clock); errors.Is(err, audit.ErrForked) != test.told {
				t.Errorf("the log is told: %v", err)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
