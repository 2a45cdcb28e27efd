package callrail_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"flag"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/callrail"
	"milemarker/internal/providers/providertest"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	fixture  = "post_call.json"
	modified = "https://milemarker.example/hooks/conn_1?type=call-modified"
)

func suite() providertest.Suite {
	settings := map[string]string{"dispositions": "spam = disqualified\nDemo = qualified", "currency": "USD"}
	return providertest.Suite{
		Provider: callrail.New(),
		Sign: func(d *providers.Delivery, secret string, _ time.Time) {
			mac := hmac.New(sha1.New, []byte(secret))
			mac.Write(d.Body)
			d.Header.Set("Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		},
		Deliveries: []providertest.Delivery{
			{Name: fixture},
			{Name: "form_submission.json"},
			{Name: "form_submission.typed", File: "form_submission.json", URL: "https://milemarker.example/hooks/conn_1?type=form_submission", Replace: []string{
				`"+12025550143"`, `"call me maybe"`, `"customer_phone_number": "+12025550143"`, `"customer_phone_number": "n/a"`,
			}},
			{Name: "post_call.plain", File: fixture, Replace: []string{`"good_lead"`, `""`}},
			{Name: "post_call.missed", File: fixture, Replace: []string{`"answered": true`, `"answered": false`, `"good_lead"`, `"not_a_lead"`}},
			{Name: "post_call.voicemail", File: fixture, Replace: []string{
				`"answered": true`, `"answered": false`, `"voicemail": false`, `"voicemail": true`, `"duration": "243"`, `"duration": 21`,
			}},
			{Name: "outbound_post_call", File: fixture, Replace: []string{`"direction": "inbound"`, `"direction": "outbound"`, `"id": 766981207`, `"id": "CAL0192", "agent_email": "jordan.ames@example.org"`}},
			{Name: "call_modified.value", File: fixture, URL: modified, Settings: settings, Replace: []string{`"value": ""`, `"value": "$1,250.00"`}},
			{Name: "call_modified.spam", File: fixture, URL: modified, Settings: settings, Replace: []string{`"good_lead"`, `""`, `"demo"`, `"Spam"`}},
			{Name: "pre_call", File: fixture, URL: "https://milemarker.example/hooks/conn_1?type=pre_call"},
			{Name: "post_call.form", Body: "id=99&duration=30&answered=true&customer_phone_number=%2B12025550143&start_time=2026-09-14T10%3A41%3A00-05%3A00", ContentType: "application/x-www-form-urlencoded"},
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: `{"id":1}`, URL: "https://milemarker.example/hooks/conn_1?type=text_message"},
		Threads: [][]string{{"post_call.plain", "call_modified.value", "call_modified.spam"}},
		Mends:   true,
		Update:  *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }
