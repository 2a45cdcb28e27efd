package signature

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"milemarker/internal/providers"
)

// Claims are what a JSON Web Token says of itself; numbers are json.Number.
type Claims map[string]any

// Text returns the claim if it is text, else "".
func (c Claims) Text(name string) string {
	text, _ := c[name].(string)
	return text
}

// JWT returns the claims of token if it is signed by HS256 with one of the secrets. Its exp and nbf hold where it has
// them; tolerance is how far its iat, which it then must have, may lie from now, either way, and 0 does not look at it.
func JWT(token string, secrets providers.Secrets, now time.Time, tolerance time.Duration) (Claims, error) {
	if err := anySecret(secrets); err != nil {
		return nil, err
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithTimeFunc(func() time.Time { return now }),
		jwt.WithLeeway(tolerance),
		jwt.WithJSONNumber(),
	)
	var fault error
	for _, secret := range secrets {
		claims := jwt.MapClaims{}
		if _, err := parser.ParseWithClaims(strings.TrimSpace(token), claims, func(*jwt.Token) (any, error) {
			return []byte(secret), nil
		}); err != nil {
			fault = errors.Join(fault, err)
			continue
		}
		at, err := claims.GetIssuedAt()
		if tolerance > 0 && (err != nil || at == nil) {
			return nil, fmt.Errorf("token does not say when it was issued: %w", providers.ErrSignature)
		}
		if tolerance > 0 && (at.Before(now.Add(-tolerance)) || at.After(now.Add(tolerance))) {
			return nil, fmt.Errorf("token issued more than %s away from now: %w", tolerance, providers.ErrStale)
		}
		return Claims(claims), nil
	}
	if errors.Is(fault, jwt.ErrTokenExpired) || errors.Is(fault, jwt.ErrTokenNotValidYet) {
		return nil, fmt.Errorf("token is not valid now: %w", providers.ErrStale)
	}
	return nil, fmt.Errorf("token: %w", providers.ErrSignature)
}

// Bearer returns the token of an Authorization: Bearer header, "" without one.
func Bearer(d providers.Delivery) string {
	scheme, token, _ := strings.Cut(d.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// Payload returns the claims of a token as they were sent, without a look at its signature: nil if it is no token.
func Payload(token []byte) []byte {
	parts := bytes.Split(bytes.TrimSpace(token), []byte("."))
	if len(parts) != 3 {
		return nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(string(parts[1]))
	if err != nil {
		return nil
	}
	return payload
}
