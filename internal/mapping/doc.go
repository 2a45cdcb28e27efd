// Package mapping is the language in which people say what their own data means: one small document that makes events of
// the rows of a CSV file or of the deliveries of a webhook.
//
// A document is YAML or JSON, strict: an unknown key is refused with its line, and everything that is wrong is reported at
// once. docs/MAPPING.md is its reference. In short:
//
//	version: 1
//	lookups:
//	  kinds: { won: signup.completed, lead: lead.captured }
//	let:
//	  email: first([body.?email, body.?contact.email])
//	events:
//	  - type: signup.completed
//	    when: body.event == "deal_won" && email != null
//	    id: "{external_id}"
//	    time: { column: closed_at }
//	    rep: "{owner}"
//	    data:
//	      signup: "{external_id}"
//	      role: customer
//	      amount: { expr: money(body.amount) }
//	      person: { email: "{email}" }
//
// Texts are templates ({name} reads a column or a place in the delivery), objects with column, template, const or expr are
// values that are worked on, and expr, when, let and for_each hold expressions in CEL (https://cel.dev).
//
// Expressions come from whoever may configure an org, and deliveries from anybody who holds a URL: neither may cost more
// than they are worth. Steps and memory are bounded in CEL's own units, which are the same on every machine; the context's
// deadline is the last resort. See the constants in expr.go.
//
// The package is pure but for the deadline: it must import events, package wire of the providers, CEL and YAML, and never
// a role, the ledger, the warehouse or an engine.
package mapping
