package pace

import "math"

// The functions below are the regularized incomplete beta and gamma functions, by continued fractions and series (Press
// et al., Numerical Recipes, 6.2 and 6.4). They are right to about 1e-12, which is far beyond what a quantile needs.

const (
	tiny     = 1e-300
	fine     = 1e-14
	maxTerms = 100_000
)

// betaInc returns I_x(a, b) for a, b > 0 and 0 <= x <= 1.
func betaInc(a, b, x float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	}
	front := math.Exp(lgamma(a+b) - lgamma(a) - lgamma(b) + a*math.Log(x) + b*math.Log1p(-x))
	if x < (a+1)/(a+b+2) {
		return front * betaFraction(a, b, x) / a
	}
	return 1 - front*betaFraction(b, a, 1-x)/b
}

func betaFraction(a, b, x float64) float64 {
	c, d := 1.0, 1/nonZero(1-(a+b)*x/(a+1))
	h := d
	for i := 1.0; i < maxTerms; i++ {
		for _, t := range [2]float64{
			i * (b - i) * x / ((a + 2*i - 1) * (a + 2*i)),
			-(a + i) * (a + b + i) * x / ((a + 2*i) * (a + 2*i + 1)),
		} {
			d, c = 1/nonZero(1+t*d), nonZero(1+t/c)
			h *= d * c
		}
		if math.Abs(d*c-1) < fine {
			break
		}
	}
	return h
}

// gammaInc returns P(a, x), the distribution function of a gamma variable of shape a and scale 1, for a > 0.
func gammaInc(a, x float64) float64 {
	switch {
	case x <= 0:
		return 0
	case a > 1e5: // Wilson and Hilferty: right to 1e-6 from here on
		return normal(3 * math.Sqrt(a) * (math.Cbrt(x/a) - 1 + 1/(9*a)))
	}
	front := math.Exp(a*math.Log(x) - x - lgamma(a))
	if x < a+1 {
		sum, term := 1/a, 1/a
		for i := 1.0; i < maxTerms && term > sum*fine; i++ {
			term *= x / (a + i)
			sum += term
		}
		return front * sum
	}
	b := x + 1 - a
	c, d := 1/tiny, 1/b
	h := d
	for i := 1.0; i < maxTerms; i++ {
		t := -i * (i - a)
		b += 2
		d, c = 1/nonZero(t*d+b), nonZero(b+t/c)
		h *= d * c
		if math.Abs(d*c-1) < fine {
			break
		}
	}
	return 1 - front*h
}

func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

func nonZero(x float64) float64 {
	if math.Abs(x) < tiny {
		return tiny
	}
	return x
}

// normal is the distribution function of the normal distribution.
func normal(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }

// normalQuantile is its inverse.
func normalQuantile(p float64) float64 { return math.Sqrt2 * math.Erfinv(2*p-1) }
