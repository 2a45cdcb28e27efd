package audit

import (
	"golang.org/x/mod/sumdb/tlog"

	"milemarker/events"
)

// tree is a Merkle log of which only the right edge is kept: the root of the complete subtree at each level that the
// size has a bit for. That is all that adding a leaf and reckoning the root ever read.
type tree struct {
	size int64
	edge [64]tlog.Hash
}

// ReadHashes implements tlog.HashReader for the hashes of the right edge.
func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, _ := tlog.SplitStoredHashIndex(index)
		out[i] = t.edge[level]
	}
	return out, nil
}

// add appends a leaf.
func (t *tree) add(h tlog.Hash) error {
	complete, err := tlog.StoredHashesForRecordHash(t.size, h, t)
	if err != nil {
		return err
	}
	t.edge[len(complete)-1] = complete[len(complete)-1] // the others are part of it now
	t.size++
	return nil
}

// root returns the hash of the whole.
func (t *tree) root() (tlog.Hash, error) { return tlog.TreeHash(t.size, t) }

// forest is the logs up to a position.
type forest struct {
	position events.Position
	trees    [logs]tree
}

// add appends what stands at a position, or that nothing does.
func (f *forest) add(l leaf) error {
	f.position = l.position
	if l.log == nothing {
		return nil
	}
	return f.trees[l.log].add(l.hash())
}

// heads returns size and root of every log.
func (f *forest) heads() ([logs]Head, error) {
	var out [logs]Head
	for i := range f.trees {
		root, err := f.trees[i].root()
		if err != nil {
			return out, err
		}
		out[i] = Head{Size: f.trees[i].size, Root: root}
	}
	return out, nil
}
