package mapping

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
)

// scope is what one item of an input shows to templates and expressions.
type scope struct {
	m      *Mapping
	row    Row
	item   any // decoded JSON
	vars   map[string]any
	lets   map[string]string // named expressions as text
	region string
	zone   *time.Location
	cost   uint64
}

// scope shows an input.
func (m *Mapping) scope(in Input) *scope {
	s := &scope{m: m, row: in.Row, item: in.Body, region: m.region, zone: m.zone, lets: map[string]string{}}
	if s.region == "" {
		s.region = in.Region
	}
	if s.zone == nil {
		s.zone = in.Zone
	}
	if s.zone == nil {
		s.zone = time.UTC
	}
	s.vars = map[string]any{"zone": s.zone.String(), "region": s.region}
	if m.use == Rows {
		columns := make(map[string]string, len(m.refs))
		for _, r := range m.refs {
			columns[r.name] = in.Row.Get(r.name)
		}
		s.vars["row"] = columns
		return s
	}
	body := toCEL(in.Body)
	s.vars["body"], s.vars["item"] = body, body
	s.vars["headers"], s.vars["query"], s.vars["received"] = texts(in.Headers), texts(in.Query), in.Received
	return s
}

func texts(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

// enter turns to an item: names of let are evaluated for it, in order. What goes wrong in one shows where it is read.
func (s *scope) enter(ctx context.Context, item any) {
	s.item = item
	if s.m.forEach != nil {
		s.vars["item"] = toCEL(item)
	}
	for _, l := range s.m.lets {
		v, err := l.expr.eval(ctx, s)
		if err != nil {
			s.vars[l.name], s.lets[l.name] = types.WrapErr(fmt.Errorf("let %s: %w", l.name, err)), ""
			continue
		}
		if o, ok := v.(*types.Optional); ok {
			v = types.NullValue
			if o.HasValue() {
				v = o.GetValue()
			}
		}
		s.vars[l.name] = v
		s.lets[l.name], _ = textOf(v) // of a list or an object there is none
	}
}

// Get gives templates the text behind a name: that of a named expression, of a column, or of a place in the delivery, whose
// members have points between them.
func (s *scope) Get(name string) string {
	if text, ok := s.lets[name]; ok {
		return text
	}
	if s.m.use == Rows {
		return s.row.Get(name)
	}
	return scalar(find(s.item, name))
}

// find goes down into decoded JSON by a path; a member whose own name has points in it is found too.
func find(v any, path string) any {
	switch in := v.(type) {
	case map[string]any:
		if found, ok := in[path]; ok {
			return found
		}
		for i := range len(path) {
			if path[i] != '.' {
				continue
			}
			if inner, ok := in[path[:i]]; ok {
				return find(inner, path[i+1:])
			}
		}
	case []any:
		head, rest, deeper := strings.Cut(path, ".")
		i, err := strconv.Atoi(head)
		if err != nil || i < 0 || i >= len(in) {
			return nil
		}
		if !deeper {
			return in[i]
		}
		return find(in[i], rest)
	}
	return nil
}
