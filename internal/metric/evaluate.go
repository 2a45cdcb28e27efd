package metric

import (
	"math"
	"math/big"

	"milemarker/events"
)

// Row is what was summed over the events of one type and outcome. Where amounts matter, all rows that are evaluated
// together must be in one currency.
type Row struct {
	Type, Outcome  string
	Count          uint64
	Amount         events.Decimal
	Seconds        int64
	Offered, Taken uint64
}

// Value is one number.
type Value struct {
	// Number is in the unit of the definition: exact for a sum, rounded half away from zero to 4 fraction digits for a
	// ratio.
	Number events.Decimal

	// N is what the number rests on: the events counted or summed or, for a ratio, those behind its denominator.
	N uint64

	// Interval holds the true share with a chance of 80 %; nil unless the definition is a share.
	Interval *Interval
}

// Interval is a range between 0 and 1.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Evaluate makes the number of d from rows. ok is false if it has no value: the denominator is zero, or a sum lies
// beyond what a Decimal can hold.
func Evaluate(d Definition, rows []Row) (v Value, ok bool) {
	top, n, ok := total(d.Numerator, rows)
	if !ok {
		return Value{}, false
	}
	if d.Additive() {
		if d.Unit == Minutes {
			top, ok = mulDiv(top, 1, 60)
		}
		return Value{Number: top, N: n}, ok
	}
	bottom, n, ok := total(d.Denominator, rows)
	if !ok || bottom == 0 {
		return Value{}, false
	}
	number, ok := mulDiv(top, events.Scale, int64(bottom))
	if !ok {
		return Value{}, false
	}
	v = Value{Number: number, N: n}
	if d.Share {
		v.Interval = interval(top.Float64(), bottom.Float64())
	}
	return v, true
}

// Parts returns what the number of d is made of: the sum of its numerator and, unless it is additive, of its denominator,
// each counting whole events, seconds or amounts; happened is the number of events or things behind the numerator. ok is
// false if a sum lies beyond what a Decimal can hold.
func Parts(d Definition, rows []Row) (top, bottom events.Decimal, happened uint64, ok bool) {
	top, happened, ok = total(d.Numerator, rows)
	if !ok {
		return 0, 0, 0, false
	}
	if d.Additive() {
		if d.Unit == Minutes {
			top, ok = mulDiv(top, 1, 60)
		}
		return top, 0, happened, ok
	}
	bottom, _, ok = total(d.Denominator, rows)
	return top, bottom, happened, ok
}

// total adds up what the selectors take of the rows, and the number n of things behind it: what was counted where the
// measure counts, the events otherwise.
func total(selectors []Selector, rows []Row) (sum events.Decimal, n uint64, ok bool) {
	for _, s := range selectors {
		for _, r := range rows {
			if !s.matches(r) {
				continue
			}
			part, behind := s.Measure.of(r)
			if part, ok = scaled(part, s.Measure); !ok {
				return 0, 0, false
			}
			if sum, ok = add(sum, part); !ok {
				return 0, 0, false
			}
			n += behind
		}
	}
	return sum, n, true
}

// of returns the row's sum of the measure, an amount in its own scale and all else as whole numbers, and the number of
// things behind it.
func (m Measure) of(r Row) (sum events.Decimal, n uint64) {
	switch m {
	case Events:
		return whole(r.Count), r.Count
	case Offered:
		return whole(r.Offered), r.Offered
	case Taken:
		return whole(r.Taken), r.Taken
	case Duration:
		return events.Decimal(r.Seconds), r.Count
	case Amount:
		return r.Amount, r.Count
	default:
		panic("metric: no such measure: " + string(m))
	}
}

// whole keeps a count within the range of a Decimal; one so large does not fit once it is scaled.
func whole(n uint64) events.Decimal { return events.Decimal(min(n, math.MaxInt64)) }

func scaled(sum events.Decimal, m Measure) (events.Decimal, bool) {
	if m == Amount {
		return sum, true
	}
	return mulDiv(sum, events.Scale, 1)
}

func add(a, b events.Decimal) (events.Decimal, bool) {
	sum := a + b
	return sum, (sum > a) == (b > 0)
}

// mulDiv returns a * b / c for c > 0, rounded half away from zero; ok is false if it does not fit.
func mulDiv(a events.Decimal, b, c int64) (q events.Decimal, ok bool) {
	twice := new(big.Int).Mul(big.NewInt(int64(a)), big.NewInt(2*b))
	half := big.NewInt(c * int64(twice.Sign()))
	twice.Add(twice, half).Quo(twice, new(big.Int).Mul(big.NewInt(2), big.NewInt(c)))
	return events.Decimal(twice.Int64()), twice.IsInt64()
}

// interval is Wilson's score interval of part out of all at 80 %.
func interval(part, all float64) *Interval {
	const z = 1.2815515655446004 // the normal distribution's 90 % quantile
	p := part / all
	middle := (p + z*z/(2*all)) / (1 + z*z/all)
	half := z / (1 + z*z/all) * math.Sqrt(p*(1-p)/all+z*z/(4*all*all))
	return &Interval{Low: max(0, middle-half), High: min(1, middle+half)}
}
