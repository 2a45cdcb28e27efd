package api

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/projections"
)

// sums holds what was summed over spans of days, by group and currency.
type sums struct {
	spans      map[span]map[string]map[string][]metric.Row // by span, group and currency
	groups     map[string][]string                         // the values of each group seen, by its key
	currencies map[string]map[string][]metric.Row          // by group and currency: rows of all spans
}

// sumQuery asks for sums over spans of days.
type sumQuery struct {
	org     string
	spans   []span
	groupBy []projections.Dimension
	where   map[projections.Dimension][]string
	money   bool // keep currencies apart

	// settings say what counts as income-producing on which day; of an org that said nothing, and where no number depends on
	// it, the zero value will do.
	settings projections.OrgSettings
}

// sum reads each span in the coarsest stored grain that it is made of. All spans that are whole buckets of one grain are
// read by one question.
func (s *server) sum(ctx context.Context, c calendar.Calendar, q sumQuery) (sums, error) {
	out := sums{
		spans:  map[span]map[string]map[string][]metric.Row{},
		groups: map[string][]string{}, currencies: map[string]map[string][]metric.Row{},
	}
	whole := map[calendar.Grain]span{} // the range in which the whole buckets of a grain lie
	for _, sp := range q.spans {
		if _, seen := out.spans[sp]; seen || sp.empty() {
			continue
		}
		out.spans[sp] = map[string]map[string][]metric.Row{}
		cuts := q.settings.ProducingCuts(sp.from, sp.to)
		if g, ok := exact(c, sp); ok && len(cuts) == 0 {
			if r, seen := whole[g]; seen {
				sp = span{min(r.from, sp.from), max(r.to, sp.to)}
			}
			whole[g] = sp
			continue
		}
		for _, part := range sp.cut(cuts) { // what counts as what is the same all through a part
			rows, err := s.deps.Warehouse.Metrics(ctx, q.over(aligned(c, part), part))
			if err != nil {
				return out, err
			}
			for _, r := range rows {
				out.add(q, sp, r)
			}
		}
	}
	for _, g := range coarse() {
		r, ok := whole[g]
		if !ok {
			continue
		}
		rows, err := s.deps.Warehouse.Metrics(ctx, q.over(g, r))
		if err != nil {
			return out, err
		}
		for _, row := range rows {
			if b := (span{row.Bucket, c.Next(g, row.Bucket)}); len(q.settings.ProducingCuts(b.from, b.to)) == 0 {
				out.add(q, b, row)
			}
		}
	}
	return out, nil
}

// over makes the question for one range: the groups, then the currency if it matters, then what a metric is made of.
func (q sumQuery) over(g calendar.Grain, s span) projections.MetricQuery {
	by := slices.Clone(q.groupBy)
	if q.apart() {
		by = append(by, projections.ByCurrency)
	}
	for _, d := range []projections.Dimension{projections.ByType, projections.ByOutcome} {
		if !slices.Contains(by, d) {
			by = append(by, d)
		}
	}
	return projections.MetricQuery{Org: q.org, Grain: g, From: s.from, To: s.to, GroupBy: by, Where: q.where}
}

// apart tells whether the currency is a column of its own behind the groups.
func (q sumQuery) apart() bool { return q.money && !slices.Contains(q.groupBy, projections.ByCurrency) }

// add takes one row into a span that was asked for; others come along where buckets lie between.
func (t *sums) add(q sumQuery, s span, r projections.MetricRow) {
	if _, wanted := t.spans[s]; !wanted {
		return
	}
	columns := q.over("", span{}).GroupBy
	value := func(d projections.Dimension) string {
		if i := slices.Index(columns, d); i >= 0 {
			return r.Group[i]
		}
		return ""
	}
	group := r.Group[:len(q.groupBy)]
	key, currency := strings.Join(group, "\x00"), value(projections.ByCurrency)
	row := metric.Row{
		Type: value(projections.ByType), Outcome: q.settings.Outcome(value(projections.ByType), value(projections.ByOutcome), r.Bucket),
		Count: r.Count, Amount: r.Amount, Seconds: r.Seconds, Offered: r.Offered, Taken: r.Taken,
	}
	t.groups[key] = group
	for _, m := range []map[string]map[string][]metric.Row{t.spans[s], t.currencies} {
		if m[key] == nil {
			m[key] = map[string][]metric.Row{}
		}
		m[key][currency] = append(m[key][currency], row)
	}
}

// keys returns the groups seen, in the order of their values.
func (t *sums) keys() []string {
	keys := slices.Collect(maps.Keys(t.groups))
	slices.SortFunc(keys, func(a, b string) int { return slices.Compare(t.groups[a], t.groups[b]) })
	return keys
}

// currenciesOf returns the currencies in which a group has something of a metric, in order.
func (t *sums) currenciesOf(key string, d metric.Definition) []string {
	var out []string
	for currency, rows := range t.currencies[key] {
		uses := slices.ContainsFunc(rows, func(r metric.Row) bool { return d.Uses(r.Type, r.Outcome) })
		if currency != "" && uses {
			out = append(out, currency)
		}
	}
	slices.SortFunc(out, cmp.Compare[string])
	return out
}

// value evaluates a metric over one span and group; currency is "" unless the metric is an amount.
func (t *sums) value(d metric.Definition, s span, key, currency string) (metric.Value, bool) {
	byCurrency := t.spans[s][key]
	if d.ByCurrency() {
		return metric.Evaluate(d, byCurrency[currency])
	}
	var rows []metric.Row
	for _, c := range slices.Sorted(maps.Keys(byCurrency)) {
		rows = append(rows, byCurrency[c]...)
	}
	return metric.Evaluate(d, rows)
}
