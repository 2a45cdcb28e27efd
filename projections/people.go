package projections

import (
	"slices"

	"milemarker/events"
)

// MaxBeside is how many others an identity may be seen together with before it is held to be shared, such as the phone of
// an office: from then on it joins nobody. A person with a phone, a mobile, two e-mail addresses and an id in each of four
// systems stands beside 7.
const MaxBeside = 10

// LinkKind is what a link says.
type LinkKind string

// The kinds of links.
const (
	LinkSeen   LinkKind = "seen"     // an event carried both ids
	LinkTold   LinkKind = "linked"   // prospect.linked
	LinkParted LinkKind = "unlinked" // prospect.unlinked: whatever events carry both, they are not one person
	LinkShared LinkKind = "shared"   // prospect.shared: the id, given twice, belongs to nobody alone
	LinkErased LinkKind = "erased"   // prospect.erased: the id, given twice, was erased; a void does not take that back
)

// Link is what one event says of two prospect ids.
type Link struct {
	A, B string
	Kind LinkKind
}

// LinksOf returns what an event says about who is one person. Erasures name the ids of one person, and join nobody.
func LinksOf(e events.Event) ([]Link, error) {
	var links []Link
	add := func(a, b string, kind LinkKind) {
		if l := (Link{min(a, b), max(a, b), kind}); a != "" && b != "" && !slices.Contains(links, l) {
			links = append(links, l)
		}
	}
	switch e.Type {
	case events.TypeProspectErased:
		ids, err := events.Erases(e)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			add(id, id, LinkErased)
		}
		return links, nil
	case events.TypeProspectLinked:
		told, err := events.DecodeData[events.ProspectLinked](e)
		if err != nil {
			return nil, err
		}
		for _, id := range told.Prospects[min(1, len(told.Prospects)):] {
			if id != told.Prospects[0] {
				add(told.Prospects[0], id, LinkTold)
			}
		}
	case events.TypeProspectUnlinked:
		told, err := events.DecodeData[events.ProspectUnlinked](e)
		if err != nil {
			return nil, err
		}
		for _, id := range told.Prospects[min(1, len(told.Prospects)):] {
			if id != told.Prospects[0] {
				add(told.Prospects[0], id, LinkParted)
			}
		}
	case events.TypeProspectShared:
		told, err := events.DecodeData[events.ProspectShared](e)
		if err != nil {
			return nil, err
		}
		add(told.Prospect, told.Prospect, LinkShared)
	}
	if len(e.Aliases) == 0 {
		return links, nil
	}
	ids := append([]string{e.Prospect}, e.Aliases...)
	for i, a := range ids {
		for _, b := range ids[i+1:] {
			if a != b {
				add(a, b, LinkSeen)
			}
		}
	}
	return links, nil
}

// InsertLinks writes the links of the rows.
func InsertLinks(rows []Row) (Statement, error) {
	var org, a, b, id, kind []string
	var position, rank []uint64
	for _, r := range rows {
		links, err := LinksOf(r.Event)
		if err != nil {
			return Statement{}, err
		}
		for _, l := range links {
			both := [][2]string{{l.A, l.B}, {l.B, l.A}}
			if l.A == l.B {
				both = both[:1]
			}
			for _, pair := range both {
				org, a, b = append(org, r.Event.Org), append(a, pair[0]), append(b, pair[1])
				id, kind = append(id, r.Event.ID), append(kind, string(l.Kind))
				position, rank = append(position, uint64(r.Position)), append(rank, version(r.Position))
			}
		}
	}
	return insert("links", "links_v1", "org, a, b, id, kind, position, version", org, a, b, id, kind, position, rank), nil
}

// Why an id joins nobody.
const (
	ApartNot     = 0
	ApartCrowded = 1 // it was seen beside more than MaxBeside others
	ApartShared  = 2 // somebody said so
)

// Person says whom a prospect id stands for.
type Person struct {
	Prospect string
	Person   string // the least of the ids of the same person
	Apart    int    // ApartNot, or why it joins nobody
}

// InsertPersons writes whom ids of an org stand for, as of a position.
func InsertPersons(org string, persons []Person, upTo events.Position) Statement {
	n := len(persons)
	orgs, prospect, person := make([]string, n), make([]string, n), make([]string, n)
	apart, rank := make([]uint8, n), make([]uint64, n)
	for i, p := range persons {
		orgs[i], prospect[i], person[i] = org, p.Prospect, p.Person
		apart[i], rank[i] = uint8(p.Apart), uint64(upTo)
	}
	return insert("persons", "persons_v1", "org, prospect, person, apart, version", orgs, prospect, person, apart, rank)
}

// Bond is all that stands between two ids.
type Bond struct {
	A, B               string
	Seen, Told, Parted bool // of the links that stand; none of them: there was one once
}

// Standing is what is known of one id: as it is now, and as it was written before.
type Standing struct {
	Beside int // others with which it was seen
	Shared bool
	Was    int // Apart, as written
}

// Apart tells whether the id joins nobody, and why.
func (s Standing) Apart() int {
	switch {
	case s.Shared:
		return ApartShared
	case s.Beside > MaxBeside:
		return ApartCrowded
	}
	return ApartNot
}

// Persons tells whom the ids stand for, given all bonds of every id that joins anybody. The result is in the order of ids,
// and depends on nothing but its arguments: not on what came first.
func Persons(ids map[string]Standing, bonds []Bond) []Person {
	leads := make(map[string]string, len(ids))
	for id := range ids {
		leads[id] = id
	}
	lead := func(id string) string {
		for leads[id] != id {
			leads[id] = leads[leads[id]]
			id = leads[id]
		}
		return id
	}
	for _, b := range bonds {
		a, knownA := ids[b.A]
		other, knownB := ids[b.B]
		if !knownA || !knownB || a.Apart() != ApartNot || other.Apart() != ApartNot || b.Parted || !b.Seen && !b.Told {
			continue
		}
		x, y := lead(b.A), lead(b.B)
		leads[max(x, y)] = min(x, y)
	}
	persons := make([]Person, 0, len(ids))
	for id, s := range ids {
		persons = append(persons, Person{Prospect: id, Person: lead(id), Apart: s.Apart()})
	}
	slices.SortFunc(persons, func(a, b Person) int {
		switch {
		case a.Prospect < b.Prospect:
			return -1
		case a.Prospect > b.Prospect:
			return 1
		}
		return 0
	})
	return persons
}
