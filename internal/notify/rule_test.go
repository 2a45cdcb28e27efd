package notify

import (
	"testing"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

func berlin(t *testing.T) calendar.Calendar {
	t.Helper()
	c, err := calendar.New(calendar.Settings{Zone: "Europe/Berlin", WeekStart: time.Monday, FiscalYearStart: time.January})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestChoose(t *testing.T) {
	two, five := 2, 5
	rules := []Rule{
		{ID: "ann", Rep: "ann", DailyCap: &two},
		{ID: "all", QuietFrom: "18:00", QuietTo: "09:00"},
		{ID: "goal", Goal: "g", DailyCap: &five, Digest: DigestAlways},
		{ID: "kind", Kinds: []string{events.AlertNoActivity}, Off: true},
	}
	for _, c := range []struct {
		kind, rep, goal string
		id              string
		limit           int
		off             bool
		quiet, digest   string
	}{
		{events.AlertPace, "bob", "", "all", 10, false, "18:00", DigestOverflow},
		{events.AlertPace, "ann", "", "ann", 2, false, "18:00", DigestOverflow},
		{events.AlertPace, "ann", "g", "goal", 5, false, "18:00", DigestAlways},
		{events.AlertNoActivity, "bob", "", "kind", 10, true, "18:00", DigestOverflow},
		{events.AlertNoActivity, "ann", "", "ann", 2, false, "18:00", DigestOverflow},
	} {
		r := Choose(rules, c.kind, c.rep, c.goal)
		if r.ID != c.id || *r.DailyCap != c.limit || r.Off != c.off || r.QuietFrom != c.quiet || r.Digest != c.digest || r.By != "11:00" {
			t.Errorf("%s of %s on %q: %+v", c.kind, c.rep, c.goal, r)
		}
	}
	if r := Choose(nil, events.AlertPace, "", ""); r.ID != "standard" {
		t.Errorf("%+v", r)
	}
}

// The clocks go forward on Sunday, 29 March 2026.
func TestNotBefore(t *testing.T) {
	night, day := Rule{QuietFrom: "20:00", QuietTo: "07:00"}, Rule{QuietFrom: "12:00", QuietTo: "13:30"}
	for _, c := range []struct {
		rule     Rule
		at, want string
	}{
		{night, "2026-03-28T18:59:00Z", "2026-03-28T18:59:00Z"},
		{night, "2026-03-28T19:00:00Z", "2026-03-29T05:00:00Z"},
		{night, "2026-03-29T04:59:00Z", "2026-03-29T05:00:00Z"},
		{night, "2026-03-29T05:00:00Z", "2026-03-29T05:00:00Z"},
		{day, "2026-03-27T11:00:00Z", "2026-03-27T12:30:00Z"},
		{day, "2026-03-27T12:30:00Z", "2026-03-27T12:30:00Z"},
		{Rule{QuietFrom: "08:00", QuietTo: "08:00"}, "2026-03-27T07:00:00Z", "2026-03-27T07:00:00Z"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.rule.NotBefore(at, berlin(t)).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s to %s at %s: %s, want %s", c.rule.QuietFrom, c.rule.QuietTo, c.at, got, c.want)
		}
	}
	if got := Standard().DigestAfter(time.Date(2026, 3, 28, 8, 0, 0, 0, time.UTC), berlin(t)).UTC().Format(time.RFC3339); got != "2026-03-29T06:00:00Z" {
		t.Errorf("digest at %s", got)
	}
}

func TestSends(t *testing.T) {
	all := Rule{Statuses: statuses()}
	for _, c := range []struct {
		before, status string
		standard, all  bool
	}{
		{"", events.OffTrack, true, true},
		{events.OffTrack, events.OnTrack, true, true},
		{events.OnTrack, events.Ahead, false, true},
		{events.Ahead, events.OnTrack, false, true},
		{events.Ahead, events.Achieved, true, true},
	} {
		a := Alert{Kind: events.AlertPace, Before: c.before, Status: c.status}
		if Standard().Sends(a) != c.standard || all.Sends(a) != c.all {
			t.Errorf("%s to %s", c.before, c.status)
		}
	}
	if (Rule{Off: true}).Sends(Alert{Kind: events.AlertQuarantine}) || !Standard().Sends(Alert{Kind: events.AlertQuarantine}) {
		t.Error("quarantine")
	}
}

func TestRuleCheck(t *testing.T) {
	minus, half := -1, 1.5
	r := Rule{
		Kinds: []string{"weather"}, Statuses: []string{"fine"}, Destinations: []string{"x"}, QuietFrom: "25:00", DigestAt: "8:00",
		Digest: "never", DailyCap: &minus, EscalateAfter: &minus, Below: &half,
	}
	if faults := r.Check(nil); len(faults) != 10 {
		t.Errorf("%d: %+v", len(faults), faults)
	}
	if faults := Standard().Check(nil); len(faults) != 0 {
		t.Errorf("%+v", faults)
	}
}
