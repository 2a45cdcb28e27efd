package providertest

import (
	"bytes"
	"errors"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"milemarker/internal/providers"
)

// hostile sends what no provider would.
func (s Suite) hostile(t *testing.T) {
	for _, d := range s.Deliveries {
		whole, err := translate(s.Provider, d.input(t))
		if err != nil {
			t.Fatal(err)
		}
		in := d.input(t)
		isJSON := bytes.HasPrefix(bytes.TrimSpace(in.Body), []byte("{")) || bytes.HasPrefix(bytes.TrimSpace(in.Body), []byte("["))
		for _, at := range []int{0, min(1, len(in.Body)), len(in.Body) / 2, max(0, len(bytes.TrimSpace(in.Body))-1)} {
			cut := in
			cut.Body = in.Body[:at]
			out, err := translate(s.Provider, cut)
			s.survived(t, d.Name+" cut off", out, err)
			if isJSON && at > 0 && err == nil {
				t.Errorf("%s cut off after %d bytes was read: %+v", d.Name, at, out)
			}
		}
		for _, kind := range []string{"", "text/plain", "application/octet-stream", ";;;"} {
			other := d.input(t)
			other.Header.Set("Content-Type", kind)
			out, err := translate(s.Provider, other)
			s.survived(t, d.Name+" as "+kind, out, err)
			if err == nil && !reflect.DeepEqual(whole, out) {
				t.Errorf("%s as %q gave %+v", d.Name, kind, out)
			}
		}
		for name, body := range map[string]string{
			"nested":    strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
			"nested in": `{"data":` + strings.Repeat(`{"data":`, 5_000) + "1" + strings.Repeat("}", 5_001),
			"oversize":  `{"text":"` + strings.Repeat("x", 2<<20) + `"}`,
			"twice":     string(in.Body) + string(in.Body),
			"not UTF-8": "{\"event\":\"\xff\xfe\"}",
			"scalars":   `[1,"x",null,true,[[]],{}]`,
			"null":      `null`,
		} {
			odd := in
			odd.Body = []byte(body)
			out, err := translate(s.Provider, odd)
			s.survived(t, name, out, err)
			if name == "oversize" && err == nil && in.Method != http.MethodGet {
				t.Errorf("%s: a body of 2 MiB was read", d.Name)
			}
		}
	}
}

// survived checks that the worst that came of a delivery is that it cannot be read.
func (s Suite) survived(t *testing.T, name string, out providers.Output, err error) {
	t.Helper()
	if err != nil {
		if !errors.Is(err, providers.ErrMalformed) {
			t.Errorf("%s: %v, which is not ErrMalformed", name, err)
		}
		return
	}
	for _, fault := range Faults(out) {
		t.Errorf("%s: %s", name, fault)
	}
}

// wrongBig is 9007199254740993, the least number that a float64 cannot hold, as a float64 holds it.
var wrongBig = regexp.MustCompile(`9007199254740992|9\.007199254740|e\+15`)

// bigIntegers puts ids beyond 2^53 in place of all numeric ones.
func (s Suite) bigIntegers(t *testing.T) {
	ids := regexp.MustCompile(`("(?:id|[a-zA-Z_]+_id|[a-zA-Z]+Id)":\s*)[0-9]+`)
	for _, d := range s.Deliveries {
		in := d.input(t)
		in.Body = s.Edit(in.Body, func(b []byte) []byte { return ids.ReplaceAll(b, []byte("${1}9007199254740993")) })
		out, err := translate(s.Provider, in)
		if err != nil {
			t.Fatalf("%s: %v", d.Name, err)
		}
		s.check(t, out)
		text := string(s.render(t, in, out)) + string(out.State)
		if found := wrongBig.FindString(text); found != "" {
			t.Errorf("%s: a number lost its digits: %q in %s", d.Name, found, text)
		}
	}
}

// badTimes makes every time unreadable.
func badTimes(b []byte) []byte {
	b = regexp.MustCompile(`((?:19|20)\d\d-)\d\d(-\d\d)`).ReplaceAll(b, []byte("${1}19${2}"))
	b = regexp.MustCompile(`(\d\d(?: |\+|%20))[A-Z][a-z]{2}((?: |\+|%20)20\d\d)`).ReplaceAll(b, []byte("${1}Foo${2}"))
	return regexp.MustCompile(`(":\s*"?)1[4-9]\d{8}(?:\d{3})?\b`).ReplaceAll(b, []byte("${1}99999999999999"))
}

// futureTimes puts every time decades ahead.
func futureTimes(b []byte) []byte {
	b = regexp.MustCompile(`(?:19|20)\d\d(-\d\d-\d\d)`).ReplaceAll(b, []byte("2098${1}"))
	b = regexp.MustCompile(`(\d\d(?: |\+|%20)[A-Z][a-z]{2}(?: |\+|%20))20\d\d`).ReplaceAll(b, []byte("${1}2098"))
	return regexp.MustCompile(`(":\s*"?)1([4-9]\d{8}(?:\d{3})?)\b`).ReplaceAll(b, []byte("${1}4${2}"))
}

// times checks that an event whose time cannot be told has none.
func (s Suite) times(t *testing.T, change func([]byte) []byte) {
	t.Helper()
	for _, d := range s.Deliveries {
		whole, err := translate(s.Provider, d.input(t))
		if err != nil {
			t.Fatal(err)
		}
		in := d.input(t)
		in.Body = s.Edit(in.Body, change)
		in.URL = string(change([]byte(in.URL)))
		for name, values := range in.Header {
			in.Header.Set(name, string(change([]byte(values[0]))))
		}
		for name, answer := range in.Details {
			in.Details[name] = change(answer)
		}
		out, err := translate(s.Provider, in)
		if err != nil {
			t.Errorf("%s: %v", d.Name, err)
			continue
		}
		s.check(t, out)
		if len(out.Events) != len(whole.Events) && !s.NeedsTime {
			t.Errorf("%s: %d events became %d", d.Name, len(whole.Events), len(out.Events))
		}
		for _, e := range out.Events {
			if !e.Draft.Time.IsZero() {
				t.Errorf("%s: %s happened at %s", d.Name, e.Draft.Type, e.Draft.Time)
			}
		}
	}
}
