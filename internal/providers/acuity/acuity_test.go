package acuity_test

import (
	"flag"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/acuity"
	"milemarker/internal/providers/providertest"
	"milemarker/internal/providers/signature"
)

var update = flag.Bool("update", false, "write the golden files anew")

func suite() providertest.Suite {
	scheme := signature.HMAC{}
	seen := func(file string) map[string]string { return map[string]string{"appointment": file} }
	return providertest.Suite{
		Provider: acuity.New(),
		Sign: func(d *providers.Delivery, secret string, _ time.Time) {
			d.Header.Set("X-Acuity-Signature", scheme.Sign(*d, secret, ""))
		},
		Deliveries: []providertest.Delivery{
			{Name: "scheduled.form", Details: seen("new.json")},
			{Name: "scheduled.pending", File: "scheduled.form"},
			{Name: "rescheduled", File: "scheduled.form", Replace: []string{"action=scheduled", "action=appointment.rescheduled"}, Details: seen("moved.json")},
			{Name: "changed.form", Details: seen("appointment_get_response.json")},
			{Name: "canceled.form", Details: seen("canceled.json")},
			{Name: "canceled.pending", File: "canceled.form"},
			{Name: "noshow", File: "changed.form", Details: seen("noshow.json")},
			{Name: "order.completed.form"},
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: "action=product.sold&id=1", ContentType: "application/x-www-form-urlencoded"},
		Threads: [][]string{
			{"scheduled.form", "changed.form"},
			{"scheduled.form", "rescheduled", "canceled.form"},
			{"scheduled.pending", "canceled.pending"},
			{"scheduled.pending", "rescheduled", "noshow"},
		},
		NeedsTime: true,
		Mends:     true,
		Update:    *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }
