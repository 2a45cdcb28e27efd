// Package fetch asks providers for the details that their deliveries only point at, and for their certificates.
//
// What is asked for comes out of deliveries, and those come from anybody who holds a URL. So it goes to the provider's own
// hosts only, by https, without following redirects, and never to an address inside: the address is looked at when the
// connection is made, after its name was resolved, so that no name can lead elsewhere in the meantime. Answers are bounded,
// and no error shows a token.
//
// What will pass (a server that is busy or cannot be reached) is tried again after a pause that grows. A host that goes on
// failing is let be for a while, by a circuit breaker, so that nobody waits for it.
//
// The package must import package providers alone of ours.
package fetch
