package providers

import "time"

// About describes a provider to whoever connects it.
type About struct {
	Name     string // as in /v1/providers and --provider, such as "calendly"
	Title    string // as the provider writes itself
	Category Category

	// Steps say in plain words, in order, how the URL gets to the provider. "{url}" stands for it.
	Steps []string

	Secret   Secret
	Token    *Token // nil if nothing is ever fetched
	Settings []Setting

	// Kinds are the provider's kinds of delivery that become events; all others are kept and marked ignored.
	Kinds []Kind

	Verification string        // in a few words, such as "HMAC-SHA256 of the body"
	Idempotency  string        // which of the provider's ids tell deliveries apart
	Deadline     time.Duration // within which the provider wants an answer, 0 if it is not known
	Limits       []string      // what does not work, or is to be known
	Confidence   Confidence

	// Hosts are the only ones that details may be fetched from.
	Hosts []string

	// Redact names headers, query parameters and members of the body (RFC 6901 pointers) that hold secrets: they are not
	// shown in the delivery log.
	Redact Redact

	// Status is what a delivery is answered with, 0 for 200.
	Status int
}

// Category tells what a provider is for.
type Category string

// The categories.
const (
	Dialer   Category = "dialer"
	Form     Category = "form"
	Calendar Category = "calendar"
	Proposal Category = "proposal"
	Payment  Category = "payment"
	Generic  Category = "generic"
)

// Secret says what deliveries are verified with.
type Secret struct {
	// Name is what the provider calls it, such as "signing key".
	Name string

	// Ours is true if it is made here and handed to the provider, as part of the URL or as a setting; false if the provider
	// makes it and it must be pasted here.
	Ours bool

	// InURL is true if the provider signs nothing, so that the secret is part of the URL.
	InURL bool

	// Where says where it is found or put, in plain words.
	Where string
}

// Token says what details are fetched with.
type Token struct {
	Name  string // what the provider calls it
	Where string // where it is found, in plain words
}

// Setting is something that the owner of a connection may choose.
type Setting struct {
	Name     string
	Help     string
	Required bool
	Default  string
}

// Kind is a kind of delivery and what comes of it.
type Kind struct {
	Name   string   // the provider's name
	Events []string // event types that it may become
	Note   string   // when, if not always
}

// Confidence tells what the knowledge of a provider rests on.
type Confidence string

// The grades of confidence, from sure to less so.
const (
	Documented  Confidence = "documented"  // the provider's own documentation
	Captured    Confidence = "captured"    // deliveries or source code that others published
	Secondary   Confidence = "secondary"   // what others wrote about it
	Unconfirmed Confidence = "unconfirmed" // must be checked against a real delivery
)

// Redact names where secrets stand in a delivery.
type Redact struct {
	Headers  []string
	Query    []string
	Pointers []string
}
