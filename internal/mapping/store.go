package mapping

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Limits of what is stored for an org.
const (
	maxNames    = 200
	maxVersions = 1000 // of one name
)

// ErrFull is returned when an org may store no more mappings, or no more versions of one.
var ErrFull = errors.New("no more can be stored")

// Bucket keeps the versions: they are added, and never changed.
type Bucket interface {
	// Create stores a value under a key that does not exist yet, or returns an error that is fs.ErrExist.
	Create(ctx context.Context, key string, value []byte) error
	// Watch calls fn for what is there and returns, then goes on calling it, in order, for every change until ctx ends. A
	// nil value means deleted.
	Watch(ctx context.Context, fn func(key string, value []byte)) error
}

// Version is a mapping as it was stored at some time.
type Version struct {
	Org     string    `json:"org"`
	Name    string    `json:"name"`
	Number  int       `json:"number"` // from 1
	Text    string    `json:"text"`
	By      string    `json:"by"` // id of the API key
	At      time.Time `json:"at"`
	Deleted bool      `json:"deleted,omitempty"` // since then there is none of that name
}

// Store keeps the mappings of orgs under names, with all their versions. What it has is held in memory and kept current by
// watching the bucket, so that every process goes by a change at once. It may be used by many goroutines.
type Store struct {
	bucket Bucket
	now    func() time.Time

	mu  sync.RWMutex
	all map[string]map[string][]Version // by org and name, in the order of their numbers
}

// OpenStore returns a store that knows all that is in the bucket, which it watches until ctx ends.
func OpenStore(ctx context.Context, bucket Bucket, now func() time.Time) (*Store, error) {
	s := &Store{bucket: bucket, now: now, all: map[string]map[string][]Version{}}
	if err := bucket.Watch(ctx, s.changed); err != nil {
		return nil, fmt.Errorf("watch mappings: %w", err)
	}
	return s, nil
}

// changed takes in one version. What cannot be read counts as absent.
func (s *Store) changed(key string, value []byte) {
	var v Version
	if value == nil || json.Unmarshal(value, &v) != nil || v.key() != key {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all[v.Org] == nil {
		s.all[v.Org] = map[string][]Version{}
	}
	versions := s.all[v.Org][v.Name]
	at, known := slices.BinarySearchFunc(versions, v.Number, func(o Version, n int) int { return cmp.Compare(o.Number, n) })
	if !known {
		s.all[v.Org][v.Name] = slices.Insert(slices.Clone(versions), at, v)
	}
}

func (v Version) key() string { return fmt.Sprintf("%s.%s.%06d", v.Org, v.Name, v.Number) }

// Get returns a version of a mapping, the last for 0; fs.ErrNotExist if there is none.
func (s *Store) Get(org, name string, number int) (Version, error) {
	versions := s.Versions(org, name)
	if number == 0 {
		if n := len(versions); n > 0 && !versions[n-1].Deleted {
			return versions[n-1], nil
		}
		return Version{}, fs.ErrNotExist
	}
	for _, v := range versions {
		if v.Number == number && !v.Deleted {
			return v, nil
		}
	}
	return Version{}, fs.ErrNotExist
}

// List returns the last version of each of an org's mappings, by name.
func (s *Store) List(org string) []Version {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []Version
	for _, name := range slices.Sorted(maps.Keys(s.all[org])) {
		versions := s.all[org][name]
		if last := versions[len(versions)-1]; !last.Deleted {
			out = append(out, last)
		}
	}
	return out
}

// Versions returns all versions of a mapping, the first one first. They must not be changed.
func (s *Store) Versions(org, name string) []Version {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.all[org][name]
}

// Put stores a document under a name as its next version, unless it is that of the last one already. The error is an
// *Error if the document is wrong, or ErrFull.
func (s *Store) Put(ctx context.Context, org, name, by string, text []byte) (v Version, added bool, err error) {
	if _, err := Parse(text, UseOf(text)); err != nil {
		return v, false, err
	}
	if last, err := s.Get(org, name, 0); err == nil && last.Text == string(text) {
		return last, false, nil
	}
	if len(s.Versions(org, name)) == 0 && len(s.List(org)) >= maxNames {
		return v, false, ErrFull
	}
	v, err = s.add(ctx, Version{Org: org, Name: name, By: by, Text: string(text)})
	return v, err == nil, err
}

// Delete ends a mapping; its versions stay. It returns fs.ErrNotExist if there is none.
func (s *Store) Delete(ctx context.Context, org, name, by string) error {
	if _, err := s.Get(org, name, 0); err != nil {
		return err
	}
	_, err := s.add(ctx, Version{Org: org, Name: name, By: by, Deleted: true})
	return err
}

// add stores v as the next version. Two at once get two numbers.
func (s *Store) add(ctx context.Context, v Version) (Version, error) {
	if !ValidName(v.Name) || strings.ContainsAny(v.Org, ". ") {
		return v, fs.ErrInvalid
	}
	v.At = s.now().UTC().Truncate(time.Microsecond)
	for v.Number = len(s.Versions(v.Org, v.Name)) + 1; v.Number <= maxVersions; v.Number++ {
		value, err := json.Marshal(v)
		if err != nil {
			return v, fmt.Errorf("mapping %s: %w", v.Name, err)
		}
		err = s.bucket.Create(ctx, v.key(), value)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return v, fmt.Errorf("mapping %s: %w", v.Name, err)
		}
		s.changed(v.key(), value)
		return v, nil
	}
	return v, ErrFull
}
