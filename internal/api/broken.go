package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// notAnObject is the answer to a body that is no JSON object: where it stops being JSON, or what it is instead.
func notAnObject(body []byte, err error) failure {
	if broken := (*json.SyntaxError)(nil); errors.As(err, &broken) {
		n := broken.Offset
		if strings.HasPrefix(broken.Error(), "unexpected end") {
			n = int64(len(body)) + 1 // what is missing would stand behind it
		}
		line, column := lineAndColumn(body, n)
		return badBody([]fault{at("", fmt.Sprintf("is no JSON at line %d, column %d: %s", line, column, broken))})
	}
	switch text := strings.TrimSpace(string(body)); {
	case strings.HasPrefix(text, "["):
		return badBody([]fault{at("", "must be a JSON object, not a list")})
	case strings.HasPrefix(text, `"`):
		return badBody([]fault{at("", "must be a JSON object, not a string")})
	default:
		return badBody([]fault{at("", "must be a JSON object")})
	}
}

// lineAndColumn tells where the n-th byte of a text lies; both count from 1, a column is a character.
func lineAndColumn(text []byte, n int64) (line, column int) {
	before := string(text[:max(0, min(n-1, int64(len(text))))])
	lastLine := before[strings.LastIndexByte(before, '\n')+1:]
	return 1 + strings.Count(before, "\n"), 1 + utf8.RuneCountInString(lastLine)
}
