package providertest_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/dial"
	"milemarker/internal/providers/providertest"
	"milemarker/internal/providers/signature"
	"milemarker/internal/providers/wire"
)

var update = flag.Bool("update", false, "write the golden files anew")

// toy is a provider that keeps all promises, or all but one.
type toy struct{ flaw string }

func (p toy) About() providers.About {
	a := providers.About{
		Name: "providertest", Title: "Toy", Category: providers.Dialer, Steps: []string{"Paste {url}."},
		Secret:       providers.Secret{Name: "secret", Where: "Somewhere."},
		Kinds:        []providers.Kind{{Name: "call.ended", Events: []string{events.TypeCallCompleted}}, {Name: "call.tagged", Events: []string{events.TypeCallCompleted}}},
		Verification: "HMAC", Idempotency: "id", Confidence: providers.Documented,
	}
	switch p.flaw {
	case "no steps":
		a.Steps = []string{"Somehow."}
	case "undeclared kind":
		a.Kinds = a.Kinds[:1]
	}
	return a
}

func scheme() signature.HMAC {
	return signature.HMAC{
		Signature: signature.Place{Header: "X-Toy"}, Encoding: signature.Hex, Content: "{time}.{body}",
		Time: signature.Place{Header: "X-Time"}, Tolerance: time.Minute,
	}
}

func sign(d *providers.Delivery, secret string, at time.Time) {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	d.Header.Set("X-Time", timestamp)
	d.Header.Set("X-Toy", scheme().Sign(*d, secret, timestamp))
}

func (p toy) Verify(d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	s := scheme()
	switch p.flaw {
	case "believes all":
		return nil
	case "takes an empty secret":
		if len(secrets) == 1 && secrets[0] == "" {
			return nil
		}
	case "first secret only":
		secrets = secrets[:min(1, len(secrets))]
	case "any time":
		s.Tolerance = 0
	case "never old":
		now = now.Add(-time.Second * 5)
	case "head of the body":
		s.Content = "{time}."
		sign(&d, "first-secret-of-32-characters-00", now)
		d.Header.Set("X-Toy", s.Sign(d, "first-secret-of-32-characters-00", d.Header.Get("X-Time")))
	case "shows the secret":
		if err := s.Verify(d, secrets, now); err != nil {
			return fmt.Errorf("%q: %w", secrets, err)
		}
	}
	return s.Verify(d, secrets, now)
}

func (p toy) Thread(d providers.Delivery) string {
	body, err := wire.JSON(d.Body)
	if err != nil || p.flaw == "no state" {
		return ""
	}
	return body.Get("id").Text()
}

func (p toy) Translate(in providers.Input) (providers.Output, error) {
	body, err := wire.JSON(in.Body)
	kind := body.Get("event").Text()
	switch {
	case err != nil && p.flaw == "another error":
		return providers.Output{}, errors.New("dear me")
	case err != nil && p.flaw == "reads anything":
		return wire.Ignored("x", "x", "cannot be read"), nil
	case err != nil:
		return providers.Output{}, err
	case p.flaw == "content type" && in.Header.Get("Content-Type") != "application/json":
		return wire.Ignored(kind, "k", "no JSON"), nil
	case kind != "call.ended" && kind != "call.tagged" && p.flaw == "unknown kinds":
		return providers.Output{}, providers.ErrMalformed
	case kind != "call.ended" && kind != "call.tagged":
		return wire.Ignored(kind, "k", "tells of nothing that counts"), nil
	}
	id := body.Get("id").Text()
	if p.flaw == "floats" {
		var lax struct{ ID float64 }
		_ = json.Unmarshal(in.Body, &lax)
		id = strconv.FormatFloat(lax.ID, 'f', 0, 64)
	}
	if p.flaw == "random ids" {
		id += strconv.FormatUint(rand.Uint64(), 10)
	}
	if id == "" && p.flaw != "no key" {
		return wire.Ignored(kind, "k", "names no call"), nil
	}
	sequence, _ := body.Get("sequence").Int()
	at := wire.Happened(in.Received, wire.Time(body.Get("at").Text(), in.Zone))
	switch p.flaw {
	case "receipt time":
		if at.IsZero() {
			at = in.Received
		}
	case "future":
		at = wire.Time(body.Get("at").Text(), in.Zone)
	}
	c := dial.Call{
		Version: dial.Version{At: sequence}, ID: id, Direction: events.Inbound, Outcome: events.CallConversation, At: at,
		Origin:  events.Origin{Campaign: wire.Label(body.Get("campaign").Text())},
		Contact: wire.Contact{Name: body.Get("name").Text(), Phone: body.Get("phone").Text()}.Read(in.Region),
	}
	switch p.flaw {
	case "personal data":
		c.Origin.Campaign = body.Get("name").Text()
	case "personal key":
		c.ID = body.Get("phone").Text()
	case "invalid":
		c.Outcome = "nice"
	case "last one wins":
		in.State = nil
	case "first reading stands":
		var kept dial.Call
		if json.Unmarshal(in.State, &kept) == nil && kept.Version.At == sequence {
			c = kept
		}
	}
	out := dial.Told(in, kind, "k", c, "")
	switch p.flaw {
	case "no key":
		out.Events[0].Key = ""
	case "own id":
		out.Events[0].Draft.ID = "1"
	case "twice":
		out.Events = append(out.Events, out.Events...)
	}
	return out, nil
}

func suite(flaw string) providertest.Suite {
	const fixture = "told.json"
	return providertest.Suite{
		Provider: toy{flaw}, Sign: sign, Tolerance: time.Minute,
		Deliveries: []providertest.Delivery{
			{Name: fixture},
			{Name: "tagged", File: fixture, Replace: []string{"call.ended", "call.tagged", `"sequence": 2`, `"sequence": 3`, `"fall"`, `"spring"`}},
		},
		Unknown: providertest.Delivery{Name: "unknown", Body: `{"event":"dance.started"}`},
		Threads: [][]string{{fixture, "tagged"}},
		Mends:   true,
		Update:  *update,
	}
}

// flawed names the variable by which this test's own program is told to break one promise.
const flawed = "PROVIDERTEST_FLAW"

func TestToy(t *testing.T) { providertest.Run(t, suite(os.Getenv(flawed))) }

func FuzzToy(f *testing.F) { providertest.Fuzz(f, suite(os.Getenv(flawed))) }

// A suite that finds nothing wrong is worth nothing: each flaw must be found, and where it lies.
func TestEveryFlawIsFound(t *testing.T) {
	for flaw, where := range map[string]string{
		"no steps":              "TestToy/About",
		"undeclared kind":       "TestToy/Golden",
		"believes all":          "TestToy/Signature",
		"takes an empty secret": "TestToy/Signature",
		"first secret only":     "TestToy/Signature",
		"any time":              "TestToy/Signature",
		"never old":             "TestToy/Signature",
		"head of the body":      "TestToy/Signature",
		"shows the secret":      "TestToy/Signature",
		"no state":              "TestToy/Order",
		"last one wins":         "TestToy/Order",
		"first reading stands":  "TestToy/Order/thread-1/mended",
		"another error":         "TestToy/Hostile",
		"reads anything":        "TestToy/Hostile",
		"content type":          "TestToy/Hostile",
		"unknown kinds":         "TestToy/Unknown",
		"floats":                "TestToy/BigIntegers",
		"random ids":            "TestToy/Replay",
		"receipt time":          "TestToy/BadTimes",
		"future":                "TestToy/FutureTimes",
		"personal data":         "TestToy/Golden",
		"personal key":          "TestToy/Golden",
		"invalid":               "TestToy/Golden",
		"no key":                "TestToy/Golden",
		"own id":                "TestToy/Golden",
		"twice":                 "TestToy/Golden",
	} {
		t.Run(flaw, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestToy$", "-rapid.nofailfile")
			cmd.Env = append(os.Environ(), flawed+"="+flaw)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "--- FAIL: "+where) {
				t.Errorf("%s does not complain: %v\n%s", where, err, out)
			}
		})
	}
}
