package plan

import (
	"fmt"
	"math"

	"milemarker/internal/calendar"
)

// Verdict says whether there are hours enough.
type Verdict string

// The verdicts. Up to nine tenths of the hours is feasible, up to all of them tight.
const (
	Feasible   Verdict = "feasible"
	Tight      Verdict = "tight"
	Infeasible Verdict = "not_feasible"
)

// roomy is the load up to which a plan is feasible rather than tight.
const roomy = 0.9

// Effort is how much is to be done.
type Effort struct {
	Chance      float64       // with which it brings the result
	Stages      []StageEffort // from the first activity to the sign-ups
	Hours       float64       // of work in all
	HoursPeak   float64       // of work in a full week at the greatest pace
	Load        float64       // HoursPeak / the hours a week that there are
	Verdict     Verdict       // what that means
	WorkingDays int           // days on which the first stage is done
	schedule    schedule      // of the stages
}

// StageEffort is how much of one stage is to be done.
type StageEffort struct {
	Name    string
	Count   int     // in all; of later stages, what comes by the date
	PerDay  float64 // on each working day of the first stage's course
	PerWeek float64 // in a full week, at the average pace
	From    calendar.Day
	To      calendar.Day // the last day on which one counts, inclusive
}

// Choice is one way to reach the wish: a rank, or sales alone.
type Choice struct {
	Rank   string  // "" for sales alone
	Units  float64 // of the first stage, on average; +Inf if it cannot be reached so
	Chosen bool
}

// Plan is what is to be done so that the wish comes true.
type Plan struct {
	Wish    Wish
	Rank    string // to be held in the month of the date, "" for none
	Income  float64
	Needed  float64 // money that sign-ups must bring in, or sign-ups, see Kind
	Signups float64 // that bring it, on average
	Chance  float64 // that a unit of the first stage becomes a sign-up
	Lag     int     // days from the first stage to the sign-up, on average
	LastDay calendar.Day

	Average Effort
	Sure    Effort  // with the chance asked for
	Unsure  float64 // chance of the sure effort when the rates may be other than believed, within their intervals
	Choices []Choice
	Levers  []Lever // what would make the sure effort feasible, each alone or with a later date; none if it is
	Words   string  // all of it in one plain sentence
}

// tooMuch is where a number of units means nothing any more.
const tooMuch = 1e9

// Make plans. The error says what is wrong with the input; that a wish cannot come true is no error.
func Make(in Input) (Plan, error) {
	p, err := Reckon(in)
	switch {
	case err != nil || p.Sure.Verdict != Infeasible:
	case p.late():
		p.Levers = in.lateLevers()
	default:
		p.Levers = in.levers(p.Sure.HoursPeak)
	}
	return p, err
}

// Reckon is Make without what would make an infeasible plan feasible, which takes many times as long to find.
func Reckon(in Input) (Plan, error) {
	if err := in.Validate(); err != nil {
		return Plan{}, err
	}
	c, ok := newCourse(in)
	p := Plan{
		Wish: in.Wish, Needed: in.needed(), Chance: in.chance(), Lag: int(in.lag()),
		LastDay: in.Wish.By - in.lag(),
		Average: Effort{Verdict: Infeasible}, Sure: Effort{Verdict: Infeasible},
	}
	if ok {
		mean := in.mean(c)
		best, units, choices := in.choose(mean)
		p.Choices = choices
		if units <= tooMuch {
			p.Rank, p.Income, p.Needed = best.rank, best.income, best.need[money]
			o := in.newOdds(c, best, mean, units, in.worlds(worlds, units*p.Chance))
			average := math.Ceil(units)
			sure := max(average, o.units(in.Wish.Chance))
			p.Signups = units * p.Chance * c.timely[len(c.timely)-1]
			p.Average = in.effort(c, average, o.chance(average))
			p.Sure = in.effort(c, sure, o.chance(sure))
			p.Unsure = o.chanceIfUnsure(in, sure)
		}
	}
	if !ok && p.Needed == 0 {
		p.Average = Effort{Chance: 1, Verdict: Feasible}
		p.Sure, p.Unsure = p.Average, 1
	}
	p.Words = p.sentence(in)
	return p, nil
}

// choose returns the way that takes the least of the first stage on average, and all of them. Of ways that take the same
// it is the first.
func (in Input) choose(mean worth) (best way, units float64, choices []Choice) {
	units = math.Inf(1)
	chosen := -1
	for i, w := range in.ways() {
		u := average(w, mean)
		choices = append(choices, Choice{Rank: w.rank, Units: u})
		if u < units {
			best, units, chosen = w, u, i
		}
	}
	if chosen >= 0 {
		choices[chosen].Chosen = true
	}
	return best, units, choices
}

// effort lays out so many units of the first stage.
func (in Input) effort(c course, units, chance float64) Effort {
	e := Effort{
		Chance: chance, Hours: units * in.minutes() / 60, HoursPeak: c.hoursAWeek(units, in.minutes()), WorkingDays: c.worked,
	}
	e.Load = e.HoursPeak / in.Time.PerWeek
	switch {
	case e.Load <= roomy:
		e.Verdict = Feasible
	case e.Load <= 1:
		e.Verdict = Tight
	default:
		e.Verdict = Infeasible
	}
	come := units
	for i, s := range in.Stages {
		if i > 0 {
			come *= s.Rate.Mean
		}
		n := come * c.timely[i]
		lag := calendar.Day(in.delay(i))
		e.Stages = append(e.Stages, StageEffort{
			Name: s.Name, Count: int(math.Round(n)), PerDay: n / float64(c.worked), PerWeek: n * c.week / c.plain,
			From: c.from + lag, To: c.to - 1 + lag,
		})
	}
	e.schedule = newSchedule(in, c, e.Stages)
	return e
}

// late tells whether what is begun on the first day comes too late.
func (p Plan) late() bool { return p.LastDay < p.Wish.From }

// sentence says the plan in plain words.
func (p Plan) sentence(in Input) string {
	first, last := in.Stages[0].Name, in.Stages[len(in.Stages)-1].Name
	if p.Needed == 0 && p.Rank == "" {
		return fmt.Sprintf("What comes in anyway is enough by %s: no more %s are needed for it", in.Wish.By, words(first))
	}
	if p.late() {
		return fmt.Sprintf("It takes %d days from %s to %s: what is begun on %s comes too late for %s",
			p.Lag, words(first), words(last), in.Wish.From, in.Wish.By)
	}
	if len(p.Sure.Stages) == 0 {
		return fmt.Sprintf("No number of %s brings this by %s with these rates and prices", words(first), in.Wish.By)
	}
	s := p.Sure.Stages[0]
	text := fmt.Sprintf("%s %s a working day reach it with a chance of %.0f %%", number(s.PerDay), words(first), 100*p.Sure.Chance)
	if p.Average.Stages[0].Count < s.Count {
		text += fmt.Sprintf("; %s a day would do on average, and fail in %.0f of 100 cases",
			number(p.Average.Stages[0].PerDay), 100*(1-p.Average.Chance))
	}
	hours := fmt.Sprintf("%s of %s hours a week", number(p.Sure.HoursPeak), number(in.Time.PerWeek))
	switch p.Sure.Verdict {
	case Feasible:
		return text + fmt.Sprintf(". It takes %s: feasible", hours)
	case Tight:
		return text + fmt.Sprintf(". It takes %s: tight", hours)
	default:
		return text + fmt.Sprintf(". It takes %s: not feasible as it is", hours)
	}
}
