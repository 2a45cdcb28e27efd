package wire_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"milemarker/internal/providers"
	"milemarker/internal/providers/wire"
)

func read(tb testing.TB, text string) wire.Value {
	tb.Helper()
	v, err := wire.JSON([]byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func TestPaths(t *testing.T) {
	v := read(t, `{"id":9007199254740993,"a":{"b":[{"c":" x "},null,2.50]},"yes":true,"null":null,"empty":"","quoted":"{\"k\":[1]}"}`)
	for path, want := range map[string]string{
		"id": "9007199254740993", "a.b.0.c": "x", "a.b.2": "2.50", "yes": "true",
		"a.b.1": "", "a.b.3": "", "a.b.-1": "", "a.b.x": "", "a.b": "", "a.b.0.c.d": "", "null": "", "none.at.all": "", "": "",
	} {
		if got := v.First(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	if got := v.First("empty", "none", "yes", "id"); got != "true" {
		t.Errorf("the first is %q", got)
	}
	if v.Get("null").Exists() || !v.Get("a").IsObject() || !v.Get("a", "b").IsList() || len(v.Get("a", "b").List()) != 3 || len(v.Get("id").List()) != 0 {
		t.Error("kinds of values")
	}
	if got := string(v.Get("a").Raw()); got != `{"b":[{"c":" x "},null,2.50]}` {
		t.Errorf("raw %s", got)
	}
	if got := v.Get("quoted").Embedded().First("k.0"); got != "1" || v.Get("id").Embedded().IsObject() || v.Get("empty").Embedded().Exists() {
		t.Errorf("embedded %q", got)
	}
	if got := strings.Join(v.Names(), " "); got != "a empty id null quoted yes" {
		t.Errorf("names %s", got)
	}
}

func TestWhole(t *testing.T) {
	v := read(t, `["12"," 12 ","12.9",12.9,"-3",1e3,"1e3","1e99999999","9223372036854775807","9223372036854775808","0x10","1_000","1/2","","x",null,true,219355.0]`)
	want := []string{"12", "12", "12", "12", "-3", "1000", "1000", "", "9223372036854775807", "", "", "", "", "", "", "", "", "219355"}
	for i, one := range v.List() {
		n, ok := one.Int()
		got := ""
		if ok {
			got = strconv.FormatInt(n, 10)
		}
		if got != want[i] {
			t.Errorf("%s is %q, want %q", one.Raw(), got, want[i])
		}
	}
}

func TestTruth(t *testing.T) {
	for i, one := range read(t, `[true,"true","TRUE",1,"1","yes","Y",false,"false",0,"0","",null,"no",{},[]]`).List() {
		if one.Bool() != (i < 7) {
			t.Errorf("%s is %v", one.Raw(), one.Bool())
		}
	}
}

func TestBodiesThatAreRefused(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for name, body := range map[string]string{
		"nothing": "", "space": " ", "two": "{}{}", "cut off": `{"a":`, "a comma": `{"a":1,}`, "text": "hello",
		"deep": deep(wire.MaxDepth + 1), "very deep": deep(100_000), "large": `"` + strings.Repeat("x", wire.MaxBody) + `"`,
		"a bracket in no string": "[[[[",
	} {
		if _, err := wire.JSON([]byte(body)); !errors.Is(err, providers.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, body := range map[string]string{
		"as deep as may be": deep(wire.MaxDepth), "brackets in text": `"` + strings.Repeat("[", 1000) + `"`, "a quote in text": `["\"[[",1]`, "with space": " {} \n",
	} {
		if _, err := wire.JSON([]byte(body)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzJSON(f *testing.F) {
	f.Add(`{"a":[1,{"b":"x"}]}`, "a.1.b")
	f.Fuzz(func(_ *testing.T, body, path string) {
		v, err := wire.JSON([]byte(body))
		if err != nil {
			return
		}
		v.First(path)
		v.Get(strings.Split(path, ".")...).Int()
		v.Embedded()
		v.Raw()
	})
}
