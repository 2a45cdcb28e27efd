package mapping

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/traits"
)

// maxItems bounds what for_each goes through.
const maxItems = 1000

// Input is what a document is applied to.
type Input struct {
	Row Row // a row, where the use is Rows

	// Body is what arrived, where the use is Deliveries: decoded JSON with its numbers as json.Number, or the fields of a
	// form.
	Body     any
	Headers  map[string]string // by lower-case name
	Query    map[string]string
	Received time.Time

	Region string         // where telephone numbers without a country code are read, "" for none
	Zone   *time.Location // where times without a zone are read; nil is UTC
}

// Made is an event that a rule made, or the reason why it made none.
type Made struct {
	Rule int // index of the rule, -1 for what concerns them all
	Line int // where it stands in the document
	Item int // index of what for_each went through, 0 without it

	Type    string
	ID      string // what tells this event from all others of its type
	Time    time.Time
	Rep     string
	Team    string
	Subject string
	Data    map[string]any

	Notes []string // what was left out, and why
	Fault *Fault   // set: there is no event
}

// Output is what a document makes of an input.
type Output struct {
	Made []Made // none means that no rule applied
	Cost uint64 // of its expressions
}

// Apply makes events of an input. The error is that of ctx: the same input may fare better another time. Whatever else is
// wrong stands in Made.
func (m *Mapping) Apply(ctx context.Context, in Input) (Output, error) {
	s := m.scope(in)
	items := []any{in.Body}
	if m.forEach != nil {
		found, err := m.items(ctx, s)
		if ctx.Err() != nil {
			return Output{}, ctx.Err()
		}
		if err != nil {
			return Output{Made: []Made{{Rule: -1, Line: m.forEach.line, Fault: faultAt(m.forEach.line, "for_each", err)}}, Cost: s.cost}, nil
		}
		items = found
	}
	var out Output
	for i, item := range items {
		s.enter(ctx, item)
		for r, rule := range m.rules {
			made, applies := m.apply(ctx, rule, s)
			if ctx.Err() != nil {
				return Output{}, ctx.Err()
			}
			if !applies {
				continue
			}
			made.Rule, made.Line, made.Item = r, rule.line, i
			out.Made = append(out.Made, made)
		}
	}
	out.Cost = s.cost
	return out, nil
}

// items returns what for_each gives, as decoded JSON.
func (m *Mapping) items(ctx context.Context, s *scope) ([]any, error) {
	found, err := m.forEach.eval(ctx, s)
	if err != nil {
		return nil, err
	}
	if o, ok := found.(*types.Optional); ok {
		if !o.HasValue() {
			return nil, nil
		}
		found = o.GetValue()
	}
	list, ok := found.(traits.Lister)
	if !ok {
		return nil, errors.New("a list is needed, such as body.items")
	}
	if n, ok := list.Size().(types.Int); !ok || n > maxItems {
		return nil, fmt.Errorf("more than %d items", maxItems)
	}
	v, err := plain(list, roomForItems())
	if err != nil {
		return nil, err
	}
	items, _ := v.([]any)
	return items, nil
}

// apply makes the event that a rule says; applies is false if its condition does not hold.
func (m *Mapping) apply(ctx context.Context, r rule, s *scope) (made Made, applies bool) {
	if slices.ContainsFunc(r.when, func(c condition) bool { return !c.met(s) }) {
		return made, false
	}
	if r.holds != nil {
		v, err := r.holds.eval(ctx, s)
		yes, isBool := v.(types.Bool)
		switch {
		case err != nil:
			made.Fault = faultAt(r.holds.line, "when", err)
			return made, true
		case !isBool:
			made.Fault = faultAt(r.holds.line, "when", errors.New("the condition is neither true nor false"))
			return made, true
		case !bool(yes):
			return made, false
		}
	}
	typ, err := r.typ.text(ctx, s)
	if err != nil {
		made.Fault = faultAt(r.typ.line, "type", err)
		return made, true
	}
	if made.Type = strings.TrimSpace(typ); made.Type == "" {
		return made, false // what stands for no type makes no event
	}
	made.Fault = m.fill(ctx, &made, r, s)
	return made, true
}

// fill makes the event's parts.
func (m *Mapping) fill(ctx context.Context, made *Made, r rule, s *scope) *Fault {
	var err error
	if made.ID, err = r.id.full(ctx, s); err != nil {
		return faultAt(r.id.line, "id", err)
	}
	if r.time != nil {
		made.Time, err = r.time.eval(ctx, s)
		switch {
		case err != nil && m.use == Deliveries && ctx.Err() == nil:
			made.Time = time.Time{}
			made.Notes = append(made.Notes, "time: "+err.Error()+"; the time of receipt is taken")
		case err != nil:
			return faultAt(r.time.source.line, "time", err)
		}
	}
	for _, a := range []struct {
		to   *string
		name string
		from *value
	}{{&made.Rep, "rep", r.rep}, {&made.Team, "team", r.team}, {&made.Subject, "subject", r.subject}} {
		if a.from == nil {
			continue
		}
		if *a.to, err = a.from.text(ctx, s); err != nil {
			return faultAt(a.from.line, a.name, err)
		}
	}
	if made.Data, err = evalFields(ctx, r.data, s, "/data"); err != nil {
		return faultAt(r.line, "/data", err)
	}
	return nil
}

// full is text for values of which every part must hold something, such as ids.
func (v *value) full(ctx context.Context, s *scope) (string, error) {
	if v.expr == nil {
		if _, err := v.source.renderFull(s); err != nil {
			return "", err
		}
		return v.text(ctx, s)
	}
	text, err := v.text(ctx, s)
	if err == nil && strings.TrimSpace(text) == "" {
		err = errors.New("the expression's result is empty")
	}
	return text, err
}

// faultAt says where an error came up. One that says so itself stays as it is.
func faultAt(line int, where string, err error) *Fault {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	out := &Fault{Line: line, Where: where, Detail: err.Error()}
	if h, ok := errors.AsType[helped](err); ok {
		out.Mend = h.mend
	}
	return out
}

// JSON returns the payload.
func (m Made) JSON() (json.RawMessage, error) { return json.Marshal(m.Data) }

// Within is Apply with a bound on the time that it may take, for those who have no context.
func (m *Mapping) Within(limit time.Duration, in Input) (Output, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return m.Apply(ctx, in)
}
