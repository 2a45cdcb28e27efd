package events

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDraftIsNormal(t *testing.T) {
	a := `{"specversion":"1.0","id":"1","type":"payment.received","source":"/x","time":"2026-03-01T00:30:00.1234567+01:00","rep":"r",
		"data":{"payment":"p\u0031","amount":10.50,"currency":"USD","campaign":"","person":{"phone":"+1","name":"\u00e9\/"}}}`
	b := `{"org":"o","data":{"person":{"name":"é/","phone":"+1"},"currency":"USD","payment":"p1","amount":"10.5"},
		"rep":"r","time":"2026-02-28T23:30:00.123456Z","source":"/x","type":"payment.received","id":"2","specversion":"1.0","x":1}`
	da, va := ParseStructured([]byte(a))
	db, vb := ParseStructured([]byte(b))
	if va != nil || vb != nil {
		t.Fatal(va, vb)
	}
	if diff := cmp.Diff(string(da.Canonical()), string(db.Canonical())); diff != "" {
		t.Error(diff)
	}
	want := `{"data":{"amount":"10.5","currency":"USD","payment":"p1","person":{"name":"é/","phone":"+1"}},` +
		`"rep":"r","source":"/x","time":"2026-02-28T23:30:00.123456Z","type":"payment.received"}`
	if diff := cmp.Diff(want, string(da.Canonical())); diff != "" {
		t.Error(diff)
	}
	if db.Org != "o" {
		t.Errorf("org %q: the recorder must see what was given", db.Org)
	}
	again, violations := da.Check()
	if diff := cmp.Diff(da, again); diff != "" || violations != nil {
		t.Errorf("checked again: %v\n%s", violations, diff)
	}
}

func TestCanonicalTellsDraftsApart(t *testing.T) {
	seen := map[string]string{}
	for _, in := range []string{
		event(TypeCallCompleted, goodCall),
		event(TypeCallCompleted, goodCall, "time", `"2026-01-01T00:00:00Z"`),
		event(TypeCallCompleted, goodCall, "rep", `"a"`),
		event(TypeCallCompleted, goodCall, "team", `"a"`),
		event(TypeCallCompleted, goodCall, "subject", `"a"`),
		event(TypeCallCompleted, goodCall, "source", `"/y"`),
		event(TypeCallCompleted, `{"direction":"outbound","outcome":"busy","note":"x"}`),
		event(TypeCallCompleted, `{"direction":"outbound","outcome":"busy","person":{"name":"x"}}`),
		event(TypeOrgConfigured, `{}`),
	} {
		d, violations := ParseStructured([]byte(in))
		if violations != nil {
			t.Fatal(violations)
		}
		c := string(d.Canonical())
		if other, taken := seen[c]; taken || !json.Valid([]byte(c)) {
			t.Errorf("%s\nand %s\nare both %s", in, other, c)
		}
		seen[c] = in
	}
}

func TestCheckOfADraftMadeInTheProgram(t *testing.T) {
	data, err := json.Marshal(PaceChanged{Goal: "g", To: AtRisk, Actual: 5000, Expected: 2 * Scale})
	if err != nil {
		t.Fatal(err)
	}
	d, violations := Draft{ID: "1", Source: "/pace", Type: TypePaceChanged, Data: data}.Check()
	if violations != nil || string(d.Data) != `{"actual":"0.5","expected":"2","goal":"g","to":"at_risk"}` {
		t.Errorf("%s, %v", d.Data, violations)
	}
	for _, data := range []string{`{`, `{}{}`, ``, "\xff"} {
		if _, violations := (Draft{ID: "1", Source: "/pace", Type: TypePaceChanged, Data: json.RawMessage(data)}).Check(); len(violations) != 1 || violations[0].Pointer != "/data" {
			t.Errorf("%q: %v", data, violations)
		}
	}
}

func TestCheckWorld(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	exists := func(zone string) bool { return zone == "Europe/Zurich" }
	for in, want := range map[string]string{
		event(TypeCallCompleted, goodCall, "time", `"2026-03-02T00:00:00Z"`):    "",
		event(TypeCallCompleted, goodCall, "time", `"2026-03-02T00:00:00.01Z"`): "/time",
		event(TypeOrgConfigured, `{"zone":"Europe/Zurich"}`):                    "",
		event(TypeOrgConfigured, `{"zone":"Europe/Atlantis"}`):                  "/data/zone",
		event(TypeOrgConfigured, `{}`):                                          "",
	} {
		d, violations := ParseStructured([]byte(in))
		if violations != nil {
			t.Fatal(violations)
		}
		got := ""
		for _, v := range d.CheckWorld(now, exists) {
			got += v.Pointer
		}
		if got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

// shuffled writes v as JSON with its keys in any order and any white space.
func shuffled(t *rapid.T, v any) string {
	space := rapid.StringMatching(`[ \n\t\r]{0,2}`).Draw(t, "space")
	var parts []string
	switch v := v.(type) {
	case map[string]any:
		for _, key := range rapid.Permutation(slices.Sorted(maps.Keys(v))).Draw(t, "keys") {
			parts = append(parts, fmt.Sprintf("%s%q%s:%s", space, key, space, shuffled(t, v[key])))
		}
		return space + "{" + strings.Join(parts, ",") + space + "}" + space
	case []any:
		for _, elem := range v {
			parts = append(parts, shuffled(t, elem))
		}
		return "[" + space + strings.Join(parts, ",") + "]" + space
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return space + string(b) + space
}

func TestCanonicalDoesNotDependOnSpelling(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		typ := rapid.SampledFrom(Types()).Draw(rt, "type")
		body := shuffled(rt, value(t, submitted(t, typ)))
		d, violations := ParseStructured([]byte(body))
		if violations != nil {
			rt.Fatalf("%v: %s", violations, body)
		}
		if diff := cmp.Diff(string(parsed(t, typ).Canonical()), string(d.Canonical())); diff != "" {
			rt.Fatal(diff)
		}
	})
}

func TestSplitPartsElementByElement(t *testing.T) {
	d, violations := ParseStructured([]byte(event(TypeDayplanSet,
		`{"day":"2026-03-09","note":"n","steps":[{"step":"1","text":"call Ada"},{"step":"2","count":2},{"step":"3","text":"x"}]}`)))
	if violations != nil {
		t.Fatal(violations)
	}
	public, private, person := d.Split()
	got := []string{string(public), string(private)}
	want := []string{
		`{"day":"2026-03-09","steps":[{"step":"1"},{"count":"2","step":"2"},{"step":"3"}]}`,
		`{"note":"n","steps":[{"text":"call Ada"},{},{"text":"x"}]}`,
	}
	if diff := cmp.Diff(want, got); diff != "" || person != (Person{}) {
		t.Errorf("%v\n%s", person, diff)
	}
	if _, private, _ := parsed(t, TypeOrgConfigured).Split(); private != nil {
		t.Errorf("%s is sealed, though nothing is private", private)
	}
}

func TestSplitShowsNobodyByMistake(t *testing.T) {
	d := Draft{Type: TypeCallCompleted, Data: json.RawMessage(`{"nickname":"Ada","outcome":"busy"}`)} // never checked
	if public, private, _ := d.Split(); string(public) != `{"outcome":"busy"}` || string(private) != `{"nickname":"Ada"}` {
		t.Errorf("%s and %s", public, private)
	}
}

func TestSplitWritesDefaultsAndThePerson(t *testing.T) {
	d, violations := ParseStructured([]byte(goal(`"target":9,"starts_on":"2026-01-01","ends_on":"2026-12-31"`)))
	if violations != nil {
		t.Fatal(violations)
	}
	public, _, _ := d.Split()
	want := `{"direction":"at_least","ends_on":"2026-12-31","goal":"g","metric":"calls","owner_kind":"org","starts_on":"2026-01-01","status_rule":"luck","target":"9","title":"t"}`
	if diff := cmp.Diff(want, string(public)); diff != "" {
		t.Error(diff)
	}
	_, _, person := parsed(t, TypeCallCompleted).Split()
	wantPerson := Person{
		Name: "Ada Example", Phone: "+41 44 555 01 02", Email: "ada@example.com", ExternalID: "crm-1001",
		Company: "Example Works", Address: "1 Sample Street\n8000 Sampletown", Title: "Head of Purchasing",
	}
	if diff := cmp.Diff(wantPerson, person); diff != "" {
		t.Error(diff)
	}
}

func TestMerge(t *testing.T) {
	for _, tt := range []struct{ public, private, want string }{
		{`{"a":1}`, `{"b":2}`, `{"a":1,"b":2}`},
		{`{"b":{"x":1}}`, `{"a":0,"b":{"y":2}}`, `{"a":0,"b":{"x":1,"y":2}}`},
		{`{"a":[{"x":1},{"x":2}]}`, `{"a":[{}]}`, `{"a":[{"x":1},{"x":2}]}`},
		{`{"a":1}`, `{"a":2}`, `{"a":1}`},
		{`{"a":1}`, `{"a":[2]}`, `{"a":1}`},
	} {
		got, err := Merge(json.RawMessage(tt.public), json.RawMessage(tt.private))
		if err != nil || string(got) != tt.want {
			t.Errorf("%s and %s: %s, %v; want %s", tt.public, tt.private, got, err, tt.want)
		}
	}
	for _, tt := range [][2]string{{`{`, `{}`}, {`{}`, `[]`}, {`{}`, ``}} {
		if got, err := Merge(json.RawMessage(tt[0]), json.RawMessage(tt[1])); err == nil {
			t.Errorf("%v: %s", tt, got)
		}
	}
}
