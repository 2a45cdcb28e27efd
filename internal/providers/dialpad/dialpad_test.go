package dialpad_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"flag"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"milemarker/internal/providers"
	"milemarker/internal/providers/dialpad"
	"milemarker/internal/providers/providertest"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	fixture = "call.hangup.connected.json"
	user    = `"type": "user"`
)

func suite() providertest.Suite {
	table := map[string]string{"dispositions": "Hot lead = qualified"}
	return providertest.Suite{
		Provider: dialpad.New(),
		Sign:     func(d *providers.Delivery, secret string, _ time.Time) { d.Body = token(d.Body, secret) },
		Deliveries: []providertest.Delivery{
			{Name: "call.hangup.connected.jwt"},
			{Name: fixture},
			{Name: "call.hangup.labelled", File: fixture, Settings: table, Replace: []string{`"labels": []`, `"labels": ["hot lead"]`}},
			{Name: "call.hangup.missed", File: fixture, Replace: []string{
				`"date_connected": 1789398071000`, `"date_connected": null`, `"direction": "outbound"`, `"direction": "inbound"`, `"talk_time": 219355.0`, `"talk_time": 0`,
			}},
			{Name: "voicemail_uploaded", File: fixture, Replace: []string{
				`"date_connected": 1789398071000`, `"date_connected": null`, `"direction": "outbound"`, `"direction": "inbound"`,
				`"state": "hangup"`, `"state": "voicemail_uploaded"`, `"voicemail_link": null`, `"voicemail_link": "https://dialpad.com/vm/1"`,
				`1789398291994`, `1789398299994`,
			}},
			{Name: "call.hangup.department", File: fixture, Replace: []string{user, `"type": "department"`, `"operator_call_id": null`, `"operator_call_id": 7421977457301185`}},
			{Name: "call.hangup.unanswered-leg", File: fixture, Replace: []string{
				`"call_id": 6421977457301185`, `"call_id": 8421977457301185`, `"entry_point_call_id": null`, `"entry_point_call_id": 6421977457301185`,
				`"date_connected": 1789398071000`, `"date_connected": null`,
			}},
			{Name: "call.hangup.operator-leg", File: fixture, Replace: []string{
				`"call_id": 6421977457301185`, `"call_id": 7421977457301185`, `"entry_point_call_id": null`, `"entry_point_call_id": 6421977457301185`,
				`219355.0,`, `200355.0,`, `"talk_time": 219355.0`, `"talk_time": 200355.9`,
			}},
			{Name: "connected", File: fixture, Replace: []string{`"state": "hangup"`, `"state": "connected"`}},
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: `{"call_id":1,"state":"parked"}`},
		Threads: [][]string{
			{"call.hangup.department", "call.hangup.unanswered-leg", "call.hangup.operator-leg"},
			{"call.hangup.missed", "voicemail_uploaded"},
		},
		Edit: func(body []byte, change func([]byte) []byte) []byte {
			parts := bytes.Split(body, []byte("."))
			if len(parts) != 3 || bytes.HasPrefix(body, []byte("{")) {
				return change(body)
			}
			payload, _ := base64.RawURLEncoding.DecodeString(string(parts[1]))
			parts[1] = []byte(base64.RawURLEncoding.EncodeToString(change(payload)))
			return bytes.Join(parts, []byte("."))
		},
		Mends:  true,
		Update: *update,
	}
}

// token wraps a body, or wraps what is in a token once more.
func token(body []byte, secret string) []byte {
	payload := body
	if parts := bytes.Split(body, []byte(".")); len(parts) == 3 && !bytes.HasPrefix(body, []byte("{")) {
		payload, _ = base64.RawURLEncoding.DecodeString(string(parts[1]))
	}
	head := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload)
	sum, _ := jwt.SigningMethodHS256.Sign(head, []byte(secret))
	return []byte(head + "." + base64.RawURLEncoding.EncodeToString(sum))
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }

func TestOtherMethodsAreRefused(t *testing.T) {
	for _, head := range []string{`{"alg":"none"}`, `{"alg":"HS512"}`, `{"alg":"RS256"}`} {
		text := base64.RawURLEncoding.EncodeToString([]byte(head)) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"call_id":1}`)) + "."
		d := providers.Delivery{Method: http.MethodPost, Header: http.Header{}, Body: []byte(text)}
		if err := dialpad.New().Verify(d, providers.Secrets{"secret"}, providertest.Now()); !errors.Is(err, providers.ErrSignature) {
			t.Errorf("%s: %v", head, err)
		}
	}
}
