// Package timeblocks says how time was to be spent and how it was spent: blocks set aside in the calendar, one by one or
// in rows by the rules of RFC 5545, and what was really done in them.
//
// A block belongs to the plan that stood when it began: planning it anew changes what is to come and leaves the past as it
// was. Three numbers come of it:
//
//	income-producing share  income-producing time / all time told, each minute counted once however often it was told
//	focus kept              planned time really spent on its activity / planned time
//	blocks filled           appointments inside the blocked times to come / how many fit in
//
// The package is pure: the time is an argument. Of ours it imports events and calendar; besides the standard library, the
// libraries that know RFC 5545's rules and its calendar files. It must never import a role, a clock or an engine.
package timeblocks
