// Package backup copies a ledger that is in use, with its keys, into a folder, and makes a data folder of such a copy.
//
// A backup is a folder with one file for each stream, the few files that lie beside the ledger, and a manifest that
// names every file with its hash. The manifest is written last: a folder without one is no backup. The read models are
// not in it, they are folded again from the ledger.
//
// Streams are copied one after the other, in an order that makes them belong together: what speaks of the ledger before
// it, what the ledger's events need after it.
//
// The package imports no other package of ours and speaks to no engine.
package backup
