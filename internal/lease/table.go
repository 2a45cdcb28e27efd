package lease

import (
	"maps"
	"slices"
)

// table is who lives and who holds what. Every change of it is one compare-and-swap, so all members see the same order of
// changes.
type table struct {
	Members map[string]uint64 `json:"members"` // the beat of each member that is not known to be dead
	Owners  []string          `json:"owners"`  // the member that holds each share, "" for none
}

// next returns the table after one beat of a member: it joins if it is not there, removes the dead, gives away what it no
// longer uses, and takes what is free and due to it. It never takes from the living.
func (t table) next(me string, shares int, dead func(member string) bool, uses func(share int) bool) table {
	n := table{Members: maps.Clone(t.Members), Owners: make([]string, shares)}
	if n.Members == nil {
		n.Members = map[string]uint64{}
	}
	copy(n.Owners, t.Owners)
	maps.DeleteFunc(n.Members, func(m string, _ uint64) bool { return m != me && dead(m) })
	if _, known := n.Members[me]; !known { // whatever stands under this name was held before it was found dead
		n.release(func(_ int, owner string) bool { return owner == me })
	}
	n.Members[me]++
	n.release(func(_ int, owner string) bool {
		_, lives := n.Members[owner]
		return !lives
	})
	keep := n.due(me)
	n.release(func(share int, owner string) bool {
		return owner == me && !slices.Contains(keep, share) && !uses(share)
	})
	n.take(me)
	return n
}

// release takes shares from their owners.
func (t table) release(which func(share int, owner string) bool) {
	for share, owner := range t.Owners {
		if which(share, owner) {
			t.Owners[share] = ""
		}
	}
}

// take gives a member what is free, up to its quota.
func (t table) take(me string) {
	missing := t.quota(me) - len(t.held(me))
	for share, owner := range t.Owners {
		if owner == "" && missing > 0 {
			t.Owners[share] = me
			missing--
		}
	}
}

// quota is how many shares a member is due: the same for all, and one more for the first of them while some are left over.
func (t table) quota(me string) int {
	members := slices.Sorted(maps.Keys(t.Members))
	rank, found := slices.BinarySearch(members, me)
	if !found {
		return 0
	}
	n := len(t.Owners) / len(members)
	if rank < len(t.Owners)%len(members) {
		n++
	}
	return n
}

// held returns the shares that a member holds, in ascending order.
func (t table) held(me string) []int {
	held := []int{}
	for share, owner := range t.Owners {
		if owner == me {
			held = append(held, share)
		}
	}
	return held
}

// due returns the shares that a member holds and may keep.
func (t table) due(me string) []int {
	held := t.held(me)
	return held[:min(len(held), t.quota(me))]
}

// without returns the table after a member has left.
func (t table) without(me string) table {
	n := table{Members: maps.Clone(t.Members), Owners: slices.Clone(t.Owners)}
	delete(n.Members, me)
	n.release(func(_ int, owner string) bool { return owner == me })
	return n
}
