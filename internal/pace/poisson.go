package pace

import "math"

// exactMean bounds the means for which quantiles are summed term by term; it takes about 10 * sqrt(mean) terms.
const exactMean = 1e9

// poissonQuantile returns the least k with P(X <= k) >= p, for a Poisson distributed X with the given mean and
// 0 < p < 1. It is exact (to rounding of the probabilities) up to a mean of 1e9; beyond, the expansion that serves as
// the first guess is right to a few units in 1e9.
func poissonQuantile(mean, p float64) float64 {
	if mean <= 0 {
		return 0
	}
	k := 0.0
	if mean > 10 { // below, the expansion is no help and the sum short
		k = max(0, math.Floor(cornishFisher(mean, p)))
	}
	if mean > exactMean {
		return k
	}
	mass := poissonMass(mean, k)
	sum := mass * tail(mean, k) // P(X <= k)
	if sum >= p {
		for k > 0 && sum-mass >= p {
			sum -= mass
			mass *= k / mean
			k--
		}
		return k
	}
	for sum < p && mass > 0 {
		k++
		mass *= mean / k
		sum += mass
	}
	return k
}

// cornishFisher expands the quantile about the normal distribution's.
func cornishFisher(mean, p float64) float64 {
	z := math.Sqrt2 * math.Erfinv(2*p-1)
	sd := math.Sqrt(mean)
	return mean + sd*z + (z*z-1)/6 + (z-z*z*z)/(72*sd) + 0.5
}

// tail returns P(X <= k) / P(X = k) = 1 + k/mean + k(k-1)/mean^2 + ...: all terms are positive, so nothing cancels.
func tail(mean, k float64) float64 {
	sum, term := 1.0, 1.0
	for i := k; i > 0; i-- {
		term *= i / mean
		sum += term
		if term < sum*1e-18 {
			break
		}
	}
	return sum
}

// poissonMass returns P(X = k) by Loader's saddle-point form, which keeps its precision where the logarithm of the
// factorial would lose it.
func poissonMass(mean, k float64) float64 {
	if k == 0 {
		return math.Exp(-mean)
	}
	return math.Exp(-stirlingError(k)-deviance(k, mean)) / math.Sqrt(2*math.Pi*k)
}

// stirlingError returns log(k!) - log(sqrt(2 pi k) (k/e)^k).
func stirlingError(k float64) float64 {
	if k < 16 {
		f, _ := math.Lgamma(k + 1)
		return f - (k+0.5)*math.Log(k) + k - 0.5*math.Log(2*math.Pi)
	}
	k2 := k * k
	return (1.0/12 - (1.0/360-(1.0/1260-(1.0/1680-1.0/1188/k2)/k2)/k2)/k2) / k
}

// deviance returns k log(k/mean) + mean - k without cancellation when k is near the mean.
func deviance(k, mean float64) float64 {
	if math.Abs(k-mean) > 0.1*(k+mean) {
		return k*math.Log(k/mean) + mean - k
	}
	v := (k - mean) / (k + mean)
	sum, power := (k-mean)*v, 2*k*v
	for j := 3.0; ; j += 2 {
		power *= v * v
		next := sum + power/j
		if next == sum {
			return sum
		}
		sum = next
	}
}
