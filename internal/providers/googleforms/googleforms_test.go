package googleforms_test

import (
	"flag"
	"strconv"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/googleforms"
	"milemarker/internal/providers/providertest"
	"milemarker/internal/providers/signature"
)

var update = flag.Bool("update", false, "write the golden files anew")

func suite() providertest.Suite {
	scheme := signature.StandardWebhooks("webhook-", signature.Text)
	return providertest.Suite{
		Provider: googleforms.New(),
		Sign: func(d *providers.Delivery, secret string, at time.Time) {
			stamp := strconv.FormatInt(at.Unix(), 10)
			d.Header.Set("webhook-id", "gf_1")
			d.Header.Set("webhook-timestamp", stamp)
			d.Header.Set("webhook-signature", "v1,"+scheme.Sign(*d, secret, stamp))
		},
		Tolerance: 5 * time.Minute,
		Deliveries: []providertest.Delivery{
			{Name: "form_submit.json"},
			{Name: "form_submit.anonymous", File: "form_submit.json", Replace: []string{
				`"avery.quinn@example.com"`, `null`, `"title": "Topics"`, `"title": "Your e-mail"`, `"Dialer"`, `"avery.quinn@example.com"`, ",\n        \"Reporting\"", "",
			}},
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: `{"source":"google_sheets","response_id":"1"}`},
		Update:  *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }
