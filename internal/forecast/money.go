package forecast

import (
	"math"
	"math/rand/v2"

	"milemarker/internal/rates"
)

// Sale is what one sign-up brings.
type Sale struct {
	Once   float64 // at once
	Weekly float64 // each week for as long as it goes on
}

// Sales is what sign-ups bring. A sale of a world is drawn from the owner's own with the chance n / (n + 20), else from
// everybody's: a bootstrap, shrunk. How far off the average of so few sales may be, each world draws for itself.
type Sales struct {
	Own, All []Sale // none in All: no money is told
}

// saleStrength is how many own sales count as much as everybody's.
const saleStrength = 20

func (s Sales) known() bool {
	for _, one := range s.All {
		if one.Once > 0 {
			return true
		}
	}
	return false
}

func (s Sales) recur() bool {
	for _, one := range s.All {
		if one.Weekly > 0 {
			return true
		}
	}
	return false
}

// Book is the contracts that go on, and how often such end.
type Book struct {
	Weekly []float64 // what each brings a week
	Churn  Churn
}

func (b Book) known() bool { return len(b.Weekly) > 0 }

// Churn is what was seen of contracts that end: the owner's own, and everybody's. The rate that is believed is a gamma
// distribution: everybody's rate counts as the evidence of half a year of ten contracts, one's own with its full weight.
type Churn struct {
	Own, All Exposure
}

// Exposure is how many contracts ended during so many weeks of all of them.
type Exposure struct{ Ended, Weeks float64 }

// churnStrength is what everybody's rate weighs, in weeks of contracts; startChurn is what is believed before anything
// was seen: one of a hundred contracts ends in a week, with the weight of a year of one contract.
const (
	churnStrength = 260
	startChurn    = 0.01
	startWeeks    = 52
)

// Rate returns the share of contracts that end in a week, and the weeks of contracts that it rests on.
func (c Churn) Rate() (weekly, weeks float64) {
	all := (c.All.Ended + startChurn*startWeeks) / (c.All.Weeks + startWeeks)
	weeks = c.Own.Weeks + churnStrength
	return (c.Own.Ended + all*churnStrength) / weeks, weeks
}

func (c Churn) draw(r rates.Source) float64 {
	rate, weeks := c.Rate()
	return min(1, rates.Gamma(r, rate*weeks)/weeks)
}

// goes is what contracts bring in the weeks of a world.
type goes struct{ income, lost [Weeks]float64 }

// manySales is where the sum of sales is drawn at once.
const manySales = 200

// moneyStream keeps the chances of money apart from those of the stages.
const moneyStream = 255

// bring draws what the sign-ups of a world bring, at once and week by week, and what goes on from before.
func (in *Input) bring(world int, signups *path) (once path, g goes) {
	r := rand.New(rand.NewPCG(in.Seed, uint64(world)<<8+moneyStream))
	var fresh [Weeks][]float64 // weekly income of the contracts of a week
	if len(in.Sales.All) > 0 {
		luck := in.Sales.luck(r)
		for d, n := range signups {
			drawn, each := min(n, manySales), max(1, n/manySales) // of very many, some stand for all
			for range int(drawn) {
				sale := in.Sales.draw(r)
				once[d] += sale.Once * luck
				if sale.Weekly > 0 && d > 0 {
					fresh[(d-1)/7] = append(fresh[(d-1)/7], sale.Weekly*each)
				}
			}
			if n > manySales {
				once[d] = in.Sales.sum(r, n) * luck
			}
		}
	}
	if in.Book.known() || in.Sales.recur() {
		g = in.Book.live(r, fresh)
	}
	return once, g
}

// draw returns a sale.
func (s Sales) draw(r rates.Source) Sale {
	from := s.All
	if own := float64(len(s.Own)); own > 0 && r.Float64() < own/(own+saleStrength) {
		from = s.Own
	}
	return from[int(r.Float64()*float64(len(from)))]
}

// luck returns by how much the true average may differ from the one seen.
func (s Sales) luck(r rates.Source) float64 {
	mean, variance := s.moments()
	if mean <= 0 {
		return 1
	}
	n := float64(len(s.Own)) + min(float64(len(s.All)), saleStrength)
	return max(0.1, 1+math.Sqrt(variance/n)/mean*r.NormFloat64())
}

// sum draws what many sign-ups bring at once.
func (s Sales) sum(r rates.Source, n float64) float64 {
	mean, variance := s.moments()
	return max(0, n*mean+math.Sqrt(n*variance)*r.NormFloat64())
}

// moments returns the average and the variance of a sale that is drawn.
func (s Sales) moments() (mean, variance float64) {
	own := float64(len(s.Own))
	own /= own + saleStrength
	square := 0.0
	add := func(sales []Sale, weight float64) {
		for _, one := range sales {
			mean += weight * one.Once / float64(len(sales))
			square += weight * one.Once * one.Once / float64(len(sales))
		}
	}
	add(s.Own, own)
	add(s.All, 1-own)
	return mean, max(0, square-mean*mean)
}

// live lets contracts go on or end week by week: each with the same chance that the world draws. A contract brings its
// income for half of the week in which it begins or ends.
func (b Book) live(r rates.Source, fresh [Weeks][]float64) (g goes) {
	ends := b.Churn.draw(r)
	running := append([]float64(nil), b.Weekly...)
	sum := total(running)
	for w := range Weeks {
		lost := 0.0
		for range rates.Binomial(r, len(running), ends) {
			i := int(r.Float64() * float64(len(running)))
			lost += running[i]
			running[i] = running[len(running)-1]
			running = running[:len(running)-1]
		}
		begun := total(fresh[w])
		g.lost[w] = lost
		g.income[w] = sum - lost/2 + begun/2
		sum += begun - lost
		running = append(running, fresh[w]...)
	}
	return g
}

func total(all []float64) (sum float64) {
	for _, x := range all {
		sum += x
	}
	return sum
}
