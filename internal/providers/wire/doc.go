// Package wire reads what providers send: JSON, forms, times, telephone numbers, e-mail addresses and amounts of money, as
// they are written in practice. What cannot be read is left out and never a panic; only a body that is no JSON or form at
// all is an error, providers.ErrMalformed.
//
// The package must never read a clock, call anybody or know a provider.
package wire
