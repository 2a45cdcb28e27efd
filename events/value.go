package events

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// appendCanonical checks the value v and appends its canonical form to out; ok is false if there is none to append.
func (f *field) appendCanonical(out, v []byte, c *checker) (_ []byte, ok bool) {
	switch f.form {
	case formText:
		return f.appendText(out, v, c)
	case formInteger:
		return f.appendInteger(out, v, c)
	case formDecimal:
		return f.appendDecimal(out, v, c)
	case formBoolean:
		if v[0] != 't' && v[0] != 'f' {
			c.report("must be true or false, not " + describe(v))
			return out, false
		}
		return append(out, v...), true
	case formTimestamp:
		return f.appendTimestamp(out, v, c)
	case formDate:
		return f.appendDate(out, v, c)
	case formList:
		return f.appendList(out, v, c)
	case formMap:
		return f.appendMap(out, v, c)
	case formObject:
		return f.shape.appendCanonical(out, v, c), v[0] == '{'
	}
	panic("events: no form " + string(f.form))
}

func (f *field) appendText(out, v []byte, c *checker) ([]byte, bool) {
	if v[0] != '"' {
		c.report("must be a string, not " + describe(v))
		return out, false
	}
	s := unquote(v)
	if fault := f.textFault(s); fault != "" {
		c.report(fault)
		return out, false
	}
	return appendString(out, s), true
}

// textFault says what is wrong with s, "" if nothing is.
func (f *field) textFault(s string) string {
	most := int(f.max / Scale)
	switch {
	case f.enum != nil:
		if !slices.Contains(f.enum, s) {
			return "must be one of " + strings.Join(f.enum, ", ")
		}
	case s == "":
		return "must not be empty"
	case len(s) > most && utf8.RuneCountInString(s) > most:
		return fmt.Sprintf("must have at most %d characters", most)
	case strings.ContainsFunc(s, f.unfit):
		return "must not hold control characters"
	case f.format != nil && !f.format.fits(s):
		return "must be " + f.format.words
	}
	return ""
}

// unfit tells whether r has no place in the field's text.
func (f *field) unfit(r rune) bool {
	return unicode.IsControl(r) && (!f.multiline || r != '\n' && r != '\r' && r != '\t')
}

func (f *field) appendInteger(out, v []byte, c *checker) ([]byte, bool) {
	n, err := strconv.ParseInt(string(v), 10, 64)
	switch least, most := int64(f.min/Scale), int64(f.max/Scale); {
	case v[0] != '-' && (v[0] < '0' || v[0] > '9'):
		c.report("must be a whole number, not " + describe(v))
	case err != nil && strings.ContainsAny(string(v), ".eE"):
		c.report("must be a whole number without fraction or exponent")
	case err != nil || n < least || n > most:
		c.report(fmt.Sprintf("must be from %d to %d", least, most))
	default:
		return strconv.AppendInt(out, n, 10), true
	}
	return out, false
}

func (f *field) appendDecimal(out, v []byte, c *checker) ([]byte, bool) {
	if v[0] != '"' && v[0] != '-' && (v[0] < '0' || v[0] > '9') {
		c.report("must be a decimal number, best as a string, not " + describe(v))
		return out, false
	}
	d, err := decimalFromJSON(v)
	negative := v[0] == '-' || len(v) > 2 && v[1] == '-'
	switch {
	case err != nil:
		c.report("is " + err.Error())
	case d < f.min || d > f.max || negative && f.min >= 0:
		c.report(fmt.Sprintf("must be from %s to %s", f.min, f.max))
	default:
		return append(d.append(append(out, '"')), '"'), true
	}
	return out, false
}

const timeWords = "must be an RFC 3339 time such as \"2026-03-05T14:30:00+01:00\""

func (f *field) appendTimestamp(out, v []byte, c *checker) ([]byte, bool) {
	if v[0] != '"' {
		c.report("must be a string, not " + describe(v))
		return out, false
	}
	t, err := parseTime(v[1 : len(v)-1])
	switch {
	case err != nil:
		c.report(timeWords)
	case outOfBounds(t):
		c.report(boundsWords)
	default:
		return append(appendTime(append(out, '"'), t), '"'), true
	}
	return out, false
}

// outOfBounds tells whether t is too early or too late to be recorded.
func outOfBounds(t time.Time) bool { return t.Before(firstTime()) || !t.Before(endTime()) }

func (f *field) appendDate(out, v []byte, c *checker) ([]byte, bool) {
	if v[0] != '"' {
		c.report("must be a string, not " + describe(v))
		return out, false
	}
	day := Date(unquote(v))
	_, err := day.Time()
	switch {
	case err != nil:
		c.report("must be a date such as \"2026-12-31\"")
	case day < firstDay || day > lastDay:
		c.report(boundsWords)
	default:
		return appendString(out, string(day)), true
	}
	return out, false
}

func (f *field) appendList(out, v []byte, c *checker) ([]byte, bool) {
	if v[0] != '[' {
		c.report("must be a list, not " + describe(v))
		return out, false
	}
	n, good := 0, 0
	out = append(out, '[')
	_, _ = eachElement(v, 0, maxDepth, func(value []byte) {
		before := len(out)
		if good > 0 {
			out = append(out, ',')
		}
		c.push(strconv.Itoa(n))
		n++
		var ok bool
		if out, ok = f.elem.appendCanonical(out, value, c); ok {
			good++
		} else {
			out = out[:before]
		}
		c.pop()
	})
	f.checkCount(n, c)
	return append(out, ']'), true
}

// appendMap checks an object whose keys are names of the org's own. The canonical order is that of the keys.
func (f *field) appendMap(out, v []byte, c *checker) ([]byte, bool) {
	if v[0] != '{' {
		c.report("must be an object, not " + describe(v))
		return out, false
	}
	type entry struct {
		key   string
		value []byte
	}
	var entries []entry
	_, _ = eachMember(v, 0, maxDepth, func(key, value []byte) {
		entries = append(entries, entry{string(key), value})
	})
	f.checkCount(len(entries), c)
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	name := field{form: formText, max: maxText * Scale}
	out = append(out, '{')
	for i, e := range entries {
		before := len(out)
		if out[before-1] != '{' {
			out = append(out, ',')
		}
		c.push(e.key)
		ok := false
		switch fault := name.textFault(e.key); {
		case fault != "":
			c.report("the key " + fault)
		case i > 0 && entries[i-1].key == e.key:
			c.report("is given twice")
		default:
			out = append(appendString(out, e.key), ':')
			out, ok = f.elem.appendCanonical(out, e.value, c)
		}
		if !ok {
			out = out[:before]
		}
		c.pop()
	}
	return append(out, '}'), true
}

// checkCount checks the number of elements or entries.
func (f *field) checkCount(n int, c *checker) {
	if least, most := int(f.min/Scale), int(f.max/Scale); n < least || n > most {
		c.report(fmt.Sprintf("must have from %d to %d entries, not %d", least, most, n))
	}
}

// describe names what kind of value v is.
func describe(v []byte) string {
	switch v[0] {
	case '"':
		return "a string"
	case '{':
		return "an object"
	case '[':
		return "a list"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null (leave the field out instead)"
	default:
		return "a number"
	}
}
