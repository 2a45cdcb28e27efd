// Package people tells who is who: which rep of the org a provider means when it names an e-mail address, a user or an
// extension.
//
// Reps declare by what they are known (rep.declared); a Directory is made of these declarations as of any instant, so
// that a call of last year is credited to whoever held the extension then. How identities of prospects become one person
// is a read model and stands in package projections.
//
// The package is pure: the standard library alone. It must never import events' storage, a clock or a context.
package people
