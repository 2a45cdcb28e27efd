package events

import (
	"errors"
	"fmt"
)

// A strict JSON reader over bytes, without a tree: one level is walked at a time and what lies deeper is only checked.
// The standard library's reader neither sees a key given twice nor keeps to a depth.

// maxDepth is how many objects and arrays may lie within one another in a submitted event.
const maxDepth = 32

var errDepth = fmt.Errorf("nested deeper than %d levels", maxDepth)

// errEnd is returned for JSON text that stops too early.
var errEnd = errors.New("JSON text ends too early")

func errAt(i int, what string) error { return fmt.Errorf("not JSON at byte %d: %s", i, what) }

// skipSpace returns the index of the first byte from i on that is not white space.
func skipSpace(s []byte, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\t' || s[i] == '\r') {
		i++
	}
	return i
}

// skipValue checks the value that starts at i and returns the index after it.
func skipValue(s []byte, i, depth int) (int, error) {
	if i >= len(s) {
		return i, errEnd
	}
	switch c := s[i]; c {
	case '"':
		end, _, err := skipString(s, i)
		return end, err
	case '{':
		return eachMember(s, i, depth, nil)
	case '[':
		return eachElement(s, i, depth, nil)
	case 't':
		return skipLiteral(s, i, "true")
	case 'f':
		return skipLiteral(s, i, "false")
	case 'n':
		return skipLiteral(s, i, "null")
	default:
		return skipNumber(s, i)
	}
}

// eachMember checks the object that starts at i, at most depth levels deep, and returns the index after it. It shows each
// member's key (unquoted) and value (as it stands) to visit, which may be nil.
func eachMember(s []byte, i, depth int, visit func(key, value []byte)) (int, error) {
	if depth <= 0 {
		return i, errDepth
	}
	if i = skipSpace(s, i+1); i < len(s) && s[i] == '}' {
		return i + 1, nil
	}
	for {
		if i >= len(s) {
			return i, errEnd
		}
		if s[i] != '"' {
			return i, errAt(i, "a member's name in double quotes was expected")
		}
		keyEnd, escaped, err := skipString(s, i)
		if err != nil {
			return keyEnd, err
		}
		key := s[i+1 : keyEnd-1]
		if i = skipSpace(s, keyEnd); i >= len(s) {
			return i, errEnd
		}
		if s[i] != ':' {
			return i, errAt(i, "a colon was expected")
		}
		start := skipSpace(s, i+1)
		if i, err = skipValue(s, start, depth-1); err != nil {
			return i, err
		}
		if visit != nil {
			if escaped {
				key = unescape(key)
			}
			visit(key, s[start:i:i])
		}
		next, done, err := skipComma(s, i, '}')
		if err != nil || done {
			return next, err
		}
		i = next
	}
}

// eachElement is eachMember for arrays.
func eachElement(s []byte, i, depth int, visit func(value []byte)) (int, error) {
	if depth <= 0 {
		return i, errDepth
	}
	if i = skipSpace(s, i+1); i < len(s) && s[i] == ']' {
		return i + 1, nil
	}
	for {
		end, err := skipValue(s, i, depth-1)
		if err != nil {
			return end, err
		}
		if visit != nil {
			visit(s[i:end:end])
		}
		next, done, err := skipComma(s, end, ']')
		if err != nil || done {
			return next, err
		}
		i = next
	}
}

// skipComma passes over a comma and tells whether closing came instead.
func skipComma(s []byte, i int, closing byte) (next int, done bool, err error) {
	switch i = skipSpace(s, i); {
	case i >= len(s):
		return i, false, errEnd
	case s[i] == closing:
		return i + 1, true, nil
	case s[i] == ',':
		return skipSpace(s, i+1), false, nil
	}
	return i, false, errAt(i, "a comma or the closing bracket was expected")
}

// skipLiteral passes over true, false or null.
func skipLiteral(s []byte, i int, literal string) (int, error) {
	end := i + len(literal)
	if end > len(s) || string(s[i:end]) != literal {
		return i, errAt(i, "a value was expected")
	}
	return end, nil
}

// skipNumber checks the number that starts at i and returns the index after it.
func skipNumber(s []byte, i int) (int, error) {
	start := i
	if i < len(s) && s[i] == '-' {
		i++
	}
	first := i
	if i = skipDigits(s, i); i == first {
		return start, errAt(start, "a value was expected")
	}
	if s[first] == '0' && i > first+1 {
		return start, errAt(start, "a number must not begin with 0")
	}
	if i < len(s) && s[i] == '.' {
		first = i + 1
		if i = skipDigits(s, first); i == first {
			return start, errAt(start, "digits were expected after the decimal point")
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		first = i
		if i = skipDigits(s, first); i == first {
			return start, errAt(start, "digits were expected in the exponent")
		}
	}
	return i, nil
}

func skipDigits(s []byte, i int) int {
	for i < len(s) && s[i]-'0' <= 9 {
		i++
	}
	return i
}

// skipString checks the string that starts at i, returns the index after it and tells whether it holds escapes.
func skipString(s []byte, i int) (end int, escaped bool, err error) {
	for i++; i < len(s); i++ {
		c := s[i]
		if c == '"' {
			return i + 1, escaped, nil
		}
		if c >= ' ' && c != '\\' {
			continue
		}
		if c < ' ' {
			return i, escaped, errAt(i, "control characters in strings must be escaped")
		}
		n := escapeLen(s[i:])
		if n == 0 {
			return i, true, errAt(i, "not a valid escape in a string")
		}
		escaped = true
		i += n - 1
	}
	return i, escaped, errEnd
}
