package signature_test

import (
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"milemarker/internal/providers"
	"milemarker/internal/providers/signature"
)

func TestEqual(t *testing.T) {
	for _, c := range []struct {
		given   string
		secrets providers.Secrets
		want    error
	}{
		{"token", providers.Secrets{"token"}, nil},
		{"token", providers.Secrets{"new", "token"}, nil},
		{"tokens", providers.Secrets{"token"}, providers.ErrSignature},
		{"toke", providers.Secrets{"token"}, providers.ErrSignature},
		{"", providers.Secrets{"token"}, providers.ErrSignature},
		{"", nil, providers.ErrNoSecret},
		{"", providers.Secrets{""}, providers.ErrNoSecret},
		{"token", providers.Secrets{"token", "\t"}, providers.ErrNoSecret},
	} {
		if err := signature.Equal(c.given, c.secrets); !errors.Is(err, c.want) {
			t.Errorf("%q with %q: %v, want %v", c.given, c.secrets, err, c.want)
		}
	}
}

func TestInURL(t *testing.T) {
	for url, want := range map[string]error{
		"https://mm.example/hooks/conn/s3cret":     nil,
		"https://mm.example/hooks/conn/s3cret?x=1": nil,
		"https://mm.example/hooks/conn/s3%63ret":   nil, // the same path, written otherwise
		"https://mm.example/hooks/conn":            providers.ErrSignature,
		"https://mm.example/hooks/conn/":           providers.ErrSignature,
		"https://mm.example/hooks/conn?s3cret":     providers.ErrSignature,
		"https://mm.example/hooks/conn/s3cret/":    providers.ErrSignature,
		"https://mm.example/hooks/s3cret/conn":     providers.ErrSignature,
		"https://mm.example/hooks/conn/x#/s3cret":  providers.ErrSignature,
		"://": providers.ErrSignature,
		"https://mm.example/hooks/conn/other-secret": providers.ErrSignature,
	} {
		if err := signature.InURL(providers.Delivery{URL: url}, providers.Secrets{"s3cret"}); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", url, err, want)
		}
	}
}

func TestBasic(t *testing.T) {
	encoded := base64.StdEncoding.EncodeToString([]byte("user:p:ss"))
	for header, want := range map[string]error{
		"Basic " + encoded:  nil,
		"basic " + encoded:  nil,
		"Bearer " + encoded: providers.ErrSignature,
		"Basic user:p:ss":   providers.ErrSignature,
		"Basic":             providers.ErrSignature,
		"":                  providers.ErrSignature,
		"Basic " + base64.StdEncoding.EncodeToString([]byte("user:p")): providers.ErrSignature,
	} {
		if err := signature.Basic(delivery("", "Authorization", header), providers.Secrets{"user:p:ss"}); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", header, err, want)
		}
	}
}

func TestJWT(t *testing.T) {
	const secret = "a-secret-of-some-length"
	signed := func(method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
		text, err := jwt.NewWithClaims(method, claims).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	now := at()
	fresh := jwt.MapClaims{"iat": now.Unix(), "n": 9007199254740993}
	for name, c := range map[string]struct {
		token     string
		tolerance time.Duration
		want      error
	}{
		"good":             {signed(jwt.SigningMethodHS256, []byte(secret), fresh), time.Minute, nil},
		"no iat needed":    {signed(jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"a": 1}), 0, nil},
		"no iat":           {signed(jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"a": 1}), time.Minute, providers.ErrSignature},
		"old":              {signed(jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"iat": now.Add(-2 * time.Minute).Unix()}), time.Minute, providers.ErrStale},
		"ahead":            {signed(jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"iat": now.Add(2 * time.Minute).Unix()}), time.Minute, providers.ErrStale},
		"expired":          {signed(jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"exp": now.Add(-time.Hour).Unix()}), 0, providers.ErrStale},
		"not yet":          {signed(jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"nbf": now.Add(time.Hour).Unix()}), 0, providers.ErrStale},
		"another secret":   {signed(jwt.SigningMethodHS256, []byte("other"), fresh), 0, providers.ErrSignature},
		"a longer hash":    {signed(jwt.SigningMethodHS512, []byte(secret), fresh), 0, providers.ErrSignature},
		"unsigned":         {signed(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, fresh), 0, providers.ErrSignature},
		"nothing":          {"", 0, providers.ErrSignature},
		"three points":     {"...", 0, providers.ErrSignature},
		"an empty secret":  {signed(jwt.SigningMethodHS256, []byte{}, fresh), 0, providers.ErrSignature},
		"iat beyond bound": {signed(jwt.SigningMethodHS256, []byte(secret), jwt.MapClaims{"iat": 1e300}), time.Minute, providers.ErrStale},
	} {
		claims, err := signature.JWT(c.token, providers.Secrets{"first", secret}, now, c.tolerance)
		if !errors.Is(err, c.want) || errors.Is(err, providers.ErrStale) && !errors.Is(c.want, providers.ErrStale) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if (err == nil) != (claims != nil) {
			t.Errorf("%s: claims %v with %v", name, claims, err)
		}
	}
	if _, err := signature.JWT("x", nil, now, 0); !errors.Is(err, providers.ErrNoSecret) {
		t.Errorf("without a secret: %v", err)
	}
	if got := string(signature.Payload([]byte(signed(jwt.SigningMethodHS256, []byte(secret), fresh)))); got != `{"iat":1789398320,"n":9007199254740993}` {
		t.Errorf("payload %s", got)
	}
}
