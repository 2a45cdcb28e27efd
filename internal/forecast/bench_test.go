package forecast

import (
	"testing"

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
