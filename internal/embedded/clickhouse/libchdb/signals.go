package libchdb

import "unsafe"

// sigactionSize is room enough for struct sigaction of every C library that the
// engine is built for (152 bytes with glibc, 16 with Darwin's).
const sigactionSize = 256

type disposition [sigactionSize]byte

// keepSignals remembers what the process does on each signal and returns a
// function that puts it back. The engine has been seen to reset handlers while
// it starts, even when told to leave them alone; without Go's handlers a nil
// dereference would kill the process and goroutines could not be preempted.
func (l *Library) keepSignals() (restore func()) {
	kept := make(map[int32]*disposition)
	for signal := int32(1); signal < 32; signal++ {
		var d disposition
		if l.sigaction(signal, nil, unsafe.SliceData(d[:])) == 0 {
			kept[signal] = &d
		}
	}
	return func() {
		for signal, d := range kept {
			// Refused for SIGKILL and SIGSTOP, which nobody can change anyway.
			_ = l.sigaction(signal, unsafe.SliceData(d[:]), nil)
		}
	}
}
