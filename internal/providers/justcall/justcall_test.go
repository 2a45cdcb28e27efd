package justcall_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"net/url"
	"strconv"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/justcall"
	"milemarker/internal/providers/providertest"
)

var update = flag.Bool("update", false, "write the golden files anew")

const fixture = "call.completed.json"

func suite() providertest.Suite {
	table := map[string]string{"dispositions": "demo booked = qualified"}
	return providertest.Suite{
		Provider:  justcall.New(),
		Sign:      sign,
		Tolerance: 5 * time.Minute,
		Uncovered: true,
		Deliveries: []providertest.Delivery{
			{Name: fixture},
			{Name: "sd.call_completed.json"},
			{Name: "call.completed.bare", File: fixture, Settings: table, Replace: []string{`"Demo booked"`, `""`}},
			{Name: "call.updated.notes", File: fixture, Settings: table, Replace: []string{
				`"call.completed"`, `"call.updated"`, `"Demo booked"`, `""`, `"notes": ""`, `"notes": "Call back Tuesday"`,
			}},
			{Name: "call.updated", File: fixture, Settings: table, Replace: []string{`"call.completed"`, `"call.updated"`, `"notes": ""`, `"notes": "Wants a demo"`}},
			{Name: "call.missed", File: fixture, Replace: []string{
				`"call.completed"`, `"call.missed"`, `"Outgoing"`, `"Incoming"`, `"Answered"`, `"Missed"`, `"15:01:00"`, `"8:25:43"`, `"Demo booked"`, `""`,
			}},
			{Name: "call.voicemail", File: fixture, Replace: []string{`"call.completed"`, `"call.voicemail"`, `"Outgoing"`, `"Incoming"`, `"Answered"`, `"Voicemail"`}},
			{Name: "call.answered", File: fixture, Replace: []string{`"call.completed"`, `"call.answered"`}},
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: `{"request_id":"1","type":"jc.contact_status_updated","data":{"id":1}}`},
		Threads: [][]string{{"call.answered", "call.missed", "call.completed.bare", "call.updated.notes", "call.updated"}},
		Mends:   true,
		Update:  *update,
	}
}

// sign is written after JustCall's description, apart from what Verify does.
func sign(d *providers.Delivery, secret string, at time.Time) {
	var body struct{ Type string }
	_ = json.Unmarshal(d.Body, &body)
	timestamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(secret + "|" + url.QueryEscape(d.URL) + "|" + body.Type + "|" + timestamp))
	d.Header.Set("X-Justcall-Signature", hex.EncodeToString(mac.Sum(nil)))
	d.Header.Set("X-Justcall-Request-Timestamp", timestamp)
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }

// A delivery that was signed for another address, or another type, does not pass, whatever its body says.
func TestTheURLIsOurs(t *testing.T) {
	d := providers.Delivery{
		Method: "POST", URL: "https://milemarker.example/hooks/other", Header: map[string][]string{},
		Body: []byte(`{"type":"call.completed","webhook_url":"https://milemarker.example/hooks/other"}`),
	}
	sign(&d, "secret", providertest.Now())
	d.URL = "https://milemarker.example/hooks/conn_1"
	if err := justcall.New().Verify(d, providers.Secrets{"secret"}, providertest.Now()); !errors.Is(err, providers.ErrSignature) {
		t.Errorf("the URL in the body was believed: %v", err)
	}
}
