package verify

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"milemarker/events"
	"milemarker/projections"
)

// people is what the ledger says about who is one person, by org, with the positions from which on and up to which it
// holds: a row of persons names the position that it reflects, so whom an id stands for can be asked as of any.
type people map[string]*links

// links are those of one org, with ids by their numbers.
type links struct {
	number map[string]int32
	names  []string
	first  []events.Position // at which an id was first named
	pairs  map[pair][]span
}

// pair is what is said of two ids, a < b; of one that is shared both are the same.
type pair struct {
	a, b int32
	kind projections.LinkKind
}

// span is from the position of the event that says so up to that of its void; until is 0 when there is none.
type span struct{ from, until events.Position }

func (s span) holds(at events.Position) bool { return s.from <= at && (s.until == 0 || s.until > at) }

// linksOf tells what an event says about prospect ids, each pair once and the lesser id first.
func linksOf(e events.Event) (out [][2]string, kinds []projections.LinkKind, err error) {
	add := func(a, b string, kind projections.LinkKind) {
		one := [2]string{min(a, b), max(a, b)}
		for i := range out {
			if out[i] == one && kinds[i] == kind {
				return
			}
		}
		out, kinds = append(out, one), append(kinds, kind)
	}
	together := append([]string{e.Prospect}, e.Aliases...)
	switch e.Type {
	case events.TypeProspectErased:
		data, err := events.DecodeData[events.ProspectErased](e)
		for _, id := range append(together, data.Prospects...) {
			if id != "" {
				add(id, id, projections.LinkErased)
			}
		}
		return out, kinds, err
	case events.TypeProspectLinked, events.TypeProspectUnlinked:
		data, err := events.DecodeData[events.ProspectLinked](e)
		if err != nil {
			return nil, nil, err
		}
		kind := projections.LinkTold
		if e.Type == events.TypeProspectUnlinked {
			kind = projections.LinkParted
		}
		for _, id := range data.Prospects {
			if first := data.Prospects[0]; id != first && id != "" && first != "" {
				add(first, id, kind)
			}
		}
	case events.TypeProspectShared:
		data, err := events.DecodeData[events.ProspectShared](e)
		if err != nil {
			return nil, nil, err
		}
		if data.Prospect != "" {
			add(data.Prospect, data.Prospect, projections.LinkShared)
		}
	}
	for i, a := range together {
		for _, b := range together[:i] {
			if a != "" && b != "" && a != b {
				add(a, b, projections.LinkSeen)
			}
		}
	}
	return out, kinds, nil
}

// links counts what an event says about who is one person. until is the position of its void, 0 if there is none.
func (v *verification) links(at events.Position, e events.Event, until events.Position) error {
	pairs, kinds, err := linksOf(e)
	if err != nil {
		return err
	}
	for i, p := range pairs {
		kind := kinds[i]
		if at <= v.seen.upTo {
			v.row(projections.CheckLinks, projections.Group{Org: e.Org, Name: string(kind)}, join(number(at), p[0], p[1]), e.ID)
			if p[0] != p[1] {
				v.row(projections.CheckLinks, projections.Group{Org: e.Org, Name: string(kind)}, join(number(at), p[1], p[0]), e.ID)
			}
		}
		if kind != projections.LinkErased && v.collect == nil {
			v.count.people.add(v.count.name(e.Org), p, kind, span{at, until})
		}
	}
	return nil
}

func (p people) add(org string, ids [2]string, kind projections.LinkKind, s span) {
	l := p[org]
	if l == nil {
		l = &links{number: map[string]int32{}, pairs: map[pair][]span{}}
		p[org] = l
	}
	key := pair{l.id(ids[0], s.from), l.id(ids[1], s.from), kind}
	said := l.pairs[key]
	for _, before := range said {
		if before.until == 0 { // and it came earlier: the ledger is read in order
			return
		}
	}
	l.pairs[key] = append(said, s)
}

func (l *links) id(name string, at events.Position) int32 {
	if n, ok := l.number[name]; ok {
		return n
	}
	n := int32(len(l.names))
	name = string([]byte(name)) // of its own
	l.number[name] = n
	l.names, l.first = append(l.names, name), append(l.first, at)
	return n
}

// asOf works out whom every id stands for as of a position, and which join nobody.
func (l *links) asOf(at events.Position) (leads []int32, apart []int) {
	holds := func(p pair) bool {
		return slices.ContainsFunc(l.pairs[p], func(s span) bool { return s.holds(at) })
	}
	apart, beside := make([]int, len(l.names)), make([]int, len(l.names))
	for p := range l.pairs {
		if p.kind == projections.LinkSeen && holds(p) {
			beside[p.a]++
			beside[p.b]++
		}
	}
	for i, n := range beside {
		if n > projections.MaxBeside {
			apart[i] = projections.ApartCrowded
		}
		if holds(pair{int32(i), int32(i), projections.LinkShared}) {
			apart[i] = projections.ApartShared
		}
	}
	leads = make([]int32, len(l.names))
	for i := range leads {
		leads[i] = int32(i)
	}
	root := func(i int32) int32 {
		for leads[i] != i {
			leads[i] = leads[leads[i]]
			i = leads[i]
		}
		return i
	}
	for p := range l.pairs {
		joins := p.kind == projections.LinkSeen || p.kind == projections.LinkTold
		if !joins || apart[p.a] > 0 || apart[p.b] > 0 || !holds(p) || holds(pair{p.a, p.b, projections.LinkParted}) {
			continue
		}
		x, y := root(p.a), root(p.b)
		if l.names[x] > l.names[y] {
			x, y = y, x
		}
		leads[y] = x
	}
	for i := range leads {
		leads[i] = root(int32(i))
	}
	return leads, apart
}

// personRow is a row of persons as it stands.
type personRow struct {
	asOf events.Position
	text string // person and apart
}

// comparePersons compares every row as of the position that it reflects, and at least as of the one that is compared.
func (v *verification) comparePersons() {
	for _, org := range slices.Sorted(maps.Keys(v.count.people)) {
		l, stand := v.count.people[org], v.seen.persons[org]
		byPosition := map[events.Position][]int32{}
		for i, name := range l.names {
			row, ok := stand[name]
			switch {
			case ok:
				at := max(row.asOf, v.seen.upTo)
				byPosition[at] = append(byPosition[at], int32(i))
			case l.first[i] <= v.seen.upTo:
				byPosition[v.seen.upTo] = append(byPosition[v.seen.upTo], int32(i))
			}
		}
		for _, at := range slices.Sorted(maps.Keys(byPosition)) {
			leads, apart := l.asOf(at)
			for _, i := range byPosition[at] {
				name := l.names[i]
				v.report.Rows++
				want := join(l.names[leads[i]], strconv.Itoa(apart[i]))
				if found := stand[name].text; found != want {
					v.differsIn("persons", join(org, name), want, found)
				}
				delete(stand, name)
			}
		}
	}
	for _, org := range slices.Sorted(maps.Keys(v.seen.persons)) {
		for _, name := range slices.Sorted(maps.Keys(v.seen.persons[org])) { // no link names them
			v.report.Rows++
			v.differsIn("persons", join(org, name), "", v.seen.persons[org][name].text)
		}
	}
}

func (v *verification) differsIn(table, key, want, found string) {
	v.report.Differences++
	v.name(table, key, want, found)
}

// lookAtPersons takes down whom ids stand for.
func (s *standing) lookAtPersons(add func(func(projections.PersonRow)) error) error {
	err := add(func(r projections.PersonRow) {
		if s.persons[r.Org] == nil {
			s.persons[r.Org] = map[string]personRow{}
		}
		s.persons[r.Org][r.Prospect] = personRow{r.AsOf, join(r.Person.Person, strconv.Itoa(r.Apart))}
		s.end = max(s.end, r.AsOf)
	})
	if err != nil {
		return fmt.Errorf("persons: %w", err)
	}
	return nil
}
