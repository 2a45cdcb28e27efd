package vault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
)

// Erase destroys an owner's data key: nothing sealed so far can be opened again, here or in any other process that
// shares the stores. A prospect's id ends with it, see Vault.Current. Repeating it does no harm, and completes what a crash
// left undone: the mark comes before the key is destroyed, so no process makes the prospect a fresh key in between.
func (v *Vault) Erase(ctx context.Context, org, owner string) error {
	name := nameOf(org, owner)
	if err := v.erasures.Put(ctx, string(name), []byte("erased")); err != nil {
		return fmt.Errorf("announce erasure: %w", err)
	}
	v.erased.add(name)
	v.forget(name)
	if err := v.keys.Delete(ctx, string(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("destroy data key: %w", err)
	}
	v.forget(name) // what was loaded meanwhile
	if v.erased.has(name) {
		return nil
	}
	// An owner that goes on, such as a rep, may have the old key in the memory of a process that loaded it after the mark.
	if err := v.erasures.Put(ctx, string(name), []byte("erased")); err != nil {
		return fmt.Errorf("announce erasure: %w", err)
	}
	return nil
}

// Erased tells whether a prospect was erased under this id.
func (v *Vault) Erased(org, prospect string) bool { return v.erased.has(nameOf(org, prospect)) }

// forget drops a data key from memory. A load that is on its way is discarded too.
func (v *Vault) forget(name keyName) {
	v.sealing.Invalidate(name)
	v.opening.Invalidate(name)
}

// erased is the set of the prospects who were erased. It only grows.
type erased struct {
	mu    sync.RWMutex
	names map[keyName]struct{}
}

// add takes in the name of a data key, unless its owner is no prospect.
func (e *erased) add(name keyName) {
	if !ofProspect(name) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.names == nil {
		e.names = map[keyName]struct{}{}
	}
	e.names[name] = struct{}{}
}

func (e *erased) has(name keyName) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	_, ok := e.names[name]
	return ok
}

// ofProspect tells whether a data key belongs to a prospect: nameOf hashes all other owners.
func ofProspect(name keyName) bool {
	return prospectID.MatchString(string(name)[strings.LastIndexByte(string(name), '.')+1:])
}
