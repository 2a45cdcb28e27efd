// Package paypal understands PayPal's webhooks: orders, payments, subscriptions and refunds.
package paypal

import (
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

// Provider is PayPal.
type Provider struct{}

// New returns the provider.
func New() Provider { return Provider{} }

// The kinds that count.
const (
	kindOrder     = "CHECKOUT.ORDER.COMPLETED"
	kindCapture   = "PAYMENT.CAPTURE.COMPLETED"
	kindSale      = "PAYMENT.SALE.COMPLETED"
	kindActivated = "BILLING.SUBSCRIPTION.ACTIVATED"
	kindCancelled = "BILLING.SUBSCRIPTION.CANCELLED"
	kindExpired   = "BILLING.SUBSCRIPTION.EXPIRED"
)

// refunds are the kinds by which money goes back.
func refunds() []string {
	return []string{"PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED", "PAYMENT.SALE.REFUNDED", "PAYMENT.SALE.REVERSED"}
}

// hosts are where PayPal publishes the certificates of its webhooks.
func hosts() []string {
	return []string{"api.paypal.com", "api-m.paypal.com", "api.sandbox.paypal.com", "api-m.sandbox.paypal.com"}
}

// About describes PayPal.
func (Provider) About() providers.About {
	sale, paid := events.TypeSignupCompleted, events.TypePaymentReceived
	kinds := []providers.Kind{
		{Name: kindOrder, Events: []string{sale, paid}},
		{Name: kindCapture, Events: []string{sale, paid}},
		{Name: kindSale, Events: []string{sale, paid}, Note: "a sale if it is a subscription's first, or stands alone"},
		{Name: kindActivated, Events: []string{sale, paid}, Note: "if more than 0 was paid; says who made the payments so far"},
		{Name: kindCancelled, Events: []string{events.TypeSignupCancelled}, Note: "if anything was ever paid"},
		{Name: kindExpired, Events: []string{events.TypeSignupCancelled}, Note: "if anything was ever paid"},
	}
	for _, kind := range refunds() {
		kinds = append(kinds, providers.Kind{Name: kind, Events: []string{events.TypePaymentRefunded}})
	}
	return providers.About{
		Name: "paypal", Title: "PayPal", Category: providers.Payment,
		Steps: []string{
			"In the PayPal developer dashboard open Apps & Credentials, the app, and add a webhook.",
			"Paste {url} and choose Checkout order completed, Payment capture completed, refunded and reversed, Payment sale completed, refunded and reversed, " +
				"and Billing subscription activated, cancelled and expired.",
			"Copy the webhook's id and paste it here.",
		},
		Secret: providers.Secret{
			Name: "webhook id",
			Where: "PayPal developer dashboard, the app, below Webhooks. Without a way to the internet, add the text of the certificate that " +
				"PayPal signs with (PEM) in the lines below the id.",
		},
		Kinds:        kinds,
		Verification: "RSA-SHA256 with PayPal's certificate over id, time, webhook id and checksum of the body",
		Idempotency:  "id (WH-...)",
		Limits: []string{
			"The certificate is fetched from PayPal, or is part of the secret: a delivery whose certificate cannot be had is refused, and PayPal sends it again.",
			"PayPal signs a CRC-32 of the body, not the body itself.",
			"What a subscription costs is known only where it departs from its plan, and by what is paid.",
			"Paid invoices are told of by their payments.",
		},
		Confidence: providers.Captured,
		Hosts:      hosts(),
	}
}

// Certificate returns where the certificate lies, if that is where PayPal keeps them.
func (Provider) Certificate(d providers.Delivery) string {
	text := d.Header.Get("Paypal-Cert-Url")
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || !slices.Contains(hosts(), u.Host) || u.User != nil || u.RawQuery != "" || u.Fragment != "" ||
		!strings.HasPrefix(u.EscapedPath(), "/v1/notifications/certs/") || strings.Contains(text, "..") || strings.Contains(text, "%") {
		return ""
	}
	return u.String()
}

// Verify checks the signature with the certificate that stands in the secret below the webhook id, or else with the one
// that the delivery names and whoever runs the provider has fetched.
func (p Provider) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	sig, err := base64.StdEncoding.DecodeString(d.Header.Get("Paypal-Transmission-Sig"))
	if err != nil || !strings.EqualFold(d.Header.Get("Paypal-Auth-Algo"), "SHA256withRSA") {
		sig = nil
	}
	if len(secrets) == 0 {
		return providers.ErrNoSecret
	}
	fault := fmt.Errorf("transmission: %w", providers.ErrSignature)
	for _, secret := range secrets {
		id, pinned, _ := strings.Cut(strings.TrimSpace(secret), "\n")
		if id = strings.TrimSpace(id); id == "" || strings.HasPrefix(id, "-----") {
			return providers.ErrNoSecret
		}
		bundle := []byte(pinned)
		if strings.TrimSpace(pinned) == "" {
			bundle = d.Certificate
			if p.Certificate(d) == "" {
				fault = fmt.Errorf("certificate is not PayPal's: %w", providers.ErrSignature)
				continue
			}
		}
		content := strings.Join([]string{
			d.Header.Get("Paypal-Transmission-Id"), d.Header.Get("Paypal-Transmission-Time"), id,
			strconv.FormatUint(uint64(crc32.ChecksumIEEE(d.Body)), 10),
		}, "|")
		if fault = signature.RSA([]byte(content), sig, bundle, now); fault == nil {
			return nil
		}
	}
	return fault
}

// Thread names the subscription or the order.
func (Provider) Thread(d providers.Delivery) string {
	body, err := wire.JSON(d.Body)
	if err != nil {
		return ""
	}
	return thread(body.Get("event_type").Text(), body.Get("resource"))
}

func thread(kind string, resource wire.Value) string {
	switch kind {
	case kindActivated, kindCancelled, kindExpired, kindOrder:
		return wire.Line(resource.Get("id").Text(), maxID)
	case kindCapture:
		return wire.Line(resource.First("supplementary_data.related_ids.order_id", "id"), maxID)
	case kindSale:
		return wire.Line(resource.First("billing_agreement_id", "parent_payment", "id"), maxID)
	}
	return ""
}

const maxID = 200
