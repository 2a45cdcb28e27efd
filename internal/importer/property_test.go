package importer

import (
	"context"
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestAnyFileTwice imports any file whole, and cut off at any request and then again: the ledger, the report and the
// rejected file must not differ.
func TestAnyFileTwice(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := anyFile(rt)
		whole := newFakeServer()
		cfg := testConfig(t, whole, text)
		wanted, err := Run(t.Context(), cfg)
		if err != nil {
			rt.Fatal(err)
		}
		wantedRejects := read(t, cfg.CSV+".rejected.csv")

		cut := rapid.IntRange(1, 5).Draw(rt, "cut")
		server := newFakeServer()
		cfg = testConfig(t, server, text)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		server.before = func(_ http.ResponseWriter, request int) bool {
			if request == cut {
				cancel()
			}
			return false
		}
		report, err := Run(ctx, cfg)
		if err != nil {
			if report, err = Run(t.Context(), cfg); err != nil {
				rt.Fatal(err)
			}
		}
		if diff := cmp.Diff(undivided(wanted), undivided(report)); diff != "" {
			rt.Errorf("report (-whole +cut):\n%s", diff)
		}
		if diff := cmp.Diff(wantedRejects, read(t, cfg.CSV+".rejected.csv")); diff != "" {
			rt.Errorf("rejected file (-whole +cut):\n%s", diff)
		}
		if diff := cmp.Diff(bodies(whole), bodies(server)); diff != "" {
			rt.Errorf("events (-whole +cut):\n%s", diff)
		}
	})
}

// anyFile draws a file of up to 2,400 rows, good and bad.
func anyFile(t *rapid.T) string {
	var out strings.Builder
	w := csv.NewWriter(&out)
	_ = w.Write([]string{"id", "day"}) // a strings.Builder never fails
	cell := rapid.OneOf(rapid.Just("2026-02-28"), rapid.StringMatching(`[ -~]{0,8}`), rapid.Just("one\n\"two\""))
	for i, n := range rapid.SliceOfN(rapid.IntRange(1, 300), 1, 8).Draw(t, "blocks") {
		row := []string{"", cell.Draw(t, "day")}
		if rapid.IntRange(0, 9).Draw(t, "ragged") == 0 {
			row = append(row, "more")
		}
		for j := range n {
			row[0] = string(rune('a'+i)) + "-" + strings.Repeat("x", j)
			_ = w.Write(row)
		}
	}
	w.Flush()
	return out.String()
}

// undivided is a report without what depends on which of two attempts was first.
func undivided(r Report) Report {
	r.Appended, r.Duplicate = r.Appended+r.Duplicate, 0
	return r
}

// bodies returns what is stored, without positions: requests overtake one another.
func bodies(s *fakeServer) map[string]string {
	out := map[string]string{}
	for id, e := range s.stored {
		out[id] = e.body
	}
	return out
}
