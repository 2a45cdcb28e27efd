package hubspot_test

import (
	"flag"
	"net/http"
	"strconv"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/hubspot"
	"milemarker/internal/providers/providertest"
	"milemarker/internal/providers/signature"
)

var update = flag.Bool("update", false, "write the golden files anew")

func suite() providertest.Suite {
	scheme := signature.HMAC{Content: "{method}{uri}{body}{time}"}
	batch, contact := "subscription_batch.json", "workflow_webhook.contact.json"
	details := map[string]string{"contact/251": "contact.json", "deal/7036850001": "deal.json"}
	deal := `{"portalId":20024848,"objectType":"DEAL","objectId":7036850001,"version":7,"isDeleted":false,"properties":{` +
		`"dealname":{"value":"Avery Quinn: growth plan"},"dealstage":{"value":"closedwon","versions":[{"value":"closedwon","timestamp":1789395990945}]},` +
		`"amount":{"value":"5400.00"},"closedate":{"value":"1789395990000"},"hs_lastmodifieddate":{"value":"1789395991000"},"hubspot_owner_id":{"value":"928241517"}},` +
		`"associations":{"associatedVids":[251]}}`
	return providertest.Suite{
		Provider: hubspot.New(),
		Sign: func(d *providers.Delivery, secret string, at time.Time) {
			stamp := strconv.FormatInt(at.UnixMilli(), 10)
			d.Header.Set("X-HubSpot-Request-Timestamp", stamp)
			d.Header.Set("X-HubSpot-Signature-v3", scheme.Sign(*d, secret, stamp))
		},
		Tolerance: 5 * time.Minute,
		Deliveries: []providertest.Delivery{
			{Name: batch, Details: details},
			{Name: "subscription.pending", File: batch},
			{Name: "subscription.qualified", Body: `[{"eventId":9,"occurredAt":1789395990945,"subscriptionType":"object.propertyChange","objectTypeId":"0-1",` +
				`"objectId":251,"propertyName":"lifecyclestage","propertyValue":"salesqualifiedlead"}]`, Details: details},
			{Name: contact},
			{Name: "workflow.qualified", File: contact, Replace: []string{
				`"lifecyclestage": {
      "value": "lead"`, `"lifecyclestage": {
      "value": "opportunity"`, `"lastmodifieddate": {
      "value": "1791688122728"`, `"lastmodifieddate": {
      "value": "1791688199999"`, `"value": "Writer"`, `"value": "Editor"`,
			}},
			{Name: "workflow.deal", Body: deal, Settings: map[string]string{"currency": "USD"}},
			{Name: "workflow.deal.open", Body: deal, Settings: map[string]string{"won_stages": "contractsent"}},
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: `[{"eventId":1,"subscriptionType":"company.creation","objectId":5}]`},
		Threads: [][]string{{contact, "workflow.qualified"}, {"subscription.pending", batch}},
		Mends:   true,
		Update:  *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }

func TestSecondVersion(t *testing.T) {
	scheme := signature.HMAC{Plain: true, Encoding: signature.Hex, Content: "{secret}{method}{url}{body}"}
	d := providers.Delivery{Method: http.MethodPost, URL: "https://milemarker.example/hooks/conn_1", Header: http.Header{}, Body: []byte(`[]`)}
	d.Header.Set("X-HubSpot-Signature", scheme.Sign(d, "client-secret", ""))
	if err := hubspot.New().Verify(d, providers.Secrets{"client-secret"}, providertest.Now()); err != nil {
		t.Error(err)
	}
	if err := hubspot.New().Verify(d, providers.Secrets{"other-secret"}, providertest.Now()); err == nil {
		t.Error("another secret is taken")
	}
	d.Header.Set("X-HubSpot-Signature-v3", "bm90aGluZw==")
	if err := hubspot.New().Verify(d, providers.Secrets{"client-secret"}, providertest.Now()); err == nil {
		t.Error("the second version stands in for a bad third")
	}
}
