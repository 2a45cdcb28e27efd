package mapping

import (
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"milemarker/events"
)

// version is the only version of the mapping document there is.
const version = "1"

// Limits of a document.
const (
	MaxSize  = 64 << 10 // bytes
	maxRules = 100
	maxLets  = 50
)

// Use is what a document is applied to.
type Use int

// The uses of a document.
const (
	Rows       Use = iota + 1 // of a CSV file: `row` is one of them
	Deliveries                // of a webhook: `body` is what arrived
)

// Mapping is a mapping document, read and checked. It may be used by many goroutines at once.
type Mapping struct {
	use     Use
	source  string
	csv     CSV
	marks   marks
	region  string         // "": that of the input
	zone    *time.Location // nil: that of the input
	tables  map[string]Table
	forEach *expr
	lets    []let
	rules   []rule
	refs    []reading // of expressions
}

// let is a named expression.
type let struct {
	name string
	expr *expr
}

// reading is a name that the document reads, and the line that does.
type reading struct {
	line int
	name string
}

// rule says how one event is made.
type rule struct {
	line    int
	typ     *value
	when    []condition
	holds   *expr // the condition as an expression, nil if there is none
	id      *value
	time    *moment
	rep     *value
	team    *value
	subject *value
	data    []field
}

// CSV says how a CSV file is written.
type CSV struct {
	Delimiter rune
	Header    bool
	Columns   []string // names, for a file without a header
}

// Table says where a joined table stands and how a row finds its own in it.
type Table struct {
	Line int
	File string // beside the CSV file, or absolute
	Key  string // the table's column that names a row
	On   string // the CSV file's column that holds the key
}

// Source returns the CloudEvents source of the events, "" where the document leaves it to whoever applies it.
func (m *Mapping) Source() string { return m.source }

// CSV returns how the CSV file is written that the document is for.
func (m *Mapping) CSV() CSV { return m.csv }

// Tables returns the joined tables by name.
func (m *Mapping) Tables() map[string]Table { return m.tables }

// UseOf returns what a document is for, by the sections that it has: one that says how a CSV file is written is for rows.
func UseOf(text []byte) Use {
	var sections struct {
		CSV    yaml.Node `yaml:"csv"`
		Tables yaml.Node `yaml:"tables"`
	}
	if err := yaml.Unmarshal(text, &sections); err != nil {
		return Deliveries // Parse says what is wrong with it
	}
	if sections.CSV.Kind != 0 || sections.Tables.Kind != 0 {
		return Rows
	}
	return Deliveries
}

// Parse reads a mapping document. The error is an *Error that lists every fault with its line.
func Parse(text []byte, use Use) (*Mapping, error) {
	if len(text) > MaxSize {
		return nil, single(1, "the document has more than 64 KiB")
	}
	root, err := readTree(string(text))
	if err != nil {
		return nil, err
	}
	m := &Mapping{use: use, csv: CSV{Delimiter: ',', Header: true}, marks: marks{'.', ','}}
	d := &recipes{document: &document{}, use: use, lookups: map[string]map[string]string{}}
	d.read(root, m)
	if err := d.err(); err != nil {
		return nil, err
	}
	return m, nil
}

// read reads the whole document into m.
func (d *recipes) read(root *yaml.Node, m *Mapping) {
	var versioned bool
	var lets, forEach, rules *yaml.Node // read last: they name what the other sections define
	known := map[string]func(*yaml.Node){
		"version": func(n *yaml.Node) {
			versioned = true
			if got := d.text(n); got != version {
				d.fail(n, "version %q is not known here; this program reads version %s", got, version)
			}
		},
		"source":  func(n *yaml.Node) { m.source = d.text(n) },
		"numbers": func(n *yaml.Node) { m.marks = d.marks(n) },
		"region":  func(n *yaml.Node) { m.region = d.country(n) },
		"zone":    func(n *yaml.Node) { m.zone = d.zone(n) },
		"lookups": func(n *yaml.Node) { d.readLookups(n) },
		"let":     func(n *yaml.Node) { lets = n },
		"events":  func(n *yaml.Node) { rules = n },
	}
	if d.use == Rows {
		known["csv"] = func(n *yaml.Node) { m.csv = d.shape(n) }
		known["tables"] = func(n *yaml.Node) { m.tables = d.tables(n) }
	} else {
		known["for_each"] = func(n *yaml.Node) { forEach = n }
	}
	d.object(root, known)
	if !versioned {
		d.fail(root, "version is needed: version: %s", version)
	}
	if m.source == "" && d.use == Rows {
		d.fail(root, "source is needed: the CloudEvents source of the events, such as /imports/crm")
	}
	d.zoned = m.zone
	d.compiler = newCompiler(d, m)
	if lets != nil {
		for _, e := range (&document{}).entries(lets) {
			d.compiler.later = append(d.compiler.later, e.key)
		}
	}
	if forEach != nil {
		m.forEach = d.expression(forEach)
	}
	if lets != nil {
		m.lets = d.lets(lets)
	}
	if rules == nil {
		d.fail(root, "events is needed: a list of rules, each makes one event of a %s", map[Use]string{Rows: "row", Deliveries: "delivery"}[d.use])
	} else {
		m.rules = d.rules(rules)
	}
	m.refs = d.refs
}

func (d *recipes) rules(n *yaml.Node) []rule {
	var out []rule
	for _, item := range d.items(n) {
		out = append(out, d.rule(item))
	}
	switch {
	case len(out) == 0:
		d.fail(n, "events holds no rule")
	case len(out) > maxRules:
		d.fail(n, "events holds more than %d rules", maxRules)
	}
	return out
}

func (d *recipes) rule(n *yaml.Node) rule {
	r := rule{line: n.Line}
	d.object(n, map[string]func(*yaml.Node){
		"type":    func(n *yaml.Node) { r.typ = d.eventType(n) },
		"when":    func(n *yaml.Node) { r.when, r.holds = d.condition(n) },
		"id":      func(n *yaml.Node) { r.id = d.id(n) },
		"time":    func(n *yaml.Node) { r.time = d.moment(n) },
		"rep":     func(n *yaml.Node) { r.rep = d.attribute(n) },
		"team":    func(n *yaml.Node) { r.team = d.attribute(n) },
		"subject": func(n *yaml.Node) { r.subject = d.attribute(n) },
		"data":    func(n *yaml.Node) { r.data = d.fields(n) },
	})
	if n.Kind != yaml.MappingNode {
		return r
	}
	if r.typ == nil {
		d.fail(n, "the rule has no type")
	}
	if r.id == nil {
		d.fail(n, "the rule has no id: without one, a second run would record everything twice")
	}
	if r.time == nil && d.use == Rows {
		d.fail(n, "the rule has no time: history without its time would all fall on today")
	}
	return r
}

// eventType reads a type, or a value that gives one: what a lookup can give is checked here.
func (d *recipes) eventType(n *yaml.Node) *value {
	if n.Kind != yaml.MappingNode {
		typ := d.text(n)
		if !events.Known(typ) {
			d.fail(n, "unknown event type %q; known: %s", typ, strings.Join(events.Types(), ", "))
		}
		return &value{line: n.Line, source: template{[]part{{text: typ}}}}
	}
	v := d.attribute(n)
	for from, to := range v.lookup {
		if to != "" && !events.Known(to) {
			d.fail(n, "the lookup makes %q of %q, which is no event type; known: %s", to, from, strings.Join(events.Types(), ", "))
		}
	}
	return v
}

// id reads a value that must read something: a fixed id would make one event of everything.
func (d *recipes) id(n *yaml.Node) *value {
	before := len(d.faults)
	v := d.attribute(n)
	if v.expr == nil && len(v.source.refs()) == 0 && len(d.faults) == before {
		d.fail(n, "an id names at least one column, such as \"opp-{opportunity_id}-sent\"")
	}
	if v.fallback != "" {
		d.fail(n, "an id has no default: it would stand for many rows")
	}
	return v
}
