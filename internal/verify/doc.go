// Package verify recounts the ledger and compares the result with the read models, row by row.
//
// The recount is plain Go and shares nothing with the folds but the vocabulary: how an event is read (package events),
// which day an instant is (calendar), what settings say and what a stage is (projections). It goes through the ledger
// from the first message, knows no batches, no checkpoints and no tables, and works out every bucket of every grain
// straight from the events. What differs is a fault of the folds, of the database, or of the recount; the folds' own SQL
// run twice would show only the second.
//
// It runs while the system does, as of one position P: the checkpoint at its start. Rows of events, voids, steps and
// declarations name their position, so the ones behind P are left out. A row of the rollups names the position that it
// reflects: up to P the recount must give the same as of P, behind P the same as of that very position.
//
// What is compared is first taken from the read models, in a few seconds, as sums and hashes; then the ledger is read,
// in several passes. Memory is bounded by Config.IDs, the number of rollup rows and that of corrections.
//
// The package must import neither ledger nor warehouse: it declares what it needs of them.
package verify
