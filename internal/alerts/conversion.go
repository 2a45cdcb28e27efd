package alerts

import (
	"context"
	"fmt"
	"math"
	"net/url"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/projections"
)

// A conversion is held against its own past: the last whole weeks against those before them, by Fisher's exact test, one
// side. It is raised when chance alone would do as badly in one of a hundred cases or fewer, resolved when it would in one
// of ten or more. Fewer cases than leastCases on either side say nothing.
const (
	recentWeeks = 4
	pastWeeks   = 26
	raiseAt     = 0.01
	resolveAt   = 0.10
	leastCases  = 10
)

// conversions returns the shares that are watched.
func conversions() []metric.Definition {
	var out []metric.Definition
	for _, d := range metric.All() {
		if d.Share && d.HigherIsBetter {
			out = append(out, d)
		}
	}
	return out
}

// fallen looks for conversions that have fallen beyond chance, of every rep with goals.
func (k *keeper) fallen(ctx context.Context, l *look) ([]finding, error) {
	reps := l.reps()
	if len(reps) == 0 {
		return nil, nil
	}
	thisWeek := l.cal.Bucket(calendar.Weekly, l.today)
	recent := thisWeek - 7*recentWeeks
	rows, err := k.deps.Known.Metrics(ctx, projections.MetricQuery{
		Org: l.org, Grain: calendar.Weekly, From: recent - 7*pastWeeks, To: thisWeek,
		GroupBy: []projections.Dimension{projections.ByRep, projections.ByType, projections.ByOutcome},
		Where:   map[projections.Dimension][]string{projections.ByRep: reps},
	})
	if err != nil {
		return nil, err
	}
	type half struct {
		rep string
		now bool
	}
	halves := map[half][]metric.Row{}
	for _, r := range rows {
		h := half{r.Group[0], r.Bucket >= recent}
		halves[h] = append(halves[h], metric.Row{
			Type: r.Group[1], Outcome: r.Group[2], Count: r.Count, Offered: r.Offered, Taken: r.Taken, Seconds: r.Seconds,
		})
	}
	var out []finding
	for _, rep := range reps {
		for _, d := range conversions() {
			hitsNow, now := cases(d, halves[half{rep, true}])
			hitsThen, then := cases(d, halves[half{rep, false}])
			f := finding{
				matter: events.AlertConversion + "/" + rep + "/" + d.Name, kind: events.AlertConversion, rep: rep, is: unsure,
				see: "/v1/metrics?" + url.Values{
					"metric": {d.Name}, "rep": {rep}, "grain": {"week"}, "from": {(recent - 7*pastWeeks).String()}, "to": {(thisWeek - 1).String()},
				}.Encode(),
			}
			if now >= leastCases && then >= leastCases {
				switch p := chanceOfSoFew(hitsNow, now, hitsThen, then); {
				case p <= raiseAt:
					f.is = yes
				case p >= resolveAt:
					f.is = no
				}
				f.says = fmt.Sprintf("%s of %s was %d of %d in the last %d weeks, and %d of %d in the %d weeks before: more than chance explains.",
					d.Title, rep, hitsNow, now, recentWeeks, hitsThen, then, pastWeeks)
			}
			out = append(out, f)
		}
	}
	return out, nil
}

// cases returns how many cases a share rests on, and how many of them count.
func cases(d metric.Definition, rows []metric.Row) (hits, n int) {
	v, ok := metric.Evaluate(d, rows)
	if !ok {
		return 0, 0
	}
	return int(math.Round(float64(v.Number) / float64(events.Scale) * float64(v.N))), int(v.N)
}

// chanceOfSoFew returns the chance of at most a hits among n, if they were dealt by chance among n and m cases with a+b
// hits in all: the lower tail of the hypergeometric distribution.
//
// Source: R. A. Fisher, The Logic of Inductive Inference, 1935.
func chanceOfSoFew(a, n, b, m int) float64 {
	hits := a + b
	p := 0.0
	for i := max(0, hits-m); i <= min(a, n); i++ {
		p += math.Exp(choose(n, i) + choose(m, hits-i) - choose(n+m, hits))
	}
	return min(p, 1)
}

// choose returns the logarithm of the number of ways to take k of n.
func choose(n, k int) float64 {
	if k < 0 || k > n {
		return math.Inf(-1)
	}
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}
