package people

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// The kinds of identity by which a rep is known.
const (
	RepEmail     = "email"     // compared trimmed and lower-cased
	RepUser      = "user"      // a provider's own id of a user
	RepExtension = "extension" // inside a telephone system
	RepPhone     = "phone"     // a number that the rep calls from; compared by its digits
	RepName      = "name"      // as a provider spells it; compared without regard to case and space
)

// RepIdentity is one name for a rep.
type RepIdentity struct {
	Kind     string `json:"kind"`
	Value    string `json:"value"`
	Provider string `json:"provider,omitempty"` // whose name it is, such as "aircall"; "" = it means the same everywhere
}

// Declaration says by what a rep is known from an instant on. It takes the place of the rep's earlier declarations.
type Declaration struct {
	Rep        string
	Since      time.Time
	Position   uint64 // in the ledger: of two that begin at one instant the later counts
	Identities []RepIdentity
}

// Directory finds reps by their identities. The zero value knows nobody. It never changes and may be shared.
type Directory struct {
	claims map[RepIdentity][]claim // newest first, by normalised identity
}

// claim says that an identity meant a rep from an instant on, or nobody.
type claim struct {
	rep   string
	since time.Time
	until time.Time // zero: still
}

// NewDirectory returns the directory that the declarations of one org make, in whatever order they are given.
func NewDirectory(declarations []Declaration) Directory {
	ordered := slices.Clone(declarations)
	slices.SortFunc(ordered, func(a, b Declaration) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Position, b.Position))
	})
	byRep := map[string][]Declaration{}
	for _, d := range ordered {
		byRep[d.Rep] = append(byRep[d.Rep], d)
	}
	dir := Directory{claims: map[RepIdentity][]claim{}}
	for _, d := range ordered {
		own := byRep[d.Rep]
		own = own[1:]
		byRep[d.Rep] = own
		c := claim{rep: d.Rep, since: d.Since}
		if len(own) > 0 {
			c.until = own[0].Since
		}
		for _, id := range d.Identities {
			key := id.normal()
			dir.claims[key] = append(dir.claims[key], c)
		}
	}
	for _, claims := range dir.claims {
		slices.Reverse(claims)
	}
	return dir
}

// Rep returns the rep whom the first of the identities means that means anybody now; ok is false if none does.
func (d Directory) Rep(ids ...RepIdentity) (rep string, ok bool) { return d.RepAt(time.Time{}, ids...) }

// RepAt is Rep as of an instant, by the declarations that held then; the zero time stands for now. An identity that two
// reps claim means the one who claimed it last.
func (d Directory) RepAt(at time.Time, ids ...RepIdentity) (rep string, ok bool) {
	for _, id := range ids {
		if id.Value == "" {
			continue
		}
		key := id.normal()
		if rep, ok := d.claimed(key, at); ok {
			return rep, true
		}
		if key.Provider == "" {
			continue
		}
		key.Provider = "" // what was declared for all providers
		if rep, ok := d.claimed(key, at); ok {
			return rep, true
		}
	}
	return "", false
}

func (d Directory) claimed(key RepIdentity, at time.Time) (rep string, ok bool) {
	for _, c := range d.claims[key] {
		held := c.until.IsZero()
		if !at.IsZero() {
			held = !at.Before(c.since) && (c.until.IsZero() || at.Before(c.until))
		}
		if held {
			return c.rep, true
		}
	}
	return "", false
}

// Len returns the number of identities that were ever declared.
func (d Directory) Len() int { return len(d.claims) }

// normal brings an identity into the form that is compared.
func (id RepIdentity) normal() RepIdentity {
	value := strings.TrimSpace(id.Value)
	switch id.Kind {
	case RepEmail:
		value = strings.ToLower(value)
	case RepPhone:
		value = strings.Map(digit, value)
	case RepName:
		value = strings.ToLower(strings.Join(strings.Fields(value), " "))
	}
	return RepIdentity{Kind: id.Kind, Value: value, Provider: strings.ToLower(id.Provider)}
}

func digit(r rune) rune {
	if r < '0' || r > '9' {
		return -1
	}
	return r
}
