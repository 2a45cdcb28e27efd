package api

import (
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/internal/pace"
	"milemarker/internal/plan"
	"milemarker/internal/rates"
	"milemarker/projections"
)

// How far back the ledger is asked about customers, and about the months of a season.
const (
	leavingYears = 2
	bookDays     = 3 * 366 // of contracts that go on, as forecasts count them
	seasonMonths = 36
)

// measured is what the ledger knows of an owner besides shares, delays and prices.
type measured struct {
	leaving  plan.Evidence // of churn
	expenses *plan.Known   // a month; nil where no whole month is known
	season   *pace.Season  // of the first stage; nil where there are not months enough
	book     book          // contracts that go on

	sponsored *plan.Known // of a team plan; nil where nobody was recruited
}

// quantities returns everything that a plan leans on. A date that cannot be read has no season; it is refused elsewhere.
func quantities(p events.PlanDrafted) []plan.Quantity {
	all := plan.Quantities(p.Stages, len(p.Ranks) > 0)
	from, errFrom := calendar.ParseDay(string(p.StartsOn))
	by, errBy := calendar.ParseDay(string(p.EndsOn))
	if errFrom != nil || errBy != nil {
		return all
	}
	return append(all, plan.Seasons(from, by)...)
}

// measure reads what is known of the owner of a plan.
func (s *server) measure(a ask, e evidence, p events.PlanDrafted) (m measured, err error) {
	contracts, err := s.deps.Foresight.Contracts(a.ctx(), projections.ForesightQuery{
		Org: a.caller.Org, Since: a.now.AddDate(0, 0, -bookDays), Until: a.now, Settings: a.settings,
	})
	if err != nil {
		return m, err
	}
	m.leaving = e.leaving(contracts, a.now)
	m.book = e.running(contracts, p.Currency)
	if len(p.Ranks) > 0 {
		if m.sponsored, err = s.sponsored(a, e); err != nil {
			return m, err
		}
	}
	if m.expenses, err = s.expenses(a, e, p.Currency); err != nil {
		return m, err
	}
	if p.Season == nil {
		m.season, err = s.season(a, p)
	}
	return m, err
}

// leaving holds how many of those who signed up for something that recurs left again, by the months that they were there
// for. Its members are the others: the owner's own are no evidence about the others.
func (e evidence) leaving(contracts []projections.Contract, now time.Time) plan.Evidence {
	since := now.AddDate(-leavingYears, 0, 0)
	var own []rates.Life
	others := map[string][]rates.Life{}
	for _, c := range contracts {
		if c.Annual == 0 || c.At.Before(since) {
			continue
		}
		end := now
		if !c.Ended.IsZero() {
			end = c.Ended
		}
		l := rates.Life{Months: wholeMonths(c.At, end), Left: !c.Ended.IsZero()}
		if e.mine(c.Rep, c.Team) {
			own = append(own, l)
		} else {
			others[c.Rep] = append(others[c.Rep], l)
		}
	}
	ev := plan.Evidence{Own: rates.Leaving(own)}
	for _, lives := range others {
		if t := rates.Leaving(lives); t.N > 0 {
			ev.Members = append(ev.Members, t)
		}
	}
	slices.SortFunc(ev.Members, byTrials)
	return ev
}

// wholeMonths returns how often the day of the month of a came round again until b.
func wholeMonths(a, b time.Time) int {
	n := (b.Year()-a.Year())*12 + int(b.Month()) - int(a.Month())
	if b.Before(a.AddDate(0, n, 0)) {
		n--
	}
	return max(0, n)
}

// expenses holds what the owner's work cost in a whole month, on average since he did anything, six months back at most.
func (s *server) expenses(a ask, e evidence, currency string) (*plan.Known, error) {
	to := a.calendar.Bucket(calendar.Monthly, a.today())
	if currency == "" || e.since == 0 || e.since >= to {
		return nil, nil //nolint:nilnil // nothing is known
	}
	rows, err := s.deps.Warehouse.Metrics(a.ctx(), projections.MetricQuery{
		Org: a.caller.Org, Grain: calendar.Monthly, From: e.since, To: to,
		GroupBy: []projections.Dimension{projections.ByRep, projections.ByTeam},
		Where:   map[projections.Dimension][]string{projections.ByType: {events.TypeCostIncurred}, projections.ByCurrency: {currency}},
	})
	if err != nil {
		return nil, err
	}
	sum, n := 0.0, 0.0
	for month := e.since; month < to; month = a.calendar.Next(calendar.Monthly, month) {
		n++
	}
	known := false
	for _, r := range rows {
		if e.mine(r.Group[0], r.Group[1]) {
			sum, known = sum+r.Amount.Float64(), true
		}
	}
	if !known { // nobody keeps books here: that says nothing
		return nil, nil //nolint:nilnil // nothing is known
	}
	return &plan.Known{Value: sum / n, N: n, Weight: 1}, nil
}

// season finds how the months of the owner's first stage differ, as the curve of a goal does.
func (s *server) season(a ask, p events.PlanDrafted) (*pace.Season, error) {
	d, ok := metric.Find(p.Stages[0])
	if !ok {
		return nil, nil //nolint:nilnil // nothing is known
	}
	end := a.calendar.Bucket(calendar.Monthly, a.today())
	y, m, _ := end.Time().Date()
	first := calendar.Date(y, m-seasonMonths, 1)
	where := map[projections.Dimension][]string{projections.ByType: d.Types()}
	switch p.OwnerKind {
	case events.OwnerRep:
		where[projections.ByRep] = []string{p.Owner.Owner}
	case events.OwnerTeam:
		where[projections.ByTeam] = []string{p.Owner.Owner}
	}
	rows, err := s.deps.Warehouse.Metrics(a.ctx(), projections.MetricQuery{
		Org: a.caller.Org, Grain: calendar.Monthly, From: first, To: end, Where: where,
		GroupBy: []projections.Dimension{projections.ByType, projections.ByOutcome},
	})
	if err != nil {
		return nil, err
	}
	byMonth := map[calendar.Day][]metric.Row{}
	for _, r := range rows {
		byMonth[r.Bucket] = append(byMonth[r.Bucket], metric.Row{Type: r.Group[0], Outcome: r.Group[1], Count: r.Count})
	}
	var history []pace.Month
	for month := first; month < end; month = a.calendar.Next(calendar.Monthly, month) {
		if v, ok := metric.Evaluate(d, byMonth[month]); ok && v.Number > 0 || len(history) > 0 {
			history = append(history, pace.Month{First: month, Sum: v.Number})
		}
	}
	calendars, err := s.desk(a).Calendars(a.ctx(), a.caller.Org, time.Time{})
	if err != nil {
		return nil, err
	}
	found, ok := pace.Seasons(history, calendars.Of(p.Owner).Over(first, end))
	if !ok {
		return nil, nil //nolint:nilnil // nothing is known
	}
	return &found, nil
}

// seasonal returns what is assumed of a calendar month: what was given, else what the owner's own months say.
func (m measured) seasonal(q plan.Quantity, month time.Month, given []events.Decimal) plan.Assumption {
	if len(given) == 12 {
		return plan.Say(q.Name, given[month-1].Float64())
	}
	if m.season == nil {
		return plan.Assume(q, plan.Evidence{})
	}
	n := float64(m.season.Seen[month-1])
	return plan.Assume(q, plan.Evidence{Known: &plan.Known{Value: m.season.Weights[month-1], N: n, Weight: n / (n + 1)}})
}

// seasonOf returns the weights of the calendar months that a plan assumes; nil where all are alike. What is no list of
// twelve stays, to be refused.
func seasonOf(p events.PlanDrafted) []events.Decimal {
	if n := len(p.Season); n != 0 && n != 12 {
		return p.Season
	}
	season := slices.Clone(p.Season)
	if season == nil {
		season = slices.Repeat([]events.Decimal{events.Scale}, 12)
	}
	alike := p.Season == nil
	for _, x := range p.Assumptions {
		if m, ok := plan.SeasonMonth(x.Name); ok {
			season[m-1] = x.Value
			alike = alike && x.Value == events.Scale
		}
	}
	if alike {
		return nil
	}
	return season
}
