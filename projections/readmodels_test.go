package projections_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"milemarker/projections"
)

// Every table that keeps rows either is of the generation itself or is copied into one of which only a read model is folded.
func TestHoldingsAreAllTables(t *testing.T) {
	table := regexp.MustCompile(`(?s)^(?:--[^\n]*\n)*CREATE TABLE IF NOT EXISTS (\w+).*\nENGINE = \w*MergeTree`)
	want := []string{"checkpoints_v1", "claims_v1"}
	for _, h := range projections.Holdings() {
		want = append(want, h.Table)
	}
	var got []string
	for _, s := range projections.Tables() {
		if m := table.FindStringSubmatch(s.SQL); m != nil {
			got = append(got, m[1])
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tables (-known here +created):\n%s", diff)
	}
}

func TestCopyOthers(t *testing.T) {
	for _, model := range projections.ReadModels() {
		own := 0
		for _, h := range projections.Holdings() {
			if h.Model == model {
				own++
			}
		}
		if got, want := len(projections.CopyOthers(model, "old")), len(projections.Holdings())-own; own == 0 || got != want {
			t.Errorf("%s: %d tables of its own, %d copied, want %d", model, own, got, want)
		}
	}
	s := projections.CopyOthers(projections.ModelEvents, "old")[0]
	if !s.Fenced || !strings.HasPrefix(s.SQL, "INSERT INTO rollups_v1 SELECT * FROM old.rollups_v1 WHERE throwIf(") {
		t.Errorf("%+v", s)
	}
}

func TestParseReadModel(t *testing.T) {
	for _, m := range append(projections.ReadModels(), projections.AllReadModels) {
		if got, err := projections.ParseReadModel(string(m)); err != nil || got != m {
			t.Errorf("%q: %q, %v", m, got, err)
		}
	}
	if _, err := projections.ParseReadModel("rollup"); err == nil || !strings.Contains(err.Error(), "events, voids") {
		t.Errorf("an unknown name: %v", err)
	}
}
