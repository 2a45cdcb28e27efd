package signature

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"milemarker/internal/providers"
)

// anySecret returns providers.ErrNoSecret unless there is a secret, and none of them is empty.
func anySecret(secrets providers.Secrets) error {
	if len(secrets) == 0 || slices.ContainsFunc(secrets, func(s string) bool { return strings.TrimSpace(s) == "" }) {
		return providers.ErrNoSecret
	}
	return nil
}

// Equal returns nil if given is one of the secrets.
func Equal(given string, secrets providers.Secrets) error {
	if err := anySecret(secrets); err != nil {
		return err
	}
	sum, fits := sha256.Sum256([]byte(given)), 0 // of equal length, so that not even the secret's length shows
	for _, secret := range secrets {
		want := sha256.Sum256([]byte(secret))
		fits |= subtle.ConstantTimeCompare(sum[:], want[:])
	}
	if given == "" || fits != 1 {
		return fmt.Errorf("secret: %w", providers.ErrSignature)
	}
	return nil
}

// InURL returns nil if the last element of the URL's path is one of the secrets: for providers that sign nothing.
func InURL(d providers.Delivery, secrets providers.Secrets) error {
	last := ""
	if u, err := url.Parse(d.URL); err == nil {
		last = u.Path[strings.LastIndexByte(u.Path, '/')+1:]
	}
	if err := Equal(last, secrets); err != nil {
		return fmt.Errorf("last part of the URL: %w", err)
	}
	return nil
}

// Basic returns nil if d came with Basic authorization by one of the secrets, each being user:password.
func Basic(d providers.Delivery, secrets providers.Secrets) error {
	scheme, given, _ := strings.Cut(d.Header.Get("Authorization"), " ")
	text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(given))
	if err != nil || !strings.EqualFold(scheme, "Basic") {
		text = nil
	}
	if err := Equal(string(text), secrets); err != nil {
		return fmt.Errorf("basic authorization: %w", err)
	}
	return nil
}
