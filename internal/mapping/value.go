package mapping

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"milemarker/internal/providers/wire"
)

// value is the recipe for one field of an event.
type value struct {
	line     int
	constant json.RawMessage // set: the value as it stands in the document
	expr     *expr           // set: an expression
	source   template
	filters  []filter
	lookup   map[string]string
	fallback string // for a source that comes out empty
	as       string // one of kinds
}

// raw returns the value before it is read as anything but text; typed tells that it is no text any more.
func (v *value) raw(ctx context.Context, s *scope) (out any, typed bool, err error) {
	if v.constant != nil {
		return v.constant, true, nil
	}
	var text string
	if v.expr != nil {
		found, err := v.expr.eval(ctx, s)
		if err != nil {
			return nil, false, err
		}
		if out, err = fromCEL(found); err != nil {
			return nil, false, err
		}
		if !v.worked() {
			return out, true, nil
		}
		text = scalar(out)
	} else {
		text = v.source.render(s)
	}
	for _, f := range v.filters {
		text = f(text)
	}
	if to, ok := v.lookup[text]; ok {
		text = to
	}
	if strings.TrimSpace(text) == "" {
		text = v.fallback
	}
	return text, false, nil
}

// worked tells whether anything is to be done with what the source gives.
func (v *value) worked() bool {
	return v.filters != nil || v.lookup != nil || v.fallback != "" || v.as != ""
}

// text returns the value as text.
func (v *value) text(ctx context.Context, s *scope) (string, error) {
	out, _, err := v.raw(ctx, s)
	return scalar(out), err
}

// eval returns the value; nil stands for "leave the field out".
func (v *value) eval(ctx context.Context, s *scope) (any, error) {
	out, typed, err := v.raw(ctx, s)
	if err != nil {
		return nil, err
	}
	text, isText := out.(string)
	switch {
	case isText && text == "":
		return nil, nil //nolint:nilnil // nil is the answer: an empty value is left out
	case typed:
		return out, nil
	}
	out, err = v.read(text, s)
	if err != nil {
		return nil, fmt.Errorf("%q is %w", text, err)
	}
	return out, nil
}

// read gives a text the type that the document asks for.
func (v *value) read(s string, in *scope) (any, error) {
	switch v.as {
	case "integer":
		n, err := in.m.marks.decimal(s)
		if err == nil && strings.Contains(n, ".") {
			err = errors.New("not a whole number")
		}
		return json.RawMessage(n), err
	case "decimal":
		return in.m.marks.decimal(s)
	case "boolean":
		return truth(s)
	case "duration":
		return seconds(s)
	case "phone":
		return leaveOut(wire.Phone(s, in.region)), nil
	case "email":
		return leaveOut(wire.Email(s)), nil
	case "time", "date":
		t, err := readTime(s, nil, in.zone, 12, 0)
		if err != nil {
			return nil, errors.New("not a time")
		}
		if v.as == "date" {
			return t.In(in.zone).Format(time.DateOnly), nil
		}
		return t, nil
	}
	return s, nil
}

// kinds lists what a value can be read as.
func kinds() []string {
	return []string{"text", "integer", "decimal", "boolean", "duration", "time", "date", "phone", "email"}
}

// leaveOut turns a text that could not be read into nothing.
func leaveOut(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// node is a value, or an object or list of such.
type node struct {
	leaf   *value
	fields []field
	list   []node
	isList bool
}

// field is one named node.
type field struct {
	name string
	node node
}

// eval builds the node's JSON value; nil when nothing in it holds anything. path is where it goes in the event.
func (n node) eval(ctx context.Context, s *scope, path string) (any, error) {
	switch {
	case n.leaf != nil:
		out, err := n.leaf.eval(ctx, s)
		if err != nil {
			return nil, faultAt(n.leaf.line, path, err)
		}
		return out, nil
	case n.isList:
		var list []any
		for i, item := range n.list {
			v, err := item.eval(ctx, s, fmt.Sprintf("%s/%d", path, i))
			if err != nil {
				return nil, err
			}
			if v != nil {
				list = append(list, v)
			}
		}
		if list == nil {
			return nil, nil //nolint:nilnil // nil is the answer: an empty list is left out
		}
		return list, nil
	}
	object, err := evalFields(ctx, n.fields, s, path)
	if err != nil || len(object) == 0 {
		return nil, err
	}
	return object, nil
}

// evalFields builds an object without its empty fields.
func evalFields(ctx context.Context, fields []field, s *scope, path string) (map[string]any, error) {
	object := map[string]any{}
	for _, f := range fields {
		v, err := f.node.eval(ctx, s, path+"/"+f.name)
		if err != nil {
			return nil, err
		}
		if v != nil {
			object[f.name] = v
		}
	}
	return object, nil
}
