package signature

import (
	"crypto"
	"crypto/hmac"
	_ "crypto/sha1"   // links crypto.SHA1
	_ "crypto/sha256" // links crypto.SHA256
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"milemarker/internal/providers"
)

// HMAC says how a provider signs with a shared secret. Its zero values are the most common choice: one signature,
// HMAC-SHA256 in base64, over the body, by the text of the secret.
type HMAC struct {
	// Signature is where the signatures stand. One that fits is enough.
	Signature Place

	// Hash is SHA256 or SHA1.
	Hash Hash

	// Plain is true if the content, the secret within, is hashed without a key.
	Plain bool

	// Encoding is how a signature is written.
	Encoding Encoding

	// Key is how the text of the secret becomes the key.
	Key Key

	// Content is what is signed. These are filled in, all else stands for itself:
	//
	//	{body} the bytes of the body      {time}   the timestamp as it was sent
	//	{url}  the public URL             {uri}    the same with the escapes of RFC 3986's reserved characters undone
	//	{id}   the message id             {method} the request's method
	//	{secret}                          and the names of Vars
	//
	// Empty is {body}.
	Content string

	// ID is the header of the message id.
	ID string

	// Time is where the timestamp stands, if it is signed; Unit is a second or a millisecond, 0 is a second.
	Time Place
	Unit time.Duration

	// Tolerance is how far the timestamp may lie from now, either way. 0 does not look at it.
	Tolerance time.Duration

	// Vars fills in what is the provider's own. Nil has none.
	Vars func(d providers.Delivery, name string) string
}

// Hash is a hash function.
type Hash int

// The hash functions.
const (
	SHA256 Hash = iota
	SHA1
)

func (h Hash) crypto() crypto.Hash {
	if h == SHA1 {
		return crypto.SHA1
	}
	return crypto.SHA256
}

// Encoding is how bytes are written as text.
type Encoding int

// The encodings.
const (
	Base64 Encoding = iota
	Hex
)

// decode returns nil for what is not so encoded.
func (e Encoding) decode(text string) []byte {
	decode := base64.StdEncoding.Strict().DecodeString
	if e == Hex {
		decode = hex.DecodeString
	}
	if strings.ContainsAny(text, "\r\n") {
		return nil // the decoder would pass over them
	}
	b, err := decode(text)
	if err != nil {
		return nil
	}
	return b
}

func (e Encoding) encode(b []byte) string {
	if e == Hex {
		return hex.EncodeToString(b)
	}
	return base64.StdEncoding.EncodeToString(b)
}

// Key is how the text of a secret becomes a key.
type Key int

// The ways from secret to key.
const (
	// Text takes the bytes of the text.
	Text Key = iota
	// Base64Key decodes the text, after a prefix "whsec_" if there is one.
	Base64Key
)

// bytes returns nil for a secret that gives no key.
func (k Key) bytes(secret string) []byte {
	if k == Text {
		return []byte(secret)
	}
	return Base64.decode(strings.TrimPrefix(strings.TrimSpace(secret), "whsec_"))
}

// StandardWebhooks is the scheme of standardwebhooks.com: the headers are prefix + "id", "timestamp" and "signature", the
// prefix being "webhook-" (or "svix-").
func StandardWebhooks(prefix string, key Key) HMAC {
	return HMAC{
		Signature: Place{Header: prefix + "signature", Separator: " ", Prefix: "v1,"},
		Key:       key,
		Content:   "{id}.{time}.{body}",
		ID:        prefix + "id",
		Time:      Place{Header: prefix + "timestamp"},
		Tolerance: 5 * time.Minute,
	}
}

// Verify returns nil if d was signed with one of the secrets and, where that is looked at, at about now.
func (s HMAC) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	if err := anySecret(secrets); err != nil {
		return err
	}
	claims := s.claims(d)
	if len(claims) == 0 {
		return fmt.Errorf("no signature in %s: %w", s.Signature, providers.ErrSignature)
	}
	late := false
	for _, secret := range secrets {
		key := s.Key.bytes(secret)
		if len(key) == 0 {
			continue
		}
		sums := map[string][]byte{} // by timestamp: each costs a hash of the body
		for _, c := range claims {
			sum, done := sums[c.time]
			if !done && len(sums) < maxTimes {
				sum = s.sum(key, d, secret, c.time)
				sums[c.time] = sum
			}
			if given := s.Encoding.decode(c.signature); len(given) == 0 || subtle.ConstantTimeCompare(given, sum) != 1 {
				continue
			}
			if s.timely(c.time, now) {
				return nil
			}
			late = true
		}
	}
	if late {
		return fmt.Errorf("signed more than %s away from now: %w", s.Tolerance, providers.ErrStale)
	}
	return fmt.Errorf("%s: %w", s.Signature, providers.ErrSignature)
}

// Sign returns the signature of d by secret in the provider's encoding, without the prefix: what the provider would have
// sent with timestamp. Tests and scripts that play a provider sign with it.
func (s HMAC) Sign(d providers.Delivery, secret, timestamp string) string {
	return s.Encoding.encode(s.sum(s.Key.bytes(secret), d, secret, timestamp))
}

// claim is a signature together with the timestamp that it covers.
type claim struct {
	signature string
	time      string
}

// Bounds of what is tried.
const (
	maxClaims = 100
	maxTimes  = 5
)

func (s HMAC) claims(d providers.Delivery) []claim {
	timestamp := ""
	if at := s.Time.find(d); len(at) > 0 {
		timestamp = at[0]
	}
	var out []claim
	for _, text := range s.Signature.find(d) {
		c := claim{signature: text, time: timestamp}
		if s.Signature.Timed != "" {
			c.time, c.signature, _ = strings.Cut(text, s.Signature.Timed)
		}
		if out = append(out, c); len(out) == maxClaims {
			break
		}
	}
	return out
}

func (s HMAC) timely(timestamp string, now time.Time) bool {
	if s.Tolerance == 0 {
		return true
	}
	n, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return false
	}
	at := time.Unix(n, 0)
	if s.Unit == time.Millisecond {
		at = time.UnixMilli(n)
	}
	return !at.Before(now.Add(-s.Tolerance)) && !at.After(now.Add(s.Tolerance))
}

func (s HMAC) sum(key []byte, d providers.Delivery, secret, timestamp string) []byte {
	h := s.Hash.crypto().New()
	if !s.Plain {
		h = hmac.New(s.Hash.crypto().New, key)
	}
	content := s.Content
	if content == "" {
		content = "{body}"
	}
	for content != "" {
		text, rest, found := strings.Cut(content, "{")
		h.Write([]byte(text))
		if !found {
			break
		}
		name, after, _ := strings.Cut(rest, "}")
		content = after
		switch name {
		case "body":
			h.Write(d.Body)
		case "time":
			h.Write([]byte(timestamp))
		case "id":
			h.Write([]byte(d.Header.Get(s.ID)))
		case "method":
			h.Write([]byte(d.Method))
		case "url":
			h.Write([]byte(d.URL))
		case "uri":
			h.Write([]byte(plainURI(d.URL)))
		case "secret":
			h.Write([]byte(secret))
		default:
			if s.Vars != nil {
				h.Write([]byte(s.Vars(d, name)))
			}
		}
	}
	return h.Sum(nil)
}

// plainURI undoes the escapes of the characters that RFC 3986 reserves, and of no others.
func plainURI(url string) string {
	return strings.NewReplacer(
		"%3A", ":", "%3a", ":", "%2F", "/", "%2f", "/", "%3F", "?", "%3f", "?", "%40", "@", "%21", "!", "%24", "$",
		"%27", "'", "%28", "(", "%29", ")", "%2A", "*", "%2a", "*", "%2C", ",", "%2c", ",", "%3B", ";", "%3b", ";",
	).Replace(url)
}
