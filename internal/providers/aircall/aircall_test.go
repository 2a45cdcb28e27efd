package aircall_test

import (
	"bytes"
	"flag"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/aircall"
	"milemarker/internal/providers/providertest"
)

var update = flag.Bool("update", false, "write the golden files anew")

const fixture = "call.ended.answered.json"

// token is the one in the fixtures: nothing else is signed.
const token = "45d1c7b0a9e84f12b3c4d5e6f7a8b9c0"

func suite() providertest.Suite {
	table := map[string]string{"dispositions": "Demo booked = qualified; Wrong number = failed disqualified"}
	return providertest.Suite{
		Provider: aircall.New(),
		Sign: func(d *providers.Delivery, secret string, _ time.Time) {
			d.Body = bytes.ReplaceAll(d.Body, []byte(token), []byte(secret))
		},
		Secrets:   [2]string{"first-secret-of-32-characters-00", "other-secret-of-32-characters-00"},
		Uncovered: true,
		Deliveries: []providertest.Delivery{
			{Name: fixture},
			{Name: "call.ended.dispositions", File: fixture, Settings: table},
			{Name: "call.ended.untagged", File: fixture, Settings: table, Replace: []string{
				`"name": "Demo booked"`, `"name": "Other"`, `Wants pricing for two sites`, ``,
			}},
			{Name: "call.commented", File: fixture, Settings: table, Replace: []string{
				"call.ended", "call.commented", `"timestamp": 1789398320`, `"timestamp": 1789398325`, `"name": "Demo booked"`, `"name": "Other"`,
			}},
			{Name: "call.tagged", File: fixture, Settings: table, Replace: []string{
				"call.ended", "call.tagged", `"timestamp": 1789398320`, `"timestamp": 1789398330`, `"name": "Demo booked"`, `"name": "Wrong Number"`,
			}},
			{Name: "call.ended.missed", File: fixture, Replace: []string{
				`"direction": "outbound"`, `"direction": "inbound"`, `"answered_at": 1789398071`, `"answered_at": null`,
				`"missed_call_reason": null`, `"missed_call_reason": "no_available_agent"`,
			}},
			{Name: "call.ended.voicemail", File: fixture, Replace: []string{
				`"direction": "outbound"`, `"direction": "inbound"`, `"answered_at": 1789398071`, `"answered_at": null`,
				`"voicemail": null`, `"voicemail": "https://assets.aircall.io/calls/76401923/voicemail"`,
			}},
			{Name: "call.ended.anonymous", File: fixture, Replace: []string{
				`"raw_digits": "+1 202-555-0143"`, `"raw_digits": "anonymous"`, `"value": "avery.quinn@example.com"`, `"value": "avery at home"`,
			}},
			{Name: "call.hungup", File: fixture, Replace: []string{"call.ended", "call.hungup"}},
			{Name: "call.tagged.early", File: fixture, Replace: []string{"call.ended", "call.tagged", `"status": "done"`, `"status": "answered"`}},
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: `{"resource":"user","event":"user.opened","token":"` + token + `","data":{"id":1}}`},
		Threads: [][]string{{"call.ended.untagged", "call.commented", "call.tagged", "call.hungup"}, {"call.tagged.early", "call.ended.dispositions"}},
		Mends:   true,
		Update:  *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }
