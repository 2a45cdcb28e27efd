package audit_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"milemarker/events"
	"milemarker/internal/audit"
)

// What the logs cost for each event: reading the ledger alone, reading and keeping a log of it, proving with the hashes
// that were kept and without.
func BenchmarkAudit(b *testing.B) {
	const n = 100_000
	h, folder, key := newHouse(b), b.TempDir(), newKey(b)
	h.record("a", n)
	c := issue(b, h, folder, key)
	info, err := os.Stat(filepath.Join(folder, "leaves"))
	if err != nil {
		b.Fatal(err)
	}
	perEvent := func(b *testing.B) {
		b.Helper()
		b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "events/s")
		b.ReportMetric(float64(info.Size())/n, "disk-B/event")
	}
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if err := h.ledger.Scan(b.Context(), 1, n, func(events.Frame, string, string) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
		perEvent(b)
	})
	b.Run("log", func(b *testing.B) {
		for b.Loop() {
			issue(b, h, b.TempDir(), key)
		}
		perEvent(b)
	})
	b.Run("reopen", func(b *testing.B) {
		for b.Loop() {
			issue(b, h, folder, key)
		}
		perEvent(b)
	})
	for name, e := range map[string]audit.Evidence{"prove": {}, "prove and compare": {Folder: folder, Key: key.Public}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if r := verify(b, h, c, e); !r.Intact {
					b.Fatal(r)
				}
			}
			perEvent(b)
		})
	}
}

// What following costs those who append: the same events, with nobody following, and with a log that is kept level.
func BenchmarkAppend(b *testing.B) {
	const n = 20_000
	for _, followed := range []bool{false, true} {
		b.Run(map[bool]string{false: "alone", true: "followed"}[followed], func(b *testing.B) {
			h, key := newHouse(b), newKey(b)
			stop := func() {}
			if followed {
				log, err := audit.OpenLog(b.TempDir(), key)
				if err != nil {
					b.Fatal(err)
				}
				ctx, cancel := context.WithCancel(b.Context())
				ended := make(chan error, 1)
				go func() { ended <- audit.NewFollower(log, h.ledger, 0, quiet(), clock).Run(ctx) }()
				stop = func() {
					cancel()
					if err := <-ended; err != nil {
						b.Error(err)
					}
				}
			}
			round := 0
			for b.Loop() {
				round++
				h.record(fmt.Sprint("r", round, "-"), n)
			}
			b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds(), "events/s")
			stop()
		})
	}
}
