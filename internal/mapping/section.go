package mapping

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

func (d *recipes) shape(n *yaml.Node) CSV {
	s := CSV{Delimiter: ',', Header: true}
	d.object(n, map[string]func(*yaml.Node){
		"delimiter": func(n *yaml.Node) {
			if s.Delimiter = d.mark(n); strings.ContainsRune("\"\r\n", s.Delimiter) || s.Delimiter == utf8.RuneError {
				d.fail(n, "this cannot be a delimiter")
			}
		},
		"header":  func(n *yaml.Node) { s.Header = d.boolean(n) },
		"columns": func(n *yaml.Node) { s.Columns = d.texts(n) },
	})
	if s.Header == (len(s.Columns) > 0) {
		d.fail(n, "columns is for files without a header (header: false), and is needed there")
	}
	return s
}

func (d *recipes) marks(n *yaml.Node) marks {
	m := marks{'.', ','}
	d.object(n, map[string]func(*yaml.Node){
		"decimal":   func(n *yaml.Node) { m.point = d.mark(n) },
		"thousands": func(n *yaml.Node) { m.thousands = d.mark(n) },
	})
	if m.point == m.thousands {
		d.fail(n, "decimal and thousands are the same character")
	}
	return m
}

func (d *recipes) tables(n *yaml.Node) map[string]Table {
	tables := map[string]Table{}
	for _, e := range d.entries(n) {
		t := Table{Line: e.at.Line}
		d.object(e.value, map[string]func(*yaml.Node){
			"file": func(n *yaml.Node) { t.File = d.text(n) },
			"key":  func(n *yaml.Node) { t.Key = d.text(n) },
			"on":   func(n *yaml.Node) { t.On = d.text(n) },
		})
		if t.File == "" || t.Key == "" {
			d.fail(e.at, "a table needs file and key")
		}
		if t.On == "" {
			t.On = t.Key
		}
		tables[e.key] = t
	}
	return tables
}

func (d *recipes) readLookups(n *yaml.Node) {
	for _, table := range d.entries(n) {
		d.lookups[table.key] = map[string]string{}
		for _, e := range d.entries(table.value) {
			d.lookups[table.key][e.key] = d.text(e.value)
		}
	}
}

// country reads an ISO 3166 code.
func (d *recipes) country(n *yaml.Node) string {
	code := d.text(n)
	if len(code) != 2 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		d.fail(n, "unknown region %q; two capital letters are needed, such as US", code)
	}
	return code
}

// letName is what an expression can be called by.
var letName = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]*$`)

// lets reads the named expressions; each may read those before it.
func (d *recipes) lets(n *yaml.Node) []let {
	entries := d.entries(n)
	if len(entries) > maxLets {
		d.fail(n, "let holds more than %d names", maxLets)
		return nil
	}
	for _, e := range entries {
		if !letName.MatchString(e.key) || d.compiler.reserved(e.key) {
			d.fail(e.at, "%q cannot be a name: letters, digits and _, and none of %s", e.key, strings.Join(d.compiler.variables(), ", "))
			return nil
		}
	}
	d.compiler.later = nil
	for _, e := range entries {
		d.compiler.later = append(d.compiler.later, e.key)
	}
	var out []let
	for _, e := range entries {
		out = append(out, let{e.key, d.expression(e.value)})
		d.compiler.names = append(d.compiler.names, e.key)
		d.compiler.later = d.compiler.later[1:]
	}
	return out
}
