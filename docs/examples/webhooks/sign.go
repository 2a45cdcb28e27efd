package main

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"hash"
	"hash/crc32"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// request is a delivery on its way: signing sets a header, or changes the URL or the body.
type request struct {
	url    string
	header http.Header
	body   []byte
	secret string
	now    time.Time
}

func (r *request) stamp() string { return strconv.FormatInt(r.now.Unix(), 10) }

func mac(h func() hash.Hash, key, content string) []byte {
	m := hmac.New(h, []byte(key))
	m.Write([]byte(content))
	return m.Sum(nil)
}

func b64(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// key is the key that a secret of the Standard Webhooks kind stands for, or the secret itself.
func key(secret string) string {
	text, standard := strings.CutPrefix(secret, "whsec_")
	if b, err := base64.StdEncoding.DecodeString(text); standard && err == nil {
		return string(b)
	}
	return secret
}

func unsigned(*signer, *request) {}

func inURL(_ *signer, r *request) { r.url += "/" + r.secret }

func inQuery(_ *signer, r *request) {
	r.url += "?signature=" + hex.EncodeToString(mac(sha256.New, r.secret, string(r.body)))
}

func bearer(_ *signer, r *request) { r.header.Set("Authorization", "Bearer "+r.secret) }

func basic(_ *signer, r *request) { r.header.Set("Authorization", "Basic "+b64([]byte(r.secret))) }

func header(name string) func(*signer, *request) {
	return func(_ *signer, r *request) { r.header.Set(name, r.secret) }
}

func sha1Base64(name string) func(*signer, *request) {
	return func(_ *signer, r *request) { r.header.Set(name, b64(mac(sha1.New, r.secret, string(r.body)))) }
}

func sha256Base64(name, prefix string) func(*signer, *request) {
	return func(_ *signer, r *request) { r.header.Set(name, prefix+b64(mac(sha256.New, r.secret, string(r.body)))) }
}

func sha256Hex(name, prefix string) func(*signer, *request) {
	return func(_ *signer, r *request) {
		r.header.Set(name, prefix+hex.EncodeToString(mac(sha256.New, r.secret, string(r.body))))
	}
}

func timed(name string) func(*signer, *request) {
	return func(_ *signer, r *request) {
		sum := hex.EncodeToString(mac(sha256.New, r.secret, r.stamp()+"."+string(r.body)))
		r.header.Set(name, "t="+r.stamp()+",v1="+sum)
	}
}

func standardWebhooks(_ *signer, r *request) {
	const id = "msg_example"
	r.header.Set("webhook-id", id)
	r.header.Set("webhook-timestamp", r.stamp())
	r.header.Set("webhook-signature", "v1,"+b64(mac(sha256.New, key(r.secret), id+"."+r.stamp()+"."+string(r.body))))
}

func quo(_ *signer, r *request) {
	stamp := strconv.FormatInt(r.now.UnixMilli(), 10)
	secret, err := base64.StdEncoding.DecodeString(r.secret)
	if err != nil {
		panic(err) // it stands in cases.go
	}
	r.header.Set("openphone-signature", "hmac;1;"+stamp+";"+b64(mac(sha256.New, string(secret), stamp+"."+string(r.body))))
}

func twilio(_ *signer, r *request) {
	form, err := url.ParseQuery(string(r.body))
	if err != nil {
		panic(err) // it is a fixture
	}
	var content strings.Builder
	content.WriteString(r.url)
	var names []string
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		content.WriteString(name + form.Get(name))
	}
	r.header.Set("X-Twilio-Signature", b64(mac(sha1.New, r.secret, content.String())))
}

func justcall(_ *signer, r *request) {
	var body struct{ Type string }
	if err := json.Unmarshal(r.body, &body); err != nil {
		panic(err) // it is a fixture
	}
	content := strings.Join([]string{r.secret, url.QueryEscape(r.url), body.Type, r.stamp()}, "|")
	r.header.Set("x-justcall-request-timestamp", r.stamp())
	r.header.Set("x-justcall-signature-version", "v1")
	r.header.Set("x-justcall-signature", hex.EncodeToString(mac(sha256.New, r.secret, content)))
}

func hubspot(_ *signer, r *request) {
	stamp := strconv.FormatInt(r.now.UnixMilli(), 10)
	r.header.Set("X-HubSpot-Request-Timestamp", stamp)
	r.header.Set("X-HubSpot-Signature-v3", b64(mac(sha256.New, r.secret, "POST"+r.url+string(r.body)+stamp)))
}

// token is a JSON Web Token.
func token(secret string, claims []byte) string {
	encode := base64.RawURLEncoding.EncodeToString
	content := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(claims)
	return content + "." + encode(mac(sha256.New, secret, content))
}

func wholeJWT(_ *signer, r *request) { r.body = []byte(token(r.secret, r.body)) }

func vonage(_ *signer, r *request) {
	sum := sha256.Sum256(r.body)
	claims := fmt.Sprintf(`{"iat":%s,"jti":"example","iss":"Vonage","payload_hash":%q}`, r.stamp(), hex.EncodeToString(sum[:]))
	bearer(nil, &request{header: r.header, secret: token(r.secret, []byte(claims))})
}

// signer holds a key pair as PayPal would have it; its certificate is part of the connection's secret.
type signer struct {
	key         *rsa.PrivateKey
	certificate string
}

func newSigner() (*signer, error) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return &signer{private, strings.TrimSpace(string(text))}, nil
}

func paypal(s *signer, r *request) {
	stamp := r.now.UTC().Format(time.RFC3339)
	sum := sha256.Sum256(fmt.Appendf(nil, "example|%s|%s|%d", stamp, r.secret, crc32.ChecksumIEEE(r.body)))
	signed, err := rsa.SignPKCS1v15(rand.Reader, s.key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err) // the key is ours
	}
	for name, value := range map[string]string{
		"Paypal-Transmission-Id": "example", "Paypal-Transmission-Time": stamp, "Paypal-Auth-Algo": "SHA256withRSA",
		"Paypal-Transmission-Sig": b64(signed),
		"Paypal-Cert-Url":         "https://api.paypal.com/v1/notifications/certs/CERT-example",
	} {
		r.header.Set(name, value)
	}
}
