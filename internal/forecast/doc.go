// Package forecast says what the next weeks will bring at each stage, as 10, 50 and 90 % values, out of what is known
// today.
//
// Three sources are added up in simulated worlds:
//
//	people under way   by stage and age; each reaches a later stage with the share that ever does and the delay that it
//	                   takes, given that he has not by now (improper survival)
//	people to be met   at the present rate, more restless than Poisson; each goes on from there as others did
//	nobody in particular   events that name no person, at their present rate
//
// Every world draws its own shares and rates from what their few or many observations leave open, so that a forecast out
// of the first week is wide and one out of two years is not. The seed is an argument: the same question has the same
// answer.
//
// The package is pure. Of ours it imports rates.
package forecast
