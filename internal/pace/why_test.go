package pace

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"milemarker/events"
)

// sales is a chain worked by hand: 100 calls of 200 needed, half of them conversations as assumed, and so on.
func sales(calls, conversations, held, won, amount float64) []Link {
	return []Link{
		{Title: "calls", Volume: true, Counted: calls, Law: Counts, Dispersion: 1},
		{Title: "contact rate", Counted: conversations, Of: calls, Assumed: 0.5, Law: Share},
		{Title: "show rate", Counted: held, Of: conversations, Assumed: 0.4, Law: Share},
		{Title: "close rate", Counted: won, Of: held, Assumed: 0.25, Law: Share},
		{Title: "average sale", Counted: amount, Of: won, Assumed: 1000, Law: Average, Variance: 250_000},
	}
}

func TestWhy(t *testing.T) {
	// 10,000 expected at 0.5 x 0.4 x 0.25 x 1,000 = 50 for each call: 200 calls. 100 were made, half of all that was needed,
	// and everything else is as assumed: the whole shortfall is calls.
	causes := Why(5000*events.Scale, 10_000*events.Scale, sales(100, 50, 20, 5, 5000))
	for i, want := range []events.Decimal{-5000 * events.Scale, 0, 0, 0, 0} {
		if causes[i].Part != want {
			t.Errorf("%s: %s, want %s", causes[i].Title, causes[i].Part, want)
		}
	}
	if got := WhySentence(-5000*events.Scale, causes); got != "100 % of the shortfall is fewer calls" {
		t.Error(got)
	}
	if causes[0].Luck || !causes[1].Luck {
		t.Error("100 calls of 200 are no luck, 50 conversations of 100 at one half are")
	}
	// 128 calls (0.64), 64 conversations (as assumed), 22 held (0.859), 6 won (1.09), 5,400 for them (0.9): logarithms
	// -0.446, 0, -0.152, +0.087, -0.105, in all -0.616. The shortfall of 4,600 is 7,465 a unit of logarithm: -3,332, 0,
	// -1,131, +649, -786.
	causes = Why(5400*events.Scale, 10_000*events.Scale, sales(128, 64, 22, 6, 5400))
	for i, want := range []float64{-3332, 0, -1131, 650, -787} {
		if got := causes[i].Part.Float64(); math.Abs(got-want) > 2 {
			t.Errorf("%s: %g, want %g", causes[i].Title, got, want)
		}
	}
	const want = "63 % of the shortfall is fewer calls, 22 % the show rate (within luck), 15 % the average sale (within luck); " +
		"the close rate is better than planned"
	if got := WhySentence(-4600*events.Scale, causes); got != want {
		t.Error(got)
	}
	// Nothing sold yet: the chain is told as far as it goes.
	causes = Why(0, 10_000*events.Scale, sales(100, 50, 20, 0, 0))
	if !causes[3].Thin || causes[3].Part >= 0 || causes[4].Part != 0 {
		t.Errorf("%+v", causes[3:])
	}
	if got := WhySentence(0, Why(10_000*events.Scale, 10_000*events.Scale, sales(200, 100, 40, 10, 10_000))); got != "the line is met exactly: there is no gap to take apart" {
		t.Error(got)
	}
}

// The parts add up to the gap exactly, and the shares of those with its sign to one.
func TestCausesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := func(name string, most int) float64 { return float64(rapid.IntRange(0, most).Draw(t, name)) }
		calls := n("calls", 500)
		conversations := math.Min(calls, n("conversations", 300))
		held := math.Min(conversations, n("held", 200))
		won := math.Min(held, n("won", 100))
		amount := n("amount", 200_000)
		if won == 0 {
			amount = 0
		}
		expected := events.Decimal(rapid.Int64Range(1, 1e10).Draw(t, "expected"))
		actual := events.Decimal(amount) * events.Scale
		causes := Why(actual, expected, sales(calls, conversations, held, won, amount))
		sum, shares := events.Decimal(0), 0.0
		for _, c := range causes {
			sum, shares = sum+c.Part, shares+c.Share
			if math.IsNaN(c.Ratio) || math.IsInf(c.Ratio, 0) {
				t.Fatalf("%+v", c)
			}
		}
		if sum != actual-expected {
			t.Fatalf("parts add up to %s, the gap is %s", sum, actual-expected)
		}
		if actual != expected && math.Abs(shares-1) > 1e-6 {
			t.Fatalf("shares add up to %g: %+v", shares, causes)
		}
		if WhySentence(actual-expected, causes) == "" {
			t.Fatal("no sentence")
		}
	})
}
