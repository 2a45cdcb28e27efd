package forecast

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Told 4, 10 and 20, came 6: the pinball losses are 0.1 x 2, 0.5 x 4 and 0.1 x 14, on average (0.2 + 2 + 1.4) / 3 = 1.2.
// Going on as before would have told 6 and lost nothing; in the second case the other way round.
func TestGradesByHand(t *testing.T) {
	wide, sure := Range{4, 10, 20}, Range{6, 6, 6}
	near(t, "loss", wide.loss(6), 1.2, 1e-12)
	g := GradeOf([]Told{{Range: wide, Came: 6, Usual: sure}})
	if skill, ok := g.Skill(); ok || g.Coverage != 1 || g.N != 1 {
		t.Errorf("%+v %v %v", g, skill, ok)
	}
	g = GradeOf([]Told{{Range: sure, Came: 6, Usual: wide}, {Range: wide, Came: 3, Usual: wide}, {Range: wide, Came: 21, Usual: wide}})
	near(t, "coverage", g.Coverage, 1.0/3, 1e-12)
	near(t, "below", g.Below, 1.0/3, 1e-12)
	near(t, "above", g.Above, 1.0/3, 1e-12)
	// Losses: 0; (0.9 x 1 + 0.5 x 7 + 0.1 x 17) / 3; (0.1 x 17 + 0.5 x 11 + 0.9 x 1) / 3.
	missed := (0.9+3.5+1.7)/3 + (1.7+5.5+0.9)/3
	near(t, "loss", g.Loss, missed/3, 1e-12)
	skill, _ := g.Skill()
	near(t, "skill", skill, 1-missed/(missed+1.2), 1e-12)
}

func TestUsualByHand(t *testing.T) {
	week, all := Usual([]float64{4, 0, 2})
	if diff := cmp.Diff(Range{0.4, 2, 3.6}, week, cmpNear()); diff != "" {
		t.Error(diff)
	}
	// Mean 2, variance 8/3: 26 +- 1.2816 x sqrt(13 x 8/3) = 26 +- 7.546.
	if diff := cmp.Diff(Range{18.454, 26, 33.546}, all, cmpNear()); diff != "" {
		t.Error(diff)
	}
	if week, all := Usual(nil); week != (Range{}) || all != (Range{}) {
		t.Errorf("%v %v out of nothing", week, all)
	}
}

func cmpNear() cmp.Option {
	return cmp.Comparer(func(a, b float64) bool { return a-b < 1e-3 && b-a < 1e-3 })
}

// The pinball loss is least where each value told is the quantile of its name.
func TestTheTruthIsGradedBest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		came := rapid.SliceOfN(rapid.Float64Range(0, 100), 5, 60).Draw(t, "came")
		truth := rangeOf(append([]float64(nil), came...))
		other := Range{
			P10: truth.P10 + rapid.Float64Range(-20, 20).Draw(t, "p10"), P50: truth.P50 + rapid.Float64Range(-20, 20).Draw(t, "p50"),
			P90: truth.P90 + rapid.Float64Range(-20, 20).Draw(t, "p90"),
		}
		var told []Told
		for _, x := range came {
			told = append(told, Told{Range: truth, Came: x, Usual: other})
		}
		g := GradeOf(told)
		// A quantile of n numbers is off by at most one of them.
		if slack := 100 / float64(len(came)); g.Loss > g.Usual+slack {
			t.Fatalf("%+v", g)
		}
		if g.Coverage < 0 || g.Coverage > 1 || g.Below+g.Above+g.Coverage < 1-1e-9 {
			t.Fatalf("%+v", g)
		}
	})
}
