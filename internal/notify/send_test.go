package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func local() Guard { return Guard{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}} }

func message() Message {
	return Message{
		ID: "d1", Type: "alert.raised", At: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Title: "Überfällig:\r\nBcc: x@example.com",
		Text: "Ann said \"hé\".", HTML: "<p>Ann</p>", Data: map[string]any{"rep": "ann"},
	}
}

func TestGuard(t *testing.T) {
	for _, ip := range []string{
		"127.0.0.1", "127.1.2.3", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1",
		"224.0.0.1", "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "::ffff:127.0.0.1",
		"::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "fec0::1", "192.0.2.1",
	} {
		if err := (Guard{}).Check(netip.MustParseAddr(ip)); !errors.Is(err, ErrInternal) {
			t.Errorf("%s: %v", ip, err)
		}
	}
	for _, ip := range []string{"1.1.1.1", "93.184.216.34", "2606:4700::1111", "172.32.0.1", "100.128.0.1"} {
		if err := (Guard{}).Check(netip.MustParseAddr(ip)); err != nil {
			t.Errorf("%s: %v", ip, err)
		}
	}
	if err := local().Check(netip.MustParseAddr("::ffff:127.0.0.1")); err != nil {
		t.Errorf("what is allowed, written as IPv6: %v", err)
	}
	if err := local().Check(netip.MustParseAddr("10.0.0.1")); err == nil {
		t.Error("what is not allowed beside what is")
	}
}

func TestWebhook(t *testing.T) {
	const key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjUPD8="
	verifier, err := standardwebhooks.NewWebhook(key)
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	answer := http.StatusOK
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer inside.Close()
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, _ = io.ReadAll(r.Body)
		if err := verifier.Verify(got, r.Header); err != nil || r.Header.Get("webhook-id") != "d1" {
			t.Errorf("%v of %v", err, r.Header)
		}
		w.Header().Set("Location", inside.URL)
		w.WriteHeader(answer)
	}))
	defer receiver.Close()
	s := Sender{Guard: local(), Now: time.Now}
	send := func(s Sender) error {
		return s.Send(t.Context(), Destination{Kind: Webhook}, Secret{URL: receiver.URL + "/hook?token=secret-token", Key: key}, message())
	}
	if err := send(s); err != nil {
		t.Fatal(err)
	}
	var body struct {
		Type      string
		Timestamp time.Time
		Data      map[string]string
	}
	if err := json.Unmarshal(got, &body); err != nil || body.Type != "alert.raised" || body.Data["rep"] != "ann" || body.Timestamp.IsZero() {
		t.Errorf("%s, %v", got, err)
	}
	for status, final := range map[int]bool{500: false, 429: false, 404: false, 302: false, 307: false, 410: true} {
		answer = status
		if err := send(s); err == nil || errors.Is(err, ErrFinal) != final || strings.Contains(err.Error(), "secret-token") {
			t.Errorf("%d: %v", status, err)
		}
	}
	// Nothing goes inside unless it is allowed, whatever the name in the address.
	before := got
	for _, address := range []string{receiver.URL, strings.Replace(receiver.URL, "127.0.0.1", "localhost", 1)} {
		err := Sender{Now: time.Now}.Send(t.Context(), Destination{Kind: Webhook}, Secret{URL: address, Key: key}, message())
		if !errors.Is(err, ErrInternal) || !errors.Is(err, ErrFinal) || &before[0] != &got[0] {
			t.Errorf("%s: %v", address, err)
		}
	}
	receiver.Close()
	if err := send(s); err == nil || errors.Is(err, ErrFinal) || strings.Contains(err.Error(), "secret-token") {
		t.Errorf("nobody listens: %v", err)
	}
}

// A client by the guard that follows redirects is stopped at the dial.
func TestRedirectInside(t *testing.T) {
	inside := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("came inside") }))
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	inside.Listener = l
	inside.Start()
	defer inside.Close()
	outside := httptest.NewServer(http.RedirectHandler(inside.URL, http.StatusFound))
	defer outside.Close()
	resp, err := local().Client().Get(outside.URL)
	if err == nil {
		_ = resp.Body.Close()
	}
	if !errors.Is(err, ErrInternal) {
		t.Errorf("%v", err)
	}
}

// post is a real SMTP server.
type post struct {
	from, data string
	to         []string
	refuse     error
}

func (p *post) NewSession(*smtp.Conn) (smtp.Session, error) { return p, nil }
func (p *post) Reset()                                      {}
func (p *post) Logout() error                               { return nil }
func (p *post) Mail(from string, _ *smtp.MailOptions) error { p.from = from; return p.refuse }
func (p *post) Rcpt(to string, _ *smtp.RcptOptions) error   { p.to = append(p.to, to); return nil }

func (p *post) Data(r io.Reader) error { b, err := io.ReadAll(r); p.data = string(b); return err }

func startPost(t *testing.T, p *post) (address string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(p)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return l.Addr().String()
}

func TestEmail(t *testing.T) {
	p := &post{}
	secret := Secret{URL: "smtp://" + startPost(t, p), From: "Milemarker <mm@example.com>", To: []string{"ann@example.com", "Bo <bo@example.com>"}}
	s := Sender{Guard: local(), Now: func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }}
	if err := s.Send(t.Context(), Destination{Kind: Email}, secret, message()); err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(strings.NewReader(p.data))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != "Überfällig: Bcc: x@example.com" || m.Header.Get("Bcc") != "" || m.Header.Get("Message-Id") == "" {
		t.Errorf("%v, %v", m.Header, err)
	}
	if fmt.Sprint(p.from, p.to) != "mm@example.com[ann@example.com bo@example.com]" {
		t.Errorf("%s to %q", p.from, p.to)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	var parts []string
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, string(b))
	}
	if len(parts) != 2 || parts[0] != message().Text || parts[1] != message().HTML {
		t.Errorf("%q", parts)
	}
	first := m.Header.Get("Message-Id")
	if err := s.Send(t.Context(), Destination{Kind: Email}, secret, message()); err != nil || !strings.Contains(p.data, first) {
		t.Errorf("the same message has another id: %v", err)
	}
	p.refuse = &smtp.SMTPError{Code: 450, Message: "busy"}
	if err := s.Send(t.Context(), Destination{Kind: Email}, secret, message()); err == nil || errors.Is(err, ErrFinal) {
		t.Errorf("%v", err)
	}
	if err := (Sender{Now: time.Now}).Send(t.Context(), Destination{Kind: Email}, secret, message()); !errors.Is(err, ErrInternal) {
		t.Errorf("%v", err)
	}
}

// ntfy stands for the chat services whose host is part of the address: a real server that takes a POST.
func TestChat(t *testing.T) {
	var got atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got.Store(r.URL.Path + " " + string(b))
		_, _ = w.Write([]byte(`{"id":"1"}`))
	}))
	defer server.Close()
	address := strings.Replace(server.URL, "http://", "ntfy://", 1) + "/topic-secret?scheme=http"
	s := Sender{Guard: local(), Now: time.Now}
	if err := s.Send(t.Context(), Destination{Kind: Chat}, Secret{URL: address}, message()); err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprint(got.Load()); !strings.Contains(text, "/topic-secret") || !strings.Contains(text, "Ann said") {
		t.Errorf("%s", text)
	}
	err := Sender{Now: time.Now}.Send(t.Context(), Destination{Kind: Chat}, Secret{URL: address}, message())
	if !errors.Is(err, ErrInternal) || !errors.Is(err, ErrFinal) || strings.Contains(err.Error(), "topic-secret") {
		t.Errorf("%v", err)
	}
}

func TestNewSecret(t *testing.T) {
	for _, c := range []struct {
		kind    Kind
		secret  Secret
		address string
		faults  string
	}{
		{Webhook, Secret{URL: "https://example.com/a?token=x"}, "https://example.com/a", ""},
		{Webhook, Secret{URL: "https://user:password@example.com/a"}, "https://example.com/a", "url"},
		{Webhook, Secret{URL: "ftp://example.com/a"}, "ftp://example.com/a", "url"},
		{Webhook, Secret{URL: "https://example.com", Key: "whsec_"}, "https://example.com", "key"},
		{Webhook, Secret{}, "", "url"},
		{Email, Secret{URL: "smtp://mail.example.com", From: "a@example.com", To: []string{"b@example.com"}}, "b@example.com", ""},
		{Email, Secret{URL: "https://mail.example.com", From: "a", To: []string{"b"}}, "b", "url from to/0"},
		{Email, Secret{URL: "smtp://mail.example.com", From: "a@example.com"}, "", "to"},
		{Chat, Secret{URL: "telegram://110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw@telegram?chats=@channel"}, "telegram", ""},
		{Chat, Secret{URL: "slack://hook:WNA3PBYV6-F20DUQND3RQ-Webc4MAvoacrpPakR8phF0zi@webhook"}, "slack", ""},
		{Chat, Secret{URL: "discord://token@12345678"}, "discord", ""},
		{Chat, Secret{URL: "generic://example.com"}, "generic", "url"},
		{Chat, Secret{URL: "teams://a@b/c/d?host=evil.example.com"}, "teams", "url"},
		{Chat, Secret{URL: "logger://"}, "logger", "url"},
	} {
		_, address, faults := NewSecret(c.kind, c.secret)
		var got []string
		for _, f := range faults {
			got = append(got, f.Field)
		}
		if address != c.address || strings.Join(got, " ") != c.faults {
			t.Errorf("%s %+v: %q, %v", c.kind, c.secret, address, faults)
		}
	}
	for range 2 {
		s, _, _ := NewSecret(Webhook, Secret{URL: "https://example.com"})
		if _, err := signingKey(s.Key); err != nil {
			t.Error(err)
		}
	}
}

func TestErrorsKeepSecrets(t *testing.T) {
	const address = "telegram://110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw@telegram?chats=@channel"
	err := fmt.Errorf("sending: %w", &url.Error{Op: "Post", URL: "https://api.telegram.org/bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/x", Err: context.DeadlineExceeded})
	for _, e := range []error{err, errors.New("bot 110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw is unknown")} {
		if text := redacted(e, address); strings.Contains(text, "AAHdq") || strings.Contains(text, "110201543") {
			t.Errorf("%s", text)
		}
	}
}
