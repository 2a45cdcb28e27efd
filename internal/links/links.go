// Package links makes addresses that open one thing, read only, to whoever holds them: a calendar feed for a calendar
// program, or what a rep shares with a partner or a small group. A link expires, can be revoked, and shows what it lists
// and nothing else.
//
// Only the hash of a link's secret is kept: a link is shown once. The package imports shelf and no other package of ours.
package links

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"milemarker/internal/shelf"
)

// ErrNoLink is returned for a link that is unknown, expired or revoked. It does not say which.
var ErrNoLink = errors.New("no such link")

// Kind says what a link opens.
type Kind string

// The kinds of link.
const (
	Calendar Kind = "calendar" // the time blocks of a rep, as an iCalendar feed
	Partner  Kind = "partner"  // what one rep shares with a partner
	Group    Kind = "group"    // what several reps share with one another
)

// Kinds returns all kinds.
func Kinds() []Kind { return []Kind{Calendar, Partner, Group} }

// Link is a link as one may show it: without its secret.
type Link struct {
	ID       string    `json:"id"`
	Org      string    `json:"-"`
	Kind     Kind      `json:"kind"`
	Name     string    `json:"name"` // who holds it, such as the partner's name
	Reps     []string  `json:"reps"` // whose things it shows
	Shares   []string  `json:"shares,omitempty"`
	Comments bool      `json:"comments"` // who holds it may leave comments
	Created  time.Time `json:"created"`
	Expires  time.Time `json:"expires"`
	Revoked  time.Time `json:"revoked,omitzero"`
}

// record is a link as it is stored.
type record struct {
	Link
	In   string `json:"org"`
	Hash string `json:"hash"` // SHA-256 of the whole token, hex
}

// prefix lets a scanner find a leaked link.
const prefix = "mq_"

// place is where all links lie: a token does not say the org.
const place = "links"

// Links knows every link. It is safe for concurrent use.
type Links struct {
	shelf *shelf.Shelf[record]
	now   func() time.Time
}

// Open returns the links that a bucket keeps, which is watched until ctx ends.
func Open(ctx context.Context, b shelf.Bucket, now func() time.Time) (*Links, error) {
	s, err := shelf.Open[record](ctx, b, nil)
	if err != nil {
		return nil, fmt.Errorf("links: %w", err)
	}
	return &Links{s, now}, nil
}

// Add makes a link of an org that is good until l.Expires. The token is shown here and never again.
func (ls *Links) Add(ctx context.Context, org string, l Link) (token string, made Link, err error) {
	l.ID, l.Org, l.Created, l.Revoked = strings.ToLower(rand.Text()[:10]), org, ls.now().UTC(), time.Time{}
	token = prefix + l.ID + "_" + rand.Text() + rand.Text()
	if err := ls.shelf.Create(ctx, place, l.ID, record{l, org, hash(token)}); err != nil {
		return "", Link{}, fmt.Errorf("add link: %w", err)
	}
	return token, l, nil
}

// List returns an org's links, revoked and expired ones included, in the order of their making.
func (ls *Links) List(org string) []Link {
	out := []Link{}
	for _, r := range ls.shelf.All(place) {
		if r.In == org {
			r.Org = r.In
			out = append(out, r.Link)
		}
	}
	slices.SortStableFunc(out, func(x, y Link) int { return x.Created.Compare(y.Created) })
	return out
}

// Revoke ends an org's link, or returns ErrNoLink. Revoking twice is no error.
func (ls *Links) Revoke(ctx context.Context, org, id string) error {
	r, ok := ls.shelf.Get(place, id)
	if !ok || r.In != org {
		return ErrNoLink
	}
	if !r.Revoked.IsZero() {
		return nil
	}
	r.Revoked = ls.now().UTC()
	if err := ls.shelf.Put(ctx, place, id, r); err != nil {
		return fmt.Errorf("revoke link: %w", err)
	}
	return nil
}

// Redeem returns what a token opens, or ErrNoLink. It takes the same steps whether the link exists or not.
func (ls *Links) Redeem(token string) (Link, error) {
	rest, _ := strings.CutPrefix(token, prefix)
	id, _, _ := strings.Cut(rest, "_")
	r, known := ls.shelf.Get(place, id)
	same := subtle.ConstantTimeCompare([]byte(r.Hash), []byte(hash(token))) == 1
	if !same || !known || !r.Revoked.IsZero() || !ls.now().Before(r.Expires) {
		return Link{}, ErrNoLink
	}
	r.Org = r.In
	return r.Link, nil
}

func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
