// Package plan goes backwards from a result wanted by a date to what is to be done today.
//
//	income by a date --> sign-ups (or a rank) --> stages before them --> quarters, months, weeks, days --> hours
//
// Each unit of the first stage (a call) becomes a sign-up with the product of the rates, as many days later as the
// stages take, which scatters; what comes too late for the date counts nothing. What a sign-up is worth at the date is money (at
// once, and each month while the customer stays), volume and team.
//
// Two efforts are told. The average effort brings the result on average, and so fails about half the time. The sure
// effort brings it with the chance asked for: it is the quantile, over simulated worlds, of the number of first-stage
// units after which the result is there (for a plain count of sign-ups, the negative binomial distribution). The worlds
// have a fixed seed: the same question has the same answer.
//
// The package is pure: days, working time, rates and history are arguments. Of ours it imports calendar and rates.
package plan
