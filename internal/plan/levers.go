package plan

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"time"

	"milemarker/internal/calendar"
	"milemarker/internal/rates"
)

// Lever is one thing whose change would make the sure effort feasible, and the smallest change that does: alone or, where
// it comes with a date, together with that one.
type Lever struct {
	Name string       // hours, price, date, amount, or rate_ with the stage's name
	From float64      // as it is; of no meaning for the date
	To   float64      // as it would have to be
	Date calendar.Day // the later date; 0 if it stays
}

// The levers that are no rates.
const (
	LeverHours  = "hours"
	LeverPrice  = "price"
	LeverDate   = "date"
	LeverAmount = "amount"
	leverRate   = "rate_"
)

// levers returns what would make the sure effort, which takes so many hours a week, fit into those that there are, each
// alone. One that cannot is left out.
func (in Input) levers(hours float64) []Lever {
	found := in.leversBesidesDate(hours)
	if by, ok := in.laterDate(); ok {
		found = append(found, Lever{Name: LeverDate, Date: by})
	}
	return found
}

func (in Input) leversBesidesDate(hours float64) []Lever {
	var found []Lever
	if to := math.Ceil(2*hours) / 2; hours > 0 && to <= 168 {
		found = append(found, Lever{Name: LeverHours, From: in.Time.PerWeek, To: to})
	}
	for i := 1; i < len(in.Stages); i++ {
		now := in.Stages[i].Rate.Mean
		// So many sign-ups take fewer of the first stage in proportion; each of those brings more work with it.
		fits := func(x float64) bool {
			better := in.withRate(i, x)
			return hours*(in.chance()*better.minutes())/(better.chance()*in.minutes()) <= in.Time.PerWeek
		}
		if to, ok := smallest(now, 1, fits); ok && hours > 0 {
			found = append(found, Lever{Name: leverRate + in.Stages[i].Name, From: now, To: math.Ceil(to*1e4) / 1e4})
		}
	}
	rough := in // shares of a price need not be as fine as days
	rough.Worlds = min(cmp.Or(in.Worlds, roughly), roughly)
	if price := in.Sale.AtOnce + in.Sale.Monthly; price > 0 && in.Wish.Kind != Result {
		if to, ok := smallest(1, 100, func(x float64) bool { return rough.withPrice(x).fits() }); ok {
			found = append(found, Lever{Name: LeverPrice, From: 1, To: math.Ceil(to*1e3) / 1e3})
		}
	}
	if to, ok := smallest(1, 1e4, func(x float64) bool { return rough.withAmount(in.Wish.Amount / x).fits() }); ok {
		found = append(found, Lever{Name: LeverAmount, From: in.Wish.Amount, To: floored(in.Wish.Amount / to)})
	}
	return found
}

// weeksOfWork is how many days of work a date leaves time for that is offered together with another lever.
const weeksOfWork = 28

// lateLevers returns what would help when what is begun on the first day comes too late: the earliest date that alone
// would do and, at the earliest one that leaves four weeks of work and twice the delay, each other thing that would do
// there.
func (in Input) lateLevers() []Lever {
	var found []Lever
	if by, ok := in.laterDate(); ok {
		found = append(found, Lever{Name: LeverDate, Date: by})
	}
	for n := 1; ; n++ {
		soon := in
		soon.Wish.By = in.next(n)
		span := soon.Wish.By - soon.Wish.From
		if span >= MaxDays || len(found) > 0 && found[0].Date <= soon.Wish.By {
			return found
		}
		if span < 2*in.lag()+weeksOfWork {
			continue
		}
		p, err := Reckon(soon)
		if err != nil || p.Sure.Verdict != Infeasible {
			return found
		}
		for _, l := range soon.leversBesidesDate(p.Sure.HoursPeak) {
			l.Date = soon.Wish.By
			found = append(found, l)
		}
		return found
	}
}

// load returns the sure effort's hours against those that there are.
func (in Input) load() (float64, bool) {
	c, ok := newCourse(in)
	if !ok {
		return 0, false
	}
	mean := in.mean(c)
	w, units, _ := in.choose(mean)
	if units > tooMuch {
		return 0, false
	}
	if hopeless := c.hoursAWeek(units, in.minutes()) / in.Time.PerWeek; hopeless > 3 {
		return hopeless, true // the sure effort is more still: no need to know how much
	}
	sure := in.newOdds(c, w, mean, units, in.worlds(fewer, units*in.chance())).units(in.Wish.Chance)
	return c.hoursAWeek(max(math.Ceil(units), sure), in.minutes()) / in.Time.PerWeek, true
}

// fits tells whether the sure effort is feasible or tight.
func (in Input) fits() bool {
	load, ok := in.load()
	return ok && load <= 1
}

func (in Input) withRate(stage int, x float64) Input {
	stages := make([]Stage, len(in.Stages))
	copy(stages, in.Stages)
	stages[stage].Rate = rates.Exactly(x)
	in.Stages = stages
	return in
}

func (in Input) withPrice(factor float64) Input {
	in.Sale.AtOnce *= factor
	in.Sale.Monthly *= factor
	return in
}

func (in Input) withAmount(x float64) Input {
	in.Wish.Amount = x
	if in.Wish.Kind == Result {
		in.Wish.Amount = math.Max(1, math.Floor(x))
	}
	return in
}

// next returns the n-th later date: by weeks or, when the date is the end of a month, by months.
func (in Input) next(n int) calendar.Day {
	t := (in.Wish.By + 1).Time()
	if t.Day() == 1 {
		return calendar.Date(t.Year(), t.Month()+time.Month(n), 1) - 1
	}
	return in.Wish.By + calendar.Day(7*n)
}

// laterDate returns the earliest of the later dates that would do.
func (in Input) laterDate() (calendar.Day, bool) {
	fits := func(n int) bool {
		later := in
		later.Wish.By = in.next(n)
		return later.Wish.By-later.Wish.From < MaxDays && later.fits()
	}
	for last, n := 0, 1; n <= 256; last, n = n, 2*n {
		if !fits(n) {
			continue
		}
		for last+1 < n {
			if mid := (last + n) / 2; fits(mid) {
				n = mid
			} else {
				last = mid
			}
		}
		return in.next(n), true
	}
	return 0, false
}

// smallest returns the smallest x from low to high for which ok holds, if it holds for high: ok once true stays true.
func smallest(low, high float64, ok func(float64) bool) (float64, bool) {
	if !ok(high) {
		return 0, false
	}
	for high/low > 1.002 {
		mid := math.Sqrt(low) * math.Sqrt(high)
		if ok(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high, true
}

// floored keeps the first three digits of x, rounded down.
func floored(x float64) float64 {
	if x <= 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(x))-2)
	return math.Floor(x/unit*(1+1e-12)) * unit
}

// Words says the change in plain words.
func (l Lever) Words() string {
	if l.Date != 0 && l.Name != LeverDate {
		by := l.Date
		l.Date = 0
		return l.Words() + ", until " + by.String()
	}
	switch l.Name {
	case LeverHours:
		return fmt.Sprintf("%s hours a week instead of %s", number(l.To), number(l.From))
	case LeverPrice:
		return fmt.Sprintf("%.1f %% more income from each sale", 100*(l.To/l.From-1))
	case LeverDate:
		return "until " + l.Date.String()
	case LeverAmount:
		return fmt.Sprintf("%s instead of %s", number(l.To), number(l.From))
	default:
		return fmt.Sprintf("a share of %.1f %% instead of %.1f %% that lead to %s",
			100*l.To, 100*l.From, words(strings.TrimPrefix(l.Name, leverRate)))
	}
}
