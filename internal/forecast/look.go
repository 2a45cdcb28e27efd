package forecast

import (
	"errors"
	"math"
	"slices"
)

// Goal is a number on its way to a target.
type Goal struct {
	Stage  int     // whose events are counted
	Money  bool    // what sign-ups bring at once is counted instead; Stage is the last one
	Have   float64 // reached by now
	Target float64
	AtMost bool
	From   int // days from today on which it begins to count; 0 for one that does already
	To     int // days from today of its last day, less than Days
}

// Ahead is what is to be expected of a goal.
type Ahead struct {
	Reach   float64    // the chance that the target is reached or, at most, kept by the end
	Finish  [3]float64 // the result: undershot in 1 of 10 cases, in 1 of 2, in 9 of 10
	Reached [3]int     // days from today by whose end the target is reached in 1 of 10 cases, in 1 of 2, in 9 of 10; NotYet
}

// NotYet says that the target is not reached within the weeks of a forecast, with the chance in question.
const NotYet = -1

// Sight is the worlds that Make simulates, as far as one number is concerned, for many goals to be looked at.
type Sight struct {
	stage  int
	money  bool
	worlds []path
}

// See simulates the worlds for the number that a goal counts. The error says what is wrong with the input.
func See(in Input, stage int, money bool) (Sight, error) {
	s := Sight{stage: stage, money: money}
	if err := in.Validate(); err != nil {
		return s, err
	}
	if stage < 0 || stage >= len(in.Stages) {
		return s, errNoForecast
	}
	s.worlds = make([]path, 0, in.worldCount())
	in.worlds([]prepared{in.prepare(stage)}, func(world int, paths []path, _ []sources) {
		if money {
			once, _ := in.bring(world, &paths[0])
			s.worlds = append(s.worlds, once)
		} else {
			s.worlds = append(s.worlds, paths[0])
		}
	})
	return s, nil
}

var errNoForecast = errors.New("the goal is none that a forecast reaches")

// Look tells what is to be expected of a goal that counts what is seen. The error says that it counts something else, or
// does not end within the weeks.
func (s Sight) Look(g Goal) (Ahead, error) {
	if g.To < 0 || g.To >= Days || g.Stage != s.stage || g.Money != s.money {
		return Ahead{}, errNoForecast
	}
	var finish, reached []float64
	kept := 0.0
	for i := range s.worlds {
		end, on := g.run(&s.worlds[i])
		finish, reached = append(finish, end), append(reached, on)
		if end >= g.Target != g.AtMost || end == g.Target {
			kept++
		}
	}
	slices.Sort(finish)
	slices.Sort(reached)
	a := Ahead{Reach: kept / float64(len(finish))}
	for i, q := range [3]float64{0.1, 0.5, 0.9} {
		a.Finish[i], a.Reached[i] = quantile(finish, q), NotYet
		if on := quantile(reached, q); !g.AtMost && !math.IsInf(on, 1) {
			a.Reached[i] = int(on)
		}
	}
	return a, nil
}

// run follows a world: the result at the goal's end, and the day on which the target was reached.
func (g Goal) run(p *path) (end, reached float64) {
	sum := g.Have
	reached = math.Inf(1)
	for d := g.From; d < Days; d++ {
		sum += p[d]
		if sum >= g.Target && math.IsInf(reached, 1) {
			reached = float64(d)
		}
		if d == g.To {
			end = sum
		}
	}
	return end, reached
}
