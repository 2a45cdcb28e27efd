package cloudevents

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
	"milemarker/internal/providers/wire"
)

// maxBatch bounds the events of one delivery.
const maxBatch = 1000

// one is an event as it arrived, in whatever mode.
type one struct {
	attributes map[string]string // by name, ce- in front
	raw        []byte            // in structured form, nil if it came in the headers
	data       wire.Value
}

// Translate takes events of this vocabulary as they are, and applies the connection's mapping to all others.
func (p Provider) Translate(in providers.Input) (providers.Output, error) {
	all, err := read(in.Delivery)
	if err != nil {
		return providers.Output{}, err
	}
	var out providers.Output
	var keys, ignored []string
	seen := map[string]bool{}
	for _, e := range all {
		told, err := p.one(in, e)
		if err != nil {
			return providers.Output{}, err
		}
		if out.Kind == "" || out.Kind == told.Kind {
			out.Kind = told.Kind
		} else {
			out.Kind = "batch"
		}
		keys = append(keys, told.Key)
		if told.Ignored != "" {
			ignored = append(ignored, told.Ignored)
		}
		for _, e := range told.Events {
			if id := e.Draft.Type + " " + e.Key; !seen[id] {
				seen[id] = true
				out.Events = append(out.Events, e)
			}
		}
	}
	out.Key = wire.Line(strings.Join(keys, ","), 500)
	if len(out.Events) == 0 {
		why := "the batch is empty"
		if len(ignored) > 0 {
			why = ignored[0]
		}
		return wire.Ignored(out.Kind, out.Key, why), nil
	}
	return out, nil
}

func (p Provider) one(in providers.Input, e one) (providers.Output, error) {
	typ := e.attributes["ce-type"]
	key := e.attributes["ce-source"] + "#" + e.attributes["ce-id"]
	if e.attributes["ce-id"] == "" || e.attributes["ce-source"] == "" || typ == "" || !strings.HasPrefix(e.attributes["ce-specversion"], "1.") {
		return providers.Output{}, fmt.Errorf("not a CloudEvent 1.0 with id, source and type: %w", providers.ErrMalformed)
	}
	if !events.Known(typ) {
		return p.mapped.Translate(in, typ, key, e.data, e.attributes)
	}
	draft, violations := e.draft(in)
	if len(violations) > 0 {
		return providers.Output{}, fmt.Errorf("%s%s %s: %w", typ, violations[0].Pointer, wire.Line(violations[0].Detail, 300), providers.ErrMalformed)
	}
	draft.ID, draft.Source, draft.Org = "", "", ""
	draft.Time = wire.Happened(in.Received, draft.Time)
	return providers.Output{Kind: typ, Key: wire.Line(key, 500), Events: []providers.Event{{Key: wire.Line(key, 500), Draft: draft}}}, nil
}

// draft reads an event of this vocabulary. A time that cannot be read is left out.
func (e one) draft(in providers.Input) (events.Draft, []events.Violation) {
	parse := func(attributes map[string]string, raw []byte) (events.Draft, []events.Violation) {
		if raw != nil {
			return events.ParseStructured(raw)
		}
		header := func(name string) string { return attributes[strings.ToLower(name)] }
		return events.ParseBinary(header, "application/json", in.Body)
	}
	draft, violations := parse(e.attributes, e.raw)
	for _, v := range violations {
		if v.Pointer != "/time" {
			continue
		}
		attributes := map[string]string{}
		for name, value := range e.attributes {
			if name != "ce-time" {
				attributes[name] = value
			}
		}
		draft, violations = parse(attributes, without(e.raw, "time"))
		draft.Time = time.Time{}
		break
	}
	return draft, violations
}

// without leaves a member out of an object.
func without(raw []byte, name string) []byte {
	if raw == nil {
		return nil
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return raw
	}
	delete(object, name)
	text, err := json.Marshal(object)
	if err != nil {
		return raw
	}
	return text
}

// read tells the modes apart: the longer media type first, for it begins with the shorter one.
func read(d providers.Delivery) ([]one, error) {
	media, _, err := mime.ParseMediaType(d.Header.Get("Content-Type"))
	if err != nil {
		media = ""
	}
	binary := d.Header.Get("Ce-Specversion") != ""
	body, err := wire.JSON(d.Body)
	switch {
	case strings.HasPrefix(media, "application/cloudevents-batch"), !binary && body.IsList():
		if err != nil {
			return nil, err
		}
		return batch(body, d.Body)
	case strings.HasPrefix(media, "application/cloudevents"), !binary:
		if err != nil {
			return nil, err
		}
		return []one{structured(body, d.Body)}, nil
	}
	if err != nil && len(d.Body) > 0 {
		return nil, err
	}
	return []one{{attributes: headers(d.Header), data: body}}, nil
}

func batch(body wire.Value, raw []byte) ([]one, error) {
	var raws []json.RawMessage
	if err := json.Unmarshal(raw, &raws); err != nil || len(raws) > maxBatch {
		return nil, fmt.Errorf("not a list of at most %d events: %w", maxBatch, providers.ErrMalformed)
	}
	var out []one
	for i, e := range body.List() {
		out = append(out, structured(e, raws[i]))
	}
	return out, nil
}

func structured(e wire.Value, raw []byte) one {
	o := one{attributes: map[string]string{}, raw: raw, data: e.Get("data")}
	for _, name := range e.Names() {
		if name != "data" && name != "data_base64" {
			o.attributes["ce-"+strings.ToLower(name)] = e.Get(name).Text()
		}
	}
	if encoded := e.Get("data_base64").Text(); encoded != "" {
		if b, err := base64.StdEncoding.DecodeString(encoded); err == nil {
			o.data, _ = wire.JSON(b) // what is no JSON is no data that a mapping could read
		}
	}
	return o
}

// headers reads the attributes of binary mode: quotes off, then one round of percent-decoding.
func headers(h http.Header) map[string]string {
	out := map[string]string{}
	for name := range h {
		lower := strings.ToLower(name)
		if !strings.HasPrefix(lower, "ce-") {
			continue
		}
		value := strings.TrimSpace(h.Get(name))
		if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
			value = strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(value[1 : len(value)-1])
		}
		if decoded, err := url.PathUnescape(value); err == nil {
			value = decoded
		}
		out[lower] = strings.ToValidUTF8(value, "")
	}
	return out
}
