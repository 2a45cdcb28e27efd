package forecast

import (
	"math"
	"slices"
	"time"

	"milemarker/internal/calendar"
)

// Lost stands for the stage at which a journey ends without a sign-up.
const Lost = -1

// Step is that a person came to a stage for the first time.
type Step struct {
	Person    uint64
	Stage     int // index into History.Stages, or Lost
	At        time.Time
	Rep, Team string
}

// Count is how many events of a day bring people to a stage, for the first time or again, or name nobody.
type Count struct {
	Day       calendar.Day
	Stage     int
	Rep, Team string
	N         float64
}

// Contract is a sign-up, what it brings and until when.
type Contract struct {
	Sale

	At        time.Time
	Ended     time.Time // zero: it goes on
	Rep, Team string
}

// History is what is known of an org.
type History struct {
	Stages    []string   // from the first to the sign-up, each later than those before
	Steps     []Step     // those of one person together
	Counts    []Count    // in any order
	Contracts []Contract // in the order of At
}

// Whose forecast it is: a rep's, a team's or, with both empty, the org's. Whoever performed an act has the credit for it:
// what is forecast of a rep is what the rep does, not what becomes of the rep's people in the hands of others.
type Whose struct{ Rep, Team string }

// of returns the name by which acts are told apart: all that have that of whose are its own.
func (w Whose) of(rep, team string) string {
	switch {
	case w.Rep != "":
		return rep
	case w.Team != "":
		return team
	default:
		return ""
	}
}

func (w Whose) name() string { return w.of(w.Rep, w.Team) }

// Question is what a forecast is made for.
type Question struct {
	Whose Whose
	Now   time.Time                        // nothing of this instant or later is used
	Today calendar.Day                     // the org's day before whose end Now lies, or whose end it is
	Left  time.Duration                    // working time that is left of today
	Hours func(calendar.Day) time.Duration // working time of a day
	Seed  uint64
	Over  bool // Now is the end of Today
}

// last returns the last day that is over.
func (q Question) last() calendar.Day {
	if q.Over {
		return q.Today
	}
	return q.Today - 1
}

// How far back a forecast looks.
const (
	WaysDays     = 2 * 366 // for those who set out
	openDays     = 366     // for those still under way: the others are given up
	presentWeeks = 26      // for the present rates, and for how they change
	usualWeeks   = 13      // for the working time of a usual week
	CountDays    = 7 * 52  // for the first sign of life
	contractDays = 2 * 366
)

// Leans is what a forecast rests on.
type Leans struct {
	Open  int     // people under way
	Met   float64 // people met during the weeks
	Weeks float64 // of history that the present rates are read from
	Sales int     // of which the amounts are known
	Own   int     // of these those of the owner alone
	Book  int     // contracts that go on

	Happened float64 // events during the weeks: at the stage asked about, else at all of them
}

// All asks for a forecast of all stages.
const All = -1

// Input returns what a forecast follows from. With a stage, what leads to other stages is left out: enough for Look.
func (h History) Input(q Question, stage int) (Input, Leans) {
	in := Input{Stages: make([]Stage, len(h.Stages)), Seed: q.Seed}
	g := newGathering(q, len(h.Stages), stage)
	firsts := newWeeks(q.last(), len(h.Stages))
	h.journeys(q, func(j journey) {
		g.add(j)
		if j.name == q.Whose.name() {
			firsts.journey(q, j)
		}
	})
	for b, name := range h.Stages {
		in.Stages[b] = Stage{Name: name, From: make([]Way, b), Others: Steady(0, 1, 1)}
		if stage != All && stage != b {
			continue
		}
		in.Stages[b].FromMet = g.ways[b][b].reckon(q.Whose != Whose{})
		for a := range b {
			in.Stages[b].From[a] = g.ways[b][a].reckon(q.Whose != Whose{})
		}
	}
	in.Open = g.people()
	weeks, work := firsts.count(h, q), q.work()
	in.Met = Rate(firsts.met[:weeks], work)
	for b := range in.Stages {
		others := make([]float64, weeks)
		for w := range others {
			others[w] = max(0, firsts.all[b][w]-firsts.first[b][w])
		}
		in.Stages[b].Others, in.Stages[b].Flow = Rate(others, work), Rate(firsts.first[b][:weeks], work)
	}
	in.Sales, in.Book = h.sales(q)
	in.Pace = q.pace()
	lean := Leans{Met: total(firsts.met), Weeks: float64(weeks), Sales: len(in.Sales.All), Own: len(in.Sales.Own), Book: len(in.Book.Weekly)}
	for _, o := range in.Open {
		lean.Open += o.N
	}
	for b := range in.Stages {
		if stage == All || stage == b {
			lean.Happened += total(firsts.all[b])
		}
	}
	return in, lean
}

// never is the instant of what does not happen.
const never = math.MaxInt64

// day is the length of a day, in microseconds.
const day = 24 * 3600 * 1e6

// journey is how one person fared in the hands of one owner: instants in microseconds of the Unix epoch, never for what
// has not happened before the question's Now.
type journey struct {
	name string
	at   []int64 // by stage
	met  int64   // the first of them
	last int     // the furthest stage
	over int64   // when the journey ended without a sign-up, in anybody's hands
	sign int64   // when the person signed up, in anybody's hands
}

// journeys goes through what happened before the question's Now, person by person and owner by owner.
func (h History) journeys(q Question, visit func(journey)) {
	now := q.Now.UnixMicro()
	j := journey{at: make([]int64, len(h.Stages))}
	var names []string
	for first := 0; first < len(h.Steps); {
		next := first
		names, j.over, j.sign = names[:0], never, never
		for ; next < len(h.Steps) && h.Steps[next].Person == h.Steps[first].Person; next++ {
			s := &h.Steps[next]
			at := s.At.UnixMicro()
			if at >= now {
				continue
			}
			switch s.Stage {
			case Lost:
				j.over = min(j.over, at)
				continue
			case len(h.Stages) - 1:
				j.sign = min(j.sign, at)
			}
			if name := q.Whose.of(s.Rep, s.Team); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		for _, name := range names {
			h.own(q, h.Steps[first:next], name, now, &j)
			visit(j)
		}
		first = next
	}
}

// own fills in what an owner did with a person.
func (h History) own(q Question, steps []Step, name string, now int64, j *journey) {
	j.name, j.met, j.last = name, never, 0
	for i := range j.at {
		j.at[i] = never
	}
	for i := range steps {
		s := &steps[i]
		at := s.At.UnixMicro()
		if s.Stage == Lost || at >= now || q.Whose.of(s.Rep, s.Team) != name {
			continue
		}
		j.at[s.Stage] = min(j.at[s.Stage], at)
		j.met, j.last = min(j.met, at), max(j.last, s.Stage)
	}
}

// usual returns the working hours of a usual week: that of the last weeks.
func (q Question) usual() (hours float64) {
	for d := q.last() - 7*usualWeeks + 1; d <= q.last(); d++ {
		hours += q.Hours(d).Hours() / usualWeeks
	}
	return hours
}

// work returns the working time of the weeks before, the newest first, against that of a usual week.
func (q Question) work() []float64 {
	out, usual := make([]float64, presentWeeks), q.usual()
	for w := range out {
		for d := range calendar.Day(7) {
			out[w] += q.Hours(q.last() - calendar.Day(7*w) - d).Hours()
		}
		if usual > 0 {
			out[w] /= usual
		} else {
			out[w] = 1
		}
	}
	return out
}

// pace returns the working time of the days to come against that of a usual week.
func (q Question) pace() (pace [Days]float64) {
	usual := q.usual()
	for d := range pace {
		switch {
		case usual <= 0:
			pace[d] = 1.0 / 7
		case d == 0:
			pace[d] = q.Left.Hours() / usual
		default:
			pace[d] = q.Hours(q.Today+calendar.Day(d)).Hours() / usual
		}
	}
	if q.Over {
		pace[0] = 0
	}
	return pace
}

// sales returns what sign-ups of the last two years brought, and the contracts that go on.
func (h History) sales(q Question) (s Sales, b Book) {
	since := q.Now.AddDate(0, 0, -contractDays)
	for _, c := range h.Contracts {
		if !c.At.Before(q.Now) {
			break
		}
		own := q.Whose.of(c.Rep, c.Team) == q.Whose.name()
		if !c.At.Before(since) {
			s.All = append(s.All, c.Sale)
			if own {
				s.Own = append(s.Own, c.Sale)
			}
		}
		if c.Weekly <= 0 {
			continue
		}
		until, ended := q.Now, 0.0
		if !c.Ended.IsZero() && c.Ended.Before(q.Now) {
			until, ended = c.Ended, 1
		}
		seen := Exposure{Ended: ended, Weeks: max(0, until.Sub(c.At).Hours()/(7*24))}
		b.Churn.All.add(seen)
		if own {
			b.Churn.Own.add(seen)
			if ended == 0 {
				b.Weekly = append(b.Weekly, c.Weekly)
			}
		}
	}
	return s, b
}

func (e *Exposure) add(o Exposure) {
	e.Ended += o.Ended
	e.Weeks += o.Weeks
}
