package events

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Draft is an event as a caller submits it. Whoever makes one in the program puts any JSON form of the payload into Data
// and calls Check.
type Draft struct {
	ID      string
	Source  string
	Type    string
	Org     string // as given, usually empty: the recorder refuses one that is not the caller's own
	Rep     string
	Team    string
	Subject string          // as given: a prospect id, or an identity to be hashed
	Time    time.Time       // zero: none was given
	Data    json.RawMessage // after parsing or Check: the canonical payload, private fields among the others

	// What no caller can give: the program sets it after parsing.
	RecordedBy string // id of the API key; who asks is no part of what is told, so it is not in Canonical
	Amends     string // id of the event in whose place this one is recorded

	// Received is when it was told, for an event without a Time that is recorded later than that: it takes the place of
	// the clock, and the event's time is marked as inferred.
	Received time.Time
}

// Limits of the envelope, in bytes.
const (
	MaxID      = 200
	MaxSource  = 500
	MaxSubject = 254
	MaxName    = 100 // rep and team
)

// FutureSlack is how far an event's time may lie ahead of the clock: an event has happened, but clocks differ. What is
// planned stands in the data (starts_at and the like), not in time.
const FutureSlack = 24 * time.Hour

// Check checks d and returns it in its canonical form, together with everything that is wrong with it. A draft that came
// out of ParseStructured or ParseBinary was checked already.
func (d Draft) Check() (Draft, []Violation) {
	c := &checker{}
	if _, err := skipWhole(d.Data, maxDepth-1); d.Data != nil && err != nil {
		c.reportAt("data", err.Error())
		d.Data = nil
	}
	d.check(c)
	return d, c.found
}

// CheckWorld checks what needs the world: the time against the clock, the zone of org.configured against the zones that
// exist (time.LoadLocation succeeds). d must have passed Check or a parser.
func (d Draft) CheckWorld(now time.Time, zoneExists func(name string) bool) []Violation {
	c := &checker{}
	if d.Time.After(now.Add(FutureSlack)) {
		c.reportAt("time", "lies more than 24 hours ahead: time is when it happened; what is planned belongs into data")
	}
	if d.Type != TypeOrgConfigured {
		return c.found
	}
	var org OrgConfigured
	if json.Unmarshal(d.Data, &org) == nil && org.Zone != "" && !zoneExists(org.Zone) {
		c.push("data")
		c.reportAt("zone", "names no time zone that is known here")
	}
	return c.found
}

// check checks d, whose Data is valid JSON or nil, and brings it into its canonical form.
func (d *Draft) check(c *checker) {
	checkToken(c, "id", d.ID, MaxID, true)
	if d.Source == "" {
		c.reportNew("source", "is required: a URI reference that names who tells, such as \"/crm/main\"")
	} else if !isURIReference(d.Source) || len(d.Source) > MaxSource {
		c.reportAt("source", fmt.Sprintf("must be a URI reference of at most %d characters, such as \"/crm/main\"", MaxSource))
	}
	checkToken(c, "subject", d.Subject, MaxSubject, false)
	checkToken(c, "rep", d.Rep, MaxName, false)
	checkToken(c, "team", d.Team, MaxName, false)
	checkToken(c, "org", d.Org, MaxName, false)
	checkToken(c, "recordedby", d.RecordedBy, MaxName, false)
	checkToken(c, "amends", d.Amends, MaxID, false)
	if !d.Time.IsZero() {
		d.Time = normalTime(d.Time)
		if outOfBounds(d.Time) {
			c.reportAt("time", boundsWords)
		}
	}
	def := known().byType[d.Type]
	if def == nil {
		c.reportNew("type", unknownType(d.Type))
	}
	if d.Data == nil {
		c.reportNew("data", "is required: a JSON object")
		return
	}
	if def == nil {
		return
	}
	c.push("data")
	d.Data = def.payload.appendCanonical(make([]byte, 0, len(d.Data)), d.Data[skipSpace(d.Data, 0):], c)
	c.pop()
	if def.rules != nil {
		def.rules(*d, d.Data, func(at, detail string) {
			depth := len(c.path)
			c.push("data")
			if at != "" {
				c.path = append(c.path, strings.Split(at, "/")...)
			}
			if !c.reported() { // else the rule saw a zero in place of what is wrong or missing
				c.report(detail)
			}
			c.path = c.path[:depth]
		})
	}
}

// unknownType says what is wrong with a type that is none.
func unknownType(typ string) string {
	if typ == "" {
		return "is required: what happened, such as \"call.completed\""
	}
	if near := nearest(typ, known().types); near != "" {
		return fmt.Sprintf("is not known; did you mean %q?", near)
	}
	return "is not known; known are " + strings.Join(known().types, ", ")
}

// checkToken checks an attribute that is printed, compared and sent in headers.
func checkToken(c *checker, name, s string, most int, required bool) {
	switch {
	case s == "" && required:
		c.reportNew(name, "is required and must not be empty")
	case len(s) > most:
		c.reportAt(name, fmt.Sprintf("must have at most %d bytes", most))
	case s != strings.TrimSpace(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }):
		c.reportAt(name, "must be printable, without space at either end")
	}
}

// uriReference is what isURIReference accepts, for the schema.
const uriReference = `^([A-Za-z0-9._~:/?#@!$&'()*+,;=\[\]-]|%[0-9A-Fa-f]{2})+$`

// isURIReference tells whether s is made of the characters of RFC 3986 alone.
func isURIReference(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '%':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return false
			}
		case !strings.ContainsRune("._~:/?#@!$&'()*+,;=[]-", rune(c)):
			return false
		}
	}
	return s != ""
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// Canonical returns the content of a checked draft in one form, whatever the order of keys, the white space or the
// spelling of numbers and times it came in: everything submitted but org and id, time only when one was given. Two drafts
// of one id with equal Canonical are the same event told twice.
func (d Draft) Canonical() []byte {
	out := append(make([]byte, 0, len(d.Data)+200), `{"data":`...)
	out = append(out, d.Data...)
	if d.Amends != "" {
		out = appendString(append(out, `,"amends":`...), d.Amends)
	}
	for _, a := range [...]struct{ name, value string }{
		{`,"rep":`, d.Rep}, {`,"source":`, d.Source}, {`,"subject":`, d.Subject}, {`,"team":`, d.Team},
	} {
		if a.value != "" {
			out = appendString(append(out, a.name...), a.value)
		}
	}
	if !d.Time.IsZero() {
		out = append(appendTime(append(out, `,"time":"`...), d.Time), '"')
	}
	out = appendString(append(out, `,"type":`...), d.Type)
	return append(out, '}')
}
