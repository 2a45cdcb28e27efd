// Package metric is the registry of every number the product shows: one name, one formula, one unit, one place.
//
// A definition says which events a number is made of; Evaluate makes the number from rows of sums. A ratio whose
// denominator is zero has no value: it is absent, never 0. The package is pure and knows neither where the rows come
// from nor who asks. Of ours it imports package events only.
package metric
