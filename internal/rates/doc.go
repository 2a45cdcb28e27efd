// Package rates tells how often one thing leads to another, and after how long, from little evidence as well as from
// much.
//
// A share is shrunk: what one person's few trials say is pulled towards what the others' trials say, by as much as
// people have been found to differ (beta-binomial, the prior fitted across people: empirical Bayes). So three lucky
// calls do not move a plan, and three hundred do.
//
// A delay comes from everybody who set out, those still under way among them: Kaplan-Meier. Who has not arrived yet is
// undecided, not lost; and since some never arrive, the curve need not reach 1 (improper survival).
//
// The package is pure: chance comes in as a seeded source. It imports the standard library only.
package rates
