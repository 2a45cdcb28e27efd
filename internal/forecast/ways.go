package forecast

import (
	"cmp"
	"math"
	"slices"

	"milemarker/internal/rates"
)

// How somebody fared who set out from a place to a stage.
type fate uint8

const (
	underway fate = iota // neither there, nor at the end of the journey
	arrived
	over // the journey ended without it
)

// trip is one person on a way, in whole days since the place was reached.
type trip struct {
	fate   fate
	days   int // to the stage or to the end of the journey; of those under way, until now
	stayed int // until something else happened, or until now
	left   bool
	age    int // until now
}

// tally counts people by whole days.
type tally []int

func (t *tally) add(day int) {
	for len(*t) <= day {
		*t = append(*t, 0)
	}
	(*t)[day]++
}

// observed returns the people of a tally as a survival curve takes them.
func (t tally) observed(reached bool) (out []rates.Observation) {
	for day, n := range t {
		if n > 0 {
			out = append(out, rates.Observation{Days: day, Reached: reached, N: float64(n)})
		}
	}
	return out
}

// fared is how an owner's people fared on a way.
type fared struct {
	arrived, over, all int
	underway           tally // by age
}

// way is the trips from one place to one stage: what is asked of them, counted.
type way struct {
	owners  []fared  // by index of the owner
	ages    [3]tally // by fate
	ends    [3]tally // by fate: of those who arrived and whose journey is over, after how many days
	stayed  [2]tally // by how long nothing else happened: still at the place, and left
	winners []tally  // of those who arrived: by when they did, by how long they stayed
}

// gathering turns journeys into ways, and into people under way.
type gathering struct {
	question Question
	stage    int
	names    map[string]int // index of an owner
	ways     [][]way        // by stage and place; the last place of a stage is where people are met
	open     map[[2]int]int
}

func newGathering(q Question, stages, stage int) *gathering {
	g := &gathering{
		question: q, stage: stage, names: map[string]int{q.Whose.name(): 0}, ways: make([][]way, stages), open: map[[2]int]int{},
	}
	for b := range g.ways {
		g.ways[b] = make([]way, b+1)
	}
	return g
}

// add takes in a journey.
func (g *gathering) add(j journey) {
	now := g.question.Now.UnixMicro()
	owner, ok := g.names[j.name]
	if !ok {
		owner = len(g.names)
		g.names[j.name] = owner
	}
	for b := range g.ways {
		if g.stage != All && g.stage != b {
			continue
		}
		for a := range b {
			if j.at[a] != never {
				g.ways[b][a].take(owner, j, a, b, j.at[a], now)
			}
		}
		g.ways[b][b].take(owner, j, -1, b, j.met, now)
	}
	if owner != 0 || j.over != never || j.sign != never {
		return
	}
	if age := (now - j.at[j.last]) / day; age < openDays {
		g.open[[2]int{j.last, int(age)}]++
	}
}

// take counts how a person fared from place a, reached at an instant, to stage b.
func (w *way) take(owner int, j journey, a, b int, began, now int64) {
	t, ok := tripOf(j, a, b, began, now)
	if !ok {
		return
	}
	for len(w.owners) <= owner {
		w.owners = append(w.owners, fared{})
	}
	o := &w.owners[owner]
	o.all++
	w.ages[t.fate].add(t.age)
	switch t.fate {
	case arrived:
		o.arrived++
		w.ends[arrived].add(t.days)
		for len(w.winners) <= t.days {
			w.winners = append(w.winners, nil)
		}
		w.winners[t.days].add(t.stayed)
	case over:
		o.over++
		w.ends[over].add(t.days)
	case underway:
		o.underway.add(t.age)
	}
	if t.left {
		w.stayed[1].add(t.stayed)
	} else {
		w.stayed[0].add(t.stayed)
	}
}

// tripOf returns how a person fared; ok is false for whoever set out too long ago, or was at the stage before.
func tripOf(j journey, a, b int, began, now int64) (t trip, ok bool) {
	age := int((now - began) / day)
	if age >= WaysDays || j.at[b] < began {
		return t, false
	}
	t = trip{age: age, days: age, stayed: age}
	ended := j.over
	if b < len(j.at)-1 || j.at[b] == never { // a sign-up ends every other way
		ended = min(ended, j.sign)
	}
	switch {
	case j.at[b] != never:
		t.fate, t.days = arrived, int((j.at[b]-began)/day)
	case ended != never:
		t.fate, t.days = over, int(max(0, ended-began)/day)
	}
	left := min(j.at[b], ended)
	for c := a + 1; c < len(j.at); c++ {
		left = min(left, j.at[c])
	}
	if left != never {
		t.left, t.stayed = true, int(max(0, left-began)/day)
	}
	return t, true
}

// people returns those who are under way, by stage and age.
func (g *gathering) people() (open []Open) {
	for at, n := range g.open {
		open = append(open, Open{Stage: at[0], Days: at[1], N: n})
	}
	slices.SortFunc(open, func(a, b Open) int { return cmp.Or(cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Days, b.Days)) })
	return open
}

// What is believed of a way that nobody went yet: a starting point worth a few trials.
const (
	wayShare  = 0.2
	wayWorth  = 4
	wayDays   = 14
	wayPeople = 3 // who must have arrived before their delays count
)

// reckon reads a way off the people who went it: the share that of the first owner, shrunk to everybody's if there may be
// others; the delays those of everybody.
func (w *way) reckon(others bool) Way {
	var all fared
	for i := range w.owners {
		all.merge(&w.owners[i])
	}
	prior := rates.Prior{Mean: wayShare, Strength: wayWorth}
	timing := rates.Fixed(wayDays)
	if all.arrived >= wayPeople {
		timing = w.curve(arrived).Timing()
	}
	f := newFates(timing, nil)
	pooled := f.trial(&all)
	if pooled.N > 0 && pooled.K < pooled.N {
		f = newFates(timing, w.dead(pooled.K/pooled.N))
		pooled = f.trial(&all)
	}
	var own rates.Trial
	var members []rates.Trial
	for i := range w.owners {
		if w.owners[i].all == 0 {
			continue
		}
		t := f.trial(&w.owners[i])
		members = append(members, t)
		if i == 0 {
			own = t
		}
	}
	if others {
		prior = rates.Fit(members, prior)
	}
	out := Way{Share: prior.Shrink(own), Timing: timing}
	if all.arrived >= wayPeople {
		out.Kept, out.KeptInVain = w.kept(pooled.K / pooled.N)
	}
	return out
}

func (f *fared) merge(o *fared) {
	f.arrived += o.arrived
	f.over += o.over
	f.all += o.all
	for age, n := range o.underway {
		for len(f.underway) <= age {
			f.underway = append(f.underway, 0)
		}
		f.underway[age] += n
	}
}

// curve estimates which share has come to an end of a kind after how many days. Whoever came to another end will not come
// to this one, however long one waits.
func (w *way) curve(end fate) rates.Curve {
	seen := w.ends[end].observed(true)
	for f, ages := range w.ages {
		if fate(f) != end {
			seen = append(seen, ages.observed(false)...)
		}
	}
	return rates.KaplanMeier(seen)
}

// dead returns by which day the journeys have ended of those who never arrive, when a share does.
func (w *way) dead(share float64) []float64 {
	ended := w.curve(over)
	return tabled(func(d int) float64 { return min(1, ended.By(d)/(1-share)) })
}

// kept returns which share of those who arrive, and of those who never do, are still at the place after how many days. The
// first is that of all who arrived so far, the slow ones of them standing for those too who set out too late to have
// arrived by now (weighted by the inverse of the chance to be seen); the second is what is left of everybody, of whom a
// share arrives.
func (w *way) kept(share float64) (arriving, vain []float64) {
	older, n := w.older()
	var winners []rates.Observation
	for days, stayed := range w.winners {
		for _, o := range stayed.observed(true) {
			o.N *= n / older(days)
			winners = append(winners, o)
		}
	}
	these := rates.KaplanMeier(winners)
	everybody := rates.KaplanMeier(append(w.stayed[0].observed(false), w.stayed[1].observed(true)...))
	arriving = tabled(func(d int) float64 { return 1 - these.By(d) })
	vain = tabled(func(d int) float64 {
		least := 0.5 / max(1, older(d)) // half a person: what was seen of few is not certain
		return min(1, max(least, (1-everybody.By(d)-share*arriving[d])/max(1e-9, 1-share)))
	})
	return arriving, vain
}

// older tells how many set out so many days ago or earlier, and how many did in all.
func (w *way) older() (older func(days int) float64, all float64) {
	var by [WaysDays + 1]float64
	for _, ages := range w.ages {
		for age, n := range ages {
			by[age] += float64(n)
		}
	}
	for age := WaysDays - 1; age >= 0; age-- {
		by[age] += by[age+1]
	}
	return func(days int) float64 { return by[min(days, WaysDays)] }, by[0]
}

// tabled writes a curve down for as long as anybody counts as under way.
func tabled(f func(days int) float64) []float64 {
	out := make([]float64, openDays+1)
	for d := range out {
		out[d] = f(d)
	}
	return out
}

// fates tells how likely it is that somebody under way arrives after all: by age, the share of those who arrive who have
// not by then, and of those who never do whose journey has not ended.
type fates struct{ hope, idle []float64 }

// newFates takes by which day those have arrived who do, and by which day the journeys have ended of those who never do;
// nil: they never end.
func newFates(timing rates.Curve, vain []float64) fates {
	f := fates{make([]float64, WaysDays), make([]float64, WaysDays)}
	for age := range WaysDays {
		f.hope[age], f.idle[age] = 1-timing.By(age), 1
		if vain != nil {
			f.idle[age] = 1 - at(vain, age)
		}
	}
	return f
}

// trial returns how often it was tried and came off. Who is under way counts as that part of a trial by which the time
// so far speaks against an arrival: the share K/N is then that of greatest likelihood.
func (f fates) trial(o *fared) rates.Trial {
	t := rates.Trial{K: float64(o.arrived), N: float64(o.all)}
	for range 100 {
		if t.N == 0 {
			break
		}
		n, share := float64(o.arrived+o.over), t.K/t.N
		for age, people := range o.underway {
			if people > 0 {
				n += float64(people) * f.part(share, age)
			}
		}
		if n <= 0 || math.Abs(n-t.N) < 1e-6*t.N {
			break
		}
		t.N = n
	}
	return t
}

// part returns how much of a trial somebody is who has been under way for so long, when a share arrives: one less the
// odds that he still does against those of somebody who has just set out.
func (f fates) part(share float64, age int) float64 {
	hope := f.hope[age]
	if hope <= 0 {
		return 1
	}
	return max(0, 1-hope/(share*hope+(1-share)*f.idle[age]))
}
