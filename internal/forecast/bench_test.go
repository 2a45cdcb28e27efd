package forecast

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"milemarker/internal/rates"
)

// BenchmarkMake forecasts eight stages from 2,000 people under way.
func BenchmarkMake(b *testing.B) {
	way := Way{Share: rates.Prior{Mean: 0.2, Strength: 4}.Shrink(rates.Trial{N: 200, K: 60}), Timing: rates.Fixed(20)}
	in := Input{Met: Steady(500, 13, 2), Pace: usual(), Sales: sold(100, 200, 900), Seed: 1}
	for i := range 8 {
		s := Stage{Name: "stage", FromMet: way, Others: Steady(0, 13, 1)}
		for range i {
			s.From = append(s.From, way)
		}
		in.Stages = append(in.Stages, s)
		for age := range 50 {
			in.Open = append(in.Open, Open{Stage: i, Days: age, N: 5})
		}
	}
	for b.Loop() {
		if _, err := Make(in); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHistory forecasts for an org, and looks at one goal, with 100,000 people who came in two years.
func BenchmarkHistory(b *testing.B) {
	h := crowded(100_000)
	q := asOf(730, Whose{Rep: "rep3"})
	for name, do := range map[string]func() error{
		"input": func() error { h.Input(q, All); return nil },
		"make": func() error {
			in, _ := h.Input(asOf(730, Whose{}), All)
			_, err := Make(in)
			return err
		},
		"look": func() error {
			in, _ := h.Input(q, 4)
			_, err := look(in, Goal{Stage: 4, Target: 100, To: 60})
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// crowded is the history of people of twenty reps, of whom each stage keeps some.
func crowded(people int) History {
	r := rand.New(rand.NewPCG(1, 1))
	h := History{Stages: []string{"lead", "qualified", "attempt", "conversation", "appointment", "held", "proposal", "signup"}}
	first := asOf(0, Whose{}).Now
	for p := range people {
		at := first.Add(time.Duration(r.Float64() * 730 * float64(24*time.Hour)))
		rep := fmt.Sprint("rep", r.IntN(20))
		for stage := range h.Stages {
			h.Steps = append(h.Steps, Step{Person: uint64(p), Stage: stage, At: at, Rep: rep})
			if r.Float64() > 0.7 {
				break
			}
			at = at.Add(time.Duration(r.ExpFloat64() * 10 * float64(24*time.Hour)))
		}
	}
	return h
}
