package pace

import "math"

// Chance is a source of chance, such as a *rand.Rand with a fixed seed: the same seed gives the same answer.
type Chance interface {
	Float64() float64
	NormFloat64() float64
}

// drawGamma draws from the gamma distribution of a shape and scale 1 (Marsaglia and Tsang, 2000).
func drawGamma(c Chance, shape float64) float64 {
	if shape < 1 {
		return drawGamma(c, shape+1) * math.Pow(1-c.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	for {
		x := c.NormFloat64()
		v := 1 + x/math.Sqrt(9*d)
		if v <= 0 {
			continue
		}
		v *= v * v
		if u := 1 - c.Float64(); math.Log(u) < 0.5*x*x+d*(1-v+math.Log(v)) {
			return d * v
		}
	}
}

// drawCount draws from the law of counts.
func drawCount(c Chance, mean, dispersion float64) int {
	if mean <= 0 {
		return 0
	}
	if dispersion > 1 {
		mean = drawGamma(c, mean/(dispersion-1)) * (dispersion - 1)
	}
	n := 0
	for ; mean > 30; mean -= 30 { // a Poisson count is the sum of the counts of its parts
		n += drawFew(c, 30)
	}
	return n + drawFew(c, mean)
}

func drawFew(c Chance, mean float64) int {
	n, product, limit := 0, 1-c.Float64(), math.Exp(-mean)
	for product > limit {
		product *= 1 - c.Float64()
		n++
	}
	return n
}

// drawPart draws how many of n have it, each with the same chance: exactly for a few, else by the normal distribution.
func drawPart(c Chance, n int, chance float64) int {
	if n > 200 {
		mean := float64(n) * chance
		k := math.Round(mean + c.NormFloat64()*math.Sqrt(mean*(1-chance)))
		return int(max(0, min(float64(n), k)))
	}
	k := 0
	for range n {
		if c.Float64() < chance {
			k++
		}
	}
	return k
}
