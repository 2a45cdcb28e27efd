package mapping

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Row gives the text behind a name, "" where there is none.
type Row interface {
	Get(name string) string
}

// template is text with references to columns in it: "opp-{opportunity_id}-sent", "{sales_agent|slug}".
type template struct {
	parts []part
}

// part is either fixed text or a reference with its filters.
type part struct {
	text    string
	ref     string
	filters []filter
}

// filter is one named change of a text.
type filter func(string) string

// filterNames lists the filters, for messages.
const filterNames = "trim, lower, upper, slug, digits"

// filterNamed finds a filter.
func filterNamed(name string) (filter, error) {
	switch name {
	case "trim":
		return strings.TrimSpace, nil
	case "lower":
		return strings.ToLower, nil
	case "upper":
		return strings.ToUpper, nil
	case "slug":
		return slug, nil
	case "digits":
		return digits, nil
	}
	return nil, fmt.Errorf("unknown filter %q; known: %s", name, filterNames)
}

// slug lowers s and joins its words by single hyphens: "Dustin  O'Brien" becomes "dustin-o-brien". Letters and digits
// of any script are kept.
func slug(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	return strings.Join(words, "-")
}

// digits keeps 0 to 9 and a leading plus sign, as phone numbers need it.
func digits(s string) string {
	plus := strings.HasPrefix(strings.TrimSpace(s), "+")
	s = strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
	if plus && s != "" {
		return "+" + s
	}
	return s
}

// parseTemplate reads a template.
func parseTemplate(s string) (template, error) {
	var t template
	var text strings.Builder
	for s != "" {
		i := strings.IndexAny(s, "{}")
		if i < 0 {
			break
		}
		text.WriteString(s[:i])
		rest := s[i+1:]
		switch {
		case rest != "" && rest[0] == s[i]: // {{ or }}
			text.WriteByte(s[i])
			s = rest[1:]
			continue
		case s[i] == '}':
			return template{}, errors.New("a } closes nothing; }} stands for the brace itself")
		}
		inner, after, closed := strings.Cut(rest, "}")
		if !closed || strings.Contains(inner, "{") {
			return template{}, errors.New("a { is not closed; {{ stands for the brace itself")
		}
		p, err := parseRef(inner)
		if err != nil {
			return template{}, err
		}
		if text.Len() > 0 {
			t.parts = append(t.parts, part{text: text.String()})
			text.Reset()
		}
		t.parts = append(t.parts, p)
		s = after
	}
	text.WriteString(s)
	if text.Len() > 0 {
		t.parts = append(t.parts, part{text: text.String()})
	}
	return t, nil
}

// parseRef reads what stands between braces: a column, then filters.
func parseRef(s string) (part, error) {
	names := strings.Split(s, "|")
	p := part{ref: strings.TrimSpace(names[0])}
	if p.ref == "" {
		return part{}, errors.New("{} names no column")
	}
	for _, name := range names[1:] {
		f, err := filterNamed(strings.TrimSpace(name))
		if err != nil {
			return part{}, err
		}
		p.filters = append(p.filters, f)
	}
	return p, nil
}

// refs lists the columns that the template reads.
func (t template) refs() []string {
	var out []string
	for _, p := range t.parts {
		if p.ref != "" {
			out = append(out, p.ref)
		}
	}
	return out
}

// render fills the template from what a row or a delivery holds.
func (t template) render(r Row) string {
	var out strings.Builder
	for _, p := range t.parts {
		out.WriteString(p.render(r))
	}
	return out.String()
}

// render returns the part's text for a row.
func (p part) render(r Row) string {
	if p.ref == "" {
		return p.text
	}
	s := r.Get(p.ref)
	for _, f := range p.filters {
		s = f(s)
	}
	return s
}

// renderFull is render for texts in which every reference must hold something, such as ids.
func (t template) renderFull(r Row) (string, error) {
	var out strings.Builder
	for _, p := range t.parts {
		s := p.render(r)
		if strings.TrimSpace(s) == "" && p.ref != "" {
			return "", fmt.Errorf("%s is empty", p.ref)
		}
		out.WriteString(s)
	}
	return out.String(), nil
}
