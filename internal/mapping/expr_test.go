package mapping

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// body decodes JSON as deliveries are decoded.
func body(tb testing.TB, text string) any {
	tb.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		tb.Fatal(err)
	}
	return v
}

// evaluate gives the value of one expression as a field of an event, as JSON.
func evaluate(tb testing.TB, expression string, in Input) (string, *Fault, uint64) {
	tb.Helper()
	quoted, err := json.Marshal(expression)
	if err != nil {
		tb.Fatal(err)
	}
	document := `{"version": 1, "region": "US", "numbers": {"decimal": ".", "thousands": ","},` +
		`"lookups": {"kinds": {"Set Appointment": "appointment.scheduled"}},` +
		`"events": [{"type": "lead.captured", "id": {"expr": "'x'"}, "data": {"value": {"expr": ` + string(quoted) + `}}}]}`
	m, err := Parse([]byte(document), Deliveries)
	if err != nil {
		tb.Fatalf("%s: %v", expression, err)
	}
	out, err := m.Apply(tb.Context(), in)
	if err != nil {
		tb.Fatalf("%s: %v", expression, err)
	}
	made := out.Made[0]
	if made.Fault != nil {
		return "", made.Fault, out.Cost
	}
	text, err := json.Marshal(made.Data["value"])
	if err != nil {
		tb.Fatal(err)
	}
	return string(text), nil, out.Cost
}

const sample = `{
	"email": " Avery.Quinn@Example.com ", "phone": "(202) 555-0143", "sum": "5,400.00", "cents": 540050, "price": 199.10, "big": 820982911946154508,
	"huge": 123456789012345678901234567890, "fine": 0.1234567890123456789, "when": "2026-09-15 12:00:00", "epoch": 1789395820, "status": "Set Appointment",
	"empty": "", "none": null, "yes": true, "length": "1:02:03",
	"answers": [{"ref": "a", "value": 1}, {"ref": "b", "value": "two"}]
}`

func TestExpressions(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	in := Input{
		Body: body(t, sample), Zone: newYork, Received: time.Date(2026, 9, 16, 1, 0, 0, 0, time.UTC),
		Headers: map[string]string{"x-kind": "deal"}, Query: map[string]string{"source": "partner"},
	}
	for expression, want := range map[string]string{
		`email(body.email)`:              `"Avery.Quinn@Example.com"`,
		`email(body.phone)`:              `null`, // an empty text is left out
		`phone(body.phone)`:              `"+12025550143"`,
		`phone(body.phone, "DE")`:        `"+492025550143"`,
		`phone(body.status)`:             `null`,
		`money(body.sum)`:                `"5400"`,
		`money(body.price)`:              `"199.1"`,
		`money("(12.50)")`:               `"-12.5"`,
		`money(body.?nothing)`:           `null`,
		`minor(body.cents, "USD")`:       `"5400.5"`,
		`minor(body.cents, "JPY")`:       `"540050"`,
		`minor("1234", "KWD")`:           `"1.234"`,
		`ts(body.when)`:                  `"2026-09-15T16:00:00Z"`,
		`ts(body.when, "", "UTC")`:       `"2026-09-15T12:00:00Z"`,
		`ts(body.epoch)`:                 `"2026-09-14T14:23:40Z"`,
		`ts("14.09.2026", "02.01.2006")`: `"2026-09-14T16:00:00Z"`,
		`ts(received)`:                   `"2026-09-16T01:00:00Z"`,
		`date(received)`:                 `"2026-09-15"`,
		`date(received, "UTC")`:          `"2026-09-16"`,
		`lookup("kinds", body.status)`:   `"appointment.scheduled"`,
		`lookup("kinds", "other")`:       `"other"`,
		`lookup("kinds", "other", "")`:   `null`,
		`seconds(body.length)`:           `3723`,
		`first([body.?nope, body.empty, body.none, body.?status])`: `"Set Appointment"`,
		`first([body.?nope])`:  `null`,
		`body.big`:             `820982911946154508`,
		`text(body.big)`:       `"820982911946154508"`,
		`body.huge`:            `"123456789012345678901234567890"`,
		`body.fine`:            `"0.1234567890123456789"`,
		`body.price`:           `199.1`,
		`body.cents + 1`:       `540051`,
		`body.yes ? "y" : "n"`: `"y"`,
		`body.answers.filter(a, a.ref == "b")[0].value`: `"two"`,
		`body.answers.map(a, text(a.value)).join("-")`:  `"1-two"`,
		`body.answers[?5]`:                                           `null`,
		`headers["x-kind"] + query.source`:                           `"dealpartner"`,
		`zone + region`:                                              `"America/New_YorkUS"`,
		`slug("Dustin O'Brien") + digits("+1 (5)")`:                  `"dustin-o-brien+15"`,
		`"aXbX".replace("X", "-") + "aXbX".replace("X", "", 1)`:      `"a-b-abX"`,
		`["a", "b"].join()`:                                          `"ab"`,
		`hash([1, "a"]) == hash([1, "a"]) && hash([1]) != hash([2])`: `true`,
		`math.greatest(1, 2)`:                                        `2`,
		`lists.range(3)`:                                             `[0,1,2]`,
		`base64.encode(b"hi")`:                                       `"aGk="`,
		`{"a": null, "b": body.?none, "c": 1}`:                       `{"c":1}`,
		`duration("90s")`:                                            `90`,
	} {
		got, fault, _ := evaluate(t, expression, in)
		if fault != nil {
			t.Errorf("%s: %v", expression, fault)
		} else if got != want {
			t.Errorf("%s: %s, want %s", expression, got, want)
		}
	}
}

func TestExpressionFaults(t *testing.T) {
	in := Input{Body: body(t, sample)}
	for expression, want := range map[string]string{
		`body.nope`:                         `/data/value: there is no "nope"; write .?nope instead of .nope where it may be absent`,
		`money(body.status)`:                `/data/value: not a number; `,
		`ts(body.status)`:                   `/data/value: "Set Appointment" is not written like a time; name its layout; `,
		`ts("1", "2")`:                      `/data/value: the layout "2" lacks day, month or year (Go's way: 2 Jan 2006 15:04:05); `,
		`ts(body.when, "", "Mars/Olympus")`: `/data/value: unknown zone; `,
		`minor(body.cents, "XYZ")`:          `/data/value: unknown currency; `,
		`minor(body.sum, "USD")`:            `/data/value: not a number; `,
		`seconds("soon")`:                   `/data/value: not a length of time (h:m:s); `,
		`text(body.answers)`:                `/data/value: a text is needed, not a list or an object; `,
		`body.sum + 1`:                      `/data/value: a value is not of the kind that is needed here; text(...) makes text of any value, int(...) and double(...) numbers`,
		`1.0 / 0.0`:                         `/data/value: the result is no number; `,
		`{1: 2}`:                            `/data/value: the names of an object are texts; `,
		`b"x"`:                              `/data/value: a bytes has no place in an event; `,
		`[dyn(1)].join("")`:                 `/data/value: a value is not of the kind that is needed here; text(...) makes text of any value, int(...) and double(...) numbers`,
	} {
		_, fault, _ := evaluate(t, expression, in)
		if fault == nil {
			t.Errorf("%s: no fault", expression)
		} else if got := fault.Error() + "; " + fault.Mend; got != want {
			t.Errorf("%s:\n%s\nwant\n%s", expression, got, want)
		}
	}
}

// What an expression may cost is told in steps and elements, never in time: the same document comes to the same end on
// every machine.
func TestHostileExpressions(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	list := `["` + strings.Repeat(`a","`, 2000) + `a"]`
	in := Input{Body: body(t, `{"long": "`+long+`", "kilo": "`+long[:1000]+`", "list": `+list+`}`)}
	for name, c := range map[string]struct{ expression, want string }{
		"loops in loops":   {`body.list.all(a, body.list.all(b, body.list.all(c, a == c || b == c || true)))`, "the expression takes too many steps"},
		"long comparisons": {`body.list.all(a, body.long != body.long + a)`, "the expression takes too many steps"},
		"pattern":          {`body.list.all(a, !body.long.matches("(x+x+)+y"))`, "the expression takes too many steps"},
		"doubled lists":    {strings.Repeat("[body.list].map(l, l+l).map(l, l+l).map(l, l+l)[0] + ", 3) + "[]", "large|at once|steps"},
		"replace":          {`body.long.replace("x", body.long)`, "the text becomes longer than 64 KiB"},
		"replace nothing":  {`"abc".replace("", body.long)`, "the text becomes longer than 64 KiB"},
		"join":             {`body.list.map(a, body.long).join()`, "the text becomes longer than 64 KiB|at once"},
		"long range":       {`lists.range(1001)`, "lists.range"},
		"long result":      {`body.long`, "the result is too large for an event"},
		"long hash":        {`hash(lists.range(1000).map(i, body.long.substring(0, 60000)))`, "the result is too large for an event|at once|steps"},
		"one text often":   {`body.list.map(a, body.kilo)`, "the result is too large for an event"},
		"many results":     {`body.list.map(a, body.list)`, "the result is too large for an event|at once"},
		"many hashes":      {`body.list.all(a, hash(body.list) != "")`, "the expression takes too many steps|the result is too large"},
		"splitting":        {`body.list.all(a, body.long.split("").size() > 0)`, "steps|at once"},
	} {
		_, fault, cost := evaluate(t, c.expression, in)
		if fault == nil || !containsOne(fault.Detail, strings.Split(c.want, "|")) {
			t.Errorf("%s: %v, want %s", name, fault, c.want)
		}
		if cost > 2*maxCost {
			t.Errorf("%s: cost %d", name, cost)
		}
	}
	for name, expression := range map[string]string{
		"long":    `"` + strings.Repeat("y", maxText) + `"`,
		"pattern": `body.long.matches("` + strings.Repeat("(a|b){100}", 20) + `")`,
		"format":  `"%s".format([body.long])`,
		"deep":    strings.Repeat("(", 300) + "1" + strings.Repeat(")", 300),
		"nodes":   "[" + strings.Repeat("1,", 1990) + "1].map(a,a)" + strings.Repeat("+[1]", 5),
	} {
		quoted, _ := json.Marshal(expression)
		document := `{"version": 1, "events": [{"type": "lead.captured", "id": {"expr": ` + string(quoted) + `}, "data": {}}]}`
		if _, err := Parse([]byte(document), Deliveries); err == nil {
			t.Errorf("%s is compiled", name)
		}
	}
}

func containsOne(text string, some []string) bool {
	for _, s := range some {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

func TestTotalCost(t *testing.T) {
	document := `{"version": 1, "for_each": "body", "events": [{"type": "lead.captured", "id": {"expr": "lists.range(1000).map(i, item + text(i)).size() > 0 ? 'x' : 'y'"}, "data": {}}]}`
	m, err := Parse([]byte(document), Deliveries)
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.Apply(t.Context(), Input{Body: body(t, `["`+strings.Repeat(`a","`, 998)+`a"]`)})
	if err != nil {
		t.Fatal(err)
	}
	last := out.Made[len(out.Made)-1]
	if len(out.Made) != 999 || last.Fault == nil || !strings.Contains(last.Fault.Detail, "too many steps for one delivery") || out.Cost > maxTotalCost+maxCost {
		t.Errorf("%d made, cost %d, last %v", len(out.Made), out.Cost, last.Fault)
	}
	if out, err = m.Apply(t.Context(), Input{Body: body(t, `[`+strings.Repeat(`1,`, maxItems)+`1]`)}); err != nil || out.Made[0].Fault == nil {
		t.Errorf("%+v, %v", out, err)
	}
}

// A delivery may be larger than an event: for_each goes through all of it.
func TestLargeDelivery(t *testing.T) {
	m, err := Parse([]byte(`{"version": 1, "for_each": "body.rows", "events": [{"type": "lead.captured", "id": "{id}", "data": {"note": {"expr": "item.note.substring(0, 3)"}}}]}`), Deliveries)
	if err != nil {
		t.Fatal(err)
	}
	row := `{"id": "1", "note": "` + strings.Repeat("abc", 30_000) + `"}`
	out, err := m.Apply(t.Context(), Input{Body: body(t, `{"rows": [`+strings.Repeat(row+",", 9)+row+`]}`)})
	if err != nil || len(out.Made) != 10 || out.Made[9].Fault != nil || out.Made[9].Data["note"] != "abc" {
		t.Errorf("%d made, %v: %v", len(out.Made), err, out.Made[len(out.Made)-1].Fault)
	}
}

func TestDeadline(t *testing.T) {
	m, err := Parse([]byte(`{"version": 1, "events": [{"type": "lead.captured", "id": {"expr": "lists.range(1000).all(a, lists.range(1000).all(b, true)) ? 'x' : 'y'"}, "data": {}}]}`), Deliveries)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Apply(ctx, Input{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v: an evaluation that was stopped says nothing about the mapping", err)
	}
}

func TestCompileFaults(t *testing.T) {
	document := `version: 1
let:
  b: a + 1
  a: body.x
  row: "1"
lookups: { t: { k: v } }
events:
  - type: { column: kind, lookup: t }
    when: bdy.x == 1
    id: { expr: 'lookup("nope", body.x)' }
    time: { expr: 'lookup(body.x, "y")' }
    data:
      note: |
        1 +
        nope
`
	_, err := Parse([]byte(document), Deliveries)
	want := []string{
		`line 5: "row" cannot be a name: letters, digits and _, and none of body, item, headers, query, received, zone, region`,
		`line 8: the lookup makes "v" of "k", which is no event type`,
		`line 9: "bdy" is not known (at character 1 of the expression); known are body, item, headers, query, received, zone, region, and the functions of the language`,
		`line 10: there is no lookup "nope"; there are: t`,
		`line 11: lookup names its table as a text: lookup("dispositions", ...)`,
	}
	got := strings.Split(err.Error(), "\n")
	for i := range got {
		got[i], _, _ = strings.Cut(got[i], "; known: ")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	_, err = Parse([]byte("version: 1\nlet:\n  b: a + 1\n  a: body.x\nevents:\n  - type: lead.captured\n    id: { expr: b }\n    data:\n      note:\n        expr: |\n          text(1) +\n          nope\n"), Deliveries)
	if err == nil || err.Error() != "line 3: let a can be read by those below it only\nline 12: \"nope\" is not known (at character 1 of the expression); known are body, item, headers, query, received, zone, region, b, a, and the functions of the language" {
		t.Error(err)
	}
}

func TestUnquotedExpression(t *testing.T) {
	_, err := Parse([]byte("version: 1\nevents:\n  - { type: lead.captured, id: { expr: f(\"a\", b) }, data: {} }\n"), Deliveries)
	if err == nil || !strings.Contains(err.Error(), "an expression within { } stands in single quotes") {
		t.Error(err)
	}
}

func TestRowsWithExpressions(t *testing.T) {
	document := `version: 1
source: /imports/x
let:
  total: money(row.net) 
events:
  - type: proposal.sent
    when: row["Deal Stage"] in ["Won", "Lost"] && total != ""
    id: "p-{id}"
    time: { expr: 'ts(row.day, "2006-01-02", "UTC")' }
    data: { proposal: "{id}", amount: "{total}", currency: EUR }
`
	m, err := Parse([]byte(document), Rows)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	m.Refs(func(_ int, name string) { names = append(names, name) })
	if diff := cmp.Diff([]string{"id", "id", "net", "Deal Stage", "day"}, names); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	row := columns{"id": "7", "day": "2026-01-02", "net": "1,000.50", "Deal Stage": "Won"}
	out, err := m.Apply(t.Context(), Input{Row: row})
	if err != nil || len(out.Made) != 1 || out.Made[0].Fault != nil {
		t.Fatalf("%+v, %v", out, err)
	}
	made := out.Made[0]
	if made.ID != "p-7" || made.Data["amount"] != "1000.5" || !made.Time.Equal(time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", made)
	}
	for _, bad := range []string{"row", "row[body.x]", "row.map(k, k)", "body.x"} {
		if _, err := Parse([]byte(strings.Replace(document, "money(row.net)", bad, 1)), Rows); err == nil {
			t.Errorf("%s is compiled", bad)
		}
	}
}
