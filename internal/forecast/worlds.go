package forecast

import (
	"cmp"
	"math/rand/v2"
	"sort"

	"milemarker/internal/rates"
)

// usualWorlds are simulated unless the input says otherwise.
const usualWorlds = 1000

// path is what the days of a world bring.
type path [Days]float64

// weeks sums up the days; the rest of today belongs to none.
func (p *path) weeks() (sums [Weeks]float64) {
	for d := 1; d < Days; d++ {
		sums[(d-1)/7] += p[d]
	}
	return sums
}

// sources is how much of a path is to be expected from where.
type sources struct{ open, met, others float64 }

// prepared is a stage with what all worlds have in common.
type prepared struct {
	stage  int
	open   []table
	kernel [Days]float64 // how many of those who get there from the day they are met do so after so many days
}

// table tells for people at one place how many of them are expected at the stage by the end of each day, at the share that
// is believed. What is unsure about the share is so about the chance of each of them in proportion.
type table struct {
	share rates.Share
	n     int
	by    [Days]float64
	weeks [1 + Weeks]float64 // how many of them in the rest of today and in each week
}

// prepare reckons what all worlds have in common.
func (in *Input) prepare(stage int) prepared {
	p := prepared{stage: stage}
	s := in.Stages[stage]
	before := 0.0
	for d := range p.kernel {
		by := s.FromMet.Timing.By(d)
		p.kernel[d] = by - before
		before = by
	}
	for from := range stage {
		way := s.From[from]
		t := table{share: way.Share}
		for _, o := range in.Open {
			if o.Stage == from && o.N > 0 {
				t.add(way, o)
			}
		}
		if t.n > 0 {
			p.open = append(p.open, t)
		}
	}
	return p
}

// add takes in some people: each arrives with the chance that his age leaves, and after the delay that it leaves. Of whom
// nothing can be hoped for is left out.
func (t *table) add(way Way, o Open) {
	gone := way.Timing.By(o.Days)
	if gone >= 1 || way.Timing.By(o.Days+Days-1) <= gone {
		return
	}
	t.n += o.N
	hope := float64(o.N) * way.chance(o.Days) / (1 - gone)
	before := 0.0
	for d := range t.by {
		by := hope * (way.Timing.By(o.Days+d) - gone)
		t.by[d] += by
		t.weeks[weekOf(d)] += by - before
		before = by
	}
}

// weekOf returns the week of a day: 0 for today, then 1 to Weeks.
func weekOf(day int) int { return (day + 6) / 7 }

// draw lets the people of a table arrive, in some weeks more readily than in others. They are drawn as if all had the
// chance that they have on average.
func (t *table) draw(r rates.Source, climate *[1 + Weeks]float64, out *path) (arrived float64) {
	luck := 0.0
	if t.share.Mean > 0 {
		luck = t.share.Draw(r) / t.share.Mean
	}
	var until [1 + Weeks]float64
	all := 0.0
	for w, n := range t.weeks {
		all += n * climate[w]
		until[w] = all
	}
	k := rates.Binomial(r, t.n, min(1, luck*all/float64(t.n)))
	if k > crowd {
		t.spread(r, k, &until, out)
		return float64(k)
	}
	for range k {
		u := r.Float64() * all
		w := sort.Search(Weeks, func(w int) bool { return until[w] > u })
		out[t.day(r, w)]++
	}
	return float64(k)
}

// crowd is how many arrivals are drawn one by one: of more, how many come on each day is drawn.
const crowd = 300

// spread draws on which days k people arrive, when until says how many of them are expected by the end of each week: a
// multinomial draw, one binomial one for each week and each day of it.
func (t *table) spread(r rates.Source, k int, until *[1 + Weeks]float64, out *path) {
	gone := 0.0
	for w, by := range until {
		n := k
		if w < Weeks {
			n = rates.Binomial(r, k, min(1, (by-gone)/(until[Weeks]-gone)))
		}
		k, gone = k-n, by
		if w == 0 {
			out[0] += float64(n)
			continue
		}
		last := 7 * w
		for d := last - 6; d <= last; d++ {
			on := n
			if d < last {
				on = rates.Binomial(r, n, min(1, (t.by[d]-t.by[d-1])/(t.by[last]-t.by[d-1])))
			}
			out[d] += float64(on)
			n -= on
		}
	}
}

// day draws the day of a week on which somebody arrives.
func (t *table) day(r rates.Source, week int) int {
	first, last, before := 7*week-6, 7*week, 0.0
	if week == 0 {
		return 0
	}
	before = t.by[first-1]
	u := before + r.Float64()*(t.by[last]-before)
	return first + sort.Search(last-first, func(d int) bool { return t.by[first+d] > u })
}

// worlds draws paths of the prepared stages, and hands those of each world over. What a world draws for one stage does
// not depend on which others are asked for.
func (in *Input) worlds(stages []prepared, visit func(world int, paths []path, from []sources)) {
	chances := rand.NewPCG(0, 0)
	r := rand.New(chances)
	paths, from := make([]path, len(stages)), make([]sources, len(stages))
	for world := range in.worldCount() {
		chances.Seed(in.Seed, uint64(world)<<8)
		met := in.Met.days(r, &in.Pace)
		for i := range stages {
			chances.Seed(in.Seed, uint64(world)<<8+1+uint64(stages[i].stage))
			in.live(r, &stages[i], &met, &paths[i], &from[i])
		}
		visit(world, paths, from)
	}
}

func (in *Input) worldCount() int { return cmp.Or(in.Worlds, usualWorlds) }

// live draws one stage's days of a world. People are met as Poisson does about the means of the days; then those who get
// somewhere, each day and after each delay, are independent Poisson numbers too (thinning).
func (in *Input) live(r rates.Source, p *prepared, met *[Days]float64, out *path, from *sources) {
	*out, *from = path{}, sources{}
	s := &in.Stages[p.stage]
	if len(p.open) > 0 {
		climate := s.Flow.climate(r)
		for i := range p.open {
			from.open += p.open[i].draw(r, &climate, out)
		}
	}
	share := s.FromMet.Share.Draw(r)
	var others [Days]float64
	if s.Others.seen() > 0 {
		others = s.Others.days(r, &in.Pace)
	}
	for d := range Days {
		fresh := 0.0
		for v := range d + 1 {
			fresh += met[v] * p.kernel[d-v]
		}
		fresh *= share
		from.met += fresh
		from.others += others[d]
		out[d] += float64(rates.Poisson(r, fresh+others[d]))
	}
}
