package deliveries_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/internal/deliveries"
	"milemarker/internal/providers"
)

func TestRequestsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := deliveries.Request{
			Method: "POST", URL: "https://x/hooks/c?" + rapid.StringMatching(`[a-z=&%]*`).Draw(rt, "query"),
			Header:   http.Header{"X-Any": rapid.SliceOfN(rapid.String(), 1, 3).Draw(rt, "header")},
			Remote:   "192.0.2.1",
			Received: time.Unix(rapid.Int64Range(0, 1e10).Draw(rt, "received"), 0).UTC(),
			Body:     rapid.SliceOf(rapid.Byte()).Draw(rt, "body"),
		}
		for i, v := range r.Header["X-Any"] {
			r.Header["X-Any"][i] = strings.ToValidUTF8(v, "")
		}
		data, err := deliveries.Encode(r)
		if err != nil {
			rt.Fatal(err)
		}
		frame := events.Frame{Position: 7, Subject: "deliveries.acme.c_1", Body: data}
		kept, err := deliveries.FromMessage(events.EncodeBatch([]events.Frame{frame}))
		if err != nil || kept.Org != "acme" || kept.Connection != "c_1" || kept.Position != 7 {
			rt.Fatalf("%+v, %v", kept, err)
		}
		got, err := deliveries.Decode(kept.Data)
		if err != nil {
			rt.Fatal(err)
		}
		if !bytes.Equal(got.Body, r.Body) {
			rt.Fatalf("body %q, want %q", got.Body, r.Body)
		}
		got.Body, r.Body = nil, nil
		if diff := cmp.Diff(r, got); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestWhatIsNoDelivery(t *testing.T) {
	for _, data := range []string{"", "{}", "{\n", "[]\nbody"} {
		if r, err := deliveries.Decode([]byte(data)); err == nil {
			t.Errorf("%q: %+v", data, r)
		}
	}
	for _, payload := range [][]byte{nil, {1}, events.EncodeBatch([]events.Frame{{Subject: "deliveries.acme"}}), events.EncodeBatch(make([]events.Frame, 2))} {
		if kept, err := deliveries.FromMessage(payload); err == nil {
			t.Errorf("%q: %+v", payload, kept)
		}
	}
	for _, key := range []string{"", "a.b", "a.b.x", "a.b.1.2"} {
		if _, _, _, ok := deliveries.ParseKey(key); ok {
			t.Errorf("%q is a key", key)
		}
	}
	if org, connection, at, ok := deliveries.ParseKey(deliveries.Key("acme", "c_1", 42)); !ok || org != "acme" || connection != "c_1" || at != 42 {
		t.Errorf("%s %s %d %t", org, connection, at, ok)
	}
}

func TestRedact(t *testing.T) {
	secret := providers.Redact{
		Headers: []string{"X-Sign"}, Query: []string{"signature"}, Pointers: []string{"/token", "/deep/0/a~1b", "/absent/x"},
	}
	for _, c := range []struct{ media, body, want string }{
		{"application/json", `{"a":1, "token" : "s3cret" ,"b":2}`, `{"a":1, "token" : "(redacted)" ,"b":2}`},
		{"application/json", `{"deep":[{"x":"y","a/b":{"s3cret":1}}]}`, `{"deep":[{"x":"y","a/b":"(redacted)"}]}`},
		{"application/json", `{"token":`, `{"token":`},
		{"application/json", `[1,2]`, `[1,2]`},
		{"application/x-www-form-urlencoded; charset=utf-8", "a=1&token=s3cret&b", "a=1&token=%28redacted%29&b"},
		{"", "\x00\xff", "\x00\xff"},
	} {
		shown, changed := deliveries.Redact(deliveries.Request{
			URL:    "https://x/hooks/c?signature=s3cret&a=b",
			Header: http.Header{"Content-Type": {c.media}, "Authorization": {"s3cret"}, "x-sign": {"s3cret"}, "X-Other": {"kept"}},
			Body:   []byte(c.body),
		}, secret)
		if string(shown.Body) != c.want || changed != (c.body != c.want) {
			t.Errorf("%s: %s (%t), want %s", c.body, shown.Body, changed, c.want)
		}
		head, err := json.Marshal(shown.Header)
		if err != nil || strings.Contains(string(head)+shown.URL, "s3cret") || shown.Header.Get("X-Other") != "kept" {
			t.Errorf("%s %s", head, shown.URL)
		}
	}
}

// Whatever is sent, looking at it does no harm.
func FuzzRedact(f *testing.F) {
	f.Add([]byte(`{"token":"x","deep":[{"a/b":1}]}`), "application/json")
	f.Add([]byte("token=1&%zz=2"), "application/x-www-form-urlencoded")
	f.Fuzz(func(_ *testing.T, body []byte, media string) {
		deliveries.Redact(deliveries.Request{Header: http.Header{"Content-Type": {media}}, Body: body},
			providers.Redact{Pointers: []string{"/token", "/deep/0/a~1b", "/a/9/b"}})
	})
}
