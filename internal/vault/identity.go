package vault

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"

	"github.com/maypok86/otter/v2"
	"github.com/nyaruka/phonenumbers"
)

// The kinds of identity by which a person is known.
const (
	KindPhone    = "phone"       // compared as E.164
	KindEmail    = "email"       // compared trimmed and lower-cased
	KindExternal = "external_id" // compared trimmed
)

// IdentityError says why a text cannot identify anybody. It is fs.ErrInvalid and never repeats the text.
type IdentityError struct{ Detail string }

func (e *IdentityError) Error() string { return e.Detail }

// Is makes the error an fs.ErrInvalid, so that a consumer can tell it without importing this package.
func (e *IdentityError) Is(target error) bool { return target == fs.ErrInvalid }

const (
	digestSize   = 16 // 128 bits: a repeat and a conflict differ by chance once in 2^128
	prospectSize = 16
	maxIdentity  = 320 // bytes; the longest e-mail address
)

// pepper is an org's secret for keyed hashes.
type pepper []byte

// ProspectID returns the id under which an org knows the person with this identity: "p_" and 26 characters. The same
// identity, however written, gives the same id in the same org, and one that cannot be linked to it in another org; after
// an erasure it gives another one. A text that is no such identity is an *IdentityError.
func (v *Vault) ProspectID(ctx context.Context, org, kind, text string) (string, error) {
	normalised, err := Normalise(kind, text, v.region)
	if err != nil {
		return "", err
	}
	p, err := v.pepper(ctx, org)
	if err != nil {
		return "", err
	}
	return v.current(p, org, p.prospect(kind+":", normalised)), nil
}

// Current returns the id that took the place of a prospect id when its person was erased, or the id itself while that
// did not happen.
func (v *Vault) Current(ctx context.Context, org, id string) (string, error) {
	if !v.erased.has(nameOf(org, id)) {
		return id, nil
	}
	p, err := v.pepper(ctx, org)
	if err != nil {
		return "", err
	}
	return v.current(p, org, id), nil
}

// current follows the ids of an identity from one erasure to the next. Each follows from the one before by the pepper, so
// that all that must be known is who was erased.
func (v *Vault) current(p pepper, org, id string) string {
	for v.erased.has(nameOf(org, id)) {
		id = p.prospect("era:", id)
	}
	return id
}

// prospect makes an id of a text that identifies somebody.
func (p pepper) prospect(domain, text string) string {
	hash := p.hash(domain, text)[:prospectSize]
	return "p_" + strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(hash))
}

// Digest returns a keyed hash of what a caller submitted: 128 bits in hex. Equal content gives an equal digest, so a
// repeat can be told from a conflict; without the pepper a guess at the content cannot be tested.
func (v *Vault) Digest(ctx context.Context, org string, canonical []byte) (string, error) {
	p, err := v.pepper(ctx, org)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(p.hash("digest\x00", string(canonical))[:digestSize]), nil
}

// Normalise brings an identity into the one form that is hashed. Region is the ISO 3166-1 region of a phone number
// without country code, "" refuses such numbers. The error is an *IdentityError.
func Normalise(kind, text, region string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > maxIdentity {
		return "", &IdentityError{Detail: fmt.Sprintf("must have 1 to %d bytes", maxIdentity)}
	}
	switch kind {
	case KindPhone:
		if isNorthAmerican(text) {
			return text, nil
		}
		return normalisePhone(text, region)
	case KindEmail:
		local, domain, found := strings.Cut(text, "@")
		if !found || local == "" || domain == "" || strings.ContainsAny(text, " \t\r\n<>,;") || strings.Contains(domain, "@") {
			return "", &IdentityError{Detail: "is not an e-mail address, such as kim@example.com"}
		}
		return strings.ToLower(text), nil
	case KindExternal:
		return text, nil
	}
	return "", &IdentityError{Detail: "is of no known kind of identity"}
}

func normalisePhone(text, region string) (string, error) {
	number, err := phonenumbers.Parse(text, region)
	if err != nil || !phonenumbers.IsPossibleNumber(number) {
		return "", &IdentityError{Detail: "is not a phone number with its country code, such as +12125550100"}
	}
	return phonenumbers.Format(number, phonenumbers.E164), nil
}

// isNorthAmerican tells whether text is E.164 already, as far as that can be seen without the tables of numbering
// plans: they cost 15 us a number. Elsewhere than under +1 a trunk prefix may hide behind the country code.
func isNorthAmerican(text string) bool {
	if len(text) != len("+12125550100") || text[:2] != "+1" || text[2] < '2' {
		return false
	}
	for _, c := range []byte(text[2:]) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// hash is HMAC-SHA256 over domain and text. The domains in use are no prefixes of each other.
func (p pepper) hash(domain, text string) []byte {
	h := hmac.New(sha256.New, p)
	h.Write([]byte(domain))
	h.Write([]byte(text))
	return h.Sum(nil)
}

// pepper returns an org's pepper, making it when the org has none.
func (v *Vault) pepper(ctx context.Context, org string) (pepper, error) {
	if p, ok := v.peppers.GetIfPresent(org); ok {
		return p, nil
	}
	p, err := v.peppers.Get(ctx, org, otter.LoaderFunc[string, pepper](
		func(ctx context.Context, org string) (pepper, error) {
			return v.unwrapOrCreate(ctx, "pepper."+org, randomKey)
		}))
	if err != nil {
		return nil, fmt.Errorf("pepper: %w", err)
	}
	return p, nil
}

// randomKey returns 32 random bytes.
func randomKey() []byte {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return key
}
