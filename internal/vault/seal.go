package vault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"

	"github.com/maypok86/otter/v2"
	aead "github.com/tink-crypto/tink-go/v2/aead/subtle"
)

// A sealed field is base64url (no padding) of: format version (1 byte), id of the data key (8 bytes), nonce (24),
// ciphertext, tag (16). The key's id tells an erased person (another key stands there now) from a forgery.
const (
	sealVersion = 1
	keyIDSize   = 8
	headSize    = 1 + keyIDSize
)

var prospectID = regexp.MustCompile(`^p_[0-9a-v]{26}$`)

// keyName is the name of an owner's data key in the store.
type keyName string

// nameOf keeps a prospect's own id readable and hashes what may hold any characters.
func nameOf(org, owner string) keyName {
	if !prospectID.MatchString(owner) {
		sum := sha256.Sum256([]byte(owner))
		owner = "h_" + hex.EncodeToString(sum[:16])
	}
	return keyName("key." + org + "." + owner)
}

// dataKey is an unwrapped data key.
type dataKey struct {
	id   [keyIDSize]byte
	aead *aead.XChaCha20Poly1305
}

func newDataKey(secret []byte) (dataKey, error) {
	a, err := aead.NewXChaCha20Poly1305(secret)
	if err != nil {
		return dataKey{}, err
	}
	sum := sha256.Sum256(append([]byte("milemarker data key id\x00"), secret...))
	return dataKey{id: [keyIDSize]byte(sum[:]), aead: a}, nil
}

// Seal encrypts an event's private fields under its owner's data key, which is made when there is none. Only Open with
// the same org, owner and event id gives them back. For a prospect who was erased it returns ErrErased: whoever was given
// the id before must ask for the current one.
func (v *Vault) Seal(ctx context.Context, org, owner, eventID string, private []byte) (string, error) {
	name := nameOf(org, owner)
	if v.erased.has(name) {
		return "", ErrErased
	}
	key, err := v.sealingKey(ctx, name)
	if err != nil {
		return "", err
	}
	ciphertext, err := key.aead.Encrypt(private, place(org, owner, eventID))
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	raw := make([]byte, 0, headSize+len(ciphertext))
	raw = append(raw, sealVersion)
	raw = append(raw, key.id[:]...)
	raw = append(raw, ciphertext...)
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// Open returns what Seal encrypted: ErrErased when the data key was destroyed since, ErrTampered when the text was
// altered or belongs to another event, owner or org.
func (v *Vault) Open(ctx context.Context, org, owner, eventID, sealed string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(raw) < headSize || raw[0] != sealVersion {
		return nil, ErrTampered
	}
	name := nameOf(org, owner)
	if v.erased.has(name) {
		return nil, ErrErased
	}
	key, err := v.opening.Get(ctx, name, otter.LoaderFunc[keyName, dataKey](
		func(ctx context.Context, name keyName) (dataKey, error) {
			secret, err := v.unwrap(ctx, string(name))
			if err != nil {
				return dataKey{}, err
			}
			return newDataKey(secret)
		}))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ErrErased
	case err != nil:
		return nil, fmt.Errorf("data key: %w", err)
	case !bytes.Equal(raw[1:headSize], key.id[:]):
		return nil, ErrErased
	}
	private, err := key.aead.Decrypt(raw[headSize:], place(org, owner, eventID))
	if err != nil {
		return nil, ErrTampered
	}
	return private, nil
}

func (v *Vault) sealingKey(ctx context.Context, name keyName) (dataKey, error) {
	key, err := v.sealing.Get(ctx, name, otter.LoaderFunc[keyName, dataKey](
		func(ctx context.Context, name keyName) (dataKey, error) {
			secret, err := v.unwrapOrCreate(ctx, string(name), randomKey)
			if err != nil {
				return dataKey{}, err
			}
			return newDataKey(secret)
		}))
	if err != nil {
		return dataKey{}, fmt.Errorf("data key: %w", err)
	}
	return key, nil
}

// place is the associated data of a sealed field. Lengths keep two different places from reading the same.
func place(org, owner, eventID string) []byte {
	b := make([]byte, 0, len(org)+len(owner)+len(eventID)+6)
	for _, s := range []string{org, owner, eventID} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return b
}
