package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// value is the recipe for one field of an event.
type value struct {
	line     int
	constant json.RawMessage // set: the value as it stands in the document
	source   template
	filters  []filter
	lookup   map[string]string
	fallback string // for a source that comes out empty
	as       string // text, integer, decimal, boolean or duration
}

// text returns the value before it is read as anything but text.
func (v value) text(r row) string {
	s := v.source.render(r)
	for _, f := range v.filters {
		s = f(s)
	}
	if to, ok := v.lookup[s]; ok {
		s = to
	}
	if strings.TrimSpace(s) == "" {
		return v.fallback
	}
	return s
}

// eval returns the value for a row; nil stands for "leave the field out".
func (v value) eval(r row, m marks) (any, error) {
	if v.constant != nil {
		return v.constant, nil
	}
	s := v.text(r)
	if s == "" {
		return nil, nil //nolint:nilnil // nil is the answer: an empty value is left out
	}
	out, err := v.read(s, m)
	if err != nil {
		return nil, fmt.Errorf("%q is %w", s, err)
	}
	return out, nil
}

// read gives a text the type that the document asks for.
func (v value) read(s string, m marks) (any, error) {
	switch v.as {
	case "integer":
		n, err := m.decimal(s)
		if err == nil && strings.Contains(n, ".") {
			err = errors.New("not a whole number")
		}
		return json.RawMessage(n), err
	case "decimal":
		return m.decimal(s)
	case "boolean":
		return truth(s)
	case "duration":
		return seconds(s)
	}
	return s, nil
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

// eval builds the node's JSON value for a row; nil when nothing in it holds anything.
func (n node) eval(r row, m marks, path string) (any, error) {
	switch {
	case n.leaf != nil:
		out, err := n.leaf.eval(r, m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return out, nil
	case n.isList:
		var list []any
		for i, item := range n.list {
			v, err := item.eval(r, m, fmt.Sprintf("%s/%d", path, i))
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
	object, err := evalFields(n.fields, r, m, path)
	if err != nil || len(object) == 0 {
		return nil, err
	}
	return object, nil
}

// evalFields builds an object without its empty fields.
func evalFields(fields []field, r row, m marks, path string) (map[string]any, error) {
	object := map[string]any{}
	for _, f := range fields {
		v, err := f.node.eval(r, m, path+"/"+f.name)
		if err != nil {
			return nil, err
		}
		if v != nil {
			object[f.name] = v
		}
	}
	return object, nil
}
