// Package alerts is the role that sees to it that somebody hears in time: it looks at how goals stand and at what else may
// go wrong, on new numbers and as time passes, records what changed, and has it delivered.
//
//	ledger ---new numbers---> [look] ---pace.changed, alert.raised, alert.resolved---> ledger
//	clock  ---every minute--->                                                          |
//	                                        destinations <---[post]<---deliveries<---[dispatch]
//
// Each part may be cut short anywhere and repeated:
//
//   - look keeps a state for every matter (a goal's status, a rep without activity, ...). What it is about to record is
//     written into the state first, as it will be recorded, and recorded under an id made of the matter and the how-manieth
//     time it is: so after a crash the same event is recorded again, which the ledger knows to be the same.
//   - dispatch reads those events back from the ledger and plans deliveries under ids that follow from alert and
//     destination: a plan made twice is one.
//   - post sends what is due and keeps what became of it. A message that was handed over right before a crash is sent
//     again under the same id, by which its receiver knows it.
//
// One instance works at a time; who that is, is decided elsewhere. Two that overlap for a moment do nothing twice that
// counts.
//
// The package must import neither the ledger nor the warehouse nor another role: what it needs of them is in Deps.
package alerts
