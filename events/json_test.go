package events

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// The reader agrees with the standard library on what JSON is, but for what it refuses on purpose.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{
		`{}`, `[]`, ` { "a" : [ 1 , -0.5e+3 , true , false , null , "\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00" ] } `,
		`[1,]`, `[,1]`, `{"a":1,}`, `{"a"}`, `{"a" 1}`, `{1:2}`, `tru`, `nul`, `+1`, `01`, `1.`, `1e`, `.5`, `-`, `"`, `"\`, `"\x"`, `"\u12"`,
		`"\u12G4"`, `"\ud800"`, `"\ud800\u0041"`, `"\udc00"`, "\"\x01\"", `[`, `{`, `{"a"`, `{"a":`, `[1`, `[1 2]`, `1 2`, "\ufeff{}", ``,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		start, err := skipWhole(b, maxDepth)
		if err == nil && !json.Valid(b) {
			t.Fatalf("%q was taken", b)
		}
		onPurpose := !utf8.Valid(b) || strings.Contains(string(b), `\u`) || strings.Count(string(b), "[")+strings.Count(string(b), "{") > maxDepth
		if err != nil && json.Valid(b) && !onPurpose {
			t.Fatalf("%q was refused: %v", b, err)
		}
		if err == nil && b[start] == '"' {
			var want string
			if err := json.Unmarshal(b, &want); err != nil || unquote([]byte(strings.TrimSpace(string(b)))) != want {
				t.Errorf("%s: %q", b, want)
			}
		}
	})
}

func TestLoneSurrogatesAreRefused(t *testing.T) {
	for in, want := range map[string]bool{
		`"\ud83d\ude00"`: true, `"\uD83D\uDE00"`: true, `"\ud83d"`: false, `"\ude00"`: false, `"\ud83d\ud83d"`: false, `"\ud83dx"`: false,
	} {
		if _, err := skipWhole([]byte(in), 1); (err == nil) != want {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestStringsSurviveWriting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.String().Draw(t, "text")
		token := appendString(nil, want)
		if got := unquote(token); got != want {
			t.Fatalf("%q became %s and %q", want, token, got)
		}
		var got string
		if err := json.Unmarshal(token, &got); err != nil || got != want {
			t.Fatalf("%q became %s and to others %q, %v", want, token, got, err)
		}
	})
}
