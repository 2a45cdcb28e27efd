package providertest

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path"
	"strings"
	"testing"
	"time"

	"milemarker/internal/providers"
)

// vectorFile is testdata/vectors.json.
type vectorFile struct {
	Now     int64    `json:"now"`
	Vectors []vector `json:"vectors"`
}

// vector is a request that was signed elsewhere.
type vector struct {
	Scheme      string            `json:"scheme"`
	Method      string            `json:"method"`
	URL         string            `json:"url"`
	Body        string            `json:"body"` // fixture; its folder is passed over
	Inline      string            `json:"body_inline"`
	ContentType string            `json:"content_type"`
	Secret      string            `json:"secret"`
	Headers     map[string]string `json:"headers"`
}

func (v vector) delivery(t *testing.T) providers.Delivery {
	t.Helper()
	d := providers.Delivery{Method: v.Method, URL: v.URL, Header: http.Header{}, Body: []byte(v.Inline)}
	if v.Body != "" {
		d.Body = fixture(t, path.Base(v.Body))
	}
	if d.URL == "" {
		d.URL = "https://milemarker.example/hooks/conn_1"
	}
	d.Header.Set("Content-Type", v.ContentType)
	for name, value := range v.Headers {
		d.Header.Set(name, value)
	}
	return d
}

// vectors checks requests that were signed by others.
func (s Suite) vectors(t *testing.T) {
	b, err := os.ReadFile("testdata/vectors.json")
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	var file vectorFile
	if err != nil || json.Unmarshal(b, &file) != nil || len(file.Vectors) == 0 {
		t.Fatalf("vectors.json holds no vectors: %v", err)
	}
	now := time.Unix(file.Now, 0)
	for _, v := range file.Vectors {
		t.Run(v.Scheme, func(t *testing.T) {
			d := v.delivery(t)
			d.Received = now
			s.accepts(t, "alone", d, providers.Secrets{v.Secret}, now)
			s.accepts(t, "as the second secret", d, providers.Secrets{"another-secret-0123456789", v.Secret}, now)
			s.refuses(t, "by another secret", d, providers.Secrets{"another-secret-0123456789"}, now, providers.ErrSignature)
			s.refuses(t, "without a secret", d, nil, now, providers.ErrNoSecret)
			if !s.Uncovered {
				s.refuses(t, "with a byte altered", altered(d), providers.Secrets{v.Secret}, now, providers.ErrSignature)
			}
		})
	}
}

// signature checks requests that Sign signed.
func (s Suite) signature(t *testing.T) {
	first, other := s.Secrets[0], s.Secrets[1]
	now := Now()
	for _, fixture := range s.Deliveries {
		name := fixture.Name
		signed := func(secret string, at time.Time) providers.Delivery {
			d := fixture.input(t).Delivery
			s.Sign(&d, secret, at)
			return d
		}
		good := signed(first, now)
		s.accepts(t, name, good, providers.Secrets{first}, now)
		s.accepts(t, name+" by the older secret", good, providers.Secrets{other, first}, now)
		s.accepts(t, name+" by the newer secret", good, providers.Secrets{first, other}, now)
		s.refuses(t, name+" by another secret", signed(other, now), providers.Secrets{first}, now, providers.ErrSignature)
		s.refuses(t, name+" without a secret", good, nil, now, providers.ErrNoSecret)
		s.refuses(t, name+" with an empty secret", signed("", now), providers.Secrets{""}, now, providers.ErrNoSecret)
		s.refuses(t, name+" with a blank secret", signed(" ", now), providers.Secrets{" "}, now, providers.ErrNoSecret)
		s.refuses(t, name+" with an empty secret among others", good, providers.Secrets{other, ""}, now, providers.ErrNoSecret)
		s.refuses(t, name+" signed with nothing", signed("", now), providers.Secrets{first}, now, providers.ErrSignature)
		s.refuses(t, name+" unsigned", fixture.input(t).Delivery, providers.Secrets{first}, now, providers.ErrSignature)
		if !s.Uncovered {
			s.refuses(t, name+" with a byte altered", altered(good), providers.Secrets{first}, now, providers.ErrSignature)
		}
		if s.Tolerance > 0 {
			near, far := s.Tolerance-2*time.Second, s.Tolerance+2*time.Second
			s.accepts(t, name+" a little old", signed(first, now.Add(-near)), providers.Secrets{first}, now)
			s.accepts(t, name+" a little ahead", signed(first, now.Add(near)), providers.Secrets{first}, now)
			s.refuses(t, name+" stale", signed(first, now.Add(-far)), providers.Secrets{first}, now, providers.ErrSignature)
			s.refuses(t, name+" ahead", signed(first, now.Add(far)), providers.Secrets{first}, now, providers.ErrSignature)
		}
	}
}

// altered returns d with one bit changed in the middle of its body, or of its URL if there is no body.
func altered(d providers.Delivery) providers.Delivery {
	if len(d.Body) == 0 {
		d.URL += "0"
		return d
	}
	body := append([]byte(nil), d.Body...)
	for i := len(body) / 2; i < len(body); i++ {
		if c := body[i]; 'a' <= c && c < 'z' || '0' <= c && c < '9' { // so that it remains JSON, a form or a token
			body[i]++
			break
		}
	}
	d.Body = body
	return d
}

func (s Suite) accepts(t *testing.T, name string, d providers.Delivery, secrets providers.Secrets, now time.Time) {
	t.Helper()
	if err := s.Provider.Verify(d, secrets, now); err != nil {
		t.Errorf("%s: refused: %v", name, err)
	}
}

func (s Suite) refuses(t *testing.T, name string, d providers.Delivery, secrets providers.Secrets, now time.Time, want error) {
	t.Helper()
	err := s.Provider.Verify(d, secrets, now)
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", name, err, want)
		return
	}
	for _, secret := range secrets {
		if strings.TrimSpace(secret) != "" && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error shows the secret: %v", name, err)
		}
	}
}
