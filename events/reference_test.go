package events

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var writeReference = flag.Bool("reference", false, "write docs/EVENTS.md anew")

// TestReferenceIsUpToDate holds docs/EVENTS.md against the tags; `go test ./events -run Reference -reference` writes it.
func TestReferenceIsUpToDate(t *testing.T) {
	const path = "../docs/EVENTS.md"
	want := Reference()
	if *writeReference {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("docs/EVENTS.md (-want +got):\n%s", diff)
	}
}
