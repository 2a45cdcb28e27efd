package vault

import "fmt"

// Wrap encrypts a small secret that is kept elsewhere, such as a webhook's signing key, under the master key. Its name
// is the associated data: Unwrap gives it back under the same name only, so a wrapped secret cannot pass for another.
func (v *Vault) Wrap(name string, secret []byte) ([]byte, error) {
	wrapped, err := v.master.Encrypt(secret, []byte(wrapDomain+name))
	if err != nil {
		return nil, fmt.Errorf("wrap: %w", err)
	}
	return wrapped, nil
}

// Unwrap returns what Wrap encrypted, or ErrTampered.
func (v *Vault) Unwrap(name string, wrapped []byte) ([]byte, error) {
	secret, err := v.master.Decrypt(wrapped, []byte(wrapDomain+name))
	if err != nil {
		return nil, fmt.Errorf("unwrap: %w", ErrTampered)
	}
	return secret, nil
}

// wrapDomain keeps what Wrap encrypts apart from the vault's own keys.
const wrapDomain = "wrapped\x00"
