package pace

import (
	"math"
	"sort"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// Status is how a goal stands.
type Status string

// The statuses. The first three are final.
const (
	Achieved  Status = "achieved"
	Missed    Status = "missed"
	Abandoned Status = "abandoned" // closed without a result
	Ahead     Status = "ahead"
	OnTrack   Status = "on_track"
	AtRisk    Status = "at_risk"
	OffTrack  Status = "off_track"
	NotBegun  Status = "not_begun" // its first day is yet to come
)

// Pace is how a goal stands at an instant. All decimals are in the unit of the goal's target.
type Pace struct {
	At       time.Time
	Actual   events.Decimal
	Part, Of events.Decimal // of a ratio what Actual is made of; it has no value while Of is 0
	Expected events.Decimal // what the line expects by At
	Margin   events.Decimal // Actual - Expected
	Ratio    *float64       // Actual / Expected; nil while nothing is expected
	Ahead    *Distance      // from now to where the line equals Actual; nil for ratios, and where the line cannot tell
	Left     Left
	Current  *Current // speed of late; nil without any whole working day of history
	SafeDays *int     // working days on which nothing could be done without being off track; nil for ratios
	Markers  []Passed // the mile markers that are behind, and those to come
	Status   Status
	Rule     Rule   // by which the status was found: strict also where luck was asked for but cannot be told
	Limits   Limits // where the status would change
	Spread   Spread // what luck was reckoned with
	Sentence string // all of it in plain words
}

// Distance is working time: positive when the goal is ahead of its line, negative when it is behind.
type Distance struct {
	Time time.Duration
	Days float64 // Time over the mean working time of a working day of the goal
}

// Left is what is still needed or, under an at-most goal, still allowed. A ratio has none of it but the days.
type Left struct {
	Total events.Decimal // never negative
	Days  int            // working days left, today among them until its hours are over
	Day   events.Decimal // Total for each of them; 0 if none is left
	Week  events.Decimal // Total for each usual week of them, at most Total: holidays ahead do not change what a week is

	// Needed is, for a ratio, what it must be from here to the end, if as much is to come as comes at the current rate; nil
	// where that cannot be told. It may be more than can be; where nothing is needed it is 0, never less.
	Needed *float64
}

// Current is the owner's speed of late, in the unit of the target: over the working days before today, a day weighing
// half as much as the one 20 working days after it.
type Current struct {
	Day, Week float64 // for each working day that is left, by their mean working time, and for each usual week of them
	Over      int     // working days that it looks back on
}

// Passed is a mile marker with what became of it.
type Passed struct {
	Marker

	Over    bool           // its day is over
	Reached bool           // what it asked for is there; of an at-most goal, what it allowed was kept
	Actual  events.Decimal // by its end, or by now
}

// Limits are the values of Actual at which the status changes. Under an at-least goal less than OffTrack is off track,
// less than AtRisk at risk and more than Ahead ahead; under an at-most goal the other way round.
type Limits struct {
	OffTrack events.Decimal
	AtRisk   events.Decimal
	Ahead    events.Decimal // equal to AtRisk under the strict rule, which knows no ahead
}

// The chances at which the status changes.
const (
	offTrackBelow = 0.05
	atRiskBelow   = 0.25
	aheadAbove    = 0.90
)

// Check says how a goal stands at now, with what is known of its owner. The goal must be valid.
func Check(g Goal, d Done, now time.Time, w calendar.Working) Pace {
	w = w.Over(g.From, g.To+1)
	loc, today := w.Calendar().Location(), w.Calendar().DayOf(now)
	p := Pace{At: now, Actual: d.Actual, Part: d.Part, Of: d.Of, Expected: g.Expected(now, w), Rule: g.Rule}
	p.Spread = g.spread(d, p.Expected, today, w)
	told := !g.Kind.Ratio() || d.Of != 0
	if told {
		p.Margin = d.Actual - p.Expected
		if p.Expected != 0 {
			ratio := float64(d.Actual) / float64(p.Expected)
			p.Ratio = &ratio
		}
	}
	chances := g.chances(p.Expected, d.Of, p.Spread)
	if chances == nil {
		p.Rule = Strict
	}
	p.Limits = g.limits(p.Rule, p.Expected, d.Of, chances)
	p.Left = g.left(d, now, w)
	over := !now.Before((g.To + 1).In(loc))
	switch {
	case g.Result != "":
		p.Status = g.Result
	case now.Before(g.begin(loc)):
		p.Status = NotBegun
	default:
		p.Status = g.status(d.Actual, told, over, p.Rule, p.Limits)
	}
	g.measure(&p, d, today, w)
	p.Markers = g.passed(d, now, w)
	p.Sentence = g.sentence(p, loc)
	return p
}

// measure adds speed and distances to a pace.
func (g Goal) measure(p *Pace, d Done, today calendar.Day, w calendar.Working) {
	day := meanDay(g, p.At, w)
	if rate, ok := d.rate(today, w); ok && day > 0 {
		p.Current = &Current{Day: rate.over(day), Over: rate.Days}
		p.Current.Week = p.Current.Day * float64(g.usualWeek(w))
		if g.Kind.Ratio() {
			p.Current, p.Left.Needed = nil, g.needed(d, rate, p.At, w)
		}
	}
	if g.Kind.Ratio() {
		return
	}
	if t, ok := g.distance(p.Actual, p.At, w); ok && day > 0 {
		p.Ahead = &Distance{Time: t, Days: t.Hours() / day.Hours()}
	}
	safe := g.safeDays(*p, w)
	p.SafeDays = &safe
}

// meanDay returns the mean working time of the working days that are left of a goal or, if none is, of all.
func meanDay(g Goal, now time.Time, w calendar.Working) time.Duration {
	loc := w.Calendar().Location()
	end := (g.To + 1).In(loc)
	from := max(g.From, w.Calendar().DayOf(now))
	if n := w.Days(from, g.To+1); n > 0 {
		return w.Between(from.In(loc), end) / time.Duration(n)
	}
	if n := w.Days(g.From, g.To+1); n > 0 {
		return w.Between(g.From.In(loc), end) / time.Duration(n)
	}
	return 0
}

// needed returns what a ratio must be from here on to come out at its target.
func (g Goal) needed(d Done, r Rate, now time.Time, w calendar.Working) *float64 {
	more := r.of * w.Between(now, (g.To+1).In(w.Calendar().Location())).Hours()
	if more < 1 {
		return nil
	}
	need := (g.Target.Float64()*(d.Of.Float64()+more) - d.Part.Float64()) / more
	need = max(0, need)
	return &need
}

// chances returns what luck makes of an expectation, as a law of what is added up: the number itself or, for a ratio, its
// numerator for the denominator that there is. It is nil where luck cannot be told.
func (g Goal) chances(expected, of events.Decimal, s Spread) law {
	switch g.Kind {
	case Counts:
		return counted{expected.Float64(), s.Dispersion}
	case Amounts:
		if s.Amounts == 0 || s.Mean <= 0 {
			return nil
		}
		return summed{counted{expected.Float64() / s.Mean, s.Dispersion}, s.Mean, s.Variance}
	case Share:
		return drawn{of.Float64(), g.Target.Float64()}
	case Each:
		// So many for each of others scatter as tries do until one succeeds: one for each does not scatter at all, and pure
		// chance is the least that is taken. Tries since the last success belong to one that is yet to come: where many are
		// bad, it counts too, so that nobody is judged as if he had stopped at a success.
		successes := of.Float64()
		if g.Direction == AtMost {
			successes++
		}
		return counted{successes * g.Target.Float64(), max(1, g.Target.Float64()-1)}
	case Average:
		if s.Amounts == 0 || s.Mean <= 0 {
			return nil
		}
		scale := g.Target.Float64() / s.Mean
		return averaged{of.Float64(), g.Target.Float64(), s.Variance * scale * scale}
	default:
		return nil
	}
}

// limits returns where the status would change.
func (g Goal) limits(rule Rule, expected, of events.Decimal, chances law) Limits {
	if rule == Strict || chances == nil {
		return strictLimits(g.Direction, expected)
	}
	at := func(p float64) events.Decimal {
		if g.Direction == AtMost {
			p = 1 - p
		}
		return g.unit(of, chances.quantile(p))
	}
	return Limits{OffTrack: at(offTrackBelow), AtRisk: at(atRiskBelow), Ahead: at(aheadAbove)}
}

// unit turns a value of a law into the unit of the target: of a ratio, it is a numerator.
func (g Goal) unit(denominator events.Decimal, x float64) events.Decimal {
	of := 1.0
	if g.Kind.Ratio() {
		of = denominator.Float64()
	}
	if of == 0 {
		return g.Target
	}
	if x /= of; x >= math.MaxInt64/events.Scale {
		return math.MaxInt64
	}
	return events.Decimal(math.Round(x * events.Scale))
}

// strictLimits are the line and nine tenths of it or, for an at-most goal, ten ninths.
func strictLimits(d Direction, expected events.Decimal) Limits {
	off := mulDiv(expected, 9, 10)
	if d == AtMost {
		off = mulDiv(expected, 10, 9)
	}
	return Limits{OffTrack: off, AtRisk: expected, Ahead: expected}
}

// status judges what was reached; told is false for a ratio of which nothing is known yet.
func (g Goal) status(actual events.Decimal, told, over bool, rule Rule, l Limits) Status {
	sign := events.Decimal(1) // turns an at-most goal around: less is more
	if g.Direction == AtMost {
		sign = -1
	}
	good := sign*actual >= sign*g.Target
	switch {
	case over && good && told:
		return Achieved
	case over:
		return Missed
	case !told:
		return OnTrack
	case !g.Kind.Ratio() && g.Direction == AtLeast && good:
		return Achieved
	case !g.Kind.Ratio() && g.Direction == AtMost && !good:
		return Missed
	case sign*actual < sign*l.OffTrack:
		return OffTrack
	case sign*actual < sign*l.AtRisk:
		return AtRisk
	case rule == Luck && sign*actual > sign*l.Ahead:
		return Ahead
	default:
		return OnTrack
	}
}

// left spreads what is left over the working days that are left.
func (g Goal) left(d Done, now time.Time, w calendar.Working) Left {
	first := g.firstLeft(now, w)
	l := Left{Days: w.Days(first, g.To+1)}
	if g.Kind.Ratio() {
		return l
	}
	l.Total = max(0, g.Target-d.Actual)
	if l.Days == 0 {
		return l
	}
	l.Day = mulDiv(l.Total, 1, int64(l.Days))
	l.Week = mulDiv(l.Total, int64(min(g.usualWeek(w), l.Days)), int64(l.Days))
	return l
}

// usualWeek returns on how many days of a week of the goal there usually is work, at least 1: a weekday counts if it is
// worked at least every other time from the goal's first day to its last, or for four weeks if the goal is shorter. So
// holidays and days off do not change it.
func (g Goal) usualWeek(w calendar.Working) int {
	const fewest = 28 // days
	var all, worked [7]int
	for day := g.From; day < max(g.To+1, g.From+fewest); day++ {
		all[day.Weekday()]++
		if len(w.Spans(day)) > 0 {
			worked[day.Weekday()]++
		}
	}
	n := 0
	for d := range all {
		if 2*worked[d] >= all[d] {
			n++
		}
	}
	return max(1, n)
}

// firstLeft returns the first day of the goal on which something can still be done.
func (g Goal) firstLeft(now time.Time, w calendar.Working) calendar.Day {
	today := w.Calendar().DayOf(now)
	if today < g.From {
		return g.From
	}
	if _, closing, worked := w.Hours(today); !worked || !closing.After(now) {
		return today + 1 // nothing is left of today
	}
	return today
}

// safeDays returns on how many of the working days left nothing could be done without being off track at the end of any.
func (g Goal) safeDays(p Pace, w calendar.Working) int {
	first := g.firstLeft(p.At, w)
	switch {
	case p.Status.Final():
		return p.Left.Days
	case p.Status == OffTrack:
		return 0
	case g.Direction == AtMost: // doing nothing keeps it
		return p.Left.Days
	}
	loc := w.Calendar().Location()
	// The line never falls: whoever is off track by the end of one day, and has done nothing since, is so by the next.
	idle := sort.Search(int(max(0, g.To-first)), func(i int) bool {
		return g.off(p, g.Expected((first+calendar.Day(i)+1).In(loc), w))
	})
	return w.Days(first, first+calendar.Day(idle))
}

// off tells whether the actual number would be off track where the line expects so much.
func (g Goal) off(p Pace, expected events.Decimal) bool {
	chances := g.chances(expected, p.Of, p.Spread)
	if p.Rule == Strict || chances == nil {
		return p.Actual < strictLimits(g.Direction, expected).OffTrack
	}
	return chances.below(p.Actual.Float64()) < offTrackBelow
}

// passed tells what became of the mile markers.
func (g Goal) passed(d Done, now time.Time, w calendar.Working) []Passed {
	var out []Passed
	for _, m := range g.Markers {
		p := Passed{Marker: m, Actual: d.Actual}
		if end := (m.On + 1).In(w.Calendar().Location()); !now.Before(end) {
			p.Over = true
			if len(d.Days) > 0 {
				p.Actual = d.upTo(g.From, m.On)
			}
		}
		p.Reached = p.Actual >= m.Value
		if g.Direction == AtMost {
			p.Reached = p.Actual <= m.Value
		}
		out = append(out, p)
	}
	return out
}
