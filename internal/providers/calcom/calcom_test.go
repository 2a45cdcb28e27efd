package calcom_test

import (
	"flag"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/calcom"
	"milemarker/internal/providers/providertest"
	"milemarker/internal/providers/signature"
)

var update = flag.Bool("update", false, "write the golden files anew")

func suite() providertest.Suite {
	scheme := signature.HMAC{Encoding: signature.Hex}
	const created, cancelled = "BOOKING_CREATED.json", "BOOKING_CANCELLED.json"
	noShow := `{"triggerEvent":"BOOKING_NO_SHOW_UPDATED","createdAt":"2026-09-16T14:40:00.000Z","payload":{"message":"marked","bookingUid":"bGKeNb2uX8ANpT3JL5EfXx",` +
		`"bookingId":91,"attendees":[{"email":"avery.quinn@example.com","noShow":true}]}}`
	at := []string{`"createdAt": "2026-09-14T15:06:13.538Z"`, `"createdAt": "2026-09-15T09:00:00.000Z"`}
	moved := append(at, "BOOKING_CREATED", "BOOKING_RESCHEDULED", `"uid": "bGKeNb2uX8ANpT3JL5EfXx"`, `"uid": "newUid", "rescheduleUid": "bGKeNb2uX8ANpT3JL5EfXx"`,
		`"startTime": "2026-09-16T`, `"startTime": "2026-09-18T`, `"endTime": "2026-09-16T`, `"endTime": "2026-09-18T`)
	return providertest.Suite{
		Provider: calcom.New(),
		Sign: func(d *providers.Delivery, secret string, _ time.Time) {
			d.Header.Set("X-Cal-Signature-256", scheme.Sign(*d, secret, ""))
		},
		Deliveries: []providertest.Delivery{
			{Name: created},
			{Name: cancelled, Replace: at},
			{Name: "BOOKING_RESCHEDULED", File: created, Replace: moved},
			{Name: "BOOKING_NO_SHOW_UPDATED", Body: noShow},
			{Name: "BOOKING_NO_SHOW_UPDATED.back", Body: noShow, Replace: []string{`"noShow":true`, `"noShow":false`, "14:40", "15:40"}},
			{Name: "MEETING_ENDED.flat.json"},
			{Name: "BOOKING_REQUESTED", File: created, Replace: []string{"BOOKING_CREATED", "BOOKING_REQUESTED"}},
			{Name: "FORM_SUBMITTED", Body: `{"triggerEvent":"FORM_SUBMITTED","createdAt":"2026-09-14T15:06:13.538Z","payload":{"formId":"f1","formName":"Book a demo",` +
				`"responses":{"email":{"value":"avery.quinn@example.com"},"your_name":{"value":"Avery Quinn"},"team size":{"value":"11-50"}}}}`},
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: `{"triggerEvent":"OOO_CREATED","createdAt":"2026-09-14T15:06:13.538Z","payload":{}}`},
		Threads: [][]string{
			{created, "BOOKING_RESCHEDULED"},
			{created, cancelled},
			{created, "BOOKING_NO_SHOW_UPDATED", "BOOKING_NO_SHOW_UPDATED.back"},
		},
		NeedsTime: true,
		Mends:     true,
		Update:    *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }

func TestNoSecretProvided(t *testing.T) {
	d := providers.Delivery{Header: map[string][]string{"X-Cal-Signature-256": {"no-secret-provided"}}, Body: []byte(`{}`)}
	if calcom.New().Verify(d, providers.Secrets{"no-secret-provided"}, providertest.Now()) == nil {
		t.Error("a delivery without a secret is let in")
	}
}
