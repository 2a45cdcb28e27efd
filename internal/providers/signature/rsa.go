package signature

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"time"

	"milemarker/internal/providers"
)

// minBits is the least size of an RSA key.
const minBits = 2048

// RSA returns nil if signature is that of content by RSA-SHA256 (PKCS #1 v1.5), made with the key of the first
// certificate in bundle, PEM text. The certificate must be valid now; that it is the sender's, the caller knows by where
// it came from.
func RSA(content, signature, bundle []byte, now time.Time) error {
	block, _ := pem.Decode(bundle)
	if block == nil || block.Type != "CERTIFICATE" {
		return fmt.Errorf("no certificate: %w", providers.ErrSignature)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return fmt.Errorf("certificate cannot be read: %w", providers.ErrSignature)
	}
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	switch {
	case !ok || key.N.BitLen() < minBits:
		return fmt.Errorf("certificate has no RSA key of %d bits or more: %w", minBits, providers.ErrSignature)
	case now.Before(cert.NotBefore) || now.After(cert.NotAfter):
		return fmt.Errorf("certificate is not valid now: %w", providers.ErrSignature)
	}
	sum := sha256.Sum256(content)
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) != nil {
		return providers.ErrSignature
	}
	return nil
}
