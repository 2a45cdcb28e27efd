// Package declared holds what an org says about itself (goals, settings, working time, time blocks) to more than the form
// of its events: that a goal counts what is defined, that a country exists, that a row of time blocks ever takes place.
// Whatever door such an event comes by, it is held to the same: what the endpoints that declare refuse is refused as a raw
// event too.
//
//	declared.Check  what can be told of the draft alone; the endpoints and the door for raw events ask it
//	declared.Raw    Check for raw events, and the types that only an endpoint can judge, because it takes what stands
//
// The package is pure: no clock, no context. It must import neither a role nor ledger nor warehouse.
package declared
