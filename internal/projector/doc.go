// Package projector is the role that folds the ledger into the read models.
//
// It owns a set of the ledger's partitions, reads them in order in large batches, and brings the warehouse up to each
// batch by a list of steps of which every one may be repeated without effect:
//
//	quarantine    what cannot be read is set aside, never dropped, never in the way
//	duplicates    an id that was folded before, now or a year ago: listed beside the first copy, and counted no more
//	declarations  settings, goals, plans: needed before any day can be told
//	events        one row an id
//	voids         a set, joined away wherever events are summed
//	links         who is one person, worked out anew for everybody whom the batch links or parts
//	move          after a change of an org's settings: its events onto their new days and teams
//	rollups       the touched days from the events, then weeks, months, quarters, years
//	journeys      the steps of each prospect
//	checkpoint    last
//
// Only then is the batch acknowledged. A crash anywhere means: again from the checkpoint, which lies in the warehouse
// beside what it speaks of; the server's own memory of acknowledgements is not trusted.
//
// Several projectors may live at a time. Each claims its partitions in the warehouse before it reads anything there, and
// runs whatever depends on more than one event as a fenced statement: it fails once somebody else has claimed one of them.
// A new step is fenced too, unless its rows follow from single events alone. See ADR 8.
//
// A rebuild folds the ledger into one more generation of tables beside the one that serves; see Follow. One read model may be
// rebuilt by itself: the others are then copied, and up to where the copies reach only its own step is taken.
//
// The package imports neither the ledger nor the warehouse: it declares what it needs of them.
package projector
