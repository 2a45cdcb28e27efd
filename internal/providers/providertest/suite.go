package providertest

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"milemarker/internal/providers"
)

// Suite is what a conformance run has to know of a provider.
type Suite struct {
	Provider providers.Provider

	// Sign changes d into what the provider would have sent with secret at that time: it sets headers, or the URL, or the
	// token within the body.
	Sign func(d *providers.Delivery, secret string, at time.Time)

	// Secrets are two that the provider could have. Zero: two texts of 32 characters.
	Secrets [2]string

	// Tolerance is how far a timestamp may lie from now; 0 if none is looked at.
	Tolerance time.Duration

	// Uncovered says that the signature does not cover the body, so that an altered byte cannot be seen.
	Uncovered bool

	// Deliveries are the fixtures and what is made of them.
	Deliveries []Delivery

	// Unknown is a delivery of a kind that the provider does not know. It must be ignored without an error.
	Unknown Delivery

	// Threads are names of deliveries that tell of one thing, in the order in which it happened. In any order, and however
	// often they come, the same events must stand at the end.
	Threads [][]string

	// Mends holds a provider with threads to one promise more: read again by a mended adapter, a delivery tells what is
	// read last, whatever was kept of it before.
	Mends bool

	// NeedsTime says that a delivery without a time that can be read may tell of nothing, as an appointment without a
	// start.
	NeedsTime bool

	// AnyKind says that kinds of delivery are not the provider's but the user's.
	AnyKind bool

	// Edit applies change to what is readable of a body that is wrapped, as in a token. Nil: the body is readable.
	Edit func(body []byte, change func([]byte) []byte) []byte

	// Personal are texts of the fixtures' prospects, none of which may stand outside private fields. Nil: those of the
	// usual one.
	Personal []string

	// Update writes the golden files.
	Update bool
}

// Delivery is one request.
type Delivery struct {
	// Name is the name of its golden file and, if neither Body nor File is given, that of its fixture.
	Name string
	File string // fixture in testdata, where Name is not it
	Body string // in place of a fixture

	// Replace holds pairs of old and new text, each of which must be found: so one fixture serves for many cases.
	Replace []string

	Method      string // "" is POST
	URL         string // "" is https://milemarker.example/hooks/conn_1
	ContentType string // "" goes by the fixture's name
	Header      map[string]string

	Region   string         // "" is US
	Zone     *time.Location // nil is UTC
	Settings map[string]string
	Details  map[string]string // answers to wants, by name: fixtures in testdata
}

// Now is when the conformance run plays: after the times in all fixtures.
func Now() time.Time { return time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC) }

func (s Suite) withDefaults() Suite {
	if s.Secrets == [2]string{} {
		s.Secrets = [2]string{"first-secret-of-32-characters-00", "other-secret-of-32-characters-00"}
	}
	if s.Edit == nil {
		s.Edit = func(body []byte, change func([]byte) []byte) []byte { return change(body) }
	}
	if s.Personal == nil {
		s.Personal = []string{"Avery", "Quinn", "avery.", "2025550143", "555-0143"}
	}
	return s
}

// input makes the request that a delivery stands for.
func (d Delivery) input(tb testing.TB) providers.Input {
	tb.Helper()
	body := []byte(d.Body)
	file := d.File
	if file == "" {
		file = d.Name
	}
	if d.Body == "" && d.Method != http.MethodGet {
		body = fixture(tb, file)
	}
	for i := 0; i+1 < len(d.Replace); i += 2 {
		if !bytes.Contains(body, []byte(d.Replace[i])) {
			tb.Fatalf("%s: %q is not in the fixture", d.Name, d.Replace[i])
		}
		body = bytes.Replace(body, []byte(d.Replace[i]), []byte(d.Replace[i+1]), 1)
	}
	in := providers.Input{
		Delivery: providers.Delivery{
			Method: d.Method, URL: d.URL, Header: http.Header{}, Body: body, Received: Now(),
		},
		Region: d.Region, Zone: d.Zone, Settings: d.Settings,
	}
	if in.Method == "" {
		in.Method = http.MethodPost
	}
	if in.URL == "" {
		in.URL = "https://milemarker.example/hooks/conn_1"
	}
	if in.Region == "" {
		in.Region = "US"
	}
	if in.Zone == nil {
		in.Zone = time.UTC
	}
	in.Header.Set("Content-Type", d.contentType(file))
	for name, value := range d.Header {
		in.Header.Set(name, value)
	}
	for name, file := range d.Details {
		if in.Details == nil {
			in.Details = map[string][]byte{}
		}
		in.Details[name] = fixture(tb, file)
	}
	return in
}

func (d Delivery) contentType(file string) string {
	switch {
	case d.ContentType != "":
		return d.ContentType
	case strings.HasSuffix(file, ".form"):
		return "application/x-www-form-urlencoded"
	case strings.HasSuffix(file, ".jwt"):
		return "application/jwt"
	}
	return "application/json"
}

func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// translate calls the provider as whoever runs it would: a second time if it wants details.
func translate(p providers.Provider, in providers.Input) (providers.Output, error) {
	details := in.Details
	in.Details = nil
	out, err := p.Translate(in)
	if err != nil || len(out.Wants) == 0 {
		return out, err
	}
	in.Details, in.Pending = map[string][]byte{}, false
	for _, want := range out.Wants {
		if answer, ok := details[want.Name]; ok {
			in.Details[want.Name] = answer
		} else {
			in.Pending = true
		}
	}
	return p.Translate(in)
}
