// Package routine is the habit of looking: reviews each morning and evening, week, month, quarter and year, what was
// promised in them and whether it was done, what stands in the way, and the few things that matter most.
//
// A review is of a span of days. It goes through these states:
//
//	open      its span is nearly over: from the beginning of its last working day on
//	overdue   it was not held in time: some working days after the span
//	missed    the review of the next span is open by now
//	done      it was held, early or late
//	skipped   it was left out on purpose, with a reason
//
// An agenda has the numbers filled in, so that a review begins with facts. It is written as Markdown and as HTML.
//
// The package is pure: the time is an argument. Of ours it imports events and calendar. It must never import a role, a
// clock or an engine.
package routine
