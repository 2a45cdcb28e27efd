package mapping

import (
	"strings"
	"testing"
)

// columns is a row.
type columns map[string]string

func (c columns) Get(name string) string { return c[name] }

func TestTemplate(t *testing.T) {
	r := columns{
		"id": "A 7", "name": " Zoë  O'Neil-Smith, Jr. ", "phone": "+1 (555) 010-99", "none": "", "two words": "x",
	}
	for _, c := range []struct{ template, want string }{
		{"", ""},
		{"plain", "plain"},
		{"a-{id}-b", "a-A 7-b"},
		{"{id}{id}", "A 7A 7"},
		{"{ two words }", "x"},
		{"{none}", ""},
		{"{{id}}", "{id}"},
		{"{{{id}}}", "{A 7}"},
		{"{name|trim}", "Zoë  O'Neil-Smith, Jr."},
		{"{name|slug}", "zoë-o-neil-smith-jr"},
		{"{name | trim | upper}", "ZOË  O'NEIL-SMITH, JR."},
		{"{id|lower}", "a 7"},
		{"{phone|digits}", "+155501099"},
		{"{id|digits}", "7"},
		{"{none|digits}", ""},
	} {
		parsed, err := parseTemplate(c.template)
		if err != nil {
			t.Errorf("%q: %v", c.template, err)
		} else if got := parsed.render(r); got != c.want {
			t.Errorf("%q: got %q, want %q", c.template, got, c.want)
		}
	}
	for _, bad := range []string{"{", "}", "{}", "{|trim}", "a}b", "{a{b}}", "{a|}", "{a|nope}", "{a"} {
		if _, err := parseTemplate(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func FuzzParseTemplate(f *testing.F) {
	for _, seed := range []string{"opp-{id}-sent", "{{}}", "{a|slug|digits}", "}}{{", "{"} {
		f.Add(seed, "value")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		parsed, err := parseTemplate(text)
		if err == nil {
			r := columns{"id": value, "a": value}
			if once, twice := parsed.render(r), parsed.render(r); once != twice {
				t.Errorf("rendered as %q, then as %q", once, twice)
			}
		}
		// Text with its braces doubled stands for itself.
		escaped, err := parseTemplate(strings.NewReplacer("{", "{{", "}", "}}").Replace(text))
		if err != nil {
			t.Fatalf("doubled braces: %v", err)
		}
		if got := escaped.render(columns{}); got != text {
			t.Errorf("doubled braces: got %q, want %q", got, text)
		}
	})
}
