package pace

import (
	"math"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// How much history it takes until luck counts as measured.
const (
	MinDays    = 5  // working days, since the first on which something happened
	MinEvents  = 10 // events on them
	MinAmounts = 20 // single amounts

	spreadDays = 60 // working days that the dispersion is measured over
)

// Spread is how far the owner's results scatter by nature.
type Spread struct {
	// Dispersion is the variance of daily counts over their mean, 1 for pure chance (Poisson), which is also what is taken
	// until it is measured. Less than 1 is never taken.
	Dispersion float64
	Days       int // working days that it was measured over, 0 if it was not

	Mean, Variance float64 // of single amounts, in the unit of the target
	Amounts        int     // how many they were measured over, 0 if they were not
}

// window is what a dispersion was measured over.
type window struct {
	from     calendar.Day
	happened float64 // events since
}

// measure tells how far the owner's results scatter, from what was done before today.
//
// The dispersion is Pearson's: the squared differences between each day's count and its share by working time of all
// counts, over what pure chance would make of them. It is itself a guess. With D the dispersion, n the days and N the
// events on them, half of its relative variance is, to first order and for negative binomial counts,
//
//	1 / (n - 1) + (D - 1) (3D - 1) / (2 D N)
//
// which is one over the degrees of freedom that it is worth: the first part is that of normal days, the second comes of
// days that are lopsided, and of their mean being a guess too (the delta method on the cumulants M D, M D (2D - 1) and
// M D (6D^2 - 6D + 1) of a day of mean M). As with Student's law, the fewer they are the more the dispersion is widened.
func (d Done) measure(today calendar.Day, w calendar.Working) (s Spread, over window) {
	s.Dispersion = 1
	if n := len(d.Amounts); n >= MinAmounts {
		for _, a := range d.Amounts {
			s.Mean += a.Float64() / float64(n)
		}
		for _, a := range d.Amounts {
			s.Variance += (a.Float64() - s.Mean) * (a.Float64() - s.Mean) / float64(n-1)
		}
		s.Amounts = n
	}
	days := d.workdays(today, spreadDays, w)
	hours := 0.0
	for _, day := range days {
		over.happened, hours = over.happened+day.happened, hours+day.hours
	}
	if len(days) < MinDays || over.happened < MinEvents {
		return s, over
	}
	free, found := float64(len(days)-1), 0.0
	for _, day := range days {
		expected := over.happened * day.hours / hours
		found += (day.happened - expected) * (day.happened - expected) / expected / free
	}
	doubt := 1 / free
	if found > 1 {
		doubt += (found - 1) * (3*found - 1) / (2 * found * over.happened)
	}
	s.Dispersion = max(1, found*widened(doubt))
	s.Days, over.from = len(days), days[len(days)-1].on
	return s, over
}

// widened is by how much a variance that was measured is to be multiplied, so that one in twenty lies below the 5 %
// quantile that follows from it: the square of Student's quantile over that of the normal law, by its expansion in one
// over the degrees of freedom (Abramowitz and Stegun, 26.7.5), which is what doubt is. Fewer than four of them are taken
// for four.
func widened(doubt float64) float64 {
	doubt = min(doubt, 0.25)
	return 1 + 1.853*doubt + 2.585*doubt*doubt
}

// most is how far a spread is taken beyond what was measured where the goal asks for more than there was.
const most = 2

// spread tells how far the owner's results would scatter at the rate of the goal, which is what status asks about.
//
// What was measured is in part the very time that is judged, and there bad luck makes a low number and a low spread both:
// negative binomial counts of mean M have the variance M + M^2 / k, and what days tell of k does not depend on their mean
// (the estimates of both are uncorrelated: Lawless 1987), while what they tell of the dispersion 1 + M / k does. So the
// dispersion is carried over to the mean that the days would have had on the line. Of a sum of amounts, luck is to blame
// on the counts and on the sizes in proportion to what each adds to its variance; the sizes are carried over likewise.
// Nothing is ever taken to scatter less than was measured.
//
// Single amounts are taken as gamma-distributed: of n of them, half of the relative variance of what is found for variance
// over squared mean is (1 + that) / n.
func (g Goal) spread(d Done, expected events.Decimal, today calendar.Day, w calendar.Working) Spread {
	s, over := d.measure(today, w)
	unit := 1.0
	if n := float64(s.Amounts); n > 0 && s.Mean > 0 {
		squared := s.Variance / (s.Mean * s.Mean)
		switch g.Kind {
		case Average:
			s.Variance *= widened((1 + squared) / n)
		case Amounts:
			sizes := squared / (squared + s.Dispersion) // their part of the variance
			if d.Actual > 0 && sizes > 0 {
				own := min(1, d.happened(g.From, today)/n)
				larger := math.Pow(between(1, expected.Float64()/d.Actual.Float64(), most), own*sizes)
				s.Mean, s.Variance = s.Mean*larger, s.Variance*larger*larger
			}
			s.Variance *= widened(((squared+s.Dispersion)/2 + sizes*(1+squared)) / n)
			unit = s.Mean
		default:
		}
	}
	if s.Days > 0 && !g.Kind.Ratio() {
		loc, from := w.Calendar().Location(), max(g.From, over.from)
		line := (g.Expected(today.In(loc), w) - g.Expected(from.In(loc), w)).Float64() / unit
		rate := 1 + (line-d.happened(from, today-1))/over.happened
		s.Dispersion = 1 + (s.Dispersion-1)*between(1, rate, most)
	}
	return s
}

// between returns the nearest number to x from low to high.
func between(low, x, high float64) float64 { return max(low, min(x, high)) }
