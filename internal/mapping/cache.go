package mapping

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"sync"
)

// SettingName is the setting of a connection that holds its mapping: a document, or the name of a stored one.
const SettingName = "mapping"

var name = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// ValidName tells whether a stored mapping can have this name: 1-63 of a-z, 0-9, - and _.
func ValidName(text string) bool { return name.MatchString(text) }

// Cache remembers documents that were read: to compile one takes a hundred times as long as to apply it. It may be used by
// many goroutines at once.
type Cache struct {
	mu    sync.Mutex
	most  int
	known map[[sha256.Size]byte]parsed
}

type parsed struct {
	mapping *Mapping
	err     error
}

// NewCache returns a cache of at most so many documents.
func NewCache(most int) *Cache { return &Cache{most: most, known: map[[sha256.Size]byte]parsed{}} }

// Parse reads a document for deliveries.
func (c *Cache) Parse(text []byte) (*Mapping, error) {
	if ValidName(string(text)) {
		return nil, fmt.Errorf("no mapping named %s is stored", text)
	}
	key := sha256.Sum256(text)
	c.mu.Lock()
	p, ok := c.known[key]
	c.mu.Unlock()
	if ok {
		return p.mapping, p.err
	}
	p.mapping, p.err = Parse(text, Deliveries)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= c.most {
		clear(c.known)
	}
	c.known[key] = p
	return p.mapping, p.err
}
