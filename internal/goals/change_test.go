package goals

import (
	"testing"

	"milemarker/events"
	"milemarker/projections"
)

func TestChangeSays(t *testing.T) {
	decimal := func(s string) events.Decimal {
		d, err := events.ParseDecimal(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	named := func(metric, title, direction string) projections.Goal {
		s := year(t)
		set := goal("g_9", metric, "ann", 10, "2026-03-01", "2026-03-31")
		set.Title, set.Direction = title, direction
		if metric == "signup_amount" {
			set.Currency = "USD"
		}
		now := moment(t, "2026-03-02 09:00")
		s.tell(t, now, set)
		all, err := s.desk(now).Goals(t.Context(), "acme")
		if err != nil {
			t.Fatal(err)
		}
		g, ok := Find(all, "g_9")
		if !ok {
			t.Fatalf("%+v", all)
		}
		return g
	}
	for _, c := range []struct {
		goal projections.Goal
		said events.PaceChanged
		want string
	}{
		{
			named("calls", "Calls in March", events.AtLeast),
			events.PaceChanged{To: "off_track", From: "at_risk", Actual: decimal("2"), Expected: decimal("9.5")},
			`"Calls in March" is off track, before that at risk: 2 calls against 10 expected.`,
		},
		{
			named("signup_amount", "", events.AtLeast),
			events.PaceChanged{To: "at_risk", Actual: decimal("1000.007"), Expected: decimal("20000"), Currency: "USD"},
			`"Sign-up amount, 2026-03-01 to 2026-03-31" is at risk: 1,000.01 USD of sign-ups against 20,000 expected.`,
		},
		{
			named("close_rate", "Closing", events.AtMost),
			events.PaceChanged{To: "off_track", Actual: decimal("0.2"), Expected: decimal("0.25")},
			`"Closing" is off track: 20 % against 25 % allowed.`,
		},
		{
			named("calls", "Calls", events.AtMost),
			events.PaceChanged{To: "missed", Actual: decimal("12"), Expected: decimal("3")},
			`"Calls" is missed: 12 calls of at most 10.`,
		},
	} {
		if got := ChangeSays(c.goal, c.said, c.goal.StartsOn); got != c.want {
			t.Errorf("%s\nwant %s", got, c.want)
		}
	}
}
