package goals

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
	"milemarker/internal/pace"
	"milemarker/projections"
)

// Standing is how a goal stands at an instant.
type Standing struct {
	Goal     projections.Goal
	Terms    projections.GoalTerms // the goal as it stood on Day
	Title    string
	Metric   metric.Definition
	Currency string    // "" unless the metric is an amount
	At       time.Time // of a goal that is over or was closed, at most the moment of its end
	Day      calendar.Day
	Known    time.Time        // whose knowledge was used; zero for now
	Line     string           // the curve that was followed: one that cannot be followed runs straight
	Course   pace.Goal        // the goal as it was judged
	Done     pace.Done        // what it was judged by
	Working  calendar.Working // of the owner
	Pace     pace.Pace
	Outlook  *pace.Outlook // nil where there is too little history, or nothing to come
	LeansOn  string        // what a forecast that the outlook is of leans on; "" for pace's own model
	NoPace   string        // why nothing can be told, in a sentence; Pace has no status then
	Behind   Behind
}

// Behind names the events that the actual number is made of.
type Behind struct {
	Where    map[projections.Dimension][]string
	From, To calendar.Day // From <= day < To
	CutShort bool         // the last day is not counted to its end, but to the instant of the standing
}

// stand tells how a goal stands at an instant.
func (s *sitting) stand(ctx context.Context, g projections.Goal, at time.Time) (Standing, error) {
	if g.Closed != nil {
		at = earlier(at, g.Closed.At)
	}
	at = earlier(at, s.now)
	st := Standing{Goal: g, Known: s.known, Title: g.Metric, Terms: g.On(s.dayOf(at))}
	st.At = earlier(at, (st.Terms.EndsOn + 1).In(s.settings.Calendar().Location()))
	st.Day = s.dayOf(st.At)
	var ok bool
	if st.Metric, ok = metric.Find(g.Metric); !ok {
		return st, NoPaceError{fmt.Sprintf("The goal counts %.100q, which is not defined.", g.Metric)}
	}
	st.Title = Title(g, st.Day)
	if st.Metric.ByCurrency() {
		if st.Currency = cmp.Or(g.Currency, s.settings.Currency); st.Currency == "" {
			return st, NoPaceError{"The goal is an amount, but neither it nor the org has a currency."}
		}
	}
	st.Behind = Behind{
		Where: where(g.Owner, st.Metric, st.Currency), From: g.StartsOn,
		To: max(g.StartsOn+1, min(st.Terms.EndsOn, st.Day)+1),
	}
	st.Behind.CutShort = st.At.Before(st.Behind.To.In(s.settings.Calendar().Location())) && st.At.Before(s.now)
	st.Working = s.calendars.Of(g.Owner).Over(min(g.StartsOn, st.Day-historyDays), st.Terms.EndsOn+1)
	if err := s.judge(ctx, &st); err != nil {
		return st, fmt.Errorf("standing of %s: %w", g.ID, err)
	}
	return st, nil
}

// judge reads what was done and hands it to pace.
func (s *sitting) judge(ctx context.Context, st *Standing) error {
	course, err := s.course(ctx, st)
	if err != nil {
		return err
	}
	if err := course.Validate(); err != nil {
		return NoPaceError{strings.ReplaceAll(err.Error(), "\n", "; ")}
	}
	st.Course = course
	if st.Done, err = s.done(ctx, *st); err != nil {
		return err
	}
	st.Pace = pace.Check(course, st.Done, st.At, st.Working)
	return s.foresee(ctx, st)
}

// chance returns the source of chance of a goal's day: the same question gives the same answer.
func (s *sitting) chance(st *Standing) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s.org + "\x00" + st.Goal.ID)) // a hash takes everything
	return rand.New(rand.NewPCG(h.Sum64(), uint64(st.Day)))
}

// course returns the goal as pace takes it, and notes the line that it follows: a course that cannot be followed runs
// straight.
func (s *sitting) course(ctx context.Context, st *Standing) (pace.Goal, error) {
	g := pace.Goal{
		Target: st.Terms.Target, Direction: pace.Direction(st.Goal.Direction), From: st.Goal.StartsOn, To: st.Terms.EndsOn,
		Rule: pace.Rule(st.Terms.StatusRule), Kind: KindOf(st.Metric),
		Noun: strings.TrimSpace(st.Currency + " " + st.Metric.Noun),
	}
	if loc := st.Working.Calendar().Location(); calendar.DayOf(st.Goal.SetAt.In(loc)) == g.From {
		g.Begins = st.Goal.SetAt
	}
	if st.Goal.Closed != nil && !st.Goal.Closed.At.After(st.At) {
		g.Result = pace.Status(st.Goal.Closed.Result)
	}
	st.Line = events.CurveStraight
	if g.Kind.Ratio() {
		g.Noun = strings.ToLower(st.Metric.Title)
		return g, nil
	}
	var ok bool
	switch c := st.Terms.Course; c.Curve {
	case events.CurveMonthly:
		g.Markers, ok = pace.MonthlyMarkers(g.From, g.To, g.Target, c.Weights)
	case events.CurveSeason:
		months, err := s.months(ctx, *st)
		if err != nil {
			return g, err
		}
		g.Markers, ok = pace.SeasonMarkers(g.From, g.To, g.Target, months, st.Working)
	case events.CurveMarkers:
		g.Markers, ok = explicit(c.Markers)
	}
	if ok = ok && g.Validate() == nil; !ok {
		g.Markers = nil
		return g, nil
	}
	st.Line = st.Terms.Course.Curve
	return g, nil
}

func explicit(markers []events.Marker) (out []pace.Marker, ok bool) {
	for _, m := range markers {
		on, err := calendar.ParseDay(string(m.On))
		if err != nil {
			return nil, false
		}
		out = append(out, pace.Marker{On: on, Value: m.Value})
	}
	return out, true
}

// KindOf tells what a metric's number is made of, as far as luck is concerned.
func KindOf(d metric.Definition) pace.Kind {
	events := func(selectors []metric.Selector) bool {
		for _, s := range selectors {
			if s.Measure != metric.Events {
				return false
			}
		}
		return true
	}
	switch {
	case d.Additive() && d.Unit == metric.Count:
		return pace.Counts
	case d.Additive():
		return pace.Amounts
	case d.Share:
		return pace.Share
	case d.Unit == metric.Money:
		return pace.Average
	case events(d.Numerator) && events(d.Denominator):
		return pace.Each
	default:
		return pace.Division
	}
}

// byUrgency orders standings: the most urgent first.
func byUrgency(a, b Standing) int {
	return cmp.Or(
		cmp.Compare(rank(a.Pace), rank(b.Pace)), cmp.Compare(safe(a.Pace), safe(b.Pace)), cmp.Compare(ratio(a), ratio(b)),
		cmp.Compare(a.Terms.EndsOn, b.Terms.EndsOn), strings.Compare(a.Goal.ID, b.Goal.ID),
	)
}

// rank sets what runs before what does not.
func rank(p pace.Pace) int {
	switch p.Status {
	case pace.OffTrack:
		return 0
	case pace.AtRisk, pace.OnTrack, pace.Ahead:
		return 1
	case pace.NotBegun:
		return 2
	case pace.Achieved, pace.Missed, pace.Abandoned:
		return 3
	default:
		return 4
	}
}

// safe returns the safe days; a ratio that is at risk has none to lose, one that is not comes after all counts.
func safe(p pace.Pace) int {
	switch {
	case p.SafeDays != nil:
		return *p.SafeDays
	case p.Status == pace.AtRisk:
		return 0
	default:
		return math.MaxInt
	}
}

// ratio returns how far a goal has come on its line, turned around where less is better.
func ratio(st Standing) float64 {
	switch {
	case st.Pace.Ratio == nil:
		return 1
	case st.Course.Direction == pace.AtMost:
		return -*st.Pace.Ratio
	default:
		return *st.Pace.Ratio
	}
}
