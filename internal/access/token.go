package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// A token is <prefix>_<id>_<secret>: the prefix says what it opens (and lets a scanner find a leaked one), the id is
// 10 characters and no secret, the secret is 52 characters of base32, 260 random bits.
const (
	keyPrefix     = "mm"
	linkPrefix    = "ml"
	sessionPrefix = "ms"

	idSize     = 10
	secretSize = 52
)

// tokenHash is the SHA-256 of a whole token.
type tokenHash [sha256.Size]byte

// MarshalText returns the hash in hex.
func (h tokenHash) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h[:])), nil }

// UnmarshalText reads what MarshalText wrote.
func (h *tokenHash) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || len(b) != len(h) {
		return fmt.Errorf("token hash: want %d bytes in hex", len(h))
	}
	copy(h[:], b)
	return nil
}

func newID() string { return strings.ToLower(rand.Text()[:idSize]) }

// newToken returns a fresh token of an id, and its hash.
func newToken(prefix, id string) (string, tokenHash) {
	token := prefix + "_" + id + "_" + (rand.Text() + rand.Text())[:secretSize]
	return token, sha256.Sum256([]byte(token))
}

// parseToken splits off the id and hashes the whole.
func parseToken(prefix, token string) (id string, hash tokenHash, ok bool) {
	rest, found := strings.CutPrefix(token, prefix+"_")
	if !found || len(rest) != idSize+1+secretSize || rest[idSize] != '_' {
		return "", tokenHash{}, false
	}
	return rest[:idSize], sha256.Sum256([]byte(token)), true
}
