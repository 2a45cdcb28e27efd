// Package pace says how a goal stands at any moment: what its line expects by then, what is still needed, and whether
// the gap is more than luck.
//
// The line. By the instant t a goal expects
//
//	expected(t) = target x W(start, t) / W(start, end)
//
// where W is working time: the line is flat on days off and rises within working hours only. A goal may have mile
// markers; the line then runs straight, in working time, from each to the next. A span without any working time is
// measured by the clock instead.
//
// The status. Under the luck rule a count to date is held against a Poisson distribution with mean expected(t):
//
//	off_track   below its 5 % quantile
//	at_risk     below its 25 % quantile
//	ahead       above its 90 % quantile
//	on_track    otherwise
//
// Amounts and durations come in lumps whose spread has not been measured, so that luck cannot be told from shortfall:
// they are judged by the strict rule, as is any goal that asks for it: on_track from the line on, at_risk down to nine
// tenths of it, else off_track. At-most goals are judged by the mirror image. A goal is achieved as soon as its target
// is reached (at most: once its time is over within the target) and missed when its time is over without (at most: as
// soon as the target is exceeded).
//
// The package is pure: the time is an argument. Of ours it imports calendar and, for exact numbers, events.
package pace
