package events

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// compiled returns the compiled schema of a type.
func compiled(tb testing.TB, typ string) *jsonschema.Schema {
	tb.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema(typ)))
	if err != nil {
		tb.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("schema.json", doc); err != nil {
		tb.Fatal(err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		tb.Fatal(err)
	}
	return schema
}

func value(tb testing.TB, body []byte) any {
	tb.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func TestFixturesFitTheirSchemas(t *testing.T) {
	for _, typ := range Types() {
		if err := compiled(t, typ).Validate(value(t, submitted(t, typ))); err != nil {
			t.Errorf("%s: %v", typ, err)
		}
	}
}

// What a schema refuses must be refused at the door too, else who checks by the schema would be turned away for nothing.
func TestSchemaRefusesNothingThatIsTaken(t *testing.T) {
	for _, typ := range Types() {
		t.Run(typ, func(t *testing.T) {
			schema := compiled(t, typ)
			refused, both := 0, 0
			for i, body := range mutations(t, submitted(t, typ)) {
				_, violations := ParseStructured(body)
				if violations != nil && i%10 != 0 {
					continue // a sample will do of those that the schema is free to take
				}
				err := schema.Validate(value(t, body))
				switch {
				case violations != nil && err != nil:
					refused++
					both++
				case violations != nil:
					refused++
				case err != nil:
					t.Errorf("%s\nis taken, but its schema says: %v", body, err)
				}
			}
			// Rules between fields and beyond patterns a schema cannot say; they are few.
			if both < refused*8/10 {
				t.Errorf("of %d events refused at the door the schema refuses %d only", refused, both)
			}
		})
	}
}

// mutations returns the event with every value in turn taken out, and replaced by others.
func mutations(tb testing.TB, body []byte) [][]byte {
	tb.Helper()
	root := value(tb, body)
	var out [][]byte
	var walk func(at any, put func(v any, gone bool))
	record := func() {
		b, err := json.Marshal(root)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, b)
	}
	others := []any{
		nil, true, false, "", "x", "two words", " ", "line\nbreak", "2026-03-09", "2026-03-09T10:00:00Z", "2026-03-09T10:00:00.123456789+23:59",
		"1970-01-01", "-5", "0", "0.5", "-0", "12.34567", "USD", "p_0123456789abcdefghijklmnop", strings.Repeat("x", 5000), strings.Repeat("é", 150), strings.Repeat("x", 100), strings.Repeat("é", 200),
		json.Number("0"), json.Number("1"), json.Number("-1"), json.Number("7.5"), json.Number("0.00001"), json.Number("1e30"), json.Number("1e2"),
		[]any{},
		[]any{"x"},
		[]any{json.Number("1")},
		[]any{map[string]any{}},
		map[string]any{},
		map[string]any{"x": "y"},
		slices.Repeat([]any{"x"}, 101),
	}
	walk = func(at any, put func(v any, gone bool)) {
		put(nil, true)
		record()
		for _, other := range others {
			put(other, false)
			record()
		}
		put(at, false)
		switch v := at.(type) {
		case map[string]any:
			v["unknown_x"] = "x"
			record()
			delete(v, "unknown_x")
			for _, key := range slices.Sorted(maps.Keys(v)) {
				walk(v[key], func(with any, gone bool) {
					if v[key] = with; gone {
						delete(v, key)
					}
				})
			}
		case []any:
			for i := range v {
				walk(v[i], func(with any, _ bool) { v[i] = with })
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(root.(map[string]any))) {
		walk(root.(map[string]any)[key], func(with any, gone bool) {
			if root.(map[string]any)[key] = with; gone {
				delete(root.(map[string]any), key)
			}
		})
	}
	return out
}

func TestSchemaIndex(t *testing.T) {
	var types []string
	for _, ref := range SchemaIndex() {
		types = append(types, ref.Type)
		var doc map[string]any
		if err := json.Unmarshal(Schema(ref.Type), &doc); err != nil || doc["$id"] != ref.ID || ref.Version != 1 || ref.Kind != KindOf(ref.Type) {
			t.Errorf("%+v: %v, %v", ref, doc["$id"], err)
		}
	}
	if diff := cmp.Diff(Types(), types); diff != "" {
		t.Error(diff)
	}
	if Schema("call.dreamt") != nil {
		t.Error("a schema of an unknown type")
	}
}

func TestReferenceNamesEveryField(t *testing.T) {
	text := Reference()
	for _, typ := range Types() {
		_, section, ok := strings.Cut(text, fmt.Sprintf("\n### %s\n", typ))
		section, _, _ = strings.Cut(section, "\n#")
		for _, name := range known().byType[typ].payload.names() {
			ok = ok && strings.Contains(section, "| `"+name+"` |")
		}
		if !ok {
			t.Errorf("%s is not all there:\n%s", typ, section)
		}
	}
}
