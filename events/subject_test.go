package events

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestValidOrg(t *testing.T) {
	for name, want := range map[string]bool{
		"a": true, "acme": true, "a-1": true, strings.Repeat("a", 63): true,
		"": false, "-a": false, "a-": false, "A": false, "a.b": false, "a>": false, "a b": false, strings.Repeat("a", 64): false,
	} {
		if ValidOrg(name) != want {
			t.Errorf("ValidOrg(%q) = %v", name, !want)
		}
	}
}

// The partition of an org is part of the ledger's format: these must never change.
func TestSubject(t *testing.T) {
	got := []string{
		Subject("acme", TypeCallCompleted), Subject("example", TypeGoalSet), Subject("a", TypeOrgConfigured),
		PartitionSubject(3), MessageID("acme", "call/1"),
	}
	want := []string{
		"ledger.15.acme.call.completed", "ledger.01.example.goal.set", "ledger.12.a.org.configured",
		"ledger.03.>", "acme/call/1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestBatchRoundTrip(t *testing.T) {
	want := []Frame{
		{Position: 1, Subject: "ledger.00.a.x", Body: []byte("one")},
		{Position: 1 << 60, Subject: "s", Body: []byte(strings.Repeat("two", 100))},
	}
	b := EncodeBatch(want)
	got, err := DecodeBatch(b)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if whole := len(EncodeBatch(want[:1])); len(b) > whole {
		for n := 1; n < len(b); n++ {
			if _, err := DecodeBatch(b[:n]); err == nil && n != whole {
				t.Errorf("%d of %d bytes were taken", n, len(b))
			}
		}
	}
}
