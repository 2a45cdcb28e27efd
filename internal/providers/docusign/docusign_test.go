package docusign_test

import (
	"flag"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/docusign"
	"milemarker/internal/providers/providertest"
	"milemarker/internal/providers/signature"
)

var update = flag.Bool("update", false, "write the golden files anew")

func suite() providertest.Suite {
	scheme := signature.HMAC{}
	const sent, opened, completed = "envelope-sent.json", "envelope-delivered.json", "envelope-completed.json"
	return providertest.Suite{
		Provider: docusign.New(),
		Sign: func(d *providers.Delivery, secret string, _ time.Time) {
			d.Header.Set("X-DocuSign-Signature-1", "yjZjJbDeDHzgsa4utwuAYmNEJrimMli3UEKeBRve3C0=")
			d.Header.Set("X-DocuSign-Signature-2", scheme.Sign(*d, secret, ""))
		},
		Deliveries: []providertest.Delivery{
			{Name: sent},
			{Name: opened},
			{Name: completed, Settings: map[string]string{"accepted_is_signup": "yes"}},
			{Name: "retried", File: completed, Replace: []string{`"retryCount": 0`, `"retryCount": 3`, "12:00:01.1234567Z", "14:00:01.7654321Z"}, Settings: map[string]string{"accepted_is_signup": "yes"}},
			{Name: "envelope-completed.minimal.json"},
			{Name: "envelope-declined", File: completed, Replace: []string{
				"envelope-completed", "envelope-declined", `"name": "amount_usd"`, `"name": "Amount"`, `"completedDateTime"`, `"declinedDateTime"`,
				`"routingOrder": "1"`, `"declinedReason": "Too dear"`,
			}, Settings: map[string]string{"currency": "EUR"}},
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: `{"event":"recipient-sent","data":{"envelopeId":"e1"}}`},
		Threads: [][]string{{sent, opened, completed, "retried"}},
		Mends:   true,
		Update:  *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }
