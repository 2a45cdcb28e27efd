package calendly_test

import (
	"flag"
	"strconv"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/calendly"
	"milemarker/internal/providers/providertest"
	"milemarker/internal/providers/signature"
)

var update = flag.Bool("update", false, "write the golden files anew")

func suite() providertest.Suite {
	scheme := signature.HMAC{Encoding: signature.Hex, Content: "{time}.{body}"}
	const (
		created, canceled, noShow = "invitee.created.json", "invitee.canceled.json", "invitee_no_show.created.json"

		first  = "https://api.calendly.com/scheduled_events/7f3a1c2e-0001-4b5d-9a6e-0123456789ab/invitees/9d8c7b6a-0001-4e5f-8a9b-0123456789ab"
		second = "https://api.calendly.com/scheduled_events/7f3a1c2e-0002-4b5d-9a6e-0123456789ab/invitees/9d8c7b6a-0002-4e5f-8a9b-0123456789ab"
		third  = "https://api.calendly.com/scheduled_events/7f3a1c2e-0003-4b5d-9a6e-0123456789ab/invitees/9d8c7b6a-0003-4e5f-8a9b-0123456789ab"
	)
	at := func(s string) []string {
		return []string{`"created_at": "2026-09-14T15:06:13.000000Z"`, `"created_at": "` + s + `"`}
	}
	moved := func(uri, old, day, told string) []string {
		return append(at(told), `"old_invitee": null`, `"old_invitee": "`+old+`"`, `"uri": "`+first+`"`, `"uri": "`+uri+`"`,
			`"created_at": "2026-09-14T15:06:13.072950Z"`, `"created_at": "`+told+`"`,
			`"start_time": "2026-09-16T`, `"start_time": "2026-09-`+day+`T`, `"end_time": "2026-09-16T`, `"end_time": "2026-09-`+day+`T`)
	}
	return providertest.Suite{
		Provider: calendly.New(),
		Sign: func(d *providers.Delivery, secret string, at time.Time) {
			stamp := strconv.FormatInt(at.Unix(), 10)
			d.Header.Set("Calendly-Webhook-Signature", "t="+stamp+",v1="+scheme.Sign(*d, secret, stamp))
		},
		Tolerance: 3 * time.Minute,
		Deliveries: []providertest.Delivery{
			{Name: created},
			{Name: canceled, Replace: at("2026-09-15T09:00:00.000000Z")},
			{Name: noShow, Replace: at("2026-09-16T14:15:00.000000Z")},
			{Name: "invitee_no_show.deleted", File: noShow, Replace: append(at("2026-09-16T16:00:00.000000Z"),
				"invitee_no_show.created", "invitee_no_show.deleted")},
			{Name: "moved.canceled", File: canceled, Replace: append(at("2026-09-15T08:00:00.000000Z"), `"rescheduled": false`, `"rescheduled": true`,
				`"new_invitee": null`, `"new_invitee": "`+second+`"`)},
			{Name: "moved.created", File: created, Replace: moved(second, first, "17", "2026-09-15T08:00:01.000000Z")},
			{Name: "moved.again.canceled", File: canceled, Replace: append(moved(second, first, "17", "2026-09-15T10:00:00.000000Z"),
				`"rescheduled": false`, `"rescheduled": true`, `"new_invitee": null`, `"new_invitee": "`+third+`"`)},
			{Name: "moved.again.created", File: created, Replace: moved(third, second, "18", "2026-09-15T10:00:01.000000Z")},
			{Name: "moved.off", File: canceled, Replace: append(moved(third, second, "18", "2026-09-17T10:00:00.000000Z"), `"canceler_type": "invitee"`, `"canceler_type": "host"`)},
			{Name: "routing_form_submission.created", Body: `{"event":"routing_form_submission.created","created_at":"2026-09-14T15:06:13.000000Z","payload":{` +
				`"uri":"https://api.calendly.com/routing_form_submissions/aa11","created_at":"2026-09-14T15:06:12.000000Z","questions_and_answers":[` +
				`{"question":"Work email","answer":"avery.quinn@example.com"},{"question":"Company","answer":"Larkspur Dental"},{"question":"How soon?","answer":"Now"}],` +
				`"tracking":{"utm_source":"dialer"}}}`},
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: `{"event":"event_type.created","created_at":"2026-09-14T15:06:13.000000Z","payload":{"uri":"https://api.calendly.com/event_types/1"}}`},
		Threads: [][]string{
			{created, canceled},
			{created, noShow, "invitee_no_show.deleted"},
			{created, "moved.canceled", "moved.created", "moved.again.canceled", "moved.again.created", "moved.off"},
		},
		NeedsTime: true,
		Mends:     true,
		Update:    *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }
