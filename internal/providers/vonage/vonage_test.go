package vonage_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"milemarker/internal/providers"
	"milemarker/internal/providers/providertest"
	"milemarker/internal/providers/vonage"
)

var update = flag.Bool("update", false, "write the golden files anew")

const fixture = "completed.json"

func suite() providertest.Suite {
	return providertest.Suite{
		Provider:  vonage.New(),
		Sign:      sign,
		Tolerance: 5 * time.Minute,
		Deliveries: []providertest.Delivery{
			{Name: fixture},
			{Name: "completed.inbound", File: fixture, Replace: []string{`"outbound"`, `"inbound"`, `"13125550188"`, `"12025550143"`, `"to": "12025550143"`, `"to": "13125550188"`}},
			{Name: "machine", File: fixture, Replace: []string{`"status": "completed"`, `"status": "machine"`, `"uuid"`, `"call_uuid"`, `15:04:51`, `15:01:20`}},
			{Name: "busy", File: fixture, Replace: []string{`"status": "completed"`, `"status": "busy"`}},
			{Name: "failed", File: fixture, Replace: []string{`"status": "completed"`, `"status": "failed"`}},
			{Name: "unanswered", File: fixture, Replace: []string{`"status": "completed"`, `"status": "unanswered"`}},
			{Name: "ringing", File: fixture, Replace: []string{`"status": "completed"`, `"status": "ringing"`}},
		},
		Unknown:  providertest.Delivery{Name: "unknown", Body: `{"uuid":"1","status":"transfer"}`},
		Threads:  [][]string{{"ringing", "machine", fixture}},
		Personal: []string{"2025550143"},
		Mends:    true,
		Update:   *update,
	}
}

func sign(d *providers.Delivery, secret string, at time.Time) {
	sum := sha256.Sum256(d.Body)
	bearer(d, secret, jwt.MapClaims{"iat": at.Unix(), "jti": "d9b4e3f2", "iss": "Vonage", "payload_hash": hex.EncodeToString(sum[:])})
}

func bearer(d *providers.Delivery, secret string, claims jwt.MapClaims) {
	text, _ := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
	d.Header.Set("Authorization", "Bearer "+text)
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }

func TestTheTokenMustBeForTheBody(t *testing.T) {
	now := providertest.Now()
	for name, claims := range map[string]jwt.MapClaims{
		"no hash": {"iat": now.Unix()},
		"no iat":  {"payload_hash": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},
		"expired": {"iat": now.Unix(), "exp": now.Add(-time.Hour).Unix(), "payload_hash": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},
	} {
		d := providers.Delivery{Method: http.MethodPost, Header: http.Header{}, Body: []byte("{}")}
		bearer(&d, "secret", claims)
		if err := vonage.New().Verify(d, providers.Secrets{"secret"}, now); !errors.Is(err, providers.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
