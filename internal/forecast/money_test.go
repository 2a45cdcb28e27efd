package forecast

import (
	"math/rand/v2"
	"testing"
)

// Of 100 weeks of own contracts 4 ended, of 2,548 of everybody's 26, with the starting point (0.52 in 52 weeks):
// everybody's rate is 26.52 / 2600 = 0.0102; the own one (4 + 0.0102 x 260) / 360 = 0.018478.
func TestChurnByHand(t *testing.T) {
	c := Churn{Own: Exposure{Ended: 4, Weeks: 100}, All: Exposure{Ended: 26, Weeks: 2548}}
	rate, weeks := c.Rate()
	near(t, "rate", rate, (4+0.0102*260)/360, 1e-9)
	near(t, "weeks", weeks, 360, 1e-9)
	if rate, _ := (Churn{}).Rate(); rate != startChurn {
		t.Errorf("out of nothing: %v", rate)
	}
}

// A hundred contracts of 10 a week, of which about one in a hundred ends each week: 1,000 in the first week but for half
// of what ends in it, and 88 % of it after thirteen; so it is as long as nothing new comes.
func TestContractsEnd(t *testing.T) {
	book := Book{Churn: Churn{Own: Exposure{Ended: 1000, Weeks: 100_000}, All: Exposure{Ended: 1000, Weeks: 100_000}}}
	for range 100 {
		book.Weekly = append(book.Weekly, 10)
	}
	r := rand.New(rand.NewPCG(51, 52))
	const worlds = 2000
	first, last, lost := 0.0, 0.0, 0.0
	for range worlds {
		g := book.live(r, [Weeks][]float64{})
		first, last = first+g.income[0]/worlds, last+g.income[Weeks-1]/worlds
		lost += total(g.lost[:]) / worlds
		if g.income[Weeks-1] > g.income[0] {
			t.Fatalf("%v: more than before out of nothing", g.income)
		}
	}
	near(t, "first week", first, 995, 2)
	near(t, "last week", last, 1000*0.8818, 5) // 0.99^12.5
	near(t, "lost", lost, 1000*(1-0.8775), 5)  // 1 - 0.99^13
}

// The book of a history is what goes on at the moment, and the time that contracts ran until then.
func TestBookAsOf(t *testing.T) {
	h := History{Stages: []string{"signup"}, Contracts: []Contract{
		{At: morning(0), Ended: morning(70), Rep: "kim", Sale: Sale{Once: 5, Weekly: 2}},
		{At: morning(14), Rep: "lee", Sale: Sale{Weekly: 3}},
		{At: morning(21), Ended: morning(300), Rep: "kim", Sale: Sale{Weekly: 4}},
		{At: morning(400), Rep: "kim", Sale: Sale{Weekly: 9}},
	}}
	sales, book := h.sales(asOf(140, Whose{Rep: "kim"}))
	if len(sales.All) != 3 || len(sales.Own) != 2 || len(book.Weekly) != 1 || book.Weekly[0] != 4 {
		t.Errorf("%+v %+v", sales, book)
	}
	if want := (Churn{Own: Exposure{1, 10 + 17}, All: Exposure{1, 10 + 18 + 17}}); book.Churn != want {
		t.Errorf("%+v, want %+v", book.Churn, want)
	}
	if _, then := h.sales(asOf(70, Whose{})); len(then.Weekly) != 3 || then.Churn.All.Ended != 0 {
		t.Errorf("on the day before the first ended: %+v", then)
	}
}

// Three own sales of 1,000 among everybody's of 100 are 3 of 23 draws; the average is unsure by what so few leave open.
func TestSalesAreShrunk(t *testing.T) {
	s := sold()
	for range 97 {
		s.All = append(s.All, Sale{Once: 100})
	}
	for range 3 {
		s.Own = append(s.Own, Sale{Once: 1000})
		s.All = append(s.All, Sale{Once: 1000})
	}
	everybody := 0.97*100 + 0.03*1000
	mean, _ := s.moments()
	near(t, "mean", mean, 3.0/23*1000+20.0/23*everybody, 1e-9)
	r := rand.New(rand.NewPCG(53, 54))
	sum := 0.0
	for range 40_000 {
		sum += s.draw(r).Once / 40_000
	}
	near(t, "mean of draws", sum, mean, 6)
}
