package shopify_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/providertest"
	"milemarker/internal/providers/shopify"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	fixture = "orders_paid.json"
	test    = `"test": true`
	honest  = `"test": false`
)

func topic(name string) map[string]string {
	return map[string]string{"X-Shopify-Topic": name, "X-Shopify-Event-Id": "0f1e2d3c-0001-4a5b-8c9d-35044f5f7d28"}
}

const refund = `{"id":929361469000000001,"order_id":731204558190246613,"created_at":"2026-09-15T09:00:00-05:00","note":"Avery changed her mind","user_id":443121870,
"transactions":[
 {"id":1,"kind":"refund","status":"success","amount":"100.50","currency":"USD"},
 {"id":2,"kind":"refund","status":"failure","amount":"7.00","currency":"USD"},
 {"id":3,"kind":"sale","status":"success","amount":"388.00","currency":"USD"},
 {"id":4,"kind":"refund","status":"success","amount":"0.45","currency":"USD"}]}`

const customer = `{"id":623999548968743144,"email":"avery.quinn@example.com","created_at":"2026-09-14T10:00:00-05:00","first_name":"Avery","last_name":"Quinn",
"phone":null,"default_address":{"phone":"202-555-0143","country_code":"US","company":"Larkspur Dental"}}`

func suite() providertest.Suite {
	return providertest.Suite{
		Provider: shopify.New(),
		Sign: func(d *providers.Delivery, secret string, _ time.Time) {
			mac := hmac.New(sha256.New, []byte(secret))
			mac.Write(d.Body)
			d.Header.Set("X-Shopify-Hmac-Sha256", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		},
		Deliveries: []providertest.Delivery{
			{Name: fixture, Header: topic("orders/paid")},
			{Name: "orders_paid.test-counts", File: fixture, Header: topic("orders/paid"), Settings: map[string]string{"test_orders": "count"}},
			{Name: "orders_paid.real", File: fixture, Replace: []string{test, honest}, Header: topic("orders/paid")},
			{Name: "orders_paid.without-topic", File: fixture, Replace: []string{test, honest}},
			{Name: "orders_paid.presentment", File: fixture, Header: topic("orders/paid"), Replace: []string{
				test, honest, `"currency": "USD"`, `"currency": "CAD"`, `"landing_site": null`, `"landing_site": "/?utm_source=newsletter&x=1"`, `"user_id": null`, `"user_id": 9007199254740993`,
			}},
			{Name: "orders_paid.free", File: fixture, Header: topic("orders/paid"), Replace: []string{test, honest, `"total_price_set": {
    "shop_money": {
      "amount": "388.00"`, `"total_price_set": {
    "shop_money": {
      "amount": "0.00"`}},
			{Name: "orders_paid.unreadable", File: fixture, Header: topic("orders/paid"), Replace: []string{test, honest, `"total_price_set"`, `"other_set"`, `"total_price": "388.00"`, `"total_price": "three hundred"`}},
			{Name: "orders_paid.renewal", File: fixture, Header: topic("orders/paid"), Replace: []string{test, honest, `"source_name": "web"`, `"source_name": "subscription_contract"`}},
			{Name: "orders_cancelled", File: fixture, Header: topic("orders/cancelled"), Replace: []string{test, honest}},
			{Name: "orders_cancelled.unpaid", File: fixture, Header: topic("orders/cancelled"), Replace: []string{test, honest, `"financial_status": "paid"`, `"financial_status": "voided"`}},
			{Name: "refunds_create", Body: refund, Header: topic("refunds/create")},
			{Name: "customers_create", Body: customer, Header: topic("customers/create")},
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: `{"id":1,"domain":"x.example"}`, Header: map[string]string{"X-Shopify-Topic": "app/uninstalled"}},
		Update:  *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite()) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite()) }
