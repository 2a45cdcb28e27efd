package verify

import (
	"strconv"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// sum is what a rollup row sums.
type sum struct {
	count          uint64
	amount, annual events.Decimal
	seconds        int64
	offered, taken uint64
}

func (s sum) plus(o sum) sum {
	return sum{s.count + o.count, s.amount + o.amount, s.annual + o.annual, s.seconds + o.seconds, s.offered + o.offered, s.taken + o.taken}
}

func (s sum) negative() sum {
	return sum{-s.count, -s.amount, -s.annual, -s.seconds, -s.offered, -s.taken}
}

func (s sum) text() string {
	return join(number(s.count), s.amount.String(), s.annual.String(), strconv.FormatInt(s.seconds, 10), number(s.offered), number(s.taken))
}

// sumKey names a row of the day rollup.
type sumKey struct {
	org                                                          string
	day                                                          calendar.Day
	typ, outcome, rep, team, source, campaign, product, currency string
}

func (k sumKey) text(grain calendar.Grain, bucket calendar.Day) string {
	return join(k.org, string(grain), bucket.String(), k.typ, k.outcome, k.rep, k.team, k.source, k.campaign, k.product, k.currency)
}

func (c *count) key(e events.Event, f events.Fact, team string, day calendar.Day) sumKey {
	n := c.name
	return sumKey{n(e.Org), day, n(e.Type), n(f.Outcome), n(e.Rep), n(team), n(f.Source), n(f.Campaign), n(f.Product), n(f.Currency)}
}

// sums are the sums of all days as of the position that is compared, and what comes to them later.
type sums struct {
	days  map[sumKey]sum
	after map[sumKey][]change
}

// change is what comes to a sum at a position.
type change struct {
	at  events.Position
	sum sum
}

func newSums() sums { return sums{days: map[sumKey]sum{}, after: map[sumKey][]change{}} }

func (s sums) add(k sumKey, one sum) { s.days[k] = s.days[k].plus(one) }

func (s sums) later(k sumKey, at events.Position, one sum) {
	s.add(k, sum{}) // the row is there, with nothing in it
	s.after[k] = append(s.after[k], change{at, one})
}

// expected is a row of the rollups as recounted.
type expected struct {
	key   string
	base  sum
	after []change
}

// asOf returns the sums as of a position.
func (x expected) asOf(at events.Position) sum {
	s := x.base
	for _, c := range x.after {
		if c.at <= at {
			s = s.plus(c.sum)
		}
	}
	return s
}

// rows works out the rows of one grain, by the hash of their keys.
func (v *verification) rows(grain calendar.Grain) map[uint64]expected {
	out := make(map[uint64]expected, len(v.count.sums.days))
	for k, s := range v.count.sums.days {
		text := k.text(grain, v.placeOf(k.org).calendar.Bucket(grain, k.day))
		h := hashOf(text)
		x := out[h]
		x.key, x.base, x.after = text, x.base.plus(s), append(x.after, v.count.sums.after[k]...)
		out[h] = x
	}
	return out
}
