package notify

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"milemarker/internal/shelf"
)

// Kind is how a destination is reached.
type Kind string

// The kinds of destination.
const (
	Webhook Kind = "webhook" // a POST signed as Standard Webhooks says
	Email   Kind = "email"   // by SMTP
	Chat    Kind = "chat"    // a chat or push service, by an address such as telegram://token@telegram?chats=1
)

// Kinds returns all kinds of destination.
func Kinds() []Kind { return []Kind{Webhook, Email, Chat} }

// Destination is where messages go, as one may show it: without its secrets.
type Destination struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Kind    Kind      `json:"kind"`
	Rep     string    `json:"rep,omitempty"` // whose alerts go there; "" for everybody's
	Address string    `json:"address"`       // where it is, without anything secret
	Created time.Time `json:"created"`
}

// Secret is what reaching a destination takes. It is kept encrypted and never shown again.
type Secret struct {
	URL  string   `json:"url"`            // of a webhook or a chat service; of an SMTP server, with user and password
	Key  string   `json:"key,omitempty"`  // signs a webhook: whsec_ and base64
	From string   `json:"from,omitempty"` // of mail
	To   []string `json:"to,omitempty"`   // of mail
}

// kept is a destination as it is stored.
type kept struct {
	Destination
	Sealed string `json:"sealed"`
}

// Fault is one thing wrong with what a destination was to be.
type Fault struct{ Field, Detail string }

// NewSecret checks what a destination takes, says where it is, and what is wrong. A webhook without a key gets one.
func NewSecret(kind Kind, s Secret) (complete Secret, address string, faults []Fault) {
	u, err := url.Parse(s.URL)
	if s.URL == "" || err != nil || u.Scheme == "" {
		return s, "", []Fault{{"url", "is required: an address such as " + example(kind)}}
	}
	switch kind {
	case Webhook:
		if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
			faults = append(faults, Fault{"url", "must be an address such as " + example(kind) + ", without user and password"})
		}
		if s.Key == "" {
			key := make([]byte, 32)
			_, _ = rand.Read(key) // never fails
			s.Key = keyPrefix + base64.StdEncoding.EncodeToString(key)
		}
		if _, err := signingKey(s.Key); err != nil {
			faults = append(faults, Fault{"key", err.Error()})
		}
		return s, u.Scheme + "://" + u.Host + u.EscapedPath(), faults
	case Email:
		if u.Scheme != "smtp" && u.Scheme != "smtps" || u.Hostname() == "" {
			faults = append(faults, Fault{"url", "must be a mail server's address such as " + example(kind)})
		}
		faults = append(faults, checkMail(s)...)
		return s, strings.Join(s.To, ", "), faults
	default:
		if _, err := chatService(s.URL, Guard{}); err != nil {
			faults = append(faults, Fault{"url", err.Error()})
		}
		return s, u.Scheme, faults
	}
}

func example(k Kind) string {
	return map[Kind]string{
		Webhook: "https://example.com/hooks", Email: "smtp://user:password@mail.example.com:587",
		Chat: "telegram://token@telegram?chats=@channel",
	}[k]
}

func checkMail(s Secret) (faults []Fault) {
	if _, err := mail.ParseAddress(s.From); err != nil {
		faults = append(faults, Fault{"from", "must be a mail address"})
	}
	if len(s.To) == 0 {
		faults = append(faults, Fault{"to", "is required: mail addresses"})
	}
	for i, to := range s.To {
		if _, err := mail.ParseAddress(to); err != nil {
			faults = append(faults, Fault{fmt.Sprint("to/", i), "must be a mail address"})
		}
	}
	return faults
}

// Sealer encrypts what must not be read beside the data, each owner under a key of its own.
type Sealer interface {
	Seal(ctx context.Context, org, owner, eventID string, private []byte) (string, error)
	Open(ctx context.Context, org, owner, eventID, sealed string) ([]byte, error)
	// Erase destroys an owner's key.
	Erase(ctx context.Context, org, owner string) error
}

// ErrNoDestination is returned for an id that names none of the org's.
var ErrNoDestination = errors.New("no such destination")

// Destinations keeps destinations. It is safe for concurrent use.
type Destinations struct {
	shelf  *shelf.Shelf[kept]
	sealer Sealer
	now    func() time.Time
}

// OpenDestinations returns the destinations that a bucket keeps, which is watched until ctx ends.
func OpenDestinations(ctx context.Context, b shelf.Bucket, sealer Sealer, now func() time.Time) (*Destinations, error) {
	s, err := shelf.Open[kept](ctx, b, nil)
	if err != nil {
		return nil, fmt.Errorf("destinations: %w", err)
	}
	return &Destinations{s, sealer, now}, nil
}

// Add keeps a new destination with its secret, which NewSecret has checked.
func (ds *Destinations) Add(ctx context.Context, org string, d Destination, s Secret) (Destination, error) {
	d.ID, d.Created = strings.ToLower(rand.Text()[:10]), ds.now().UTC()
	plain, err := json.Marshal(s)
	if err != nil {
		return d, fmt.Errorf("add destination: %w", err)
	}
	sealed, err := ds.sealer.Seal(ctx, org, owner(d.ID), d.ID, plain)
	if err != nil {
		return d, fmt.Errorf("add destination: %w", err)
	}
	return d, ds.shelf.Create(ctx, org, d.ID, kept{d, sealed})
}

// owner names the owner of the key under which a destination's secret is sealed.
func owner(id string) string { return "destination:" + id }

// List returns an org's destinations in the order of their making.
func (ds *Destinations) List(org string) []Destination {
	out := []Destination{}
	for _, k := range ds.shelf.All(org) {
		out = append(out, k.Destination)
	}
	slices.SortStableFunc(out, func(x, y Destination) int {
		return cmp.Or(x.Created.Compare(y.Created), cmp.Compare(x.ID, y.ID))
	})
	return out
}

// Find returns a destination with its secret, or ErrNoDestination.
func (ds *Destinations) Find(ctx context.Context, org, id string) (Destination, Secret, error) {
	k, ok := ds.shelf.Get(org, id)
	if !ok {
		return Destination{}, Secret{}, ErrNoDestination
	}
	plain, err := ds.sealer.Open(ctx, org, owner(id), id, k.Sealed)
	if err != nil {
		return k.Destination, Secret{}, fmt.Errorf("secret of destination %s: %w", id, err)
	}
	var s Secret
	if err := json.Unmarshal(plain, &s); err != nil {
		return k.Destination, Secret{}, fmt.Errorf("secret of destination %s: %w", id, err)
	}
	return k.Destination, s, nil
}

// Remove forgets a destination and destroys the key of its secret, or returns ErrNoDestination.
func (ds *Destinations) Remove(ctx context.Context, org, id string) error {
	if _, ok := ds.shelf.Get(org, id); !ok {
		return ErrNoDestination
	}
	if err := ds.shelf.Delete(ctx, org, id); err != nil {
		return fmt.Errorf("remove destination: %w", err)
	}
	return ds.sealer.Erase(ctx, org, owner(id))
}
