package foresight

import (
	"context"
	"math"
	"testing"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/forecast"
	"milemarker/projections"
)

// doubled is an org in which Kim signs somebody up on each day, and two from the 1 June 2026 on.
type doubled struct{ since, until time.Time }

func (d *doubled) Steps(_ context.Context, q projections.ForesightQuery) ([]projections.Step, error) {
	d.since, d.until = q.Since, q.Until
	return nil, nil
}

func (*doubled) Counts(_ context.Context, q projections.ForesightQuery) (out []projections.DayCount, _ error) {
	for day := calendar.DayOf(q.Since); day < calendar.DayOf(q.Until); day++ {
		n := uint64(1)
		if day >= calendar.Date(2026, 6, 1) {
			n = 2
		}
		out = append(out, projections.DayCount{Day: day, Type: events.TypeSignupCompleted, Rep: "kim", N: n})
	}
	return out, nil
}

func (*doubled) Contracts(context.Context, projections.ForesightQuery) ([]projections.Contract, error) {
	return nil, nil
}

// Told on 31 May: 7, 14 and 21 a week. 14 came, in each of the two weeks that are over by the 16 June. The last 13 weeks
// say 7, 7 and 7, which is too little by 7: a loss of (0.1 + 0.5 + 0.9) / 3 x 7 = 3.5. That of the forecast is
// (0.1 x 7 + 0 + 0.1 x 7) / 3.
func TestIssuedForecastsAreGraded(t *testing.T) {
	asOf := calendar.Date(2026, 5, 31)
	issued := events.ForecastIssued{Forecast: "f", Metric: "signups", AsOf: date(asOf)}
	for w := range calendar.Day(3) {
		issued.Spans = append(issued.Spans, span(asOf+1+7*w, 7, forecast.Range{P10: 7, P50: 14, P90: 21}))
	}
	issued.Spans = append(issued.Spans, span(asOf+1, 91, forecast.Range{P10: 7, P50: 14, P90: 21}))
	now, known := time.Date(2026, 6, 16, 9, 0, 0, 0, time.UTC), &doubled{}
	reports, err := Reader{Known: known}.Grades(t.Context(), "acme", projections.DefaultOrgSettings(), forecast.Whose{Rep: "kim"},
		[]events.ForecastIssued{issued}, now)
	if err != nil || len(reports) != 1 {
		t.Fatalf("%+v %v", reports, err)
	}
	r := reports[0]
	if r.Metric != "signups" || r.Weeks[0].N != 1 || r.Weeks[1].N != 1 || r.Weeks[2].N != 0 || r.All.N != 0 {
		t.Errorf("%+v", r)
	}
	if g := r.Weeks[1]; g.Coverage != 1 || math.Abs(g.Loss-1.4/3) > 1e-9 || math.Abs(g.Usual-3.5) > 1e-9 {
		t.Errorf("%+v", g)
	}
	if !known.until.Equal(now) {
		t.Errorf("read until %v", known.until)
	}
}

// A midnight ends a day: nothing of it is left, and the next begins the weeks. By day what is left of today counts too.
func TestAsk(t *testing.T) {
	s := projections.DefaultOrgSettings()
	w := s.Calendar().Working(calendar.DefaultWeek())
	end := Ask("acme", s, forecast.Whose{}, time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC), w)
	if !end.Over || end.Left != 0 || end.Today != calendar.Date(2026, 5, 31) {
		t.Errorf("%+v", end)
	}
	noon := Ask("acme", s, forecast.Whose{}, time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC), w)
	if noon.Over || noon.Left != 5*time.Hour || noon.Today != calendar.Date(2026, 6, 1) || noon.Seed == end.Seed {
		t.Errorf("%+v", noon)
	}
	again := Ask("acme", s, forecast.Whose{}, time.Date(2026, 6, 1, 15, 0, 0, 0, time.UTC), w)
	kim := Ask("acme", s, forecast.Whose{Rep: "kim"}, time.Date(2026, 6, 1, 15, 0, 0, 0, time.UTC), w)
	if again.Seed != noon.Seed || kim.Seed == noon.Seed {
		t.Error("the seed follows from org, owner and day alone")
	}
}
