package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/internal/mapping"
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
func build(ctx context.Context, m *mapping.Mapping, r row) ([]item, error) {
	made, err := m.Apply(ctx, mapping.Input{Row: r})
	if err != nil {
		return nil, err
	}
	out := make([]item, 0, len(made.Made))
	for _, one := range made.Made {
		it := item{row: r, typ: one.Type}
		var err error
		if one.Fault != nil {
			err = one.Fault
		} else {
			it.id, it.event, err = check(envelope{
				SpecVersion: "1.0", ID: one.ID, Source: m.Source(), Type: one.Type, Subject: one.Subject, Time: one.Time,
				Rep: one.Rep, Team: one.Team, Data: one.Data,
			})
		}
		if err != nil {
			it.event, it.reason = nil, strings.TrimPrefix(one.Type+": "+err.Error(), ": ")
		}
		out = append(out, it)
	}
	return out, nil
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

// bind checks that every column that the mapping reads is there; the error is a *mapping.Error.
func bind(m *mapping.Mapping, n *names) error {
	var faults []mapping.Fault
	for _, t := range m.Tables() {
		if _, ok := n.columns[t.On]; !ok {
			faults = append(faults, mapping.Fault{Line: t.Line, Detail: fmt.Sprintf("there is no column %q to join on", t.On)})
		}
	}
	m.Refs(func(line int, name string) {
		if err := n.check(name); err != nil {
			faults = append(faults, mapping.Fault{Line: line, Detail: err.Error()})
		}
	})
	return mapping.NewError(faults)
}
