package mapping

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// recipes reads the parts of a document that say how values are made.
type recipes struct {
	*document

	use      Use
	zoned    *time.Location // the document's own zone, nil if it names none
	lookups  map[string]map[string]string
	compiler *compiler
	refs     []reading // columns that expressions read
}

// isRecipe tells by its keys whether an object in the document is a value; other objects are objects in the event.
func isRecipe(n *yaml.Node) bool {
	for i := 0; i < len(n.Content); i += 2 { // keys and values take turns
		switch n.Content[i].Value {
		case "column", "template", "const", "expr", "filters", "lookup", "default", "as":
			return true
		}
	}
	return false
}

// node reads a value, or an object or list of such.
func (d *recipes) node(n *yaml.Node) node {
	switch {
	case n.Kind == yaml.ScalarNode:
		v := d.scalar(n)
		return node{leaf: &v}
	case n.Kind == yaml.SequenceNode:
		out := node{isList: true}
		for _, item := range d.items(n) {
			out.list = append(out.list, d.node(item))
		}
		return out
	case n.Kind == yaml.MappingNode && isRecipe(n):
		v := d.recipe(n)
		return node{leaf: &v}
	case n.Kind == yaml.MappingNode:
		return node{fields: d.fields(n)}
	}
	d.fail(n, "a value is needed here")
	return node{}
}

// fields reads the named nodes of an object.
func (d *recipes) fields(n *yaml.Node) []field {
	var out []field
	for _, e := range d.entries(n) {
		out = append(out, field{e.key, d.node(e.value)})
	}
	return out
}

// attribute reads a value that is text in the event's envelope.
func (d *recipes) attribute(n *yaml.Node) *value {
	v := value{line: n.Line}
	if n.Kind == yaml.MappingNode {
		v = d.recipe(n)
	} else {
		v.source = d.template(n)
	}
	if v.as != "" && v.as != "text" || v.constant != nil {
		d.fail(n, "this is text: write a template, or an object with column, template or expr")
	}
	return &v
}

// scalar reads a text, number or truth value.
func (d *recipes) scalar(n *yaml.Node) value {
	v := value{line: n.Line}
	switch n.Tag {
	case "!!null":
		d.fail(n, "a value is missing here")
	case "!!bool":
		v.constant = json.RawMessage(strconv.FormatBool(d.boolean(n)))
	case "!!int", "!!float":
		if v.constant = json.RawMessage(n.Value); !json.Valid(v.constant) {
			d.fail(n, "write the number in plain digits, or in quotes as text")
		}
	default:
		v.source = d.template(n)
	}
	return v
}

// recipe reads a value with one source and what is to be done with it.
func (d *recipes) recipe(n *yaml.Node) value {
	v := value{line: n.Line}
	sources := 0
	d.object(n, map[string]func(*yaml.Node){
		"column":   func(n *yaml.Node) { sources++; v.source = template{[]part{{ref: strings.TrimSpace(d.text(n))}}} },
		"template": func(n *yaml.Node) { sources++; v.source = d.template(n) },
		"const":    func(n *yaml.Node) { sources++; v.constant = d.constant(n) },
		"expr":     func(n *yaml.Node) { sources++; v.expr = d.expression(n) },
		"filters":  func(n *yaml.Node) { v.filters = d.filters(n) },
		"lookup":   func(n *yaml.Node) { v.lookup = d.lookup(n) },
		"default":  func(n *yaml.Node) { v.fallback = d.text(n) },
		"as":       func(n *yaml.Node) { v.as = d.kind(n) },
	})
	if sources != 1 {
		d.fail(n, "a value has one source: column, template, const or expr")
	}
	if v.constant != nil && (v.filters != nil || v.lookup != nil || v.fallback != "" || v.as != "") {
		d.fail(n, "const is taken as it is: nothing else goes with it")
	}
	return v
}

// constant reads a value that is taken literally: braces have no meaning in it.
func (d *recipes) constant(n *yaml.Node) json.RawMessage {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!str" || n.Tag == "!!timestamp" {
		text, _ := json.Marshal(d.text(n)) // a string always marshals
		return text
	}
	return d.scalar(n).constant
}

func (d *recipes) template(n *yaml.Node) template {
	t, err := parseTemplate(d.text(n))
	if err != nil {
		d.fail(n, "%v", err)
	}
	return t
}

func (d *recipes) filters(n *yaml.Node) []filter {
	out := []filter{}
	for _, name := range d.texts(n) {
		f, err := filterNamed(name)
		if err != nil {
			d.fail(n, "%v", err)
			continue
		}
		out = append(out, f)
	}
	return out
}

func (d *recipes) lookup(n *yaml.Node) map[string]string {
	name := d.text(n)
	table, ok := d.lookups[name]
	if !ok {
		d.fail(n, "there is no lookup %q; there are: %s", name, sorted(d.lookups))
	}
	return table
}

func (d *recipes) kind(n *yaml.Node) string {
	s := d.text(n)
	if !slices.Contains(kinds(), s) {
		d.fail(n, "unknown kind %q; known: %s", s, strings.Join(kinds(), ", "))
		return ""
	}
	return s
}

func sorted[V any](m map[string]V) string { return strings.Join(slices.Sorted(maps.Keys(m)), ", ") }
