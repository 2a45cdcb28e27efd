package projector

import (
	"github.com/cespare/xxhash/v2"
)

// known is a set of the ids that were folded, in 5 to 6 bytes an id. It may take an id for a known one that it is not,
// in one of a million cases when it holds 15 million; never the other way round. So it tells which ids are worth asking
// the warehouse for, and decides nothing.
//
// Of each hash it keeps 44 bits: 12 say in which of its tables the rest is, 32 stand in that table, ordered by their value
// as far as collisions allow. So a table grows without the ids, and one table at a time.
type known struct {
	tables [1 << tableBits]table
	hash   xxhash.Digest
}

const tableBits = 12

// hashOf returns XXH64 of events.MessageID, without building it.
func (k *known) hashOf(org, id string) uint64 {
	k.hash.Reset()
	_, _ = k.hash.WriteString(org) // a hash never fails
	_, _ = k.hash.WriteString("/")
	_, _ = k.hash.WriteString(id)
	return k.hash.Sum64()
}

// add puts a hash into the set and tells whether it may have been there already.
func (k *known) add(hash uint64) bool {
	mark := uint32(hash)
	if mark == 0 {
		mark = 1 // 0 stands for a free slot
	}
	return k.tables[hash>>(64-tableBits)].add(mark)
}

// len returns the number of marks in the set.
func (k *known) len() int {
	n := 0
	for i := range k.tables {
		n += k.tables[i].used
	}
	return n
}

// table is an open hash table of marks. A mark's own place is proportional to its value; one that is taken sends it on to
// the next free one.
type table struct {
	slots []uint32
	used  int
}

func (t *table) add(mark uint32) bool {
	if 5*t.used >= 4*len(t.slots) {
		t.grow()
	}
	i := t.find(mark)
	if t.slots[i] == mark {
		return true
	}
	t.slots[i] = mark
	t.used++
	return false
}

// find returns the slot where the mark is, or where it belongs.
func (t *table) find(mark uint32) int {
	i := int(uint64(mark) * uint64(len(t.slots)) >> 32)
	for t.slots[i] != 0 && t.slots[i] != mark {
		if i++; i == len(t.slots) {
			i = 0
		}
	}
	return i
}

// grow makes room for a quarter more.
func (t *table) grow() {
	old := t.slots
	t.slots = make([]uint32, len(old)+len(old)/4+16)
	for _, mark := range old {
		if mark != 0 {
			t.slots[t.find(mark)] = mark
		}
	}
}
