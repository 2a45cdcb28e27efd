package foresight

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/forecast"
	"milemarker/projections"
)

// Report says how good the forecasts of one number were.
type Report struct {
	Metric   string
	Currency string                         // of amounts
	Weeks    [forecast.Weeks]forecast.Grade // by how many weeks ahead
	All      forecast.Grade                 // of all weeks of a forecast together
}

// grading holds what was told of somebody against what came.
type grading struct {
	history forecast.History // all that is known
	whose   forecast.Whose
	today   calendar.Day // not over yet
	told    map[string]*told
}

// told is what was told of one number.
type told struct {
	order    int
	currency string
	weeks    [forecast.Weeks][]forecast.Told
	all      []forecast.Told
}

func newGrading(h forecast.History, whose forecast.Whose, today calendar.Day) *grading {
	return &grading{history: h, whose: whose, today: today, told: map[string]*told{}}
}

// number returns what a metric counts; ok is false for one that is not forecast.
func number(metric string) (n forecast.Number, order int, ok bool) {
	if n.Money = metric == amountMetric; n.Money {
		metric = "signups"
	}
	stage := projections.StageOf(metric)
	n.Stage = slices.Index(Stages(), stage)
	order = n.Stage
	if n.Money {
		order++
	}
	return n, order, n.Stage >= 0 && projections.StageMetric(stage) == metric
}

// add holds a forecast as of the end of a day against what came, as far as it is over.
func (g *grading) add(f events.ForecastIssued) error {
	n, order, ok := number(f.Metric)
	asOf, err := calendar.ParseDay(string(f.AsOf))
	if err != nil || !ok {
		return err
	}
	usualWeek, usualAll := forecast.Usual(g.history.Before(g.whose, n, asOf+1))
	came := g.history.Weekly(g.whose, n, asOf+1, forecast.Weeks)
	t := g.told[f.Metric]
	if t == nil {
		t = &told{order: order, currency: f.Currency}
		g.told[f.Metric] = t
	}
	for _, s := range f.Spans {
		from, err1 := calendar.ParseDay(string(s.StartsOn))
		to, err2 := calendar.ParseDay(string(s.EndsOn))
		if cmp.Or(err1, err2) != nil {
			return cmp.Or(err1, err2)
		}
		one := forecast.Told{Range: forecast.Range{P10: s.P10.Float64(), P50: s.P50.Float64(), P90: s.P90.Float64()}}
		switch week := int(from-asOf-1) / 7; {
		case to >= g.today: // not over
		case to-from == 6 && week >= 0 && week < forecast.Weeks:
			one.Came, one.Usual = came[week], usualWeek
			t.weeks[week] = append(t.weeks[week], one)
		case to-from == 7*forecast.Weeks-1:
			for _, x := range came {
				one.Came += x
			}
			one.Usual = usualAll
			t.all = append(t.all, one)
		}
	}
	return nil
}

// reports grades what was told, in the order of the stages.
func (g *grading) reports() (out []Report) {
	for metric, t := range g.told {
		r := Report{Metric: metric, Currency: t.currency, All: forecast.GradeOf(t.all)}
		for w := range t.weeks {
			r.Weeks[w] = forecast.GradeOf(t.weeks[w])
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b Report) int { return cmp.Compare(g.told[a.Metric].order, g.told[b.Metric].order) })
	return out
}

// Grades grades forecasts that were issued of somebody against what came, as it is known now. Weeks that are not over are
// left out.
func (r Reader) Grades(
	ctx context.Context, org string, s projections.OrgSettings, whose forecast.Whose, issued []events.ForecastIssued, now time.Time,
) ([]Report, error) {
	if len(issued) == 0 {
		return nil, nil
	}
	zone := s.Calendar().Location()
	first, byCurrency := now, map[string][]events.ForecastIssued{}
	for _, f := range issued {
		asOf, err := calendar.ParseDay(string(f.AsOf))
		if err != nil {
			return nil, fmt.Errorf("forecast %s: %w", f.Forecast, err)
		}
		if at := (asOf + 1).In(zone); at.Before(first) {
			first = at
		}
		byCurrency[f.Currency] = append(byCurrency[f.Currency], f)
	}
	var out []Report
	for currency, forecasts := range byCurrency {
		h, err := r.Recall(ctx, Span{Org: org, First: first, Last: now, Settings: s, Currency: currency})
		if err != nil {
			return nil, err
		}
		g := newGrading(h, whose, s.Calendar().DayOf(now))
		for _, f := range forecasts {
			if err := g.add(f); err != nil {
				return nil, fmt.Errorf("forecast %s: %w", f.Forecast, err)
			}
		}
		out = append(out, g.reports()...)
	}
	slices.SortFunc(out, func(a, b Report) int {
		_, i, _ := number(a.Metric)
		_, j, _ := number(b.Metric)
		return cmp.Or(cmp.Compare(i, j), cmp.Compare(a.Currency, b.Currency))
	})
	return out, nil
}

// Trial is what a backtest tries.
type Trial struct {
	Org      string
	Whose    forecast.Whose
	Days     []calendar.Day // as of whose ends it is forecast, from old to new
	Now      time.Time
	Known    bool // as it was known at each moment; else what is known now of what had happened by then
	Currency string
	Settings projections.OrgSettings
	Working  calendar.Working // of whose
	Worlds   int              // of each forecast; 0 for 1,000
}

// Backtest forecasts as of the ends of past days, using nothing later, and grades that against what came. With Known, what
// was declared later about working time and teams is not used either: then tells it.
func (r Reader) Backtest(
	ctx context.Context, t Trial, then func(ctx context.Context, at time.Time) (projections.OrgSettings, calendar.Working, error),
) ([]Report, error) {
	zone := t.Settings.Calendar().Location()
	all, err := r.Recall(ctx, Span{
		Org: t.Org, First: (t.Days[0] + 1).In(zone), Last: t.Now, Settings: t.Settings, Currency: t.Currency,
	})
	if err != nil {
		return nil, err
	}
	g := newGrading(all, t.Whose, t.Settings.Calendar().DayOf(t.Now))
	w := t.Working.Over(t.Days[0]-7*forecast.Weeks, t.Days[len(t.Days)-1]+forecast.Days)
	for _, day := range t.Days {
		at, h, settings, working := (day + 1).In(zone), all, t.Settings, w
		if t.Known {
			if settings, working, err = then(ctx, at); err != nil {
				return nil, err
			}
			h, err = r.Recall(ctx, Span{Org: t.Org, First: at, Last: at, Known: at, Settings: settings, Currency: t.Currency})
			if err != nil {
				return nil, err
			}
		}
		q := Ask(t.Org, settings, t.Whose, at, working)
		in, leans := h.Input(q, forecast.All)
		in.Worlds = t.Worlds
		f, err := forecast.Make(in)
		if err != nil {
			return nil, err
		}
		for _, one := range Issue(f, h, q, leans, t.Currency) {
			if err := g.add(one); err != nil {
				return nil, err
			}
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return g.reports(), nil
}
