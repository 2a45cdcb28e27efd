package jotform_test

import (
	"flag"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/jotform"
	"milemarker/internal/providers/providertest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func suite() providertest.Suite {
	kind := "multipart/form-data; boundary=----jotformFixtureBoundary7MA4YWxk"
	return providertest.Suite{
		Provider: jotform.New(),
		Sign: func(d *providers.Delivery, secret string, _ time.Time) {
			d.URL += "/" + secret
		},
		Uncovered: true,
		Deliveries: []providertest.Delivery{
			{Name: "submission.multipart", ContentType: kind},
			{Name: "submission.settings", File: "submission.multipart", ContentType: kind, Settings: map[string]string{"fields": "howMany=product; q13_appointment=skip"}},
		},
		Unknown:   providertest.Delivery{Name: "unknown", Body: "formID=1&event=deleted", ContentType: "application/x-www-form-urlencoded"},
		NeedsTime: true,
		Update:    *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }
