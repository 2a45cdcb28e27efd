// Package importer turns a CSV file into events by a mapping document and sends them to a running server.
//
// It is a client like any other: what it sends goes through POST /v1/events and is validated, hashed and sealed there.
// It imports the vocabulary (package events) to check every event before it leaves, and the language of mappings (package
// mapping); never a role, the ledger, the warehouse or an engine.
//
// The mapping document is that of package mapping, the same language in which webhooks are mapped; here it reads rows.
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
