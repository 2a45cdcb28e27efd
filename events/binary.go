package events

import (
	"strings"
	"unicode/utf8"
)

// ParseBinary reads and checks one event in CloudEvents' binary HTTP form: attributes in ce- headers, the payload as the
// body. header returns the value of a header by its lower-case name, "" if there is none (http.Header.Get will do).
// Pointers of violations are those that the same event would have in the structured form.
func ParseBinary(header func(name string) string, contentType string, body []byte) (Draft, []Violation) {
	c := &checker{}
	a := attributes{contentType: contentType}
	for _, name := range attributeNames() {
		to := a.text(name)
		if to == nil || name == "datacontenttype" {
			continue
		}
		value, ok := headerValue(header("ce-" + name))
		if !ok {
			c.reportAt(name, "is not well encoded in its header")
		}
		*to = value
	}
	for _, name := range reservedNames() {
		if header("ce-"+name) != "" {
			c.reportAt(name, "is given by the ledger; leave it out")
		}
	}
	if len(body) > 0 {
		start, err := skipWhole(body, maxDepth-1)
		if err == nil {
			a.data = body[start:]
		} else {
			c.reportAt("data", err.Error())
		}
	}
	d := a.draft(c)
	return d, c.found
}

// headerValue undoes the encoding of attribute values in HTTP headers: quotes around the whole, then %XX.
func headerValue(s string) (string, bool) {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		s = s[1 : len(s)-1]
		if strings.IndexByte(s, '\\') >= 0 {
			var out strings.Builder
			for i := 0; i < len(s); i++ {
				if s[i] == '\\' && i+1 < len(s) {
					i++
				}
				out.WriteByte(s[i])
			}
			s = out.String()
		}
	}
	if strings.IndexByte(s, '%') < 0 {
		return s, utf8.ValidString(s)
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			out.WriteByte(s[i])
			continue
		}
		if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
			return s, false
		}
		out.WriteByte(unhex(s[i+1])<<4 | unhex(s[i+2]))
		i += 2
	}
	return out.String(), utf8.ValidString(out.String())
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}
