package goals

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"milemarker/internal/metric"
	"milemarker/internal/pace"
	"milemarker/internal/rates"
)

// Why is a gap taken apart.
type Why struct {
	Standing Standing
	Causes   []pace.Cause // in the order of the chain; none where there is nothing to take apart
	Sentence string
}

// stage is one step on the way from the first effort to the result.
type stage struct {
	metric string // that counts it
	title  string // several of it
	one    string // one of it
	rate   string // the metric by whose name a plan gives the rate from the stage before
}

// stages are the steps in their order. Whose first effort is not a call begins with leads.
func stages() []stage {
	return []stage{
		{"leads", "leads", "lead", ""},
		{"calls", "calls", "call", ""},
		{"conversations", "conversations", "conversation", "contact_rate"},
		{"appointments_scheduled", "appointments scheduled", "scheduled appointment", "conversation_to_appointment"},
		{"appointments_held", "appointments held", "held appointment", "show_rate"},
		{"proposals_sent", "proposals sent", "sent proposal", "appointment_to_proposal"},
		{"signups", "sign-ups", "sign-up", "proposal_to_signup"},
	}
}

// perOne names a link by what it is: metrics such as the show rate are reckoned otherwise, and have their own names.
func perOne(x, from stage) string { return "rate of " + x.title + " per " + from.one }

// thinHistory is the denominator below which an own rate says too little to hold anything against it.
const thinHistory = 20

// Why takes the gap between a goal and its line apart into its causes. It returns what Standing does.
func (d Desk) Why(ctx context.Context, org, goal string, at, known time.Time) (Why, error) {
	s, err := d.sit(ctx, org, known)
	if err != nil {
		return Why{}, err
	}
	g, ok := Find(s.goals, goal)
	if !ok {
		return Why{}, ErrNoGoal
	}
	st, err := s.stand(ctx, g, at)
	if err != nil {
		return Why{}, err
	}
	out := Why{Standing: st}
	p := st.Pace
	switch {
	case st.Course.Kind.Ratio():
		out.Sentence = "a ratio is a cause itself: set a goal on what it leads to, and see its part there"
		return out, nil
	case p.Status == pace.NotBegun || p.Expected <= 0:
		out.Sentence = "nothing is expected yet: there is no gap to take apart"
		return out, nil
	}
	chain, err := s.chain(ctx, st)
	if err != nil {
		return out, fmt.Errorf("why of %s: %w", goal, err)
	}
	if len(chain) < 2 {
		out.Sentence = "it is counted by itself: nothing that is counted here leads to it"
		return out, nil
	}
	out.Causes = pace.Why(p.Actual, p.Expected, chain)
	out.Sentence = pace.WhySentence(p.Margin, out.Causes)
	return out, nil
}

// flow is what was done of each stage, before the goal began and since.
type flow struct{ before, since map[string]float64 }

// chain returns the links that lead to a goal's number, with what there is and what was to be assumed.
func (s *sitting) chain(ctx context.Context, st Standing) ([]pace.Link, error) {
	steps := stages()
	last := slices.IndexFunc(steps, func(x stage) bool { return x.metric == st.Goal.Metric })
	amount := st.Course.Kind == pace.Amounts
	if st.Goal.Metric == "signup_amount" {
		last = len(steps) - 1
	}
	var links []pace.Link
	if last >= 0 {
		f, err := s.flow(ctx, st, steps[:last+1], "")
		if err != nil {
			return nil, err
		}
		if amount { // only what was sold in the goal's currency has a value in it
			sold, err := s.flow(ctx, st, steps[last:last+1], st.Currency)
			if err != nil {
				return nil, err
			}
			f.before["signups"], f.since["signups"] = sold.before["signups"], sold.since["signups"]
		}
		others, err := s.everybody(ctx, st, steps[:last+1])
		if err != nil {
			return nil, err
		}
		links = s.links(st, steps[:last+1], f, others)
	}
	if !amount {
		return links, nil
	}
	value, err := s.value(ctx, st, links)
	return append(links, value...), err
}

// flow reads what the owner of a goal did of some stages.
func (s *sitting) flow(ctx context.Context, st Standing, steps []stage, currency string) (flow, error) {
	f := flow{before: map[string]float64{}, since: map[string]float64{}}
	var types []string
	for _, x := range steps {
		d, _ := metric.Find(x.metric)
		types = append(types, d.Types()...)
	}
	narrow := st
	narrow.Goal.Metric, narrow.Currency = "stages "+strings.Join(types, " "), currency
	narrow.Behind.Where = where(st.Goal.Owner, metric.Definition{Numerator: []metric.Selector{{Types: types}}}, currency)
	days, err := s.read(ctx, narrow, st.Goal.StartsOn-historyDays)
	if err != nil {
		return f, err
	}
	for on, rows := range days {
		part := f.since
		switch {
		case on > st.Day:
			continue
		case on < st.Goal.StartsOn:
			part = f.before
		}
		for _, x := range steps {
			d, _ := metric.Find(x.metric)
			n, _, _, _ := metric.Parts(d, rows)
			part[x.metric] += n.Float64()
		}
	}
	return f, nil
}

// links makes the chain of the stages that are planned, or else counted at all: the first is the volume, the others are
// rates.
func (s *sitting) links(st Standing, steps []stage, f flow, others []tally) []pace.Link {
	plan, last := s.planned(st), steps[len(steps)-1]
	steps = slices.DeleteFunc(slices.Clone(steps), func(x stage) bool {
		if plan.leadsTo(last.metric) {
			return !slices.Contains(plan.stages, x.metric)
		}
		return f.before[x.metric] == 0 && f.since[x.metric] == 0 && x != last
	})
	if len(steps) > 1 && steps[0].metric == "leads" && steps[1].metric == "calls" {
		steps = steps[1:] // who calls begins with calls
	}
	var links []pace.Link
	for i, x := range steps {
		l := pace.Link{Name: x.metric, Title: x.title, Counted: f.since[x.metric], Law: pace.Share}
		if i == 0 {
			d, _ := metric.Find(x.metric)
			l.Title, l.Volume, l.Law, l.Dispersion = d.Noun, true, pace.Counts, st.Pace.Spread.Dispersion
			l.Source = "what the line needs at the rates assumed"
			links = append(links, l)
			continue
		}
		from := steps[i-1].metric
		l.Of, l.Title = f.since[from], perOne(x, steps[i-1])
		planned := plan.rate(x, from)
		share, believed := believe(others, from, x.metric, f.before)
		switch {
		case planned > 0:
			l.Assumed, l.Source = planned, "plan"
		case believed:
			l.Assumed, l.N, l.Weight = share.Mean, share.N, share.Weight
			l.Source = source("rate", st.Goal.Owner, share.N, share.Weight)
		case f.before[from] >= thinHistory && f.before[x.metric] > 0:
			l.Assumed, l.N, l.Weight, l.Source = f.before[x.metric]/f.before[from], f.before[from], 1, "own rate before the goal began"
		case l.Of > 0 && l.Counted > 0:
			l.Assumed, l.Source = l.Counted/l.Of, "taken as it is: too little history"
		default:
			l.Assumed, l.Source = 1, "nothing known"
		}
		links = append(links, l)
	}
	return links
}

// value returns the links of an amount behind its chain: how many there are, where no stage tells, and what each is worth.
func (s *sitting) value(ctx context.Context, st Standing, links []pace.Link) ([]pace.Link, error) {
	var since, before, worthSince, worthBefore float64
	for _, d := range st.Done.Days {
		if d.On < st.Goal.StartsOn {
			before, worthBefore = before+d.Happened, worthBefore+d.Sum.Float64()
		} else {
			since, worthSince = since+d.Happened, worthSince+d.Sum.Float64()
		}
	}
	value := pace.Link{
		Name: "average_" + st.Goal.Metric, Title: "average amount", Counted: worthSince, Of: since, Law: pace.Average,
		Variance: st.Pace.Spread.Variance,
	}
	if st.Goal.Metric == "signup_amount" {
		value.Title = "average sale"
	}
	all, err := s.average(ctx, st)
	if err != nil {
		return nil, err
	}
	planned := s.planned(st).rates["average_sale"]
	switch {
	case planned > 0 && st.Goal.Metric == "signup_amount":
		value.Assumed, value.Source = planned.Float64(), "plan"
	case all.N >= thinHistory && all.Value > 0:
		own := rates.Mean{N: before, Value: worthBefore / max(1, before)}
		value.Assumed, value.Weight = own.Shrink(all.Value, everybodyWorth)
		value.N, value.Source = before, source("average", st.Goal.Owner, before, value.Weight)
	case since > 0 && worthSince > 0:
		value.Assumed, value.Source = worthSince/since, "taken as it is: too little history"
	default:
		value.Assumed, value.Source = 1, "nothing known"
	}
	if len(links) > 0 {
		return []pace.Link{value}, nil
	}
	return []pace.Link{{
		Name: st.Goal.Metric, Title: "of them", Volume: true, Counted: since, Law: pace.Counts,
		Dispersion: st.Pace.Spread.Dispersion, Source: "what the line needs at the average assumed",
	}, value}, nil
}
