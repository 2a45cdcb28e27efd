package events

import (
	"fmt"
	"slices"
	"strings"
)

// MaxViolations bounds the violations reported for one event.
const MaxViolations = 100

// checker collects violations while it walks down into an event.
type checker struct {
	path  []string // unescaped reference tokens from the event to the value at hand
	found []Violation
}

// report notes that the value at hand is wrong.
func (c *checker) report(detail string) {
	switch len(c.found) {
	case MaxViolations:
		return
	case MaxViolations - 1:
		c.found = append(c.found, Violation{Detail: "there is more wrong than is listed here; mend the above first"})
		return
	}
	c.found = append(c.found, Violation{Pointer: c.pointer(), Detail: detail})
}

// pointer returns the JSON pointer to the value at hand.
func (c *checker) pointer() string {
	var p strings.Builder
	for _, token := range c.path {
		p.WriteByte('/')
		p.WriteString(strings.ReplaceAll(strings.ReplaceAll(token, "~", "~0"), "/", "~1"))
	}
	return p.String()
}

// reported tells whether something is known to be wrong with the value at hand.
func (c *checker) reported() bool {
	p := c.pointer()
	return slices.ContainsFunc(c.found, func(v Violation) bool { return v.Pointer == p })
}

// reportAt notes that a member of the value at hand is wrong.
func (c *checker) reportAt(name, detail string) {
	c.push(name)
	c.report(detail)
	c.pop()
}

// reportNew notes that a member of the value at hand is wrong, unless something is known to be wrong with it.
func (c *checker) reportNew(name, detail string) {
	c.push(name)
	if !c.reported() {
		c.report(detail)
	}
	c.pop()
}

func (c *checker) push(token string) { c.path = append(c.path, token) }
func (c *checker) pop()              { c.path = c.path[:len(c.path)-1] }

// appendCanonical checks the object v against the shape and appends its canonical form to out: known fields in the order
// of their names, values in their one form. What is wrong is reported and left out.
func (s *shape) appendCanonical(out, v []byte, c *checker) []byte {
	if v[0] != '{' {
		c.report("must be an object, not " + describe(v))
		return append(out, '{', '}')
	}
	var given [maxFields][]byte
	_, _ = eachMember(v, 0, maxDepth, func(key, value []byte) {
		i, known := s.index[string(key)]
		switch {
		case !known:
			c.unknown(string(key), s.names())
		case given[i] != nil:
			c.reportAt(string(key), "is given twice")
		default:
			given[i] = value
		}
	})
	out = append(out, '{')
	for i := range s.fields {
		f, value := &s.fields[i], given[i]
		if len(value) == 2 && value[0] == '"' && f.form == formText && f.enum == nil && !f.required {
			given[i], value = nil, nil // an empty text says nothing
		}
		if value == nil {
			if f.required {
				c.reportAt(f.name, "is required: "+f.doc)
			}
			continue
		}
		before := len(out)
		if out[before-1] != '{' {
			out = append(out, ',')
		}
		out = append(appendString(out, f.name), ':')
		c.push(f.name)
		var ok bool
		if out, ok = f.appendCanonical(out, value, c); !ok {
			out = out[:before]
		}
		c.pop()
	}
	s.checkTogether(&given, c)
	return append(out, '}')
}

// unknown reports a member that no event of this type has.
func (c *checker) unknown(key string, names []string) {
	if len(c.found) >= MaxViolations {
		return // looking for the nearest name is not free
	}
	if near := nearest(key, names); near != "" {
		c.reportAt(key, fmt.Sprintf("is not known here; did you mean %q?", near))
		return
	}
	c.reportAt(key, "is not known here; known are "+strings.Join(names, ", "))
}

// checkTogether checks the rules between fields.
func (s *shape) checkTogether(given *[maxFields][]byte, c *checker) {
	for i := range s.fields {
		f := &s.fields[i]
		if given[i] == nil {
			continue
		}
		for _, other := range f.with {
			if given[s.index[other]] == nil {
				c.reportNew(other, "is required with "+f.name)
			}
		}
		if f.after == "" {
			continue
		}
		if earlier := given[s.index[f.after]]; earlier != nil && !later(earlier, given[i]) {
			c.reportAt(f.name, "must lie after "+f.after)
		}
	}
}

// later tells whether the date or time b lies after a; when one of them is neither, that was reported and is no concern
// here.
func later(a, b []byte) bool {
	if a[0] != '"' || b[0] != '"' {
		return true
	}
	from, errA := parseTime(a[1 : len(a)-1])
	to, errB := parseTime(b[1 : len(b)-1])
	if errA != nil || errB != nil {
		from, errA = Date(unquote(a)).Time()
		to, errB = Date(unquote(b)).Time()
	}
	return errA != nil || errB != nil || to.After(from)
}
