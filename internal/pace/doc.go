// Package pace says how a goal stands at any moment: what its line expects by then, what is still needed, and whether
// the gap is more than luck. See docs/adr/0010-goals-and-pace.md for why it is so.
//
// The line. By the instant t a goal expects
//
//	expected(t) = target x W(start, t) / W(start, end)
//
// where W is working time: the line is flat on days off and rises within working hours only. A goal may have mile
// markers; the line then runs straight, in working time, from each to the next. A span without any working time is
// measured by the clock instead. The line of a ratio is its target.
//
// The status. What was reached is held against what luck makes of the expectation:
//
//	off_track   below its 5 % quantile
//	at_risk     below its 25 % quantile
//	ahead       above its 90 % quantile
//	on_track    otherwise
//
// Counts follow a negative binomial law whose variance is a multiple of its mean, the owner's measured dispersion; it is
// Poisson's (a multiple of 1) until 5 working days with 10 events were seen. Sums of amounts follow the law of so many
// amounts with the owner's own mean and variance, once 20 were seen. Shares are binomial for the denominator that there
// is, numbers for each of others Poisson or wider, averages gamma. What luck cannot be told of, and any goal that asks
// for it, is judged strictly: on_track from the line on, at_risk down to nine tenths of it, else off_track. At-most goals
// are judged by the mirror image. A goal is achieved as soon as its target is reached (at most: once its time is over
// within the target) and missed when its time is over without (at most: as soon as the target is exceeded); a ratio is
// settled at its end only. What was closed keeps its result.
//
// Around it: Foresee (what is to be expected of the end), Why (a gap taken apart), Split (parts that add up), Speed (any
// two of target, date and rate), SeasonMarkers, and Watch (when to announce a change).
//
// The package is pure: the time is an argument, and so is chance. Of ours it imports calendar and, for exact numbers,
// events.
package pace
