package api

import (
	"net/url"

	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/projections"
)

// metricRow is one number: a metric in a bucket, of a group, in a currency.
type metricRow struct {
	Metric   string            `json:"metric"`
	From     calendar.Day      `json:"from"`
	To       calendar.Day      `json:"to"`                // inclusive
	ToDate   bool              `json:"to_date,omitempty"` // not over yet
	Group    map[string]string `json:"group,omitempty"`
	Currency string            `json:"currency,omitempty"`
	figure
	Compare []comparison `json:"compare,omitempty"`
}

// figure is a value with what it rests on. Money is a string, everything else a number, what has no value null.
type figure struct {
	Value    any              `json:"value"`
	N        uint64           `json:"n"`
	Interval *metric.Interval `json:"interval,omitempty"`
	Events   string           `json:"events"` // where the events behind it are
}

// comparison is the same number of another span.
type comparison struct {
	With string       `json:"with"`
	From calendar.Day `json:"from"`
	To   calendar.Day `json:"to"` // inclusive
	figure
	Change *float64 `json:"change"` // by which share the value is more than this one; null if either has none
}

func (q metricsQuestion) row(a ask, t *sums, d metric.Definition, b span, key, currency string) metricRow {
	row := metricRow{
		Metric: d.Name, From: b.from, To: b.to - 1, ToDate: b.holds(a.today()), Currency: currency,
		figure: q.figure(t, d, b, key, currency),
	}
	for i, dim := range q.groupBy {
		if row.Group == nil {
			row.Group = map[string]string{}
		}
		row.Group[string(dim)] = t.groups[key][i]
	}
	value, has := t.value(d, b, key, currency)
	for _, way := range q.compare {
		other := counterpart(q.working, way, q.grain, b, a.today())
		if other.empty() {
			continue
		}
		c := comparison{With: way, From: other.from, To: other.to - 1, figure: q.figure(t, d, other, key, currency)}
		if then, had := t.value(d, other, key, currency); has && had && then.Number != 0 {
			change := rounded(float64(value.Number-then.Number) / float64(then.Number))
			c.Change = &change
		}
		row.Compare = append(row.Compare, c)
	}
	return row
}

func (q metricsQuestion) figure(t *sums, d metric.Definition, b span, key, currency string) figure {
	link := url.Values{"metric": {d.Name}}
	for dim, values := range q.where {
		link[string(dim)] = values
	}
	for i, dim := range q.groupBy {
		link.Set(string(dim), t.groups[key][i])
	}
	if currency != "" {
		link.Set(string(projections.ByCurrency), currency)
	}
	f := figure{Events: eventsLink("/v1/events", b, link)}
	if v, ok := t.value(d, b, key, currency); ok {
		f.Value, f.N = quantity(d.Unit, v.Number), v.N
		if v.Interval != nil {
			f.Interval = &metric.Interval{Low: rounded(v.Interval.Low), High: rounded(v.Interval.High)}
		}
	}
	return f
}

// eventsLink points to the events of some days.
func eventsLink(path string, days span, query url.Values) string {
	query.Set("from", days.from.String())
	query.Set("to", (days.to - 1).String())
	return path + "?" + query.Encode()
}
