// Package form makes a lead.captured of what somebody answered in a form, for all forms in the same way: it tells by the
// kind and the wording of a question whether its answer is a name, a number, an address or something to note.
//
// Owners of a connection can say it themselves, question by question, in the setting "fields".
//
// The package must never know a provider.
package form
