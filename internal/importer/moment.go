package importer

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// moment is the recipe for an event's time.
type moment struct {
	source  value
	layouts []layout
	zone    *time.Location
	hour    int // time of day for layouts without one
	minute  int
}

// layout is one way in which a file writes its times.
type layout struct {
	format string // Go's, or unix, unix_ms
	clock  bool   // has a time of day
	offset bool   // says where on earth
}

// eval returns the time for a row, UTC.
func (m moment) eval(r row) (time.Time, error) {
	s := strings.TrimSpace(m.source.text(r))
	if s == "" {
		return time.Time{}, fmt.Errorf("%s is empty", strings.Join(m.source.source.refs(), ", "))
	}
	for _, l := range m.layouts {
		t, err := l.parse(s, m.zone)
		if err != nil {
			continue
		}
		if !l.clock {
			t = time.Date(t.Year(), t.Month(), t.Day(), m.hour, m.minute, 0, 0, m.zone)
		}
		return t.UTC(), nil
	}
	formats := make([]string, len(m.layouts))
	for i, l := range m.layouts {
		formats[i] = l.format
	}
	return time.Time{}, fmt.Errorf("%q is not written like %s", s, strings.Join(formats, " or "))
}

// parse reads s in this layout; zone counts only where the layout carries no offset.
func (l layout) parse(s string, zone *time.Location) (time.Time, error) {
	switch l.format {
	case "unix", "unix_ms":
		n, err := strconv.ParseInt(s, 10, 64)
		if l.format == "unix" {
			return time.Unix(n, 0), err
		}
		return time.UnixMilli(n), err
	}
	return time.ParseInLocation(l.format, s, zone)
}

// newLayout understands a layout and refuses one that does not name a day.
func newLayout(format string) (layout, error) {
	switch format {
	case "rfc3339":
		format = time.RFC3339
	case "unix", "unix_ms":
		return layout{format, true, true}, nil
	}
	if strings.Contains(format, "MST") {
		return layout{}, errors.New("zone abbreviations (MST) name no zone for certain; use an offset (-07:00) or zone")
	}
	base := time.Date(2001, time.February, 3, 4, 5, 6, 0, time.UTC)
	shows := func(other time.Time) bool { return base.Format(format) != other.Format(format) }
	if !shows(base.AddDate(0, 0, 1)) || !shows(base.AddDate(0, 1, 0)) || !shows(base.AddDate(1, 0, 0)) {
		return layout{}, fmt.Errorf("the layout %q lacks day, month or year (Go's way: 2 Jan 2006 15:04:05)", format)
	}
	sameClock := time.Date(2001, time.February, 3, 4, 5, 6, 0, time.FixedZone("", 3600))
	return layout{format, shows(base.Add(time.Hour)), shows(sameClock)}, nil
}

// moment reads `time`.
func (d recipes) moment(n *yaml.Node) moment {
	m := moment{source: value{line: n.Line}, zone: time.UTC, hour: 12}
	var sources int
	var zoned, at bool
	d.object(n, map[string]func(*yaml.Node){
		"column":   func(n *yaml.Node) { sources++; m.source.source = template{[]part{{ref: strings.TrimSpace(d.text(n))}}} },
		"template": func(n *yaml.Node) { sources++; m.source.source = d.template(n) },
		"layout":   func(n *yaml.Node) { m.layouts = d.layouts(n) },
		"zone":     func(n *yaml.Node) { zoned = true; m.zone = d.zone(n) },
		"at": func(n *yaml.Node) {
			at = true
			t, err := time.Parse("15:04", d.text(n))
			if err != nil {
				d.fail(n, "a time of day is needed here, such as 09:30")
			}
			m.hour, m.minute = t.Hour(), t.Minute()
		},
	})
	if sources != 1 {
		d.fail(n, "a time has one source: column or template")
	}
	if len(m.layouts) == 0 {
		d.fail(n, "layout is needed: how the file writes its times, in Go's way (1/2/2006) or rfc3339, unix, unix_ms")
	}
	clockless := false
	for _, l := range m.layouts {
		clockless = clockless || !l.clock
		if !l.offset && !zoned {
			d.fail(n, "zone is needed: the layout %q carries no offset", l.format)
		}
	}
	if at && !clockless && len(m.layouts) > 0 {
		d.fail(n, "at is for layouts without a time of day")
	}
	return m
}

func (d recipes) layouts(n *yaml.Node) []layout {
	var out []layout
	for _, format := range d.texts(n) {
		l, err := newLayout(format)
		if err != nil {
			d.fail(n, "%v", err)
		}
		out = append(out, l)
	}
	return out
}

func (d recipes) zone(n *yaml.Node) *time.Location {
	name := d.text(n)
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		d.fail(n, "unknown zone %q; an IANA name is needed, such as Europe/Berlin", name)
		return time.UTC
	}
	return zone
}
