// Package house holds the rules of the house as tests: which package may import which.
//
// The folder listing is the architecture, so its arrows are checked, not remembered. depguard in .golangci.yml says the
// same in the editor; the table here also covers packages that nobody has thought of yet, because a package without a
// row fails. There is nothing to import from this package.
package house
