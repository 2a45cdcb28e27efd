package plan

import (
	"math"

	"milemarker/internal/rates"
)

// worth is what something counts for at the date: money (or sign-ups, where these are wanted), and what ranks ask for.
type worth [5]float64

const (
	money = iota
	ownVolume
	sponsored
	teamSize
	teamVolume
)

// way is one way to reach the wish: a rank, or none, and what is needed for it.
type way struct {
	rank   string
	income float64 // of the rank
	need   worth
}

// ways returns every way to reach the wish: by sales alone and, in a team, by each of its ranks, whose income sales
// fill up.
func (in Input) ways() []way {
	alone := way{need: worth{money: in.needed()}}
	if in.Team == nil {
		return []way{alone}
	}
	ways := []way{alone}
	t := in.Team
	for _, r := range t.Ranks {
		ways = append(ways, way{rank: r.Name, income: r.Income, need: worth{
			money:      max(0, alone.need[money]-r.Income),
			ownVolume:  max(0, r.OwnVolume-t.OwnVolume),
			sponsored:  max(0, r.Sponsored-t.Sponsored),
			teamSize:   max(0, r.TeamSize-t.TeamSize),
			teamVolume: max(0, r.TeamVolume-t.TeamVolume),
		}})
	}
	return ways
}

// needed returns what sign-ups of the plan must bring in: the wish and the expenses, less what comes in anyway.
func (in Input) needed() float64 {
	w := in.Wish
	switch w.Kind {
	case Result:
		return w.Amount
	case Monthly:
		anyway := in.Money.Already * math.Pow(1-in.Sale.Churn, float64(months(w.From, w.By)))
		return max(0, w.Amount+in.Money.Expenses-anyway)
	default:
		need := w.Amount
		for m := range months(w.From, w.By+1) {
			need += in.Money.Expenses - in.Money.Already*math.Pow(1-in.Sale.Churn, float64(m))
		}
		return max(0, need)
	}
}

// signup returns what a sign-up at a moment counts for at the date, on average.
func (in Input) signup(on moment) worth {
	age := on.age
	stay := math.Pow(1-in.Sale.Churn, float64(age))
	payments := 0.0 // of the customer, on average, as far as they count
	w := worth{}
	switch in.Wish.Kind {
	case Result:
		w[money] = 1
		return w
	case Monthly:
		payments = stay
		if on.late {
			w[money] = in.Sale.AtOnce
		}
	case Total:
		w[money] = in.Sale.AtOnce
		for m := range age + 1 {
			payments += math.Pow(1-in.Sale.Churn, float64(m))
		}
	}
	w[money] += in.Sale.Monthly * payments
	t := in.Team
	if t == nil {
		return w
	}
	customers := 1 - t.Recruits
	w[money] *= customers
	w[ownVolume] = customers * t.PerCustomer * stay
	w[sponsored] = t.Recruits * math.Pow(1-t.Churn, float64(age))
	w[teamSize] = t.Recruits * math.Pow((1+t.Growth)*(1-t.Churn), float64(age))
	w[teamVolume] = w[ownVolume] + t.PerRecruit*w[teamSize]
	return w
}

// draw returns what one sign-up at a moment counts for in a simulated world. It takes the same number of chances whatever
// the rates and prices are, so that worlds can be compared.
func (in Input) draw(r rates.Source, on moment) worth {
	age := on.age
	size, role, leaves := 1.0, r.Float64(), r.Float64()
	if n := len(in.Sale.Sizes); n > 0 {
		size = in.Sale.Sizes[int(r.Float64()*float64(n))]
	}
	w := worth{}
	if in.Wish.Kind == Result {
		w[money] = 1
		return w
	}
	t := in.Team
	if t != nil && role < t.Recruits {
		w[sponsored], w[teamSize] = t.grown(r, age, leaves)
		w[teamVolume] = t.PerRecruit * w[teamSize]
		return w
	}
	stays := in.stays(leaves, age)
	switch in.Wish.Kind {
	case Monthly:
		if on.late {
			w[money] = in.Sale.AtOnce * size
		}
		if stays == age {
			w[money] += in.Sale.Monthly * size
			if t != nil {
				w[ownVolume], w[teamVolume] = t.PerCustomer, t.PerCustomer
			}
		}
	default:
		w[money] = in.Sale.AtOnce*size + in.Sale.Monthly*size*float64(stays+1)
	}
	return w
}

// stays returns how many whole months, `most` at most, a customer stays who draws u.
func (in Input) stays(u float64, most int) int {
	if in.Sale.Churn == 0 || u == 0 {
		return most
	}
	return int(min(float64(most), math.Floor(math.Log(u)/math.Log1p(-in.Sale.Churn))))
}

// grown returns whether a recruit is still active after some months, as 0 or 1, and how many active people he and those
// below him are then. Who stops leaves the people below him to the team.
func (t *Team) grown(r rates.Source, age int, leaves float64) (active, people float64) {
	if leaves < math.Pow(1-t.Churn, float64(age)) {
		active = 1
	}
	below := 0
	for m := range age {
		sponsors := below
		if leaves < math.Pow(1-t.Churn, float64(m)) {
			sponsors++
		}
		below = rates.Binomial(r, below+rates.Poisson(r, t.Growth*float64(sponsors)), 1-t.Churn)
	}
	return active, active + float64(below)
}
