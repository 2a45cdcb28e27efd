package signature_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stripe/stripe-go/v85/webhook"
	"github.com/twilio/twilio-go/client"
	"pgregory.net/rapid"

	"milemarker/internal/providers"
	"milemarker/internal/providers/signature"
)

func delivery(body string, header ...string) providers.Delivery {
	d := providers.Delivery{Method: http.MethodPost, URL: "https://mm.example/hooks/c", Header: http.Header{}, Body: []byte(body)}
	for i := 0; i+1 < len(header); i += 2 {
		d.Header.Add(header[i], header[i+1])
	}
	return d
}

func at() time.Time { return time.Unix(1789398320, 0) }

// What the official library of Standard Webhooks signs, we accept, and the other way round.
func TestAgreesWithStandardWebhooks(t *testing.T) {
	scheme := signature.StandardWebhooks("Webhook-", signature.Base64Key)
	rapid.Check(t, func(t *rapid.T) {
		secret := "whsec_" + base64.StdEncoding.EncodeToString(rapid.SliceOfN(rapid.Byte(), 1, 64).Draw(t, "secret"))
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		id := rapid.StringMatching(`[a-zA-Z0-9_]{1,20}`).Draw(t, "id")
		now := time.Now()
		official, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := official.Sign(id, now, body)
		if err != nil {
			t.Fatal(err)
		}
		d := delivery(string(body), "Webhook-Id", id, "Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10), "Webhook-Signature", theirs)
		if err := scheme.Verify(d, providers.Secrets{secret}, now); err != nil {
			t.Fatalf("refused what the library signed: %v", err)
		}
		d.Header.Set("Webhook-Signature", "v1,"+scheme.Sign(d, secret, d.Header.Get("Webhook-Timestamp")))
		if err := official.Verify(body, d.Header); err != nil {
			t.Fatalf("the library refused what we signed: %v", err)
		}
	})
}

func stripe() signature.HMAC {
	return signature.HMAC{
		Signature: signature.Place{Header: "Stripe-Signature", Separator: ",", Prefix: "v1="},
		Encoding:  signature.Hex,
		Content:   "{time}.{body}",
		Time:      signature.Place{Header: "Stripe-Signature", Separator: ",", Prefix: "t="},
		Tolerance: 5 * time.Minute,
	}
}

func TestAgreesWithStripe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := "whsec_" + rapid.StringMatching(`[a-zA-Z0-9]{1,40}`).Draw(t, "secret")
		body := rapid.SliceOf(rapid.Byte()).Draw(t, "body")
		now := time.Now()
		signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: secret, Timestamp: now})
		d := delivery(string(body), "Stripe-Signature", signed.Header)
		if err := stripe().Verify(d, providers.Secrets{secret}, now); err != nil {
			t.Fatalf("refused what the library signed: %v", err)
		}
		timestamp := strconv.FormatInt(now.Unix(), 10)
		if err := webhook.ValidatePayload(body, "t="+timestamp+",v1="+stripe().Sign(d, secret, timestamp), secret); err != nil {
			t.Fatalf("the library refused what we signed: %v", err)
		}
	})
}

// Twilio's own scheme is in package twilio; the hash beneath is ours.
func TestAgreesWithTwilio(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		token := rapid.StringMatching(`[a-f0-9]{32}`).Draw(t, "token")
		to := rapid.StringMatching(`\+[0-9]{5,12}`).Draw(t, "to")
		form := url.Values{"To": {to}, "CallSid": {"CA1"}}
		d := delivery(form.Encode())
		scheme := signature.HMAC{Signature: signature.Place{Header: "X-Twilio-Signature"}, Hash: signature.SHA1, Content: "{url}CallSidCA1To" + to}
		validator := client.NewRequestValidator(token)
		if !validator.Validate(d.URL, map[string]string{"To": to, "CallSid": "CA1"}, scheme.Sign(d, token, "")) {
			t.Fatal("the library refused what we signed")
		}
	})
}

// Whatever is not as it should be is refused.
func TestVerifyRefuses(t *testing.T) {
	plain := signature.HMAC{Signature: signature.Place{Header: "X-Sig", Separator: " ", Prefix: "v1,"}, Tolerance: time.Minute, Content: "{time}.{body}", Time: signature.Place{Header: "X-Time"}}
	good := plain.Sign(delivery("{}"), "secret", "1789398320")
	for name, c := range map[string]struct {
		header  []string
		secrets providers.Secrets
		want    error
	}{
		"good":                    {[]string{"X-Sig", "v1," + good, "X-Time", "1789398320"}, providers.Secrets{"secret"}, nil},
		"good among others":       {[]string{"X-Sig", "v1,AAAA v1a,AAAA v1," + good, "X-Time", "1789398320"}, providers.Secrets{"old", "secret"}, nil},
		"good in a second header": {[]string{"X-Sig", "v1,AAAA", "X-Sig", "v1," + good, "X-Time", "1789398320"}, providers.Secrets{"secret"}, nil},
		"no header":               {nil, providers.Secrets{"secret"}, providers.ErrSignature},
		"empty":                   {[]string{"X-Sig", "v1,", "X-Time", "1789398320"}, providers.Secrets{"secret"}, providers.ErrSignature},
		"without its prefix":      {[]string{"X-Sig", good, "X-Time", "1789398320"}, providers.Secrets{"secret"}, providers.ErrSignature},
		"another version":         {[]string{"X-Sig", "v2," + good, "X-Time", "1789398320"}, providers.Secrets{"secret"}, providers.ErrSignature},
		"cut off":                 {[]string{"X-Sig", "v1," + good[:len(good)-4], "X-Time", "1789398320"}, providers.Secrets{"secret"}, providers.ErrSignature},
		"no base64":               {[]string{"X-Sig", "v1,!" + good, "X-Time", "1789398320"}, providers.Secrets{"secret"}, providers.ErrSignature},
		"another time":            {[]string{"X-Sig", "v1," + good, "X-Time", "1789398321"}, providers.Secrets{"secret"}, providers.ErrSignature},
		"no time":                 {[]string{"X-Sig", "v1," + good}, providers.Secrets{"secret"}, providers.ErrSignature},
		"another secret":          {[]string{"X-Sig", "v1," + good, "X-Time", "1789398320"}, providers.Secrets{"Secret"}, providers.ErrSignature},
		"no secret":               {[]string{"X-Sig", "v1," + good, "X-Time", "1789398320"}, nil, providers.ErrNoSecret},
		"an empty secret":         {[]string{"X-Sig", "v1," + good, "X-Time", "1789398320"}, providers.Secrets{"secret", ""}, providers.ErrNoSecret},
		"the hundredth":           {[]string{"X-Sig", strings.Repeat("v1,AAAA ", 99) + "v1," + good, "X-Time", "1789398320"}, providers.Secrets{"secret"}, nil},
		"past the hundredth":      {[]string{"X-Sig", strings.Repeat("v1,AAAA ", 100) + "v1," + good, "X-Time", "1789398320"}, providers.Secrets{"secret"}, providers.ErrSignature},
	} {
		if err := plain.Verify(delivery("{}", c.header...), c.secrets, at()); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestStaleIsToldFromForged(t *testing.T) {
	s := signature.HMAC{Signature: signature.Place{Header: "X-Sig"}, Tolerance: time.Minute, Content: "{time}.{body}", Time: signature.Place{Header: "X-Time"}}
	const old = "1789390000"
	d := delivery("{}", "X-Sig", s.Sign(delivery("{}"), "secret", old), "X-Time", old)
	if err := s.Verify(d, providers.Secrets{"secret"}, at()); !errors.Is(err, providers.ErrStale) || !errors.Is(err, providers.ErrSignature) {
		t.Errorf("stale: %v", err)
	}
	if err := s.Verify(d, providers.Secrets{"other"}, at()); errors.Is(err, providers.ErrStale) {
		t.Errorf("forged and stale: %v", err)
	}
}

// Signatures that carry a time each are tried for a few times only: each costs a hash of the body.
func TestTimesOfTheirOwn(t *testing.T) {
	scheme := signature.HMAC{
		Signature: signature.Place{Header: "X-Sig", Separator: ",", Prefix: "hmac;1;", Timed: ";"}, Content: "{time}.{body}",
		Unit: time.Millisecond, Tolerance: time.Minute,
	}
	d := delivery("{}")
	good := "hmac;1;1789398320000;" + scheme.Sign(d, "secret", "1789398320000")
	for header, want := range map[string]error{
		good:                                nil,
		"hmac;1;1789398320001;AAAA," + good: nil,
		"hmac;1;1;AAAA,hmac;1;2;AAAA,hmac;1;3;AAAA,hmac;1;4;AAAA,hmac;1;5;AAAA," + good: providers.ErrSignature,
		"hmac;1;1789398320;" + scheme.Sign(d, "secret", "1789398320"):                   providers.ErrSignature, // seconds
		"hmac;1;" + scheme.Sign(d, "secret", ""):                                        providers.ErrSignature,
	} {
		d.Header.Set("X-Sig", header)
		if err := scheme.Verify(d, providers.Secrets{"secret"}, at()); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", header, err, want)
		}
	}
}

// A time that is written in a way that overflows, or not at all as a number, is not about now.
func TestOddTimes(t *testing.T) {
	for _, text := range []string{"", "now", "9223372036854775807", "-9223372036854775808", "99999999999999999999", "1789398320.0", " 1789398320", "0"} {
		d := delivery("{}")
		d.Header.Set("Stripe-Signature", "t="+text+",v1="+stripe().Sign(d, "secret", text))
		if err := stripe().Verify(d, providers.Secrets{"secret"}, at()); !errors.Is(err, providers.ErrSignature) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// The library takes these secrets, and so whoever knows that would be let in.
func TestSecretsWithoutAKeyAreRefused(t *testing.T) {
	scheme := signature.StandardWebhooks("Webhook-", signature.Base64Key)
	for _, secret := range []string{"", " ", "whsec_", "whsec_ ", "whsec_!!!", "whsec_\n"} {
		d := delivery("{}", "Webhook-Id", "1", "Webhook-Timestamp", "1789398320")
		d.Header.Set("Webhook-Signature", "v1,"+scheme.Sign(d, secret, "1789398320"))
		if err := scheme.Verify(d, providers.Secrets{secret}, at()); !errors.Is(err, providers.ErrNoSecret) && !errors.Is(err, providers.ErrSignature) {
			t.Errorf("%q was taken for a secret: %v", secret, err)
		}
	}
}

// What is filled in is not looked through for more to fill in.
func TestContentIsFilledInOnce(t *testing.T) {
	scheme := signature.HMAC{Signature: signature.Place{Header: "X"}, Content: "{body}{id}", ID: "Id"}
	if scheme.Sign(delivery("{id}", "Id", "1"), "s", "") == scheme.Sign(delivery("1", "Id", "1"), "s", "") {
		t.Error("a body with {id} in it signs as another")
	}
}

func TestPlaces(t *testing.T) {
	for name, c := range map[string]struct {
		scheme signature.HMAC
		set    func(d *providers.Delivery, sig string)
	}{
		"query": {
			signature.HMAC{Signature: signature.Place{Query: "signature"}, Encoding: signature.Hex},
			func(d *providers.Delivery, sig string) { d.URL += "?a=1&signature=" + sig },
		},
		"numbered headers": {
			signature.HMAC{Signature: signature.Place{Header: "X-Sig-*"}},
			func(d *providers.Delivery, sig string) {
				d.Header.Set("X-Sig-1", "AAAA")
				d.Header.Set("X-Sig-100", sig)
			},
		},
		"a plain hash": {
			signature.HMAC{Signature: signature.Place{Header: "X-Sig"}, Encoding: signature.Hex, Plain: true, Content: "{secret}{method}{url}{body}"},
			func(d *providers.Delivery, sig string) { d.Header.Set("X-Sig", strings.ToUpper(sig)) },
		},
	} {
		d := delivery("{}")
		c.set(&d, c.scheme.Sign(d, "secret", ""))
		if err := c.scheme.Verify(d, providers.Secrets{"secret"}, at()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := c.scheme.Verify(d, providers.Secrets{"other"}, at()); err == nil {
			t.Errorf("%s: taken by another secret", name)
		}
	}
}

func TestURIsLoseTheEscapesOfReservedCharacters(t *testing.T) {
	scheme := signature.HMAC{Signature: signature.Place{Header: "X"}, Content: "{uri}"}
	escaped, plain := delivery(""), delivery("")
	escaped.URL, plain.URL = "https://mm.example/a%3Ab%2Fc?x=%40%20%25", "https://mm.example/a:b/c?x=@%20%25"
	if scheme.Sign(escaped, "s", "") != scheme.Sign(plain, "s", "") {
		t.Error("escapes of reserved characters make a difference")
	}
}

func BenchmarkVerify(b *testing.B) {
	d := delivery(strings.Repeat("x", 4096), "X-Sig", "AAAA")
	scheme := signature.HMAC{Signature: signature.Place{Header: "X-Sig"}}
	for b.Loop() {
		_ = scheme.Verify(d, providers.Secrets{"secret"}, at())
	}
}
