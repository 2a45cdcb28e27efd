package api

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/internal/plan"
	"milemarker/internal/rates"
	"milemarker/projections"
)

// How far back evidence is taken from.
const (
	evidenceMonths = 6
	evidenceDays   = 366 // of delays, which need longer to show
	evidenceSales  = 2000
)

// evidence is what is known of an owner and of the whole org.
type evidence struct {
	owner  events.Owner
	counts map[repTeam][]metric.Row
	sales  []projections.SaleRow
	delays map[string][2]rates.Mean // by stage: own, org
	teams  map[string]string
	since  calendar.Day // first of the months of counts in which the owner did anything, 0 for none
	ledger measured
}

// repTeam is a rep within one team.
type repTeam struct{ rep, team string }

// mine tells whether what a rep of a team did counts for the owner.
func (e evidence) mine(rep, team string) bool {
	switch e.owner.OwnerKind {
	case events.OwnerRep:
		return rep == e.owner.Owner
	case events.OwnerTeam:
		return team == e.owner.Owner
	default:
		return true
	}
}

// gather reads what a plan over these stages can lean on.
func (s *server) gather(a ask, owner events.Owner, stages []string, currency string) (evidence, error) {
	e := evidence{owner: owner, counts: map[repTeam][]metric.Row{}, delays: map[string][2]rates.Mean{}, teams: a.settings.Teams}
	to := a.calendar.Next(calendar.Monthly, a.calendar.Bucket(calendar.Monthly, a.today()))
	from := to
	for range evidenceMonths + 1 {
		from = a.calendar.Previous(calendar.Monthly, from)
	}
	rows, err := s.deps.Warehouse.Metrics(a.ctx(), projections.MetricQuery{
		Org: a.caller.Org, Grain: calendar.Monthly, From: from, To: to,
		GroupBy: []projections.Dimension{projections.ByRep, projections.ByTeam, projections.ByType, projections.ByOutcome},
	})
	if err != nil {
		return e, err
	}
	e.add(rows)
	for _, r := range rows {
		if e.mine(r.Group[0], r.Group[1]) && (e.since == 0 || r.Bucket < e.since) {
			e.since = r.Bucket
		}
	}
	if currency != "" {
		e.sales, err = s.deps.Prospects.Sales(a.ctx(), projections.SaleQuery{
			Org: a.caller.Org, Currency: currency, Since: a.today() - evidenceDays, Limit: evidenceSales,
		})
		if err != nil {
			return e, err
		}
	}
	return e, s.gatherDelays(a, e, stages)
}

func (e evidence) add(rows []projections.MetricRow) {
	for _, r := range rows {
		key := repTeam{r.Group[0], r.Group[1]}
		e.counts[key] = append(e.counts[key], metric.Row{
			Type: r.Group[2], Outcome: r.Group[3], Count: r.Count, Seconds: r.Seconds,
		})
	}
}

// gatherDelays reads how long people take between stages that journeys know.
func (s *server) gatherDelays(a ask, e evidence, stages []string) error {
	q := projections.DelayQuery{Org: a.caller.Org, Since: a.now.AddDate(0, 0, -evidenceDays), Now: a.now}
	var to []string
	for i := 1; i < len(stages); i++ {
		from, next := projections.StageOf(stages[i-1]), projections.StageOf(stages[i])
		if from != "" && next != "" {
			q.From, q.To, to = append(q.From, from), append(q.To, next), append(to, stages[i])
		}
	}
	if len(to) == 0 {
		return nil
	}
	rows, err := s.deps.Prospects.Delays(a.ctx(), q)
	if err != nil {
		return err
	}
	for i, stage := range to {
		var own, all []rates.Observation
		for _, r := range rows {
			if r.Pair != i {
				continue
			}
			o := rates.Observation{Days: r.Days, Reached: r.Reached, N: r.N}
			all = append(all, o)
			if e.mine(r.Rep, e.teams[r.Rep]) {
				own = append(own, o)
			}
		}
		e.delays[stage] = [2]rates.Mean{meanDelay(own), meanDelay(all)}
	}
	return nil
}

func meanDelay(observed []rates.Observation) rates.Mean {
	n := 0.0
	for _, o := range observed {
		if o.Reached {
			n += o.N
		}
	}
	return rates.Mean{Value: rates.KaplanMeier(observed).MeanDays(), N: n}
}

// count returns a metric's number of the owner and, by rep, of everybody.
func (e evidence) count(name string) (own float64, byRep map[string]float64) {
	byRep = map[string]float64{}
	d, ok := metric.Find(name)
	if !ok {
		return 0, byRep
	}
	for who, rows := range e.counts {
		if v, ok := metric.Evaluate(d, rows); ok {
			byRep[who.rep] += v.Number.Float64()
			if e.mine(who.rep, who.team) {
				own += v.Number.Float64()
			}
		}
	}
	return own, byRep
}

// of returns the evidence about a quantity of a plan over these stages.
func (e evidence) of(quantity string, stages []string) plan.Evidence {
	kind, stage, _ := strings.Cut(quantity, "_")
	i := slices.Index(stages, stage)
	switch {
	case kind == "rate" && i > 0:
		return e.rate(stages[i-1], stage)
	case kind == "delay" && i > 0:
		d := e.delays[stage]
		return plan.Evidence{OwnMean: d[0], OrgMean: d[1]}
	case kind == "minutes" && i >= 0:
		return e.minutes(stage)
	case quantity == "average_sale":
		return e.sale(func(r projections.SaleRow) float64 { return r.Amount.Float64() })
	case quantity == "recurring_sale":
		return e.sale(func(r projections.SaleRow) float64 { return r.Annual.Float64() / 12 })
	case quantity == "churn":
		return e.ledger.leaving
	case quantity == "recruit_share":
		return e.rate("signups", "signups_recruit")
	case quantity == "sponsored_now":
		return plan.Evidence{Known: e.ledger.sponsored}
	case quantity == "expenses":
		return plan.Evidence{Known: e.ledger.expenses}
	default:
		return plan.Evidence{}
	}
}

// rate holds how much of one activity came of how much of another in the same months.
func (e evidence) rate(from, to string) plan.Evidence {
	ownFrom, allFrom := e.count(from)
	ownTo, allTo := e.count(to)
	ev := plan.Evidence{Own: rates.Trial{N: ownFrom, K: min(ownFrom, ownTo)}}
	for rep, n := range allFrom {
		ev.Members = append(ev.Members, rates.Trial{N: n, K: min(n, allTo[rep])})
	}
	slices.SortFunc(ev.Members, byTrials)
	return ev
}

// byTrials orders trials: sums of floats depend on their order.
func byTrials(a, b rates.Trial) int { return cmp.Or(cmp.Compare(a.N, b.N), cmp.Compare(a.K, b.K)) }

// handling is what a call takes besides the talk, in minutes.
const handling = 2

// minutes holds how long calls and appointments last, where their length was told.
func (e evidence) minutes(stage string) plan.Evidence {
	types := map[string]string{"calls": events.TypeCallCompleted, "appointments_held": events.TypeAppointmentHeld}
	typ, ok := types[stage]
	if !ok {
		return plan.Evidence{}
	}
	extra := 0.0
	if stage == "calls" {
		extra = handling
	}
	var own, all lengths
	for who, rows := range e.counts {
		for _, r := range rows {
			if r.Type == typ && r.Seconds > 0 {
				all.add(r)
				if e.mine(who.rep, who.team) {
					own.add(r)
				}
			}
		}
	}
	return plan.Evidence{OwnMean: own.minutes(extra), OrgMean: all.minutes(extra)}
}

// lengths adds up how long some things lasted.
type lengths struct {
	seconds int64
	n       uint64
}

func (l *lengths) add(r metric.Row) {
	l.seconds += r.Seconds
	l.n += r.Count
}

// minutes returns the average length with what each takes besides.
func (l lengths) minutes(extra float64) rates.Mean {
	if l.n == 0 {
		return rates.Mean{}
	}
	return rates.Mean{Value: float64(l.seconds)/60/float64(l.n) + extra, N: float64(l.n)}
}

func (e evidence) sale(amount func(projections.SaleRow) float64) plan.Evidence {
	var own, all rates.Mean
	for _, r := range e.sales {
		all.N++
		all.Value += amount(r)
		if e.mine(r.Rep, e.teams[r.Rep]) {
			own.N++
			own.Value += amount(r)
		}
	}
	for _, m := range []*rates.Mean{&own, &all} {
		if m.N > 0 {
			m.Value /= m.N
		}
	}
	return plan.Evidence{OwnMean: own, OrgMean: all}
}

// sizes returns how large single sales are against their average, in twenty steps: the owner's own if he has twenty,
// else the org's, none below twenty.
func (e evidence) sizes() []float64 {
	const steps = 20
	var own, all []float64
	for _, r := range e.sales {
		amount := r.Amount.Float64() + r.Annual.Float64()
		all = append(all, amount)
		if e.mine(r.Rep, e.teams[r.Rep]) {
			own = append(own, amount)
		}
	}
	if len(own) >= steps {
		all = own
	}
	if len(all) < steps {
		return nil
	}
	slices.Sort(all)
	out, sum := make([]float64, steps), 0.0
	for i := range out {
		out[i] = all[(2*i+1)*len(all)/(2*steps)]
		sum += out[i] / steps
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

// fullWeek returns the most working hours that seven of the next 28 days have.
func fullWeek(hours func(calendar.Day) time.Duration, from calendar.Day) float64 {
	most := 0.0
	for d := from; d <= from+21; d++ {
		sum := time.Duration(0)
		for i := range calendar.Day(7) {
			sum += hours(d + i)
		}
		most = max(most, sum.Hours())
	}
	return most
}
