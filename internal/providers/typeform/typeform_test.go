package typeform_test

import (
	"flag"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/providertest"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/typeform"
)

var update = flag.Bool("update", false, "write the golden files anew")

func suite() providertest.Suite {
	scheme := signature.HMAC{}
	file := "form_response.json"
	return providertest.Suite{
		Provider: typeform.New(),
		Sign: func(d *providers.Delivery, secret string, _ time.Time) {
			d.Header.Set("Typeform-Signature", "sha256="+scheme.Sign(*d, secret, ""))
		},
		Deliveries: []providertest.Delivery{
			{Name: file},
			{Name: "form_response.settings", File: file, Settings: map[string]string{
				"fields": "How many seats? = product\nMonthly budget (USD)=amount; consent = skip; lead_owner=rep", "currency": "usd", "source": "landing page",
			}},
			{Name: "form_response.unreadable", File: file, Replace: []string{
				`"phone_number": "+12025550143"`, `"phone_number": "ask me"`, `"email": "avery.quinn@example.com"`, `"email": "avery at example"`,
				`"utm_source": "google"`, `"utm_medium": "cpc"`,
			}},
		},
		Unknown: providertest.Delivery{Name: "form_response_partial", File: file, Replace: []string{`"event_type": "form_response"`, `"event_type": "form_response_partial"`}},
		Update:  *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }
