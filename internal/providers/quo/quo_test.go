package quo_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"strconv"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/providertest"
	"milemarker/internal/providers/quo"
)

var update = flag.Bool("update", false, "write the golden files anew")

const fixture = "call.completed.legacy.json"

func suite() providertest.Suite {
	return providertest.Suite{
		Provider:  quo.New(),
		Sign:      legacy,
		Secrets:   [2]string{"Zmlyc3Qtc2VjcmV0LW9mLTMyLWNoYXJhY3RlcnM=", "b3RoZXItc2VjcmV0LW9mLTMyLWNoYXJhY3RlcnM="},
		Tolerance: 5 * time.Minute,
		Deliveries: []providertest.Delivery{
			{Name: fixture},
			{Name: "call.completed.2026", File: fixture, Header: map[string]string{"Webhook-Id": "msg_2quo0001"}, Replace: []string{
				`"object": {
      "object": "call",`, `"resource": {
      "object": "call",`,
			}},
			{Name: "call.completed.participants", File: fixture, Replace: []string{
				`"from": "+13125550188",
      "to": "+12025550143",`, `"participants": ["+12025550143", "+13125550188"],`, `"outgoing"`, `"incoming"`,
			}},
			{Name: "call.completed.missed", File: fixture, Replace: []string{
				`"2026-09-14T15:01:11.000Z"`, `null`, `"status": "completed"`, `"status": "missed"`, `"outgoing"`, `"incoming"`,
				`"from": "+13125550188"`, `"from": "+12025550143"`, `"to": "+12025550143"`, `"to": "+13125550188"`,
			}},
			{Name: "call.completed.voicemail", File: fixture, Replace: []string{`"2026-09-14T15:01:11.000Z"`, `null`, `"voicemail": null`, `"voicemail": {"duration": 12}`}},
			{Name: "call.completed.busy", File: fixture, Replace: []string{`"2026-09-14T15:01:11.000Z"`, `null`, `"status": "completed"`, `"status": "busy"`}},
			{Name: "call.ringing", File: fixture, Replace: []string{`"type": "call.completed"`, `"type": "call.ringing"`}},
		},
		Unknown:  providertest.Delivery{Name: "unknown", Body: `{"id":"EV1","type":"contact.updated","data":{"object":{"id":"CT1"}}}`},
		Threads:  [][]string{{"call.ringing", fixture}},
		Personal: []string{"2025550143"},
		Mends:    true,
		Update:   *update,
	}
}

// legacy signs as OpenPhone does, current as Quo does since 2026-03-30; written apart from what Verify does.
func legacy(d *providers.Delivery, secret string, at time.Time) {
	timestamp := strconv.FormatInt(at.UnixMilli(), 10)
	d.Header.Set("Openphone-Signature", "hmac;1;"+timestamp+";"+sum(secret, timestamp+"."+string(d.Body)))
}

func current(d *providers.Delivery, secret string, at time.Time) {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	d.Header.Set("Webhook-Id", "msg_1")
	d.Header.Set("Webhook-Timestamp", timestamp)
	d.Header.Set("Webhook-Signature", "v1,"+sum(secret, "msg_1."+timestamp+"."+string(d.Body)))
}

func sum(secret, content string) string {
	key, _ := base64.StdEncoding.DecodeString(secret)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(content))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestConformance(t *testing.T) {
	for name, sign := range map[string]func(*providers.Delivery, string, time.Time){"legacy": legacy, "current": current} {
		t.Run(name, func(t *testing.T) {
			s := suite()
			s.Sign = sign
			providertest.Run(t, s)
		})
	}
}

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }
