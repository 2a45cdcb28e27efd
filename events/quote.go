package events

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// escapeLen returns the length of the escape at the start of s, 0 if there is none. A surrogate counts with its other
// half, without which it is no character.
func escapeLen(s []byte) int {
	if len(s) < 2 {
		return 0
	}
	switch s[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		switch r := hex4(s); {
		case r < 0:
			return 0
		case !utf16.IsSurrogate(r):
			return 6
		case len(s) >= 12 && s[6] == '\\' && s[7] == 'u' && utf16.DecodeRune(r, hex4(s[6:])) != utf8.RuneError:
			return 12
		}
	}
	return 0
}

// hex4 reads the code unit of an escape such as \u00e9, -1 if it is none.
func hex4(s []byte) rune {
	if len(s) < 6 {
		return -1
	}
	r := rune(0)
	for _, c := range s[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// unquote returns the text of a string token that was checked before.
func unquote(token []byte) string {
	inner := token[1 : len(token)-1]
	if bytes.IndexByte(inner, '\\') >= 0 {
		inner = unescape(inner)
	}
	return string(inner)
}

// unescape resolves the escapes in the inside of a string that was checked before.
func unescape(s []byte) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		n := escapeLen(s[i:])
		switch c := s[i+1]; c {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r := hex4(s[i:])
			if n == 12 {
				r = utf16.DecodeRune(r, hex4(s[i+6:]))
			}
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, c)
		}
		i += n - 1
	}
	return out
}

// appendString appends s as a JSON string in its one canonical form: only what must be escaped is.
func appendString(out []byte, s string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		out = append(out, s[start:i]...)
		switch c {
		case '"', '\\':
			out = append(out, '\\', c)
		case '\n':
			out = append(out, '\\', 'n')
		case '\r':
			out = append(out, '\\', 'r')
		case '\t':
			out = append(out, '\\', 't')
		default:
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		start = i + 1
	}
	return append(append(out, s[start:]...), '"')
}
