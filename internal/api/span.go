package api

import (
	"slices"
	"time"

	"milemarker/internal/calendar"
)

// span is a range of days, from <= day < to.
type span struct{ from, to calendar.Day }

func (s span) empty() bool { return s.to <= s.from }

func (s span) holds(d calendar.Day) bool { return s.from <= d && d < s.to }

// cut divides s before each of some days within it, which are in order.
func (s span) cut(days []calendar.Day) []span {
	var parts []span
	for _, d := range days {
		parts = append(parts, span{s.from, d})
		s.from = d
	}
	return append(parts, s)
}

// total is the grain of an answer that is not divided.
const total calendar.Grain = "total"

// buckets divides s into the buckets of a grain; the first and the last are cut to s.
func buckets(c calendar.Calendar, g calendar.Grain, s span) []span {
	if g == total {
		return []span{s}
	}
	var out []span
	for b := c.Bucket(g, s.from); b < s.to; b = c.Next(g, b) {
		out = append(out, span{max(b, s.from), min(c.Next(g, b), s.to)})
	}
	return out
}

// coarse returns the grains from coarse to fine.
func coarse() []calendar.Grain {
	grains := calendar.Grains()
	slices.Reverse(grains)
	return grains
}

// exact returns the grain of which s is one whole bucket.
func exact(c calendar.Calendar, s span) (calendar.Grain, bool) {
	for _, g := range coarse() {
		if c.Bucket(g, s.from) == s.from && c.Next(g, s.from) == s.to {
			return g, true
		}
	}
	return "", false
}

// aligned returns the coarsest grain whose buckets make up s.
func aligned(c calendar.Calendar, s span) calendar.Grain {
	for _, g := range coarse() {
		if c.Bucket(g, s.from) == s.from && c.Bucket(g, s.to) == s.to {
			return g
		}
	}
	return calendar.Daily
}

// The ways to compare.
const (
	withPrevious = "previous"
	withLastYear = "last_year"
)

// counterpart returns the span that s is compared with, where s is a bucket of a grain that may have been cut. While s is
// not over on today, or was cut at its end, the counterpart is cut too: after as many working days as have passed of s,
// today among them. It is empty if s has not begun.
func counterpart(w calendar.Working, way string, g calendar.Grain, s span, today calendar.Day) span {
	c := w.Calendar()
	whole := s // what s would be if it had not been cut at its end
	if g != total && c.Bucket(g, s.from) == s.from {
		whole.to = c.Next(g, s.from)
	}
	passed := span{s.from, min(s.to, max(today+1, s.from))}
	if passed.empty() {
		return span{}
	}
	other := yearBefore(c, whole)
	if way == withPrevious {
		other = before(c, whole)
	}
	if passed.to == whole.to {
		return other
	}
	return elapsed(w, passed, other)
}

// before returns the bucket before s if s is one, else as many days before s as s has.
func before(c calendar.Calendar, s span) span {
	if g, ok := exact(c, s); ok {
		return span{c.Previous(g, s.from), s.from}
	}
	return span{s.from - (s.to - s.from), s.from}
}

// yearBefore returns the same dates a year before or, for a week, the week of 52 weeks before.
func yearBefore(c calendar.Calendar, s span) span {
	if g, ok := exact(c, s); ok && g == calendar.Weekly {
		return span{s.from - 364, s.to - 364}
	}
	y, m, d := s.from.Time().Date()
	if m == time.February && d == 29 {
		d = 28
	}
	from := calendar.Date(y-1, m, d)
	y, m, d = s.to.Time().Date()
	return span{from, calendar.Date(y-1, m, d)} // up to 29 February is up to 1 March
}

// elapsed cuts other after as many working days as passed has, and after as many days off behind the last of them, as far
// as other has some there. Without any working day the days are counted.
func elapsed(w calendar.Working, passed, other span) span {
	working := w.Days(passed.from, passed.to)
	if working == 0 {
		return span{other.from, min(other.from+(passed.to-passed.from), other.to)}
	}
	off := 0
	for d := passed.to - 1; w.Days(d, d+1) == 0; d-- {
		off++
	}
	end := other.from
	for ; working > 0 && end < other.to; end++ {
		working -= w.Days(end, end+1)
	}
	for ; off > 0 && end < other.to && w.Days(end, end+1) == 0; end++ {
		off--
	}
	return span{other.from, end}
}
