package plan

import (
	"testing"

	"milemarker/internal/rates"
)

func churnOf(t *testing.T, e Evidence) Assumption {
	t.Helper()
	for _, q := range Quantities([]string{"signups"}, false) {
		if q.Name == "churn" {
			return Assume(q, e)
		}
	}
	t.Fatal("there is no churn")
	return Assumption{}
}

// Nobody left in 93 months of customers. The starting point is 3 % that is worth half a leaver, so 16.67 months:
// 0.5 / (93 + 16.67) = 0.46 %, of which 93 / 109.67 = 85 % are own numbers.
func TestChurnWhileNobodyLeft(t *testing.T) {
	a := churnOf(t, Evidence{Own: rates.Trial{N: 93}})
	if a.Value != 0.0046 || a.Source != Shrunk || a.N != 93 || a.Weight != 0.848 {
		t.Errorf("%+v", a)
	}
	// What 0 of 93 leaves open is 2.4 % with nothing known before, one-sided at 90 %; the starting point knows a little.
	if a.Low > a.Value || a.High < 0.012 || a.High > 0.0129 {
		t.Errorf("from %v to %v", a.Low, a.High)
	}
	if a := churnOf(t, Evidence{}); a.Value != 0.03 || a.Source != Assumed {
		t.Errorf("nothing is known: %+v", a)
	}
	if a := churnOf(t, Evidence{Own: rates.Trial{N: 2000}}); a.Source != Measured || a.Value < a.Low || a.Value > a.High {
		t.Errorf("of 2,000 months: %+v", a)
	}
	// What the others saw moves the starting point, however few they are.
	if a := churnOf(t, Evidence{Members: []rates.Trial{{N: 100, K: 20}}}); a.Value < 0.15 || a.Source != Shrunk {
		t.Errorf("of the others alone: %+v", a)
	}
}

// An interval holds its value, whatever was seen.
func TestShareLiesWithinItsInterval(t *testing.T) {
	for _, n := range []float64{0, 1, 5, 93, 1000, 1e5} {
		for _, k := range []float64{0, 0.5, 1} {
			for _, others := range [][]rates.Trial{nil, {{N: 4000}}, {{N: 4000}, {N: 900}, {N: 1200, K: 1}}} {
				a := churnOf(t, Evidence{Own: rates.Trial{N: n, K: k * n}, Members: others})
				if n+float64(len(others)) > 0 && (a.Low > a.Value || a.High < a.Value) {
					t.Errorf("%v of %v, others %v: %+v", k*n, n, others, a)
				}
			}
		}
	}
}
