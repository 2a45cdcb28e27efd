package wire_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"milemarker/internal/providers"
	"milemarker/internal/providers/wire"
)

func request(method, url, kind, body string) providers.Delivery {
	return providers.Delivery{Method: method, URL: url, Header: http.Header{"Content-Type": {kind}}, Body: []byte(body)}
}

const parts = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.txt\"\r\n\r\nfile\r\n" +
	"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n2\r\n--b--\r\n"

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		d    providers.Delivery
		want string
	}{
		"JSON":                   {request("POST", "/", "application/json", `{"a":1}`), `{"a":1}`},
		"JSON called a form":     {request("POST", "/", "application/x-www-form-urlencoded", ` [1]`), `[1]`},
		"JSON after a mark":      {request("POST", "/", "", "\ufeff{}"), `{}`},
		"a form":                 {request("POST", "/", "application/x-www-form-urlencoded", "a=1&b=x+y&b=%2B"), `{"a":"1","b":["x y","+"]}`},
		"a form called nothing":  {request("POST", "/", "", "a=1"), `{"a":"1"}`},
		"several parts":          {request("POST", "/", "multipart/form-data; boundary=b", parts), `{"a":["1","2"]}`},
		"a query":                {request("GET", "https://x.example/?a=1&b=2", "", ""), `{"a":"1","b":"2"}`},
		"nothing":                {request("POST", "/", "", ""), `{}`},
		"an empty form, by name": {request("POST", "/?a=1", "application/x-www-form-urlencoded", ""), `{}`},
	} {
		v, err := wire.Read(c.d)
		if got := string(v.Raw()); err != nil || got != c.want {
			t.Errorf("%s: %s, %v, want %s", name, got, err, c.want)
		}
	}
	for name, d := range map[string]providers.Delivery{
		"a bad escape":     request("POST", "/", "", "a=%zz"),
		"cut off":          request("POST", "/", "multipart/form-data; boundary=b", parts[:len(parts)/2]),
		"no boundary":      request("POST", "/", "multipart/form-data", parts),
		"too many fields":  request("POST", "/", "", fields(3000)),
		"a large form":     request("POST", "/", "", strings.Repeat("a", 2<<20)),
		"an address of no": request("GET", "://", "", ""),
	} {
		if _, err := wire.Read(d); !errors.Is(err, providers.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// fields makes a form of many fields.
func fields(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("&f" + strings.Repeat("x", i%50) + string(rune('a'+i%26)) + strings.Repeat("y", i/50))
	}
	return b.String()
}
