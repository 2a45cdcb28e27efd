// Package boot is the plumbing of a process: options from flags and environment, the logger, signals, one HTTP listener
// that several roles share, and their start and stop in order. It knows no role and must never import one.
package boot
