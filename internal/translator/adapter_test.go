package translator_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
)

// adapter is a dialer that tells of calls in JSON.
type adapter struct {
	change func(*said) // another version of the adapter reads this into it
}

// said is its body.
type said struct {
	ID      string         `json:"id"`
	Kind    string         `json:"kind"`
	Type    string         `json:"type"`
	Seconds int            `json:"seconds"`
	User    string         `json:"user"`
	Phone   string         `json:"phone"`
	At      time.Time      `json:"at"`
	Amends  bool           `json:"amends"`
	Back    bool           `json:"back"`
	Thread  string         `json:"thread"`
	Parts   map[string]int `json:"parts"`
}

func (a *adapter) About() providers.About {
	return providers.About{Name: "test", Hosts: []string{"api.example.com"}}
}

func (a *adapter) Verify(providers.Delivery, providers.Secrets, time.Time) error { return nil }

func (a *adapter) Thread(d providers.Delivery) string {
	var s said
	_ = json.Unmarshal(d.Body, &s)
	return s.Thread
}

func (a *adapter) Translate(in providers.Input) (providers.Output, error) {
	var s said
	if json.Unmarshal(in.Body, &s) != nil {
		return providers.Output{}, fmt.Errorf("body: %w", providers.ErrMalformed)
	}
	if a.change != nil {
		a.change(&s)
	}
	out := providers.Output{Kind: s.Kind, Key: s.ID}
	switch s.Kind {
	case "odd":
		out.Ignored = "tells of nothing that counts"
		return out, nil
	case "panic":
		panic("at once")
	case "thin":
		if in.Details == nil && !in.Pending {
			out.Wants = []providers.Want{{Name: "call", URL: "https://api.example.com/calls/" + s.ID, Auth: providers.AuthBearer}}
			return out, nil
		}
		_ = json.Unmarshal(in.Details["call"], &s)
	case "foreign":
		if !in.Pending {
			out.Wants = []providers.Want{{Name: "call", URL: "https://127.0.0.1/calls"}}
			return out, nil
		}
	}
	e := providers.Event{
		Key: s.ID, Amends: s.Amends, Withdrawn: s.Back, Pending: in.Pending, Reps: []providers.Rep{{Kind: providers.RepUser, Value: s.User}},
		Draft: events.Draft{Type: cmp.Or(s.Type, events.TypeCallCompleted), Time: s.At, Rep: "unknown"},
	}
	if s.Thread != "" { // the sum of the parts, whatever their order
		parts := map[string]int{}
		_ = json.Unmarshal(in.State, &parts)
		maps.Copy(parts, s.Parts)
		s.Seconds = 0
		for n := range maps.Values(parts) {
			s.Seconds += n
		}
		out.State, _ = json.Marshal(parts)
		e.Amends = true
	}
	data := map[string]any{"direction": "outbound", "outcome": "conversation", "seconds": s.Seconds}
	if e.Draft.Type == events.TypeLeadCaptured {
		data = map[string]any{}
	}
	if s.Kind == "invalid" {
		data["outcome"] = "sideways"
	}
	if s.Phone != "" {
		data["person"] = map[string]any{"phone": s.Phone}
	}
	e.Draft.Data, _ = json.Marshal(data)
	if s.Kind == "nothing" {
		out.Ignored = "it counts no more"
		return out, nil
	}
	out.Events = []providers.Event{e}
	return out, nil
}

var _ providers.Threader = (*adapter)(nil)

// call is a body that tells of a call.
func call(id string, seconds int) string {
	return fmt.Sprintf(`{"id":%q,"kind":"call","seconds":%d,"user":"7","at":"2026-03-02T15:00:00Z"}`, id, seconds)
}

// sorted is a copy in order.
func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }
