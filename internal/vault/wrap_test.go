package vault_test

import (
	"bytes"
	"errors"
	"testing"

	"milemarker/internal/vault"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	v := open(t, newStore(), newStore())
	wrapped, err := v.Wrap("connection.c1", []byte("whsec_abc"))
	if err != nil || bytes.Contains(wrapped, []byte("abc")) {
		t.Fatalf("%q, %v", wrapped, err)
	}
	if secret, err := v.Unwrap("connection.c1", wrapped); err != nil || string(secret) != "whsec_abc" {
		t.Errorf("%q, %v", secret, err)
	}
	if _, err := v.Unwrap("connection.c2", wrapped); !errors.Is(err, vault.ErrTampered) {
		t.Errorf("under another name: %v", err)
	}
	wrapped[len(wrapped)-1] ^= 1
	if _, err := v.Unwrap("connection.c1", wrapped); !errors.Is(err, vault.ErrTampered) {
		t.Errorf("altered: %v", err)
	}
}
