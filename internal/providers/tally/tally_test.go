package tally_test

import (
	"flag"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/providertest"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/tally"
)

var update = flag.Bool("update", false, "write the golden files anew")

func suite() providertest.Suite {
	scheme := signature.HMAC{}
	file := "FORM_RESPONSE.json"
	return providertest.Suite{
		Provider: tally.New(),
		Sign: func(d *providers.Delivery, secret string, _ time.Time) {
			d.Header.Set("Tally-Signature", scheme.Sign(*d, secret, ""))
		},
		Deliveries: []providertest.Delivery{
			{Name: file},
			{Name: "FORM_RESPONSE.settings", File: file, Settings: map[string]string{"fields": "Plan=product;Monthly budget=amount", "currency": "EUR"}},
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: `{"eventId":"e1","eventType":"FORM_DELETED","data":{}}`},
		Update:  *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }
