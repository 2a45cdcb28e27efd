package cloudevents_test

import (
	"flag"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/internal/providers"
	"milemarker/internal/providers/cloudevents"
	"milemarker/internal/providers/providertest"
)

var update = flag.Bool("update", false, "write the golden files anew")

const structured = "application/cloudevents+json; charset=utf-8"

func suite() providertest.Suite {
	binary := map[string]string{
		"ce-specversion": "1.0", "ce-id": "A234-1234-1236", "ce-source": "https://crm.example.test/pipelines/7", "ce-type": "com.example.lead.qualified",
		"ce-subject": "Euro%20%E2%82%AC%20deal", "ce-time": "2026-09-14T15:31:00Z",
	}
	call := map[string]string{"ce-specversion": "1.0", "ce-id": "c1", "ce-source": "/dialer", "ce-type": "call.completed", "ce-time": "2026-09-14T15:31:00Z", "ce-rep": "jordan"}
	own := `{"specversion":"1.0","id":"e1","source":"/crm","type":"lead.captured","time":"2026-09-14T15:31:00Z","rep":"jordan","datacontenttype":"application/json",` +
		`"data":{"source":"website","person":{"email":"avery.quinn@example.com"}}}`
	return providertest.Suite{
		Provider: cloudevents.New(),
		Sign: func(d *providers.Delivery, secret string, _ time.Time) {
			d.Header.Set("Authorization", "Bearer "+secret)
		},
		Uncovered: true,
		AnyKind:   true,
		Deliveries: []providertest.Delivery{
			{Name: "structured.json", ContentType: structured},
			{Name: "own", ContentType: structured, Body: own},
			{Name: "batch", ContentType: "application/cloudevents-batch+json", Body: `[` + own + `,{"specversion":"1.0","id":"e2","source":"/crm","type":"com.example.deal.won",` +
				`"data":{"amount":"12","currency":"EUR"}}]`},
			{Name: "binary", Header: binary, Body: `{"lead_id": "lead_0001", "email": "avery.quinn@example.com", "score": 82, "owner": "jordan.ames@example.org"}`},
			{Name: "binary.own", Header: call, Body: `{"direction":"outbound","outcome":"voicemail"}`},
			{Name: "mapped", ContentType: structured, File: "structured.json", Settings: map[string]string{"mapping": `
version: 1
events:
  - type: lead.qualified
    when: headers["ce-type"].endsWith(".qualified") && body.score > 80
    id: { expr: 'headers["ce-source"] + headers["ce-id"]' }
    time: { expr: 'headers["ce-time"]' }
    rep: "{owner}"
    data: { person: { email: "{email}" }, reason: "score {score}" }
`}},
		},
		Unknown: providertest.Delivery{Name: "unknown", ContentType: structured, Body: `{"specversion":"1.0","id":"1","source":"/x","type":"com.example.dance","data":{}}`},
		Update:  *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }

func TestHandshake(t *testing.T) {
	for _, c := range []struct {
		method, origin, rate string
		shaken               bool
		want                 providers.Reply
	}{
		{http.MethodOptions, "eventemitter.example.com", "120", true, providers.Reply{Status: 200, Header: http.Header{
			"Allow": {"POST"}, "Webhook-Allowed-Origin": {"eventemitter.example.com"}, "Webhook-Allowed-Rate": {"120"},
		}}},
		{http.MethodOptions, "eventemitter.example.com", "", true, providers.Reply{Status: 200, Header: http.Header{
			"Allow": {"POST"}, "Webhook-Allowed-Origin": {"eventemitter.example.com"}, "Webhook-Allowed-Rate": {"*"},
		}}},
		{http.MethodOptions, "", "", true, providers.Reply{Status: 405, Header: http.Header{"Allow": {"POST"}}}},
		{http.MethodOptions, "bad\r\nx: y", "", true, providers.Reply{Status: 405, Header: http.Header{"Allow": {"POST"}}}},
		{http.MethodPost, "eventemitter.example.com", "", false, providers.Reply{}},
	} {
		d := providers.Delivery{Method: c.method, Header: http.Header{}}
		d.Header.Set("WebHook-Request-Origin", c.origin)
		d.Header.Set("WebHook-Request-Rate", c.rate)
		reply, ok := cloudevents.New().Handshake(d, nil)
		if diff := cmp.Diff(c.want, reply); ok != c.shaken || diff != "" {
			t.Errorf("%s %q: %v\n%s", c.method, c.origin, ok, diff)
		}
	}
}
