package foresight

import (
	"fmt"
	"math"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/forecast"
	"milemarker/projections"
)

// Method names how forecasts are made, in those that are issued: a change that makes them better or worse changes it.
const Method = "worlds-1"

// amountMetric is the metric of what sign-ups bring at once.
const amountMetric = "signup_amount"

// Issue puts a forecast into the form in which it is recorded and graded later: one for each number of which the org knows
// anything, each with a span for every week and one for all of them.
func Issue(
	f forecast.Forecast, h forecast.History, q forecast.Question, l forecast.Leans, currency string,
) []events.ForecastIssued {
	var out []events.ForecastIssued
	add := func(metric, currency string, s forecast.Series) {
		owner := OwnerOf(q.Whose)
		one := events.ForecastIssued{
			Owner: owner, Metric: metric, Currency: currency, AsOf: date(q.Today), Method: Method, Leans: []string{Sentence(l)},
			Forecast: fmt.Sprintf("%s/%s/%s/%s", q.Today, owner.OwnerKind, owner.Owner, metric),
		}
		for w, r := range s.Weeks {
			one.Spans = append(one.Spans, span(q.Today+1+calendar.Day(7*w), 7, r))
		}
		one.Spans = append(one.Spans, span(q.Today+1, 7*forecast.Weeks, s.Total))
		out = append(out, one)
	}
	known := make([]bool, len(f.Stages))
	for _, c := range h.Counts {
		known[c.Stage] = known[c.Stage] || c.Day <= q.Today
	}
	for stage, s := range f.Stages {
		if metric := projections.StageMetric(s.Name); metric != "" && known[stage] {
			add(metric, "", s)
		}
	}
	if f.Amount != nil {
		add(amountMetric, currency, *f.Amount)
	}
	return out
}

func span(from, days calendar.Day, r forecast.Range) events.Forecast {
	decimal := func(x float64) events.Decimal { return events.Decimal(math.Round(x * events.Scale)) }
	return events.Forecast{
		StartsOn: date(from), EndsOn: date(from + days - 1), P10: decimal(r.P10), P50: decimal(r.P50), P90: decimal(r.P90),
	}
}

func date(d calendar.Day) events.Date { return events.Date(d.String()) }

// Active returns the reps of whom anything was heard within the weeks that present rates are read from, before a day.
func Active(h forecast.History, before calendar.Day) (reps []string) {
	seen := map[string]bool{"": true}
	for _, c := range h.Counts {
		if !seen[c.Rep] && c.Day < before && c.Day >= before-7*forecast.Weeks {
			seen[c.Rep] = true
			reps = append(reps, c.Rep)
		}
	}
	return reps
}
