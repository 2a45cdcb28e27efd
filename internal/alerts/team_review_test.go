package alerts

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
)

// Team north of ann and bo holds weekly reviews, led by lee; bo chose to hold none. The week of Monday, 2 March 2026 is to be
// reviewed by the end of Monday the 9th: lee hears of the team's review, ann of her own, and once each.
func TestTeamsReviewIsOverdue(t *testing.T) {
	w := newWorld(t, "2026-03-02 00:00")
	w.happened("org.configured", "2026-03-01T09:00:00Z", "", `{"teams":{"ann":"north","bo":"north"}}`)
	w.happened("routine.set", "2026-03-01T09:00:00Z", "lee", `{"owner_kind":"team","owner":"north","rhythms":["weekly"]}`)
	w.happened("routine.set", "2026-03-01T09:00:00Z", "bo", `{}`)
	w.until("2026-03-10 12:00")
	var got []string
	for _, r := range w.records {
		if r.Event.Type == events.TypeAlertRaised && strings.Contains(string(r.Event.Data), events.AlertReviewOverdue) {
			raised, err := events.DecodeData[events.AlertRaised](r.Event)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r.Event.Time.Format("02 15:04 ")+r.Event.Rep+": "+raised.Says+" "+raised.See)
		}
	}
	want := []string{
		"09 17:00 ann: The weekly review of ann, of 2 to 8 March 2026, was due by 9 March 17:00. /v1/reviews/agenda?day=2026-03-08&rep=ann&rhythm=weekly",
		"09 17:00 lee: The weekly review of team north, of 2 to 8 March 2026, was due by 9 March 17:00. /v1/reviews/agenda?day=2026-03-08&rhythm=weekly&team=north",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	w.happened("review.completed", "2026-03-10T12:00:00Z", "lee", `{"rhythm":"weekly","day":"2026-03-08","owner_kind":"team","owner":"north"}`)
	w.until("2026-03-10 14:00")
	if got := w.recorded(events.TypeAlertResolved); len(got) != 1 {
		t.Errorf("the team's review was held: %q", got)
	}
}
