package assembly

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"milemarker/events"
)

// BenchmarkAsk asks an org of twenty reps, whose 80,000 people brought some 230,000 events in two years, as its users do,
// over HTTP; and beside it, by the same engine, for what has no read model: the same numbers off all its events.
// "fresh" wants what was recorded a moment ago, so that nothing is kept from before.
func BenchmarkAsk(b *testing.B) {
	d := newDesk(b)
	d.client = http.DefaultClient
	d.busyYears(80_000)
	for i := range 10 {
		for _, metric := range []string{"signups", "calls"} {
			d.ask(http.MethodPost, "/v1/goals", fmt.Sprintf(
				`{"goal":"%s%d","metric":%q,"target":100,"starts_on":"2026-04-01","ends_on":"2026-06-30","owner_kind":"rep","owner":"rep%d"}`,
				metric, i, metric, i), http.StatusCreated, nil)
		}
	}
	d.folded(d.last)
	for _, q := range []struct{ name, path string }{
		{"metrics", "/v1/metrics?metric=calls&grain=month&from=2025-01-01&to=2026-05-31&group_by=rep"},
		{"pace/one", "/v1/goals/signups3/pace"},
		{"pace/twenty", "/v1/pace"},
		{"today", "/v1/today?rep=rep3"},
		{"forecast", "/v1/forecast"},
		{"time", "/v1/time?rep=rep3"},
		{"events", "/v1/events?limit=100"},
		{"events of a number", "/v1/events?metric=calls&rep=rep3&from=2026-05-01&to=2026-05-31&limit=100"},
	} {
		b.Run(q.name, func(b *testing.B) {
			for b.Loop() {
				d.ask(http.MethodGet, q.path, "", http.StatusOK, nil)
			}
		})
	}
	b.Run("forecast/fresh", func(b *testing.B) {
		for b.Loop() {
			d.happened(fmt.Sprint("fresh", d.last), "call.completed", "2026-06-01T07:00:00Z", "", `{"direction":"outbound","outcome":"no_answer"}`)
			d.ask(http.MethodGet, d.since("/v1/forecast"), "", http.StatusOK, nil)
		}
	})
	b.Run("metrics/by hand", func(b *testing.B) {
		for b.Loop() {
			rows, err := d.conn.Query(b.Context(), "SELECT toStartOfMonth(day) AS month, rep, count() FROM "+d.database+".events_v1 FINAL"+
				" WHERE org = 'acme' AND type = 'call.completed' AND day >= '2025-01-01' AND day < '2026-06-01'"+
				" AND id NOT IN (SELECT target FROM "+d.database+".voids_v1) GROUP BY month, rep")
			if err != nil {
				b.Fatal(err)
			}
			for rows.Next() {
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// busyYears records what happened with people of twenty reps in two years, of whom each step keeps some.
func (d *desk) busyYears(people int) {
	d.t.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	now := *d.now.Load()
	var batch []events.Draft
	send := func() {
		receipts, err := d.recorder.Record(d.t.Context(), "acme", batch)
		if err != nil {
			d.t.Fatal(err)
		}
		for _, receipt := range receipts {
			d.last = max(d.last, receipt.Position)
		}
		batch = batch[:0]
	}
	for p := range people {
		at := now.Add(-time.Duration(r.Float64() * 730 * float64(24*time.Hour)))
		rep := r.IntN(20)
		add := func(typ, data string) {
			draft, violations := events.ParseStructured(fmt.Appendf(nil,
				`{"specversion":"1.0","id":"%s-%d-%d","source":"/bench","type":%q,"time":%q,"rep":"rep%d","data":{"person":{"external_id":"x%d"}%s}}`,
				typ, p, at.Unix(), typ, at.Format(time.RFC3339), rep, p, data))
			if len(violations) > 0 {
				d.t.Fatal(violations)
			}
			if batch = append(batch, draft); len(batch) == 1000 {
				send()
			}
		}
		for _, step := range []struct {
			typ, data string
			goOn      float64
		}{
			{"lead.captured", `,"source":"web"`, 0.9},
			{"call.completed", `,"direction":"outbound","outcome":"no_answer","seconds":20`, 0.7},
			{"call.completed", `,"direction":"outbound","outcome":"conversation","seconds":400`, 0.4},
			{"appointment.scheduled", fmt.Sprintf(`,"appointment":"a%d","starts_at":%q`, p, at.AddDate(0, 0, 7).Format(time.RFC3339)), 0.8},
			{"appointment.held", fmt.Sprintf(`,"appointment":"a%d","seconds":1800`, p), 0.7},
			{"proposal.sent", fmt.Sprintf(`,"proposal":"p%d"`, p), 0.4},
			{"signup.completed", fmt.Sprintf(`,"signup":"s%d","role":"customer","amount":"900","currency":"EUR"`, p), 0},
		} {
			if at.After(now) {
				break
			}
			add(step.typ, step.data)
			if r.Float64() > step.goOn {
				break
			}
			at = at.Add(time.Duration(r.ExpFloat64() * 5 * float64(24*time.Hour)))
		}
	}
	send()
}
