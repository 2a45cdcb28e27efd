package paypal_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"math/big"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"milemarker/internal/providers"
	"milemarker/internal/providers/paypal"
	"milemarker/internal/providers/providertest"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	sale      = "PAYMENT.SALE.COMPLETED.json"
	activated = "BILLING.SUBSCRIPTION.ACTIVATED.json"
	order     = "CHECKOUT.ORDER.COMPLETED.json"
	certURL   = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270"
)

// signer holds a key pair as PayPal would have it.
type signer struct {
	key  *rsa.PrivateKey
	cert []byte
}

func newSigner(tb testing.TB, from, to time.Time) signer {
	tb.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: to}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatal(err)
	}
	return signer{key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// sign is written after PayPal's description, apart from what Verify does.
func (s signer) sign(d *providers.Delivery, webhook string, at time.Time) {
	id, _, _ := strings.Cut(webhook, "\n")
	content := fmt.Sprintf("%s|%s|%s|%d", "tr-1", at.Format(time.RFC3339), strings.TrimSpace(id), crc32.ChecksumIEEE(d.Body))
	sum := sha256.Sum256([]byte(content))
	sig, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	for name, value := range map[string]string{
		"Paypal-Transmission-Id": "tr-1", "Paypal-Transmission-Time": at.Format(time.RFC3339), "Paypal-Auth-Algo": "SHA256withRSA",
		"Paypal-Transmission-Sig": base64.StdEncoding.EncodeToString(sig), "Paypal-Cert-Url": certURL,
	} {
		d.Header.Set(name, value)
	}
	d.Certificate = s.cert
}

const capture = `{"id":"WH-1","create_time":"2018-04-01T21:21:00Z","event_type":"PAYMENT.CAPTURE.COMPLETED","resource":{"id":"7F563169NA262367J","status":"COMPLETED",
"amount":{"currency_code":"USD","value":"100.00"},"create_time":"2018-04-01T21:20:49Z","supplementary_data":{"related_ids":{"order_id":"1B104376NR185381U"}}}}`

const refunded = `{"id":"WH-2","create_time":"2018-05-01T10:00:00Z","event_type":"PAYMENT.CAPTURE.REFUNDED","resource":{"id":"1Y107995YT783435V","status":"COMPLETED",
"amount":{"currency_code":"USD","value":"33.30"},"create_time":"2018-05-01T09:59:00Z","links":[{"rel":"self","href":"https://api.paypal.com/v2/payments/refunds/1Y107995YT783435V"},
{"rel":"up","href":"https://api.paypal.com/v2/payments/captures/7F563169NA262367J"}]}}`

const plan = `"plan": {"billing_cycles":[{"tenure_type":"TRIAL","pricing_scheme":{"fixed_price":{"value":"1.00","currency_code":"USD"}},"frequency":{"interval_unit":"WEEK"}},
{"tenure_type":"REGULAR","pricing_scheme":{"fixed_price":{"value":"500.00","currency_code":"USD"}},"frequency":{"interval_unit":"MONTH","interval_count":1}}]}, "plan_id"`

// instalment makes a subscription's payment.
func instalment(id, at string) []string {
	return []string{`"payment_mode"`, `"billing_agreement_id": "I-XM902JPAHJ3C", "payment_mode"`, "76631377EQ008084I", id, "WH-2DJ19551XX1965581-58275461ZQ5785288", "WH-" + id, "2014-10-23T17:22:56Z", at}
}

func suite(tb testing.TB) providertest.Suite {
	tb.Helper()
	signer := newSigner(tb, providertest.Now().Add(-time.Hour), providertest.Now().Add(time.Hour))
	return providertest.Suite{
		Provider: paypal.New(),
		Sign:     signer.sign,
		Secrets:  [2]string{"8PT597110X687430LKGECATA", "1JE4291016473214C"},
		Deliveries: []providertest.Delivery{
			{Name: sale},
			{Name: activated},
			{Name: order},
			{Name: "PAYMENT.CAPTURE.COMPLETED", Body: capture},
			{Name: "PAYMENT.CAPTURE.COMPLETED.free", Body: capture, Replace: []string{"100.00", "0.00"}},
			{Name: "PAYMENT.CAPTURE.COMPLETED.unreadable", Body: capture, Replace: []string{"100.00", "a lot"}},
			{Name: "PAYMENT.CAPTURE.COMPLETED.pending", Body: capture, Replace: []string{"COMPLETED\",\n", "PENDING\",\n"}},
			{Name: "PAYMENT.CAPTURE.REFUNDED", Body: refunded},
			{Name: "PAYMENT.SALE.REFUNDED", File: sale, Replace: []string{`"PAYMENT.SALE.COMPLETED"`, `"PAYMENT.SALE.REFUNDED"`, `"total": "0.48"`, `"total": "-0.48"`, `"payment_mode"`, `"sale_id": "4CF18861HF410323U", "payment_mode"`}},
			{Name: "PAYMENT.SALE.REVERSED", File: sale, Replace: []string{`"PAYMENT.SALE.COMPLETED"`, `"PAYMENT.SALE.REVERSED"`}},
			{Name: "instalment.1", File: sale, Replace: instalment("1AA", "2018-12-01T01:20:49Z")},
			{Name: "instalment.2", File: sale, Replace: instalment("2AA", "2019-01-01T01:20:49Z")},
			{Name: "activated.plan", File: activated, Replace: []string{`"plan_id"`, plan}},
			{Name: "activated.unpaid", File: activated, Replace: []string{`"last_payment"`, `"none"`, `"cycles_completed": 1,
          "cycles_remaining": 0,
          "current_pricing_scheme_version": 2`, `"cycles_completed": 0`}},
			{Name: "activated.again", File: activated, Replace: []string{"WH-45317954YO37051O2-6Q0P93017R54162X3", "WH-again", `"sequence": 2,
          "cycles_completed": 1`, `"sequence": 2,
          "cycles_completed": 7`}},
			{Name: "cancelled", File: activated, Replace: []string{"SUBSCRIPTION.ACTIVATED", "SUBSCRIPTION.CANCELLED", `"plan_id"`, `"status_change_note": "Avery moves abroad", "plan_id"`}},
			{Name: "cancelled.unpaid", File: activated, Replace: []string{"SUBSCRIPTION.ACTIVATED", "SUBSCRIPTION.CANCELLED", `"last_payment"`, `"none"`}},
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: `{"id":"WH-9","event_type":"CUSTOMER.DISPUTE.CREATED","resource":{"id":"PP-D-1"}}`},
		Threads: [][]string{
			{"PAYMENT.CAPTURE.COMPLETED", order, "PAYMENT.CAPTURE.REFUNDED"},
			{"activated.unpaid", "instalment.1", "instalment.2", "cancelled"},
			{"activated.plan", "instalment.1", "instalment.2", "activated.again"},
		},
		Mends:  true,
		Update: *update,
	}
}

func TestConformance(t *testing.T) { providertest.Run(t, suite(t)) }

func FuzzDelivery(f *testing.F) { providertest.Fuzz(f, suite(f)) }

func TestCertificates(t *testing.T) {
	now := providertest.Now()
	good := newSigner(t, now.Add(-time.Hour), now.Add(time.Hour))
	other := newSigner(t, now.Add(-time.Hour), now.Add(time.Hour))
	past := newSigner(t, now.Add(-2*time.Hour), now.Add(-time.Hour))
	test, err := os.ReadFile("testdata/test_cert.pem")
	if err != nil {
		t.Fatal(err)
	}
	const id = "8PT597110X687430LKGECATA"
	for name, c := range map[string]struct {
		signer signer
		secret string
		change func(*providers.Delivery)
		ok     bool
	}{
		"fetched":                      {good, id, nil, true},
		"in the secret":                {good, id + "\n" + string(good.cert), func(d *providers.Delivery) { d.Certificate = nil }, true},
		"in the secret, from anywhere": {good, id + "\r\n" + string(good.cert), func(d *providers.Delivery) { d.Header.Set("Paypal-Cert-Url", "https://evil.example/cert") }, true},
		"another in the secret":        {good, id + "\n" + string(other.cert), nil, false},
		"the fetched one does not outweigh the secret's": {good, id + "\n" + string(test), nil, false},
		"another":        {good, id, func(d *providers.Delivery) { d.Certificate = other.cert }, false},
		"expired":        {past, id, nil, false},
		"none":           {good, id, func(d *providers.Delivery) { d.Certificate = nil }, false},
		"no certificate": {good, id, func(d *providers.Delivery) { d.Certificate = []byte("<html>") }, false},
		"from elsewhere": {good, id, func(d *providers.Delivery) {
			d.Header.Set("Paypal-Cert-Url", "https://evil.example/v1/notifications/certs/1")
		}, false},
		"another algorithm":      {good, id, func(d *providers.Delivery) { d.Header.Set("Paypal-Auth-Algo", "SHA1withRSA") }, false},
		"a certificate as an id": {good, string(good.cert), nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := providers.Delivery{Method: http.MethodPost, Header: http.Header{}, Body: []byte(capture)}
			c.signer.sign(&d, c.secret, now)
			if c.change != nil {
				c.change(&d)
			}
			err := paypal.New().Verify(d, providers.Secrets{c.secret}, now)
			if c.ok != (err == nil) || !c.ok && !errors.Is(err, providers.ErrSignature) && !errors.Is(err, providers.ErrNoSecret) {
				t.Error(err)
			}
		})
	}
}

func TestOnlyPayPalsOwnCertificatesAreFetched(t *testing.T) {
	for address, ok := range map[string]bool{
		certURL: true,
		"https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1":    true,
		"http://api.paypal.com/v1/notifications/certs/CERT-1":             false,
		"https://api.paypal.com.evil.example/v1/notifications/certs/1":    false,
		"https://evil.example/api.paypal.com/v1/notifications/certs/1":    false,
		"https://api.paypal.com@evil.example/v1/notifications/certs/1":    false,
		"https://x:y@api.paypal.com/v1/notifications/certs/1":             false,
		"https://api.paypal.com:8443/v1/notifications/certs/1":            false,
		"https://api.paypal.com/v1/notifications/certs/../../oauth2":      false,
		"https://api.paypal.com/v1/notifications/certs/%2e%2e/x":          false,
		"https://www.paypal.com/v1/notifications/certs/1":                 false,
		"https://api.paypal.com/v1/notifications/certs/1?next=http://127": false,
		"": false,
	} {
		d := providers.Delivery{Header: http.Header{"Paypal-Cert-Url": {address}}}
		if got := paypal.New().Certificate(d); (got != "") != ok {
			t.Errorf("%q gave %q", address, got)
		}
	}
}
