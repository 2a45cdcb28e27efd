package standardwebhooks_test

import (
	"flag"
	"strconv"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/providertest"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/standardwebhooks"
)

var update = flag.Bool("update", false, "write the golden files anew")

func suite() providertest.Suite {
	scheme := signature.StandardWebhooks("webhook-", signature.Base64Key)
	id := map[string]string{"webhook-id": "msg_1"}
	return providertest.Suite{
		Provider: standardwebhooks.New(),
		Sign: func(d *providers.Delivery, secret string, at time.Time) {
			stamp := strconv.FormatInt(at.Unix(), 10)
			d.Header.Set("webhook-id", "msg_1")
			d.Header.Set("webhook-timestamp", stamp)
			d.Header.Set("webhook-signature", "v1,"+scheme.Sign(*d, secret, stamp))
		},
		Secrets:   [2]string{"whsec_Zmlyc3Qtc2VjcmV0LW9mLTMyLWNoYXJhY3RlcnMtMDA=", "whsec_b3RoZXItc2VjcmV0LW9mLTMyLWNoYXJhY3RlcnMtMDA="},
		Tolerance: 5 * time.Minute,
		AnyKind:   true,
		Deliveries: []providertest.Delivery{
			{Name: "event.json", Header: id},
			{Name: "own", Header: id, Body: `{"type":"call.completed","timestamp":"2026-09-14T14:23:40.000Z","data":{"direction":"outbound","outcome":"conversation","seconds":61,"person":{"phone":"+12025550143"}}}`},
			{Name: "mapped", Header: id, Body: `{"type":"crm.stage","timestamp":"2026-09-14T14:23:40.000Z","data":{"stage":"won","sum":"1.200,50"}}`, Settings: map[string]string{"mapping": `
version: 1
numbers: { decimal: ",", thousands: "." }
events:
  - type: signup.completed
    when: { type: { equals: crm.stage }, data.stage: { equals: won } }
    id: { expr: 'headers["webhook-id"]' }
    time: { column: timestamp }
    data: { signup: { expr: 'headers["webhook-id"]' }, role: customer, amount: { column: data.sum, as: decimal }, currency: EUR }
`}},
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: `{"type":"dance.started","timestamp":"2026-09-14T14:23:40.000Z","data":{"id":"x"}}`},
		Update:  *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }

func TestSvix(t *testing.T) {
	secret := suite().Secrets[0]
	d := providers.Delivery{Method: "POST", Header: map[string][]string{}, Body: []byte(`{}`)}
	stamp := strconv.FormatInt(providertest.Now().Unix(), 10)
	d.Header.Set("svix-id", "msg_1")
	d.Header.Set("svix-timestamp", stamp)
	d.Header.Set("svix-signature", "v1,"+signature.StandardWebhooks("svix-", signature.Base64Key).Sign(d, secret, stamp))
	if err := standardwebhooks.New().Verify(d, providers.Secrets{secret}, providertest.Now()); err != nil {
		t.Error(err)
	}
}
