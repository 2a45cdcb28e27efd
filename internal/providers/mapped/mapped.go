// Package mapped makes events of deliveries by a mapping document: the one in the connection's settings, or a built-in one
// for flat keys under their usual names (flat.yaml).
//
// A mapping that fails on a delivery is no reason to lose it: the delivery cannot be read (providers.ErrMalformed), is kept,
// and can be translated again once the mapping is mended.
//
// The package must never know a provider.
package mapped

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/mapping"
	"milemarker/internal/providers"
	"milemarker/internal/providers/wire"
)

//go:embed flat.yaml
var flat []byte

// Setting is the mapping of a connection.
func Setting() providers.Setting {
	return providers.Setting{
		Name: mapping.SettingName,
		Help: "The mapping: its document, or the name of a stored one (see /v1/mappings). Without one, flat keys under their usual names are understood, such as event, name, email, phone, amount, currency and time.",
	}
}

// Translator applies mappings. It may be used by many goroutines at once.
type Translator struct{ cache *mapping.Cache }

// New returns a translator.
func New() Translator { return Translator{mapping.NewCache(128)} }

// deadline bounds what one delivery may take. Cost limits end an evaluation long before, whatever the machine.
const deadline = 5 * time.Second

// Translate makes events of a delivery whose content is body. Headers are shown to the mapping.
func (t Translator) Translate(in providers.Input, kind, key string, body wire.Value, headers map[string]string) (providers.Output, error) {
	out := providers.Output{Kind: wire.Kind(kind), Key: wire.Line(cmp.Or(key, digest(in.Body, []byte(in.URL))), 500)}
	text, content := []byte(in.Settings[mapping.SettingName]), Tree(body)
	if len(bytes.TrimSpace(text)) == 0 {
		text, content = flat, spell(content)
	}
	m, err := t.cache.Parse(text)
	if err != nil {
		return out, malformed("the mapping is wrong: " + wire.Line(err.Error(), 1000))
	}
	made, err := m.Within(deadline, mapping.Input{
		Body: content, Headers: headers, Query: query(in.URL), Received: in.Received, Region: in.Region, Zone: in.Zone,
	})
	if err != nil {
		return out, malformed("the mapping took too long")
	}
	for _, one := range made.Made {
		e, fault := Event(in, one)
		if fault != nil {
			return out, malformed(fmt.Sprintf("mapping, line %d: %s", fault.Line, wire.Line(fault.Error(), 300)))
		}
		out.Events = append(out.Events, e)
	}
	if len(out.Events) == 0 {
		return wire.Ignored(kind, out.Key, "the mapping makes nothing of it"), nil
	}
	out.Events = distinct(out.Events)
	return out, nil
}

// distinct leaves out repetitions: the first of a key stands.
func distinct(all []providers.Event) []providers.Event {
	seen, out := map[string]bool{}, all[:0]
	for _, e := range all {
		if id := e.Draft.Type + " " + e.Key; !seen[id] {
			seen[id] = true
			out = append(out, e)
		}
	}
	return out
}

func malformed(why string) error { return fmt.Errorf("%s: %w", why, providers.ErrMalformed) }

// digest names the first of some texts that is not empty.
func digest(texts ...[]byte) string {
	var some []byte
	for _, text := range texts {
		if len(some) == 0 {
			some = text
		}
	}
	sum := sha256.Sum256(some)
	return hex.EncodeToString(sum[:16])
}

// Tree is the content as mappings read it.
func Tree(v wire.Value) any {
	dec := json.NewDecoder(bytes.NewReader(v.Raw()))
	dec.UseNumber()
	var out any
	if dec.Decode(&out) != nil {
		return map[string]any{}
	}
	return out
}

func query(address string) map[string]string {
	out := map[string]string{}
	u, err := url.Parse(address)
	if err != nil {
		return out
	}
	for name, values := range u.Query() {
		out[name] = values[0]
	}
	return out
}

// Event is what a rule made, as a provider tells it: brought into the form of events, and checked. The fault says why there
// is none.
func Event(in providers.Input, made mapping.Made) (providers.Event, *mapping.Fault) {
	if made.Fault != nil {
		return providers.Event{}, made.Fault
	}
	tidy(in, made.Data)
	data, err := made.JSON()
	if err != nil {
		return providers.Event{}, &mapping.Fault{Line: made.Line, Where: "/data", Detail: err.Error()}
	}
	e := providers.Event{Key: wire.Line(made.ID, 500), Draft: events.Draft{
		Type: made.Type, Team: wire.Line(made.Team, events.MaxName), Subject: made.Subject,
		Time: wire.Happened(in.Received, made.Time.UTC().Truncate(time.Microsecond)), Data: data,
	}}
	e.Reps, e.Draft.Rep = reps(made.Rep)
	draft := e.Draft
	draft.ID, draft.Source = "wh_"+digest([]byte(e.Key)), "/hooks"
	checked, violations := draft.Check()
	if len(violations) > 0 {
		v := violations[0]
		return providers.Event{}, &mapping.Fault{Line: made.Line, Where: made.Type + v.Pointer, Detail: v.Detail}
	}
	e.Draft.Data = checked.Data
	return e, nil
}

// reps tells what kind of name a rep's is. One that is neither an address nor a number may be the org's own.
func reps(name string) ([]providers.Rep, string) {
	name = wire.Line(name, events.MaxName)
	switch {
	case name == "":
		return nil, ""
	case wire.Email(name) != "":
		return []providers.Rep{{Kind: providers.RepEmail, Value: name}}, ""
	case strings.HasPrefix(name, "+") && wire.Phone(name, "") != "":
		return []providers.Rep{{Kind: providers.RepPhone, Value: wire.Phone(name, "")}}, ""
	}
	return []providers.Rep{{Kind: providers.RepUser, Value: name}, {Kind: providers.RepName, Value: name}}, name
}
