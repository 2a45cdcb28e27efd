package signature

import (
	"net/url"
	"strconv"
	"strings"

	"milemarker/internal/providers"
)

// Place is where a text stands in a delivery: in a header, or else in a parameter of the URL's query.
type Place struct {
	// Header may end in "*": the headers of that name with 1, 2, ... up to 100 in its place.
	Header string
	Query  string

	// Separator stands between several texts, "" if there is one.
	Separator string

	// Prefix is what each begins with; those that do not are passed over. It is taken off.
	Prefix string

	// Timed stands between a timestamp and the signature that covers it, "" if the timestamp stands elsewhere.
	Timed string
}

// String names the place to people.
func (p Place) String() string {
	if p.Header != "" {
		return "header " + p.Header
	}
	return "query parameter " + p.Query
}

// find returns the texts that stand there, none if the place is zero.
func (p Place) find(d providers.Delivery) []string {
	var given []string
	name, numbered := strings.CutSuffix(p.Header, "*")
	switch {
	case numbered:
		for i := 1; i <= 100; i++ {
			if text := d.Header.Get(name + strconv.Itoa(i)); text != "" {
				given = append(given, text)
			}
		}
	case p.Header != "":
		given = d.Header.Values(p.Header)
	case p.Query != "":
		if u, err := url.Parse(d.URL); err == nil {
			given = u.Query()[p.Query]
		}
	}
	var out []string
	for _, text := range given {
		parts := []string{text}
		if p.Separator != "" {
			parts = strings.Split(text, p.Separator)
		}
		for _, part := range parts {
			if rest, ok := strings.CutPrefix(strings.TrimSpace(part), p.Prefix); ok && rest != "" {
				out = append(out, rest)
			}
		}
	}
	return out
}
