package importer

import (
	"os"
	"strings"
	"testing"

	"milemarker/internal/mapping"
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

func TestBind(t *testing.T) {
	document, err := mapping.Parse([]byte(strings.Replace(good, "events:", "tables: { t: { file: x, key: k } }\nevents:", 1)+
		"    rep: \"{t.nope}\"\n    team: \"{twice}\"\n    when: { gone: { present: true } }\n"), mapping.Rows)
	if err != nil {
		t.Fatal(err)
	}
	n := newNames([]string{"id", "twice", "twice"})
	n.tables = map[string]joined{"t": {columns: map[string]int{"k": 0}}}
	want := strings.Join([]string{
		`line 3: there is no column "k" to join on`,
		`line 7: there is no column "day"; the file has: id, twice`,
		`line 9: table t has no column "nope"; it has: k`,
		`line 10: two columns are named "twice"`,
		`line 11: there is no column "gone"; the file has: id, twice`,
	}, "\n")
	if err := bind(document, n); err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}

func FuzzBuild(f *testing.F) {
	f.Add([]byte(good))
	for _, path := range []string{"testdata/everything.yaml", "../../docs/examples/crm-opportunities/mapping.yaml"} {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		document, err := mapping.Parse(text, mapping.Rows)
		if err != nil {
			return
		}
		n := newNames([]string{"id", "day"})
		if bind(document, n) != nil {
			return
		}
		if _, err := build(t.Context(), document, row{line: 2, fields: []string{"1", "2026-01-02"}, names: n}); err != nil {
			t.Error(err)
		}
	})
}

// Expressions read the columns of the file and of joined tables, and are bound to them as templates are.
func TestBuildWithExpressions(t *testing.T) {
	document, err := mapping.Parse([]byte(`version: 1
source: /imports/test
tables: { reps: { file: x, key: k, on: agent } }
let: { sum: money(row.value) }
events:
  - type: signup.completed
    when: row.stage == "Won" && sum != "0"
    id: "s-{id}"
    time: { expr: 'ts(row.day, "1/2/2006", "America/New_York")' }
    rep: { expr: slug(row.agent) }
    team: { expr: 'row["reps.team"]' }
    data: { signup: "{id}", role: customer, amount: "{sum}", currency: USD, product: { expr: row.product + "!" } }
`), mapping.Rows)
	if err != nil {
		t.Fatal(err)
	}
	n := newNames([]string{"id", "stage", "day", "agent", "value"})
	n.tables = map[string]joined{"reps": {
		on: "agent", columns: map[string]int{"k": 0, "team": 1}, rows: map[string][]string{"Jo Ames": {"Jo Ames", "north"}},
	}}
	if err := bind(document, n); err == nil || !strings.Contains(err.Error(), `line 12: there is no column "product"`) {
		t.Errorf("bound: %v", err)
	}
	n = newNames([]string{"id", "stage", "day", "agent", "value", "product"})
	n.tables = map[string]joined{"reps": {
		on: "agent", columns: map[string]int{"k": 0, "team": 1}, rows: map[string][]string{"Jo Ames": {"Jo Ames", "north"}},
	}}
	if err := bind(document, n); err != nil {
		t.Fatal(err)
	}
	for fields, want := range map[string]string{
		`1|Won|3/9/2026|Jo Ames|$1,200.50|X`: `{"specversion":"1.0","id":"s-1","source":"/imports/test","type":"signup.completed","time":"2026-03-09T16:00:00Z","rep":"jo-ames","team":"north",` +
			`"data":{"amount":"1200.5","currency":"USD","product":"X!","role":"customer","signup":"1"}}`,
		`2|Lost|3/9/2026|Jo Ames|1|X`:  "",
		`3|Won|9.3.2026|Jo Ames|1|X`:   `signup.completed: time: "9.3.2026" is not written like 1/2/2006`,
		`4|Won|3/9/2026|Jo Ames|one|X`: "when: let sum: not a number",
	} {
		items, err := build(t.Context(), document, row{line: 2, fields: strings.Split(fields, "|"), names: n})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, it := range items {
			got += string(it.event) + it.reason
		}
		if got != want {
			t.Errorf("%s: %s, want %s", fields, got, want)
		}
	}
}
