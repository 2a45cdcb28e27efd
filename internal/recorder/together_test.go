package recorder_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/internal/recorder"
)

func TestRecordTogether(t *testing.T) {
	l := &ledger{}
	r := recorder.New(&vault{}, l, clock)
	void := draft(t, `"id":"v1","type":"event.voided"`, `{"event":"c1","reason":"wrong","note":"Ann said so"}`)
	void.RecordedBy = "key-1"
	right := call(t, "c2", `,"person":{"phone":"+12125550100"}`)
	right.Amends = "c1"
	together := func(drafts ...events.Draft) string {
		t.Helper()
		receipts, err := r.RecordTogether(t.Context(), "acme", drafts)
		if err != nil {
			t.Fatal(err)
		}
		out := ""
		for i, receipt := range receipts {
			if receipt.ID != drafts[i].ID {
				t.Errorf("receipt %d is for %q", i, receipt.ID)
			}
			out += string(receipt.Outcome) + " "
		}
		return out
	}
	if got := together(void, right); got != "appended appended " {
		t.Fatalf("outcomes are %s", got)
	}
	e := l.events[1]
	if l.events[0].RecordedBy != "key-1" || e.Amends != "c1" || e.Sealed == "" || l.events[0].Sealed == "" {
		t.Errorf("recorded: %+v", l.events)
	}
	void.RecordedBy = "key-2" // another key tells the same
	if got := together(void, right); got != "duplicate duplicate " {
		t.Errorf("told twice: %s", got)
	}
	other := right
	other.Amends = "c0"
	if got := together(void, other); got != "duplicate conflict " {
		t.Errorf("another place: %s", got)
	}
	for _, bad := range []events.Draft{
		{ID: "x", Source: "/s", Type: "call.completed", Data: []byte(`{}`)},
		draft(t, `"id":"x","type":"prospect.erased","subject":"p_00000000000000000000000000"`, `{}`),
	} {
		if got := together(call(t, "c3", ""), bad); got != "rejected rejected " || len(l.events) != 2 {
			t.Errorf("with %s: %s, %d events", bad.Type, got, len(l.events))
		}
	}
	digest, err := r.Digest(t.Context(), "acme", right)
	if diff := cmp.Diff(e.Digest, digest); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}
