package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"milemarker/events"
)

// envelope is the submitted form of an event.
type envelope struct {
	SpecVersion string         `json:"specversion"`
	ID          string         `json:"id"`
	Source      string         `json:"source"`
	Type        string         `json:"type"`
	Subject     string         `json:"subject,omitempty"`
	Time        time.Time      `json:"time"`
	Rep         string         `json:"rep,omitempty"`
	Team        string         `json:"team,omitempty"`
	Data        map[string]any `json:"data"`
}

// item is what a rule made of a row: an event to be sent, or the reason why there is none.
type item struct {
	row    row
	typ    string
	id     string
	event  json.RawMessage
	reason string
}

// build applies every rule to a row. No item at all means that no rule applied.
func (m *Mapping) build(r row) []item {
	var out []item
	for _, rule := range m.rules {
		if slices.ContainsFunc(rule.when, func(c condition) bool { return !c.holds(r) }) {
			continue
		}
		it := item{row: r, typ: rule.typ}
		body, err := m.event(rule, r)
		if err == nil {
			it.id, it.event, err = check(body)
		}
		if err != nil {
			it.event, it.reason = nil, rule.typ+": "+err.Error()
		}
		out = append(out, it)
	}
	return out
}

// event makes the event that rule says.
func (m *Mapping) event(rule rule, r row) (envelope, error) {
	e := envelope{SpecVersion: "1.0", Source: m.source, Type: rule.typ}
	if _, err := rule.id.source.renderFull(r); err != nil {
		return e, fmt.Errorf("id: %w", err)
	}
	e.ID = rule.id.text(r)
	var err error
	if e.Time, err = rule.time.eval(r); err != nil {
		return e, fmt.Errorf("time: %w", err)
	}
	for _, a := range []struct {
		to   *string
		from *value
	}{{&e.Rep, rule.rep}, {&e.Team, rule.team}, {&e.Subject, rule.subject}} {
		if a.from != nil {
			*a.to = a.from.text(r)
		}
	}
	e.Data, err = evalFields(rule.data, r, m.marks, "/data")
	return e, err
}

// check validates an event as the server will, so that faults show before anything is sent.
func check(e envelope) (id string, body json.RawMessage, err error) {
	body, err = json.Marshal(e)
	if err != nil {
		return "", nil, err
	}
	if _, violations := events.ParseStructured(body); len(violations) > 0 {
		return e.ID, nil, errors.New(violated(violations))
	}
	return e.ID, body, nil
}

// violated says violations on one line, "" if there are none.
func violated(violations []events.Violation) string {
	reasons := make([]string, len(violations))
	for i, v := range violations {
		reasons[i] = strings.TrimPrefix(v.Pointer+": "+v.Detail, ": ")
	}
	return strings.Join(reasons, "; ")
}

// refs calls visit for each column that the mapping reads, with the line that names it.
func (m *Mapping) refs(visit func(line int, ref string)) {
	each := func(v *value) {
		if v != nil {
			for _, ref := range v.source.refs() {
				visit(v.line, ref)
			}
		}
	}
	var walk func(node)
	walk = func(n node) {
		each(n.leaf)
		for _, item := range n.list {
			walk(item)
		}
		for _, f := range n.fields {
			walk(f.node)
		}
	}
	for _, r := range m.rules {
		for _, c := range r.when {
			visit(c.line, c.ref)
		}
		for _, v := range []*value{r.id, &r.time.source, r.rep, r.team, r.subject} {
			each(v)
		}
		walk(node{fields: r.data})
	}
}

// bind checks that every column that the mapping reads is there; the error is a *MappingError.
func (m *Mapping) bind(n *names) error {
	d := &document{}
	for _, t := range m.tables {
		if _, ok := n.columns[t.on]; !ok {
			d.faults = append(d.faults, Fault{t.line, fmt.Sprintf("there is no column %q to join on", t.on)})
		}
	}
	m.refs(func(line int, ref string) {
		if err := n.check(ref); err != nil {
			d.faults = append(d.faults, Fault{line, err.Error()})
		}
	})
	return d.err()
}
