package events

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxAttributes bounds the attributes of one event, the ignored ones among them.
const maxAttributes = 100

// MaxBatchDepth bounds the nesting of a whole batch; its events are held to their own, smaller depth one by one.
const MaxBatchDepth = 500

var errTrailing = errors.New("there is more after the end of the JSON text")

// skipWhole checks that s is one JSON value and nothing more, and returns where the value starts.
func skipWhole(s []byte, depth int) (start int, err error) {
	if !utf8.Valid(s) {
		return 0, errors.New("not valid UTF-8")
	}
	start = skipSpace(s, 0)
	end, err := skipValue(s, start, depth)
	if err == nil && skipSpace(s, end) != len(s) {
		err = errTrailing
	}
	return start, err
}

// ParseBatch splits the body of an application/cloudevents-batch+json request into its events, each to be given to
// ParseStructured. Only a body that is no JSON array at all is refused as a whole. The events share the memory of body.
func ParseBatch(body []byte) ([]json.RawMessage, []Violation) {
	start, err := skipWhole(body, MaxBatchDepth)
	if err != nil {
		return nil, []Violation{{Detail: err.Error()}}
	}
	if body[start] != '[' {
		return nil, []Violation{{Detail: "must be a list of events, not " + describe(body[start:])}}
	}
	items := []json.RawMessage{}
	_, err = eachElement(body, start, MaxBatchDepth, func(value []byte) { items = append(items, value) })
	if err != nil {
		return nil, []Violation{{Detail: err.Error()}}
	}
	return items, nil
}

// ParseStructured reads and checks one event in CloudEvents' structured JSON form. It reports everything that is wrong;
// the draft then holds what could be read, so that the answer can name its id. Extension attributes that are not ours are
// ignored, as CloudEvents wants it; they are not kept.
func ParseStructured(body []byte) (Draft, []Violation) {
	c := &checker{path: make([]string, 0, 8)}
	start, err := skipWhole(body, maxDepth)
	if err != nil {
		c.report(err.Error())
		return Draft{}, c.found
	}
	if body[start] != '{' {
		c.report("must be a CloudEvents JSON object, not " + describe(body[start:]))
		return Draft{}, c.found
	}
	a := attributes{seen: make([][]byte, 0, 16)}
	_, _ = eachMember(body, start, maxDepth, func(key, value []byte) { a.set(c, key, value) })
	d := a.draft(c)
	return d, c.found
}

// attributes are those of CloudEvents that matter here, as given.
type attributes struct {
	specVersion, id, source, typ, subject, time, contentType, org, rep, team string
	data                                                                     []byte
	seen                                                                     [][]byte // every name so far
}

// text returns where the value of a string attribute goes, nil for any other name.
func (a *attributes) text(name string) *string {
	switch name {
	case "specversion":
		return &a.specVersion
	case "id":
		return &a.id
	case "source":
		return &a.source
	case "type":
		return &a.typ
	case "subject":
		return &a.subject
	case "time":
		return &a.time
	case "datacontenttype":
		return &a.contentType
	case "org":
		return &a.org
	case "rep":
		return &a.rep
	case "team":
		return &a.team
	}
	return nil
}

// attributeNames are all names that a caller may give a meaning to.
func attributeNames() []string {
	return []string{
		"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema", "org", "rep", "team", "data",
	}
}

// reservedNames are the attributes that the ledger itself gives.
func reservedNames() []string {
	return []string{"recordedat", "dataversion", "aliases", "sealed", "digest", "timeinferred", "recordedby", "amends"}
}

// set takes one member of a structured event.
func (a *attributes) set(c *checker, key, value []byte) {
	for _, name := range a.seen {
		if string(name) == string(key) {
			c.reportAt(string(name), "is given twice")
			return
		}
	}
	if len(a.seen) == maxAttributes {
		if !c.reported() {
			c.report(fmt.Sprintf("must have at most %d attributes", maxAttributes))
		}
		return
	}
	a.seen = append(a.seen, key)
	to := a.text(string(key))
	if to != nil && value[0] == '"' && len(value) > len(`""`) {
		*to = unquote(value)
		return
	}
	switch name := string(key); {
	case to != nil && value[0] != '"':
		c.reportAt(name, "must be a string, not "+describe(value))
	case to != nil:
		c.reportAt(name, "must not be empty; leave it out if there is none")
	case name == "data":
		a.data = value
	case name == "data_base64":
		c.reportAt(name, "is not taken: put the payload into data, as a JSON object")
	case slices.Contains(reservedNames(), name):
		c.reportAt(name, "is given by the ledger; leave it out")
	case !attributeName(name):
		detail := "is no CloudEvents attribute: names have lower-case letters and digits only"
		if near := nearest(strings.ToLower(name), attributeNames()); near != "" {
			detail += fmt.Sprintf("; did you mean %q?", near)
		}
		c.reportAt(name, detail)
	}
}

// attributeName tells whether name can be that of a CloudEvents attribute.
func attributeName(name string) bool {
	for i := range len(name) {
		if c := name[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// draft checks the attributes and makes them a draft.
func (a *attributes) draft(c *checker) Draft {
	d := Draft{
		ID: a.id, Source: a.source, Type: a.typ, Org: a.org, Rep: a.rep, Team: a.team, Subject: a.subject, Data: a.data,
	}
	if a.specVersion != "1.0" {
		c.reportNew("specversion", "must be \"1.0\"")
	}
	if a.time != "" {
		t, err := parseTime([]byte(a.time))
		if err != nil {
			c.reportAt("time", timeWords)
		} else if t.IsZero() { // which would pass for no time at all
			c.reportAt("time", boundsWords)
		}
		d.Time = t
	}
	if a.contentType != "" && !isJSON(a.contentType) {
		c.reportAt("datacontenttype", "must be application/json, or left out")
	}
	d.check(c)
	return d
}

// isJSON tells whether a media type is JSON.
func isJSON(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	return media == "application/json" || media == "text/json" || strings.HasSuffix(media, "+json")
}
