package importer

import (
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"milemarker/events"
)

// version is the only version of the mapping document there is.
const version = "1"

// Mapping is a mapping document, read and checked; the package comment describes it.
type Mapping struct {
	source string
	shape  shape
	marks  marks
	tables map[string]tableSpec
	rules  []rule
}

// rule says how one event is made of a row.
type rule struct {
	line    int
	typ     string
	when    []condition
	id      *value
	time    moment
	rep     *value
	team    *value
	subject *value
	data    []field
}

// ParseMapping reads a mapping document. The error is a *MappingError that lists every fault with its line.
func ParseMapping(text []byte) (*Mapping, error) {
	root, err := readTree(string(text))
	if err != nil {
		return nil, err
	}
	d := recipes{&document{}, map[string]map[string]string{}}
	m := &Mapping{shape: shape{delimiter: ',', header: true}, marks: marks{'.', ','}}
	var versioned bool
	var rules *yaml.Node
	d.object(root, map[string]func(*yaml.Node){
		"version": func(n *yaml.Node) {
			versioned = true
			if got := d.text(n); got != version {
				d.fail(n, "version %q is not known here; this program reads version %s", got, version)
			}
		},
		"source":  func(n *yaml.Node) { m.source = d.text(n) },
		"csv":     func(n *yaml.Node) { m.shape = d.shape(n) },
		"numbers": func(n *yaml.Node) { m.marks = d.marks(n) },
		"tables":  func(n *yaml.Node) { m.tables = d.tables(n) },
		"lookups": func(n *yaml.Node) { d.readLookups(n) },
		"events":  func(n *yaml.Node) { rules = n }, // read last: rules name lookups
	})
	if !versioned {
		d.fail(root, "version is needed: version: %s", version)
	}
	if m.source == "" {
		d.fail(root, "source is needed: the CloudEvents source of the events, such as /imports/crm")
	}
	if rules == nil {
		d.fail(root, "events is needed: a list of rules, each makes one event of a row")
	} else {
		m.rules = d.rules(rules)
	}
	if err := d.err(); err != nil {
		return nil, err
	}
	return m, nil
}

func (d recipes) shape(n *yaml.Node) shape {
	s := shape{delimiter: ',', header: true}
	d.object(n, map[string]func(*yaml.Node){
		"delimiter": func(n *yaml.Node) {
			if s.delimiter = d.mark(n); strings.ContainsRune("\"\r\n", s.delimiter) || s.delimiter == utf8.RuneError {
				d.fail(n, "this cannot be a delimiter")
			}
		},
		"header":  func(n *yaml.Node) { s.header = d.boolean(n) },
		"columns": func(n *yaml.Node) { s.columns = d.texts(n) },
	})
	if s.header == (len(s.columns) > 0) {
		d.fail(n, "columns is for files without a header (header: false), and is needed there")
	}
	return s
}

func (d recipes) marks(n *yaml.Node) marks {
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

func (d recipes) tables(n *yaml.Node) map[string]tableSpec {
	tables := map[string]tableSpec{}
	for _, e := range d.entries(n) {
		t := tableSpec{line: e.at.Line}
		d.object(e.value, map[string]func(*yaml.Node){
			"file": func(n *yaml.Node) { t.file = d.text(n) },
			"key":  func(n *yaml.Node) { t.key = d.text(n) },
			"on":   func(n *yaml.Node) { t.on = d.text(n) },
		})
		if t.file == "" || t.key == "" {
			d.fail(e.at, "a table needs file and key")
		}
		if t.on == "" {
			t.on = t.key
		}
		tables[e.key] = t
	}
	return tables
}

func (d recipes) readLookups(n *yaml.Node) {
	for _, table := range d.entries(n) {
		d.lookups[table.key] = map[string]string{}
		for _, e := range d.entries(table.value) {
			d.lookups[table.key][e.key] = d.text(e.value)
		}
	}
}

func (d recipes) rules(n *yaml.Node) []rule {
	var out []rule
	for _, item := range d.items(n) {
		out = append(out, d.rule(item))
	}
	if len(out) == 0 {
		d.fail(n, "events holds no rule")
	}
	return out
}

func (d recipes) rule(n *yaml.Node) rule {
	r := rule{line: n.Line}
	timed := false
	d.object(n, map[string]func(*yaml.Node){
		"type":    func(n *yaml.Node) { r.typ = d.eventType(n) },
		"when":    func(n *yaml.Node) { r.when = d.conditions(n) },
		"id":      func(n *yaml.Node) { r.id = d.id(n) },
		"time":    func(n *yaml.Node) { timed = true; r.time = d.moment(n) },
		"rep":     func(n *yaml.Node) { r.rep = d.attribute(n) },
		"team":    func(n *yaml.Node) { r.team = d.attribute(n) },
		"subject": func(n *yaml.Node) { r.subject = d.attribute(n) },
		"data":    func(n *yaml.Node) { r.data = d.fields(n) },
	})
	if n.Kind != yaml.MappingNode {
		return r
	}
	if r.typ == "" {
		d.fail(n, "the rule has no type")
	}
	if r.id == nil {
		d.fail(n, "the rule has no id: without one, a second run would record everything twice")
	}
	if !timed {
		d.fail(n, "the rule has no time: history without its time would all fall on today")
	}
	return r
}

func (d recipes) eventType(n *yaml.Node) string {
	typ := d.text(n)
	if !events.Known(typ) {
		d.fail(n, "unknown event type %q; known: %s", typ, strings.Join(events.Types(), ", "))
	}
	return typ
}

// id reads a template that must name a column: a fixed id would make one event of the whole file.
func (d recipes) id(n *yaml.Node) *value {
	v := d.attribute(n)
	if len(v.source.refs()) == 0 {
		d.fail(n, "an id names at least one column, such as \"opp-{opportunity_id}-sent\"")
	}
	if v.fallback != "" {
		d.fail(n, "an id has no default: it would stand for many rows")
	}
	return v
}
