package plain_test

import (
	"errors"
	"flag"
	"strings"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/plain"
	"milemarker/internal/providers/providertest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// document maps what a small CRM sends.
const document = `
version: 1
lookups:
  stages: { Kept: appointment.held, Not interested: lead.disqualified }
for_each: body.rows
events:
  - type: { column: stage, lookup: stages, default: "" }
    when: item.stage in ["Kept", "Not interested"]
    id: "{ref}"
    time: { column: when, layout: "2006-01-02 03:04 PM", zone: America/New_York }
    rep: "{agent}"
    data:
      appointment: { expr: 'item.stage == "Kept" ? item.ref : ""' }
      person: { name: "{who}", phone: "{number}" }
`

func suite() providertest.Suite {
	form := "application/x-www-form-urlencoded"
	mapping := map[string]string{"mapping": document}
	return providertest.Suite{
		Provider: plain.New(),
		Sign: func(d *providers.Delivery, secret string, _ time.Time) {
			d.Header.Set("X-Ingest-Token", secret)
		},
		Uncovered: true,
		AnyKind:   true,
		Deliveries: []providertest.Delivery{
			{Name: "plain.flat.json"},
			{Name: "plain.form"},
			{Name: "query", Method: "GET", URL: "https://milemarker.example/hooks/conn_1?event=call&phone=2025550143&duration=65&rep=jordan&id=c1&time=2026-09-14T15:00:00Z"},
			{Name: "call.voicemail", Body: "event=call&phone=2025550143&outcome=Left+Voicemail&direction=Incoming&agent=jordan.ames%40example.org&id=c2", ContentType: form},
			{Name: "nested", Body: `{"Event Type":"Meeting Held","data":{"Lead":{"Email":"avery.quinn@example.com","Full Name":"Avery Quinn"},"booking-id":7,"time":"2026-09-16T14:00:00Z","id":820982911946154508}}`},
			{Name: "list", Body: `[{"event":"quote.accepted","id":"q1","amount":199.10,"currency":"eur","email":"avery.quinn@example.com"},{"event":"payment","id":"p1","amount":"12.50","currency":"EUR"},{"event":"sale","id":"s1","mrr":"49","interval":"yearly","currency":"EUR","amount":"a lot"}]`},
			{Name: "nothing-but-a-person", Body: "name=Avery+Quinn&email=avery.quinn%40example.com&phone=later&message=Call+me", ContentType: form},
			{Name: "mapped", Settings: mapping, Body: `{"rows":[{"ref":"r1","stage":"Kept","when":"2026-09-14 10:00 AM","who":"Avery Quinn","number":"(202) 555-0143","agent":"+13125550188"},` +
				`{"ref":"r2","stage":"Not interested","when":"soon","who":"Avery Quinn","number":"?"},{"ref":"r3","stage":"Other"}]}`},
		},
		Unknown:   providertest.Delivery{Name: "unknown", Body: `{"event":"dance.started","email":"avery.quinn@example.com"}`},
		NeedsTime: true,
		Update:    *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }

func TestAppointmentNeedsItsStart(t *testing.T) {
	for body, good := range map[string]bool{
		`{"event":"Meeting Booked","id":"m1","email":"a@example.com","Start Time":"2026-09-16 10:00","ends_at":"2026-09-16 10:30"}`: true,
		`{"event":"Meeting Booked","id":"m1","email":"a@example.com","Start Time":"next week"}`:                                     false,
	} {
		in := providers.Input{Delivery: providers.Delivery{Method: "POST", Body: []byte(body), Received: providertest.Now()}, Zone: time.UTC}
		out, err := plain.New().Translate(in)
		if good && (err != nil || len(out.Events) != 1) {
			t.Errorf("%s: %+v, %v", body, out, err)
		}
		if !good && (!errors.Is(err, providers.ErrMalformed) || !strings.Contains(err.Error(), "starts_at")) {
			t.Errorf("%s: %+v, %v", body, out, err)
		}
	}
}

func TestMappingFaults(t *testing.T) {
	for document, want := range map[string]string{
		"my-mapping":             "no mapping named my-mapping is stored",
		"version: 1\nevents: []": "line 2: events holds no rule",
		"version: 1\nevents: [{type: lead.captured, id: '{id}', data: {amuont: '1'}}]":         "line 2: lead.captured/data/amuont: is not known here",
		"version: 1\nevents: [{type: lead.captured, id: {expr: body.nope}, data: {}}]":         `line 2: id: there is no "nope"`,
		"version: 1\nfor_each: body.id\nevents: [{type: lead.captured, id: '{id}', data: {}}]": "line 2: for_each: a list is needed",
	} {
		in := providers.Input{
			Delivery: providers.Delivery{Method: "POST", Body: []byte(`{"id":"1"}`), Received: providertest.Now()}, Zone: time.UTC,
			Settings: map[string]string{"mapping": document},
		}
		_, err := plain.New().Translate(in)
		if !errors.Is(err, providers.ErrMalformed) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", document, err, want)
		}
	}
}

func TestVerifyPlaces(t *testing.T) {
	secrets := providers.Secrets{"0123456789"}
	for _, c := range []struct {
		name, url, header, value string
		good                     bool
	}{
		{"URL", "https://m.example/hooks/c/0123456789", "", "", true},
		{"wrong URL", "https://m.example/hooks/c/012345678", "", "", false},
		{"bearer", "https://m.example/hooks/c", "Authorization", "Bearer 0123456789", true},
		{"wrong bearer", "https://m.example/hooks/c", "Authorization", "Bearer x", false},
		{"header", "https://m.example/hooks/c", "X-Ingest-Token", "0123456789", true},
		{"no second chance", "https://m.example/hooks/c/0123456789", "X-Ingest-Token", "x", false},
		{"nothing", "https://m.example/hooks/c", "", "", false},
	} {
		d := providers.Delivery{URL: c.url, Header: map[string][]string{}}
		if c.header != "" {
			d.Header.Set(c.header, c.value)
		}
		if err := plain.New().Verify(d, secrets, time.Time{}); (err == nil) != c.good {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
