package forecast

import (
	"cmp"
	"maps"
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
	days   int32 // to the stage or to the end of the journey; of those under way, until now
	stayed int32 // until something else happened, or until now
	left   bool  // something else happened
	age    int32 // until now
}

// way is the trips from one place to one stage, by owner.
type way struct{ trips map[string][]trip }

// gathering turns journeys into ways, and into people under way.
type gathering struct {
	history  History
	question Question
	stage    int
	ways     [][]way // by stage and place; the last place of a stage is where people are met
	open     map[[2]int]int
}

// add takes in a journey.
func (g *gathering) add(j journey) {
	now := g.question.Now.UnixMicro()
	for b := range g.ways {
		if g.stage != All && g.stage != b {
			continue
		}
		for a := range b {
			if j.at[a] != never {
				g.trip(&g.ways[b][a], j, a, b, j.at[a], now)
			}
		}
		g.trip(&g.ways[b][b], j, -1, b, j.met, now)
	}
	if j.name != g.question.Whose.name() || j.over != never || j.sign != never {
		return
	}
	if age := (now - j.at[j.last]) / day; age < openDays {
		if g.open == nil {
			g.open = map[[2]int]int{}
		}
		g.open[[2]int{j.last, int(age)}]++
	}
}

// trip adds how a person fared from place a, reached at an instant, to stage b.
func (g *gathering) trip(w *way, j journey, a, b int, began, now int64) {
	age := (now - began) / day
	if age >= WaysDays || j.at[b] < began {
		return
	}
	t := trip{age: int32(age), days: int32(age), stayed: int32(age)}
	ended := j.over
	if b < len(j.at)-1 || j.at[b] == never { // a sign-up ends every other way
		ended = min(ended, j.sign)
	}
	switch {
	case j.at[b] != never:
		t.fate, t.days = arrived, int32((j.at[b]-began)/day)
	case ended != never:
		t.fate, t.days = over, int32(max(0, ended-began)/day)
	}
	left := min(j.at[b], ended)
	for c := a + 1; c < len(j.at); c++ {
		left = min(left, j.at[c])
	}
	if left != never {
		t.left, t.stayed = true, int32(max(0, left-began)/day)
	}
	if w.trips == nil {
		w.trips = map[string][]trip{}
	}
	w.trips[j.name] = append(w.trips[j.name], t)
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

// reckon reads a way off the people who went it: the share that of the owner, shrunk to everybody's; the delays those of
// everybody.
func (w way) reckon(whose Whose) Way {
	names := slices.Sorted(maps.Keys(w.trips))
	var all []trip
	there := 0
	for _, name := range names {
		all = append(all, w.trips[name]...)
	}
	for _, t := range all {
		if t.fate == arrived {
			there++
		}
	}
	prior := rates.Prior{Mean: wayShare, Strength: wayWorth}
	timing := rates.Fixed(wayDays)
	if there >= wayPeople {
		timing = curve(all, func(t trip) (int32, bool) { return t.end(arrived) }).Timing()
	}
	f := fates{timing: timing}
	pooled := f.trial(all)
	if pooled.N > 0 && pooled.K < pooled.N {
		f.vain = dead(all, pooled.K/pooled.N)
		pooled = f.trial(all)
	}
	var members []rates.Trial
	var own rates.Trial
	for _, name := range names {
		t := f.trial(w.trips[name])
		members = append(members, t)
		if name == whose.name() {
			own = t
		}
	}
	if whose != (Whose{}) {
		prior = rates.Fit(members, prior)
	}
	out := Way{Share: prior.Shrink(own), Timing: timing}
	if there >= wayPeople {
		out.Kept, out.KeptInVain = kept(all, pooled.K/pooled.N)
	}
	return out
}

// end returns after how many days a trip came to an end of a kind, or for how many it has not: one that came to another
// end will not come to this one, however long one waits.
func (t trip) end(of fate) (days int32, there bool) {
	if t.fate == of {
		return t.days, true
	}
	return t.age, false
}

// curve estimates which share has come to something after how many days.
func curve(trips []trip, of func(trip) (days int32, there bool)) rates.Curve {
	seen := make([]rates.Observation, len(trips))
	for i, t := range trips {
		days, there := of(t)
		seen[i] = rates.Observation{Days: int(days), Reached: there, N: 1}
	}
	return rates.KaplanMeier(seen)
}

// dead returns by which day the journeys have ended of those who never arrive, when a share does.
func dead(trips []trip, share float64) []float64 {
	ended := curve(trips, func(t trip) (int32, bool) { return t.end(over) })
	return tabled(func(d int) float64 { return min(1, ended.By(d)/(1-share)) })
}

// kept returns which share of those who arrive, and of those who never do, are still at the place after how many days. The
// first is that of all who arrived so far, the slow ones of them standing for those too who set out too late to have
// arrived by now (weighted by the inverse of the chance to be seen); the second is what is left of everybody, of whom a
// share arrives.
func kept(trips []trip, share float64) (arriving, vain []float64) {
	ages := make([]int32, len(trips))
	for i, t := range trips {
		ages[i] = t.age
	}
	slices.Sort(ages)
	var winners, all []rates.Observation
	for _, t := range trips {
		o := rates.Observation{Days: int(t.stayed), Reached: t.left, N: 1}
		all = append(all, o)
		if t.fate == arrived {
			younger, _ := slices.BinarySearch(ages, t.days)
			o.N = float64(len(ages)) / float64(len(ages)-younger)
			winners = append(winners, o)
		}
	}
	these, everybody := rates.KaplanMeier(winners), rates.KaplanMeier(all)
	arriving = tabled(func(d int) float64 { return 1 - these.By(d) })
	vain = tabled(func(d int) float64 {
		younger, _ := slices.BinarySearch(ages, int32(d))
		least := 0.5 / float64(max(1, len(ages)-younger)) // half a person: what was seen of few is not certain
		return min(1, max(least, (1-everybody.By(d)-share*arriving[d])/max(1e-9, 1-share)))
	})
	return arriving, vain
}

// tabled writes a curve down for as long as anybody counts as under way.
func tabled(f func(days int) float64) []float64 {
	out := make([]float64, openDays+1)
	for d := range out {
		out[d] = f(d)
	}
	return out
}

// fates tells how likely it is that somebody under way arrives after all.
type fates struct {
	timing rates.Curve
	vain   []float64 // by which day the journey of somebody who never arrives has ended
}

// trial returns how often it was tried and came off. Who is under way counts as that part of a trial by which the time
// so far speaks against an arrival: the share K/N is then that of greatest likelihood.
func (f fates) trial(trips []trip) rates.Trial {
	var done, k float64
	ages := map[int32]float64{}
	for _, t := range trips {
		switch t.fate {
		case arrived:
			k++
			done++
		case over:
			done++
		case underway:
			ages[t.age]++
		}
	}
	order := slices.Sorted(maps.Keys(ages))
	t := rates.Trial{K: k, N: float64(len(trips))}
	for range 100 {
		if t.N == 0 {
			break
		}
		n := done
		for _, age := range order {
			n += ages[age] * f.part(t.K/t.N, int(age))
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
func (f fates) part(share float64, days int) float64 {
	hope := 1 - f.timing.By(days)
	idle := 1.0
	if f.vain != nil {
		idle = 1 - at(f.vain, days)
	}
	if hope <= 0 {
		return 1
	}
	return max(0, 1-hope/(share*hope+(1-share)*idle))
}
