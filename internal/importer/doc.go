// Package importer turns a CSV file into events by a mapping document and sends them to a running server.
//
// It is a client like any other: what it sends goes through POST /v1/events and is validated, hashed and sealed there.
// It imports the vocabulary (package events) to check every event before it leaves, and never a role, the ledger, the
// warehouse or an engine.
//
// # The mapping document
//
// YAML, strict: an unknown key is refused with its line. The first sections say what the input looks like, the last one
// which events a row makes; a row may make none, one or several.
//
//	version: 1
//	source: /imports/crm                  # CloudEvents source of every event
//	csv: { delimiter: ",", header: true } # without a header: columns: [id, agent, ...]
//	numbers: { decimal: ".", thousands: "," }
//	tables:                               # joins: files beside the CSV, held in memory, at most 100,000 rows
//	  teams: { file: teams.csv, key: agent, on: sales_agent }
//	lookups:                              # spelling; what is not listed stays as it is
//	  product: { GTXPro: GTX Pro }
//	events:
//	  - type: proposal.sent
//	    when: { engage_date: { present: true }, stage: { in: [Won, Lost] } }
//	    id: "opp-{opportunity_id}-sent"
//	    time: { column: engage_date, layout: "1/2/2006", zone: America/New_York, at: "12:00" }
//	    rep: "{sales_agent|slug}"
//	    team: "{teams.manager|slug}"
//	    subject: "{opportunity_id}"
//	    data:
//	      proposal: "{opportunity_id}"
//	      product: { column: product, lookup: product }
//	      amount: { column: value, as: decimal }
//	      currency: USD
//
// A value is a number or truth value (taken as it is), a text (a template), or an object with one source (column,
// template or const) and what is to be done with it, in this order: filters, lookup, default, as. Templates name columns
// in braces, {{ and }} stand for braces themselves; table.column reads a joined row. Filters are trim, lower, upper, slug
// and digits; as is text, integer, decimal, boolean or duration (h:m:s, m:s or s, becomes seconds). A value that comes
// out empty is left out of the event.
//
// Conditions are present, equals, in and not; all of them must hold. A layout is Go's (or rfc3339, unix, unix_ms), or a
// list to be tried in order; zone is needed unless the layout carries an offset; at is the time of day for layouts
// without one, noon if absent.
//
// An id is always made from columns and each of them must hold something: the same row makes the same ids on every run,
// and that is what makes an import safe to repeat.
//
// The structure is open for more inputs and more sources of a value (an expression, say) without a new version: inputs
// are sections beside csv, sources are keys beside column. A document of another version is refused.
//
// # What happens to a row
//
//	row -> no rule applies                  -> skipped, counted
//	    -> cannot be read or mapped         -> rejected file
//	    -> event invalid                    -> rejected file; the row's other events go on
//	    -> sent -> appended or duplicate    -> done
//	            -> conflict or rejected     -> rejected file
//
// Batches are answered in any order but confirmed in file order: after each, the rejected file is flushed and then the
// progress file replaced, so a run that was cut short goes on behind the last confirmed row and loses or repeats nothing
// in its report.
package importer
