package facebook_test

import (
	"flag"
	"net/http"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/facebook"
	"milemarker/internal/providers/providertest"
	"milemarker/internal/providers/signature"
)

var update = flag.Bool("update", false, "write the golden files anew")

func suite() providertest.Suite {
	scheme := signature.HMAC{Encoding: signature.Hex}
	file := "leadgen.json"
	details := map[string]string{"123123123777": "lead_fetch_response.json"}
	return providertest.Suite{
		Provider: facebook.New(),
		Sign: func(d *providers.Delivery, secret string, _ time.Time) {
			d.Header.Set("X-Hub-Signature-256", "sha256="+scheme.Sign(*d, secret, ""))
		},
		Deliveries: []providertest.Delivery{
			{Name: file, Details: details},
			{Name: "leadgen.pending", File: file},
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: `{"object":"page","entry":[{"id":"1","changes":[{"field":"feed","value":{"item":"post"}}]}]}`},
		Threads: [][]string{{"leadgen.pending", file}},
		Update:  *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }

func TestHandshake(t *testing.T) {
	const base = "https://milemarker.example/hooks/conn_1?"
	for _, c := range []struct {
		method, query string
		shaken        bool
		status        int
		body          string
	}{
		{http.MethodGet, "hub.mode=subscribe&hub.verify_token=conn_1&hub.challenge=1158201444", true, 0, "1158201444"},
		{http.MethodGet, "hub.mode=subscribe&hub.verify_token=app-secret&hub.challenge=1158201444", true, 0, "1158201444"},
		{http.MethodGet, "hub.mode=subscribe&hub.verify_token=other&hub.challenge=1158201444", true, http.StatusForbidden, ""},
		{http.MethodGet, "hub.mode=subscribe&hub.verify_token=&hub.challenge=1158201444", true, http.StatusForbidden, ""},
		{http.MethodGet, "hub.mode=unsubscribe&hub.verify_token=conn_1&hub.challenge=1", true, http.StatusForbidden, ""},
		{http.MethodGet, "hub.mode=subscribe&hub.verify_token=conn_1&hub.challenge=%3Cscript%3E", true, http.StatusForbidden, ""},
		{http.MethodGet, "x=1", false, 0, ""},
		{http.MethodPost, "hub.mode=subscribe&hub.verify_token=conn_1&hub.challenge=1", false, 0, ""},
	} {
		reply, ok := facebook.New().Handshake(providers.Delivery{Method: c.method, URL: base + c.query}, providers.Secrets{"app-secret"})
		if ok != c.shaken || reply.Status != c.status || string(reply.Body) != c.body {
			t.Errorf("%s %s: %v %d %q", c.method, c.query, ok, reply.Status, reply.Body)
		}
	}
}

func TestWantsDetails(t *testing.T) {
	out, err := facebook.New().Translate(providers.Input{Delivery: providers.Delivery{
		Body: []byte(`{"entry":[{"changes":[{"field":"leadgen","value":{"leadgen_id":"77"}},{"field":"leadgen","value":{"leadgen_id":"../me"}}]}]}`),
	}})
	if err != nil || len(out.Wants) != 1 || out.Wants[0].Name != "77" {
		t.Errorf("%+v, %v", out.Wants, err)
	}
}
