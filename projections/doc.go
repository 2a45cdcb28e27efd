// Package projections holds what we know: one file a read model, its fold, its tables and its statements side by side,
// and the questions one may ask of them as plain values.
//
// Every read model is a pure function of the ledger. Each statement may be repeated at any time and changes nothing the
// second time: replays, late events, duplicates and voids converge by themselves. The package runs nothing: it makes
// rows and SQL text; internal/warehouse executes them. It must never import a database driver, a clock or a context.
//
// Tables carry the version of their read model in their names. A change of a table's columns or meaning is a new
// version, filled by folding the ledger again.
package projections
