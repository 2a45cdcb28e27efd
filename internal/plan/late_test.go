package plan

import (
	"strings"
	"testing"

	"milemarker/internal/calendar"
	"milemarker/internal/rates"
)

// tooLate is a plan of a week for what takes eight days.
func tooLate(amount float64) Input {
	from := calendar.Date(2026, 11, 22)
	return Input{
		Wish: Wish{Kind: Monthly, Amount: amount, From: from, By: from + 6, Chance: 0.8},
		Stages: []Stage{
			{Name: "calls", Minutes: 5}, {Name: "signups", Rate: rates.Exactly(0.05), Delay: 8, Minutes: 60},
		},
		Sale: Sale{AtOnce: 400, Churn: 0.03}, Time: Time{Hours: officeHours, PerWeek: 40}, Seed: 1,
	}
}

// The earliest date at which it fits is offered; a week before it does not.
func TestTooLateOffersADate(t *testing.T) {
	p, err := Make(tooLate(5000))
	if err != nil || !strings.Contains(p.Words, "comes too late") || len(p.Levers) == 0 || p.Levers[0].Name != LeverDate {
		t.Fatalf("%v %+v", err, p)
	}
	for _, c := range []struct {
		by   calendar.Day
		fits bool
	}{{p.Levers[0].Date, true}, {p.Levers[0].Date - 7, false}} {
		in := tooLate(5000)
		in.Wish.By = c.by
		if again, err := Make(in); err != nil || (again.Sure.Verdict != Infeasible) != c.fits {
			t.Errorf("until %s: %v %s", c.by, err, again.Words)
		}
	}
}

// Where no date would do alone, the earliest that leaves time for work is offered with what it takes besides.
func TestTooLateOffersADateWithLess(t *testing.T) {
	p, err := Make(tooLate(100_000))
	if err != nil || len(p.Levers) < 2 {
		t.Fatalf("%v %+v", err, p)
	}
	for _, l := range p.Levers {
		if l.Name == LeverDate || l.Date < p.Wish.From+8+28 || !strings.HasSuffix(l.Words(), ", until "+l.Date.String()) {
			t.Errorf("%+v: %s", l, l.Words())
		}
	}
}

// What comes in already needs no more, however near the date is.
func TestEnoughComesInAlready(t *testing.T) {
	for _, days := range []calendar.Day{6, 60} {
		in := tooLate(5000)
		in.Wish.By = in.Wish.From + days
		in.Money.Already = 31_200
		p, err := Make(in)
		want := "What comes in anyway is enough by " + in.Wish.By.String() + ": no more calls are needed for it"
		if err != nil || p.Words != want || p.Sure.Verdict != Feasible || p.Sure.Chance != 1 || p.Needed != 0 || len(p.Levers) > 0 {
			t.Errorf("%v %+v", err, p)
		}
	}
}
