// Package providers says what it takes to understand a provider of webhooks: who sent a delivery, and which events it
// tells of.
//
// A provider is one folder below this one, with its fixtures, and one line in package all. It is pure: it sees a delivery
// as it arrived and returns values; it keeps nothing, calls nobody and has no clock. Whoever runs it (the translator)
// makes ids, keeps state between deliveries, fetches details and records events. So any delivery may be translated again
// at any time, and gives the same ids.
//
// The package imports package events and the standard library only.
package providers

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"milemarker/events"
)

// Errors of Verify and Translate.
var (
	// ErrSignature says that a delivery was not sent by who it claims, or too long ago: 401.
	ErrSignature = errors.New("signature does not match")

	// ErrStale is the ErrSignature of a delivery that was rightly signed, but too far from now.
	ErrStale = fmt.Errorf("signed too far from now: %w", ErrSignature)

	// ErrNoSecret says that a connection has no secret to verify with: nothing is let in, 401.
	ErrNoSecret = errors.New("connection has no secret")

	// ErrMalformed says that a delivery cannot be read: it is kept, and goes to the dead letters.
	ErrMalformed = errors.New("delivery cannot be read")
)

// Provider understands one provider's webhooks. All methods may be called by many goroutines at once.
type Provider interface {
	About() About

	// Verify returns nil if the delivery was signed with one of the secrets. It works on the bytes as they arrived and
	// parses nothing that is not signed, except where the secret stands in the body. It returns ErrSignature or
	// ErrNoSecret, wrapped.
	Verify(d Delivery, secrets Secrets, now time.Time) error

	// Translate returns the events that a delivery tells of. A kind that is not known, or tells of nothing that counts, is
	// no error: Output.Ignored says why. It returns ErrMalformed, wrapped, for what cannot be read.
	Translate(in Input) (Output, error)
}

// Handshaker is a Provider that proves itself before the first delivery. The reply goes out as it is and nothing is kept.
type Handshaker interface {
	// Handshake returns the reply; ok is false if the delivery is none.
	Handshake(d Delivery, secrets Secrets) (reply Reply, ok bool)
}

// Threader is a Provider that tells of one thing in several deliveries, in any order. Thread names the thing; what
// Translate returns as Output.State comes back as Input.State with the next delivery of the same thread.
type Threader interface {
	// Thread returns "" for a delivery that stands for itself.
	Thread(d Delivery) string
}

// Certified is a Provider that signs with a key pair and says in each delivery where its certificate lies. Whoever runs
// it fetches the certificate before Verify is called, without following redirects, keeps it for a day, and hands it over
// in Delivery.Certificate. Verify refuses a delivery without one, unless the connection's secret holds it.
type Certified interface {
	// Certificate returns the https address of the PEM text, "" if the delivery names none that is the provider's own.
	Certificate(d Delivery) string
}

// Delivery is a request as it arrived.
type Delivery struct {
	Method   string
	URL      string // the public URL that the provider was given, with this request's own query string
	Header   http.Header
	Body     []byte // byte for byte
	Received time.Time

	// Certificate is what lay at the address that Certified named, nil for all other providers.
	Certificate []byte
}

// Secrets are those that are live, the newest first. None is empty.
type Secrets []string

// Reply answers a handshake.
type Reply struct {
	Status int // 0 is 200
	Header http.Header
	Body   []byte
}

// Input is what Translate works on.
type Input struct {
	Delivery

	// Region is the ISO 3166 code of the country in which numbers without a country code are read, "" for none.
	Region string

	// Zone is where clock times without a zone are read. Never nil.
	Zone *time.Location

	// Settings are what the owner of the connection chose, by Setting.Name.
	Settings map[string]string

	// State is what Translate returned for the thread's deliveries so far, nil at first.
	State []byte

	// Details are the answers to Output.Wants, by name.
	Details map[string][]byte

	// Pending says that details cannot be had now: what is known without them is to be told.
	Pending bool
}

// Output is what a delivery tells.
type Output struct {
	// Kind is the provider's own name of what happened, such as "call.ended".
	Kind string

	// Key tells deliveries of the same thing apart from others: what the provider names as the idempotency key.
	Key string

	Events []Event

	// Ignored says in a few words why there is no event, "" if there is one or more is to come.
	Ignored string

	// State is what is to be kept for the thread, merged with Input.State so that the order of deliveries makes no
	// difference; nil keeps nothing.
	State []byte

	// Wants are details that must be fetched first. Translate is then called once more, with Details or Pending; Events and
	// State of this output count for nothing.
	Wants []Want
}

// Event is one event that a delivery tells of.
type Event struct {
	// Key is what happened, by the provider's own id and without the kind: the same in every delivery that tells of it. The
	// event's id is made of the connection, the type and this.
	Key string

	// Draft has neither id nor source nor org. A zero Time means that the provider gave none that can be read: the time of
	// receipt is taken and marked as inferred.
	Draft events.Draft

	// Reps are what the provider calls whoever did it. The first that the org knows decides; Draft.Rep is taken if none is
	// known.
	Reps []Rep

	// Amends says that content that has changed since stands in place of what was told before. Otherwise it is a conflict,
	// and what came first stays.
	Amends bool

	// Withdrawn says that what was told under this key counts no longer, such as a no-show that was taken back: if it was
	// told it is voided, else nothing happens. The draft is what it last said.
	Withdrawn bool

	// Pending says that details are missing which a later translation may add.
	Pending bool
}

// Rep is a name for whoever did something.
type Rep struct {
	Kind  RepKind
	Value string
}

// RepKind tells what kind of name it is.
type RepKind string

// The kinds of names.
const (
	RepEmail     RepKind = "email"
	RepUser      RepKind = "user"      // the provider's own id of a user
	RepExtension RepKind = "extension" // inside a telephone system
	RepPhone     RepKind = "phone"     // the number that the rep calls from, E.164 where it could be read
	RepName      RepKind = "name"
)

// Want is a detail to be fetched from the provider with the connection's token.
type Want struct {
	Name string // key of Input.Details
	URL  string // https; its host is one of About.Hosts

	// Auth says how the token goes along.
	Auth Auth
}

// Auth says how a token goes along with a request.
type Auth string

// The ways of a token.
const (
	AuthBearer Auth = "bearer" // Authorization: Bearer <token>
	AuthBasic  Auth = "basic"  // Authorization: Basic, the token being user:password
	AuthQuery  Auth = "query"  // ?access_token=<token>
)
