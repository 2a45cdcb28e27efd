package rates

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestLeaving(t *testing.T) {
	// Three who are there for 4, 2 and 0 months, one who left in his third: nine months begun and lived through or left.
	got := Leaving([]Life{{4, false}, {2, false}, {0, false}, {2, true}})
	if want := (Trial{N: 9, K: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestLeavingIsFoundAgain lets customers leave with a chance of 5 % a month and looks at them at some moment.
func TestLeavingIsFoundAgain(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 5))
	var lives []Life
	for range 20_000 {
		l := Life{}
		for seen := r.IntN(24); l.Months < seen && !l.Left; {
			if l.Left = r.Float64() < 0.05; !l.Left {
				l.Months++
			}
		}
		lives = append(lives, l)
	}
	if got := Leaving(lives); math.Abs(got.K/got.N-0.05) > 0.002 {
		t.Errorf("%.4f leave a month, want 0.05", got.K/got.N)
	}
}
