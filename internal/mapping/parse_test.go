package mapping

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// good is the smallest document there is.
const good = `version: 1
source: /imports/test
events:
  - type: proposal.sent
    id: "p-{id}"
    time: { column: day, layout: 2006-01-02, zone: UTC }
    data: { proposal: "{id}" }
`

func TestParseFaults(t *testing.T) {
	for _, c := range []struct {
		name, old, new string // good with old replaced by new
		want           []string
	}{
		{"empty", good, "", []string{"line 1: the document is empty"}},
		{"not YAML", "source: /imports/test", "source: [", []string{"line 3: not YAML: did not find expected node content"}},
		{"two documents", "events:", "---\nevents:", []string{"line 3: a second document begins; one file holds one mapping"}},
		{"a list", good, "- 1", []string{
			"line 1: an object is needed here (key: value)",
			"line 1: version is needed: version: 1",
			"line 1: source is needed: the CloudEvents source of the events, such as /imports/crm",
			"line 1: events is needed: a list of rules, each makes one event of a row",
		}},
		{"other version", "version: 1", "version: 2", []string{`line 1: version "2" is not known here; this program reads version 1`}},
		{"unknown key", "source: /imports/test", "source: /x\nsauce: /y", []string{
			`line 3: unknown key "sauce"; known here: csv, events, let, lookups, numbers, region, source, tables, version, zone`,
		}},
		{"key twice", "version: 1", "version: 1\nversion: 1", []string{`line 2: "version" stands here twice`}},
		{"alias", "source: /imports/test", "source: &s /x\nlookups: *s", []string{"line 3: aliases (*s) are not read; write it out"}},
		{"no rule", good, "version: 1\nsource: /x\nevents: []", []string{"line 3: events holds no rule"}},
		{"bare rule", good, "version: 1\nsource: /x\nevents:\n  - data: {}", []string{
			"line 4: the rule has no type",
			"line 4: the rule has no id: without one, a second run would record everything twice",
			"line 4: the rule has no time: history without its time would all fall on today",
		}},
		{"fixed id", `"p-{id}"`, `same`, []string{`line 5: an id names at least one column, such as "opp-{opportunity_id}-sent"`}},
		{"default id", `"p-{id}"`, `{ column: id, default: x }`, []string{"line 5: an id has no default: it would stand for many rows"}},
		{"open brace", `"p-{id}"`, `"p-{id"`, []string{
			"line 5: a { is not closed; {{ stands for the brace itself",
		}},
		{"filter", `proposal: "{id}"`, `proposal: "{id|shout}"`, []string{
			`line 7: unknown filter "shout"; known: trim, lower, upper, slug, digits`,
		}},
		{"two sources", `proposal: "{id}"`, `proposal: { column: id, template: x }`, []string{
			"line 7: a value has one source: column, template, const or expr",
		}},
		{"const with more", `proposal: "{id}"`, `proposal: { const: 1, as: text }`, []string{
			"line 7: const is taken as it is: nothing else goes with it",
		}},
		{"kind", `proposal: "{id}"`, `proposal: { column: id, as: money }`, []string{
			`line 7: unknown kind "money"; known: text, integer, decimal, boolean, duration, time, date, phone, email`,
		}},
		{"lookup", `proposal: "{id}"`, `proposal: { column: id, lookup: nope }`, []string{
			`line 7: there is no lookup "nope"; there are: `,
		}},
		{"null", `proposal: "{id}"`, `proposal: `, []string{"line 7: a value is missing here"}},
		{"odd number", `proposal: "{id}"`, `proposal: 0x10`, []string{"line 7: write the number in plain digits, or in quotes as text"}},
		{"typed subject", "    data:", "    subject: { column: id, as: integer }\n    data:", []string{
			"line 7: this is text: write a template, or an object with column, template or expr",
		}},
		{"condition", "    data:", "    when: { id: { present: maybe }, day: {} }\n    data:", []string{
			"line 7: true or false is needed here",
			"line 7: say what must be true of day: present, equals, in or not",
		}},
		{"zone", "zone: UTC", "zone: Mars/Olympus", []string{
			`line 6: unknown zone "Mars/Olympus"; an IANA name is needed, such as Europe/Berlin`,
		}},
		{"no zone", ", zone: UTC", "", []string{`line 6: zone is needed: the layout "2006-01-02" carries no offset`}},
		{"layout", "2006-01-02", "DD.MM.YYYY", []string{
			`line 6: the layout "DD.MM.YYYY" lacks day, month or year (Go's way: 2 Jan 2006 15:04:05)`,
		}},
		{"abbreviation", "2006-01-02", `"2006-01-02 15:04 MST"`, []string{
			"line 6: zone abbreviations (MST) name no zone for certain; use an offset (-07:00) or zone",
		}},
		{"needless at", "layout: 2006-01-02", `layout: "2006-01-02 15:04", at: "09:00"`, []string{
			"line 6: at is for layouts without a time of day",
		}},
		{"wrong at", "zone: UTC", "zone: UTC, at: noon", []string{"line 6: a time of day is needed here, such as 09:30"}},
		{"no layout", "layout: 2006-01-02, ", "", []string{
			"line 6: layout is needed: how the file writes its times, in Go's way (1/2/2006) or rfc3339, unix, unix_ms",
		}},
		{"table", "events:", "tables: { t: { file: x.csv } }\nevents:", []string{"line 3: a table needs file and key"}},
		{"delimiter", "events:", "csv: { delimiter: ab }\nevents:", []string{"line 3: one character is needed here"}},
		{"columns", "events:", "csv: { columns: [a] }\nevents:", []string{
			"line 3: columns is for files without a header (header: false), and is needed there",
		}},
		{"marks", "events:", "numbers: { decimal: \",\" }\nevents:", []string{"line 3: decimal and thousands are the same character"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(strings.Replace(good, c.old, c.new, 1)), Rows)
			if _, ok := errors.AsType[*Error](err); !ok {
				t.Fatalf("got %v, want a *Error", err)
			}
			if diff := cmp.Diff(c.want, strings.Split(err.Error(), "\n")); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseNamesKnownTypes(t *testing.T) {
	_, err := Parse([]byte(strings.Replace(good, "proposal.sent", "proposal.send", 1)), Rows)
	if err == nil || !strings.HasPrefix(err.Error(), `line 4: unknown event type "proposal.send"; known: `) ||
		!strings.Contains(err.Error(), "proposal.sent") {
		t.Errorf("got %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("version: 1\nevents: [{type: x, when: {a: {in: [b]}}}]\n---\n"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, use := range []Use{Rows, Deliveries} {
			m, err := Parse(text, use)
			if err == nil {
				in := Input{Row: columns{}, Body: map[string]any{"id": "1", "day": "2026-01-02"}}
				if _, err := m.Apply(t.Context(), in); err != nil {
					t.Error(err)
				}
				continue
			}
			fault, ok := errors.AsType[*Error](err)
			if !ok || len(fault.Faults) == 0 {
				t.Fatalf("got %v, want an *Error with faults", err)
			}
			for _, one := range fault.Faults {
				if one.Line < 1 {
					t.Errorf("fault without a line: %v", err)
				}
			}
		}
	})
}
