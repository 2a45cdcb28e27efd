// Package chaos breaks the product on purpose and counts what is left. A server of the shipped parts runs in a process of
// its own, which kills itself with SIGKILL at a named step; a client sends events and sends them again until they are
// acknowledged; afterwards everything it was promised is counted in the answers of the API.
//
// The steps are seen from outside, on the connection to the ledger's engine and in the requests to the warehouse's: the
// programs that ship hold no hooks. docs/RELIABILITY.md has the table of a full run. It has tests only, and nothing may
// import it.
package chaos
