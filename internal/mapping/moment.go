package mapping

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"milemarker/internal/providers/wire"
)

// moment is the recipe for an event's time.
type moment struct {
	source  value
	layouts []layout
	zone    *time.Location // nil: that of the document or of the input
	hour    int            // time of day for layouts without one
	minute  int
}

// layout is one way in which a file writes its times.
type layout struct {
	format string // Go's, or unix, unix_ms
	clock  bool   // has a time of day
	offset bool   // says where on earth
}

// eval returns the time, UTC.
func (m *moment) eval(ctx context.Context, s *scope) (time.Time, error) {
	out, _, err := m.source.raw(ctx, s)
	if err != nil {
		return time.Time{}, err
	}
	if t, ok := out.(time.Time); ok {
		return t.UTC(), nil
	}
	text := strings.TrimSpace(scalar(out))
	if text == "" {
		name := strings.Join(m.source.source.refs(), ", ")
		if m.source.expr != nil {
			name = "the expression's result"
		}
		return time.Time{}, fmt.Errorf("%s is empty", name)
	}
	zone := m.zone
	if zone == nil {
		zone = s.zone
	}
	return readTime(text, m.layouts, zone, m.hour, m.minute)
}

// readTime reads a time by the first layout that fits, or as it is commonly written if there are none. A day without a
// time of day gets that of hour and minute.
func readTime(s string, layouts []layout, zone *time.Location, hour, minute int) (time.Time, error) {
	if len(layouts) == 0 {
		if day, err := time.ParseInLocation(time.DateOnly, s, zone); err == nil {
			return day.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute).UTC(), nil
		}
		if t := wire.Time(s, zone); !t.IsZero() {
			return t, nil
		}
		return time.Time{}, fmt.Errorf("%q is not written like a time; name its layout", s)
	}
	for _, l := range layouts {
		t, err := l.parse(s, zone)
		if err != nil {
			continue
		}
		if !l.clock {
			t = time.Date(t.Year(), t.Month(), t.Day(), hour, minute, 0, 0, zone)
		}
		return t.UTC(), nil
	}
	formats := make([]string, len(layouts))
	for i, l := range layouts {
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

// moment reads `time`. Of rows, a layout and a zone are needed: history is not guessed at. Of a delivery, both may be left
// out.
func (d *recipes) moment(n *yaml.Node) *moment {
	m := &moment{source: value{line: n.Line}, zone: d.zoned, hour: 12}
	var sources int
	var at bool
	d.object(n, map[string]func(*yaml.Node){
		"column":   func(n *yaml.Node) { sources++; m.source.source = template{[]part{{ref: strings.TrimSpace(d.text(n))}}} },
		"template": func(n *yaml.Node) { sources++; m.source.source = d.template(n) },
		"expr":     func(n *yaml.Node) { sources++; m.source.expr = d.expression(n) },
		"layout":   func(n *yaml.Node) { m.layouts = d.layouts(n) },
		"zone":     func(n *yaml.Node) { m.zone = d.zone(n) },
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
		d.fail(n, "a time has one source: column, template or expr")
	}
	strict := d.use == Rows && m.source.expr == nil
	if len(m.layouts) == 0 && strict {
		d.fail(n, "layout is needed: how the file writes its times, in Go's way (1/2/2006) or rfc3339, unix, unix_ms")
	}
	clockless := false
	for _, l := range m.layouts {
		clockless = clockless || !l.clock
		if !l.offset && m.zone == nil && d.use == Rows {
			d.fail(n, "zone is needed: the layout %q carries no offset", l.format)
		}
	}
	if at && !clockless && len(m.layouts) > 0 {
		d.fail(n, "at is for layouts without a time of day")
	}
	return m
}

func (d *recipes) layouts(n *yaml.Node) []layout {
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

func (d *recipes) zone(n *yaml.Node) *time.Location {
	name := d.text(n)
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		d.fail(n, "unknown zone %q; an IANA name is needed, such as Europe/Berlin", name)
		return time.UTC
	}
	return zone
}
