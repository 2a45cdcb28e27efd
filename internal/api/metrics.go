package api

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/projections"
)

// definitions answers GET /v1/metrics/definitions.
func (s *server) definitions(c echo.Context, _ access.Caller) error {
	return c.JSON(http.StatusOK, map[string]any{"definitions": metric.All()})
}

// metricsQuestion is what GET /v1/metrics asks.
type metricsQuestion struct {
	metrics []metric.Definition
	grain   calendar.Grain
	days    span
	groupBy []projections.Dimension
	where   map[projections.Dimension][]string
	compare []string
	working calendar.Working // of whom it is about, in which equal parts of spans are compared; only with compare
}

// metricsAnswer is what it answers.
type metricsAnswer struct {
	Position events.Position `json:"position"`
	Zone     string          `json:"zone"`
	Grain    calendar.Grain  `json:"grain"`
	From     calendar.Day    `json:"from"`
	To       calendar.Day    `json:"to"` // inclusive
	Rows     []metricRow     `json:"rows"`
}

// metrics answers GET /v1/metrics.
func (s *server) metrics(a ask) error {
	q, err := s.readMetrics(a)
	if err != nil {
		return err
	}
	if len(q.compare) > 0 {
		calendars, err := s.desk(a).Calendars(a.ctx(), a.caller.Org, time.Time{})
		if err != nil {
			return err
		}
		q.working = calendars.Of(q.owner())
	}
	rows, err := s.metricRows(a, q)
	if err != nil {
		return err
	}
	if wantsCSV(a.Context) {
		return writeCSV(a.Context, "metrics", metricsHeader(q), rows, func(r metricRow) []cell { return metricsCells(q, r) })
	}
	return a.JSON(http.StatusOK, metricsAnswer{
		Position: a.position, Zone: a.settings.Zone, Grain: q.grain, From: q.days.from, To: q.days.to - 1, Rows: rows,
	})
}

func (s *server) readMetrics(a ask) (metricsQuestion, error) {
	var q metricsQuestion
	names := a.query.choices("metric", metric.Names()...)
	for _, name := range names {
		d, _ := metric.Find(name)
		q.metrics = append(q.metrics, d)
	}
	if len(a.query.values["metric"]) == 0 {
		a.query.fault("metric", "is required; see /v1/metrics/definitions")
	}
	q.grain = calendar.Grain(a.query.choice("grain", string(total), "day", "week", "month", "quarter", "year"))
	q.days = a.query.days()
	for _, end := range []string{"from", "to"} {
		if a.query.values.Get(end) == "" {
			a.query.fault(end, "is required: a local day of the org, such as 2017-12-31")
		}
	}
	q.where = a.query.filters()
	var dimensions []string
	for _, d := range projections.Dimensions() {
		dimensions = append(dimensions, string(d))
	}
	for _, d := range a.query.choices("group_by", dimensions...) {
		q.groupBy = append(q.groupBy, projections.Dimension(d))
	}
	q.compare = a.query.choices("compare", withPrevious, withLastYear)
	q.refuseSplitRatios(a.query)
	if err := a.query.done(); err != nil {
		return q, err
	}
	if n := len(buckets(a.calendar, q.grain, q.days)); n > s.cfg.MaxBuckets {
		a.query.fault("grain", fmt.Sprintf("makes %d buckets, the limit is %d: take a coarser one or fewer days", n, s.cfg.MaxBuckets))
	}
	return q, a.query.done()
}

// owner returns whose working time periods are compared by: the rep's or team's that the question is about, else the org's.
func (q metricsQuestion) owner() events.Owner {
	if reps := q.where[projections.ByRep]; len(reps) == 1 && reps[0] != "" {
		return events.Owner{OwnerKind: events.OwnerRep, Owner: reps[0]}
	}
	if teams := q.where[projections.ByTeam]; len(teams) == 1 && teams[0] != "" {
		return events.Owner{OwnerKind: events.OwnerTeam, Owner: teams[0]}
	}
	return events.Owner{OwnerKind: events.OwnerOrg}
}

// refuseSplitRatios refuses to take type or outcome apart under a ratio, which sets one against the other.
func (q metricsQuestion) refuseSplitRatios(p *query) {
	i := slices.IndexFunc(q.metrics, func(d metric.Definition) bool { return !d.Additive() })
	if i < 0 {
		return
	}
	for _, d := range []projections.Dimension{projections.ByType, projections.ByOutcome} {
		detail := fmt.Sprintf("%s cannot go with %s, which sets types or outcomes against each other", d, q.metrics[i].Name)
		if slices.Contains(q.groupBy, d) {
			p.fault("group_by", detail)
		}
		if _, ok := q.where[d]; ok {
			p.fault(string(d), detail)
		}
	}
}

func (s *server) metricRows(a ask, q metricsQuestion) ([]metricRow, error) {
	main := buckets(a.calendar, q.grain, q.days)
	spans := slices.Clone(main)
	for _, b := range main {
		for _, way := range q.compare {
			spans = append(spans, counterpart(q.working, way, q.grain, b, a.today()))
		}
	}
	wanted := sumQuery{
		org: a.caller.Org, spans: spans, groupBy: q.groupBy, where: q.narrowed(),
		money: slices.ContainsFunc(q.metrics, metric.Definition.ByCurrency),
	}
	if slices.ContainsFunc(q.metrics, metric.Definition.ByCategory) {
		wanted.settings = a.settings
	}
	t, err := s.sum(a.ctx(), a.calendar, wanted)
	if err != nil {
		return nil, err
	}
	keys := t.keys()
	if len(q.groupBy) == 0 {
		keys = []string{""} // also when nothing happened
	}
	rows := []metricRow{}
	for _, d := range q.metrics {
		for _, key := range keys {
			for _, currency := range q.currencies(a, &t, d, key) {
				for _, b := range main {
					rows = append(rows, q.row(a, &t, d, b, key, currency))
				}
				if len(rows) > s.cfg.MaxRows {
					return nil, badParameters([]fault{{Parameter: "group_by", Detail: fmt.Sprintf(
						"makes more than %d rows: take fewer groups, buckets or metrics", s.cfg.MaxRows)}})
				}
			}
		}
	}
	return rows, nil
}

// narrowed adds to the filters the types that the metrics are made of, so that no others are read.
func (q metricsQuestion) narrowed() map[projections.Dimension][]string {
	if _, given := q.where[projections.ByType]; given {
		return q.where
	}
	var types []string
	for _, d := range q.metrics {
		if len(d.Types()) == 0 {
			return q.where
		}
		types = append(types, d.Types()...)
	}
	where := map[projections.Dimension][]string{projections.ByType: types}
	maps.Copy(where, q.where)
	return where
}

// currencies returns those in which a metric is shown for a group: one row without any, unless it is an amount. What has
// no amount yet is shown as nothing in the org's own currency, if it has chosen one.
func (q metricsQuestion) currencies(a ask, t *sums, d metric.Definition, key string) []string {
	if !d.ByCurrency() {
		return []string{""}
	}
	seen := t.currenciesOf(key, d)
	asked, filtered := q.where[projections.ByCurrency]
	own := a.settings.Currency
	if len(seen) == 0 && own != "" && len(q.groupBy) == 0 && (!filtered || slices.Contains(asked, own)) {
		return []string{own}
	}
	return seen
}
