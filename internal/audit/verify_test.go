package audit_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"

	"milemarker/events"
	"milemarker/internal/audit"
)

func TestAnUntouchedLedgerIsIntact(t *testing.T) {
	h, folder, key := newHouse(t), t.TempDir(), newKey(t)
	evidence := audit.Evidence{Folder: folder, Key: key.Public}
	none := issue(t, h, t.TempDir(), key)
	h.record("a", 50)
	first := issue(t, h, folder, key)
	h.record("b", 70)
	second := issue(t, h, folder, key) // by a log that was opened anew
	h.record("c", 30)
	for _, c := range []audit.Checkpoint{none, first, second} {
		for _, e := range []audit.Evidence{{}, evidence} {
			if r := verify(t, h, c, e); !r.Intact || r.Read != c.Events() || r.Signed != c.Events() {
				t.Errorf("%+v", r)
			}
		}
	}
	if first.Position != 50 || second.Position != 120 || second.Events() != 120 {
		t.Errorf("positions %d and %d, %d events", first.Position, second.Position, second.Events())
	}
	// A log that begins anew comes to the same roots: they follow from the ledger alone.
	if again := issue(t, h, t.TempDir(), key); again.Position != 150 {
		t.Errorf("position %d", again.Position)
	}
}

// Every way to change the past, on a store that was rebuilt so that the server notices nothing.
func TestTheFirstDifferenceIsNamed(t *testing.T) {
	h, folder, key := newHouse(t), t.TempDir(), newKey(t)
	h.record("a", 40)
	early := issue(t, h, folder, key)
	h.record("b", 60)
	c := issue(t, h, folder, key)
	h.record("c", 5)
	truth := h.messages()
	evidence := audit.Evidence{Folder: folder, Key: key.Public}

	copied := func(i int) *nats.Msg {
		m := &nats.Msg{Subject: truth[i].Subject, Header: maps.Clone(truth[i].Header), Data: bytes.Clone(truth[i].Data)}
		return m
	}
	replaced := func(i int, change func(*nats.Msg)) []*nats.Msg {
		out, m := slices.Clone(truth), copied(i)
		change(m)
		out[i] = m
		return out
	}
	stranger := copied(70)
	stranger.Header.Set("Nats-Msg-Id", "org-0/stranger")
	nobodys := copied(70)
	nobodys.Subject = "ledger.elsewhere"
	nobodys.Header.Set("Nats-Msg-Id", "org-0/nobodys")

	for name, test := range map[string]struct {
		forged []*nats.Msg
		want   audit.Difference
		intact bool // of the early checkpoint
	}{
		"a digit of a body": {
			replaced(70, func(m *nats.Msg) { m.Data = bytes.Replace(m.Data, []byte("312"), []byte("912"), 1) }),
			audit.Difference{Kind: audit.Altered, Position: 71, Count: 1, ID: "org-2/b31"},
			true,
		},
		"the digest": {
			replaced(10, func(m *nats.Msg) { m.Header.Set("Milemarker-Digest", "other") }),
			audit.Difference{Kind: audit.Altered, Position: 11, Count: 1, ID: "org-3/a11"},
			false,
		},
		"the id": {
			replaced(10, func(m *nats.Msg) { m.Header.Set("Nats-Msg-Id", "org-3/other") }),
			audit.Difference{Kind: audit.Altered, Position: 11, Count: 1, ID: "org-3/other"},
			false,
		},
		"the first is altered": {
			replaced(0, func(m *nats.Msg) { m.Data = append(m.Data, ' ') }),
			audit.Difference{Kind: audit.Altered, Position: 1, Count: 1, ID: "org-0/a1"},
			false,
		},
		"the last is altered": {
			replaced(99, func(m *nats.Msg) { m.Data = append(m.Data, ' ') }),
			audit.Difference{Kind: audit.Altered, Position: 100, Count: 1, ID: "org-3/b60"},
			true,
		},
		"one is removed": {
			slices.Delete(slices.Clone(truth), 70, 71),
			audit.Difference{Kind: audit.Removed, Position: 71, Count: 1},
			true,
		},
		"three are removed": {
			slices.Delete(slices.Clone(truth), 20, 23),
			audit.Difference{Kind: audit.Removed, Position: 21, Count: 3},
			false,
		},
		"the end is cut off": {
			truth[:90],
			audit.Difference{Kind: audit.Removed, Position: 91, Count: 10},
			true,
		},
		"everything is gone": {
			nil,
			audit.Difference{Kind: audit.Removed, Position: 1, Count: 100},
			false,
		},
		"one is inserted": {
			slices.Insert(slices.Clone(truth), 70, stranger),
			audit.Difference{Kind: audit.Inserted, Position: 71, Count: 1, ID: "org-0/stranger"},
			true,
		},
		"one is inserted under no partition": {
			slices.Insert(slices.Clone(truth), 70, nobodys),
			audit.Difference{Kind: audit.Inserted, Position: 71, Count: 1, ID: "org-0/nobodys"},
			true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			forged := forge(t, test.forged)
			r := verify(t, forged, c, evidence)
			if r.First == nil {
				t.Fatalf("not named: %+v", r)
			}
			test.want.Subject = r.First.Subject
			if r.First.Kind == audit.Removed {
				test.want.Log = lane(truth[r.First.Position-1].Subject)
			} else {
				test.want.Log = lane(r.First.Subject)
			}
			if diff := cmp.Diff(&test.want, r.First); diff != "" || r.Intact || len(r.Logs) == 0 {
				t.Errorf("%+v (-want +got):\n%s", r, diff)
			}
			if e := verify(t, forged, early, evidence); e.Intact != test.intact {
				t.Errorf("early checkpoint: %+v", e)
			}
			// Without evidence the fault is still proved.
			if blind := verify(t, forged, c, audit.Evidence{}); blind.Intact || blind.First != nil {
				t.Errorf("without evidence: %+v", blind)
			}
			// The log that signed the true history does not sign this one.
			for _, leaves := range []string{"kept", "lost"} {
				copied := copyFolder(t, folder)
				if leaves == "lost" {
					if err := os.Remove(filepath.Join(copied, "leaves")); err != nil {
						t.Fatal(err)
					}
					r := verify(t, forged, c, audit.Evidence{Folder: copied, Key: key.Public})
					between := [2]events.Position{0, 40}
					if test.intact {
						between = [2]events.Position{40, 100}
					}
					if r.Intact || r.First != nil || [2]events.Position{r.After, r.UpTo} != between {
						t.Errorf("leaves lost: %+v", r)
					}
				}
				l, err := audit.OpenLog(copied, key)
				if err != nil {
					t.Fatal(err)
				}
				err = l.CatchUp(t.Context(), forged.ledger, clock)
				if leaves == "lost" && !errors.Is(err, audit.ErrForked) {
					t.Errorf("the log goes on with a forged ledger: %v", err)
				}
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// lane returns the log of a subject: its partition, else the one behind the last.
func lane(subject string) int {
	n, err := strconv.Atoi(strings.Split(subject, ".")[1])
	if err != nil {
		return events.Partitions
	}
	return n
}

// Leaves that were forged along with the ledger are not believed.
func TestForgedEvidenceIsNotBelieved(t *testing.T) {
	h, folder, key := newHouse(t), t.TempDir(), newKey(t)
	h.record("a", 40)
	c := issue(t, h, folder, key)
	forgery := h.messages()
	forgery[10].Data = append(forgery[10].Data, ' ')
	forged := forge(t, forgery)
	other := t.TempDir()
	issue(t, forged, other, key) // even with the true key
	r := verify(t, forged, c, audit.Evidence{Folder: other, Key: key.Public})
	if r.Intact || r.First != nil || r.UpTo != 40 {
		t.Errorf("%+v", r)
	}
}

func copyFolder(t *testing.T, from string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestFollowerSignsWhatStands(t *testing.T) {
	h, folder, key := newHouse(t), t.TempDir(), newKey(t)
	log, err := audit.OpenLog(folder, key)
	if err != nil {
		t.Fatal(err)
	}
	f := audit.NewFollower(log, h.ledger, 0, quiet(), clock)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.Run(ctx) }()
	for i, n := range []int{0, 3, 500} {
		h.record(string('a'+rune(i)), n)
		signed, err := f.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if r := verify(t, h, open(t, signed, key), audit.Evidence{}); !r.Intact {
			t.Errorf("%+v", r)
		}
	}
	h.record("z", 9)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if c := issue(t, h, folder, key); c.Position != 512 {
		t.Errorf("position %d", c.Position)
	}
}
