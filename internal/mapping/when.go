package mapping

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// condition decides by one column whether a rule applies to a row. Spaces around the column's text do not count.
type condition struct {
	line    int
	ref     string
	present *bool
	in      []string // any of these, when not nil
	not     []string // none of these
}

// met tells whether the condition is met.
func (c condition) met(s *scope) bool {
	text := strings.TrimSpace(s.Get(c.ref))
	if c.present != nil && *c.present != (text != "") {
		return false
	}
	if c.in != nil && !slices.Contains(c.in, text) {
		return false
	}
	return !slices.Contains(c.not, text)
}

// condition reads `when`: an expression that is true or false, or columns with what must be true of them.
func (d *recipes) condition(n *yaml.Node) ([]condition, *expr) {
	if n.Kind == yaml.ScalarNode {
		return nil, d.expression(n)
	}
	return d.conditions(n), nil
}

// conditions reads `when`: columns, each with what must be true of it.
func (d *recipes) conditions(n *yaml.Node) []condition {
	var out []condition
	for _, e := range d.entries(n) {
		c := condition{line: e.at.Line, ref: e.key}
		before := len(d.faults)
		d.object(e.value, map[string]func(*yaml.Node){
			"present": func(n *yaml.Node) { b := d.boolean(n); c.present = &b },
			"equals":  func(n *yaml.Node) { c.in = []string{d.text(n)} },
			"in":      func(n *yaml.Node) { c.in = d.texts(n) },
			"not":     func(n *yaml.Node) { c.not = d.texts(n) },
		})
		if len(d.faults) == before && c.present == nil && c.in == nil && c.not == nil {
			d.fail(e.at, "say what must be true of %s: present, equals, in or not", e.key)
		}
		out = append(out, c)
	}
	return out
}
