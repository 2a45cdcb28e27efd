// Package forecast says what the next weeks will bring at each stage and in money, as 10, 50 and 90 % values, out of what
// is known at some moment; and how good such forecasts have been.
//
//	History           what happened: who came to which stage when, how often, which sign-ups brought what
//	History.Input     what a forecast as of a moment follows from: nothing of that moment or later is used
//	Make              thirteen weeks, for each stage and for money
//	Look              one number on the way to a target: the chance, the result, the day
//	Grade             how forecasts did against what came
//
// Three sources are added up in simulated worlds:
//
//	people under way   by stage and age; each reaches a later stage with the share that ever does and the delay that it
//	                   takes, given that he is still where he is (improper survival, with the ways that end a journey)
//	people to be met   at the present rate, more restless than Poisson; each goes on from there as others did
//	everything else    events that name no person, or that bring nobody to a stage for the first time, at their present rate
//
// Every world draws its own shares and rates from what their few or many observations leave open, so that a forecast out
// of the first week is wide and one out of two years is not. The seed is an argument: the same question has the same
// answer. See docs/FORECAST.md.
//
// The package is pure. Of ours it imports calendar and rates.
package forecast
