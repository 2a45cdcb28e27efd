package routine

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"milemarker/events"
)

// OfRep returns a rep as an owner.
func OfRep(rep string) events.Owner { return events.Owner{OwnerKind: events.OwnerRep, Owner: rep} }

// WithTeams returns the same book for an org whose reps belong to these teams.
func (b Book) WithTeams(teams map[string]string) Book {
	b.teams = teams
	return b
}

// chain returns whose choice holds for an owner, the nearest first: a rep, its team, the org.
func (b Book) chain(o events.Owner) []events.Owner {
	org := events.Owner{OwnerKind: events.OwnerOrg}
	switch {
	case o.OwnerKind == events.OwnerRep && b.teams[o.Owner] != "":
		return []events.Owner{o, {OwnerKind: events.OwnerTeam, Owner: b.teams[o.Owner]}, org}
	case o == org:
		return []events.Owner{org}
	}
	return []events.Owner{o, org}
}

// FallsBackOn returns whose choice holds for an owner that chose nothing, the nearest first.
func (b Book) FallsBackOn(o events.Owner) []events.Owner { return b.chain(o)[1:] }

// choiceOf returns the choice that holds for an owner, and who made it.
func (b Book) choiceOf(o events.Owner) (c Choice, by events.Owner, ok bool) {
	for _, by := range b.chain(o) {
		if c, ok := b.chosen[by]; ok {
			return c, by, true
		}
	}
	return Choice{}, events.Owner{}, false
}

// Chosen returns what an owner itself chose; ok is false while it chose nothing.
func (b Book) Chosen(o events.Owner) (c Choice, ok bool) {
	c, ok = b.chosen[o]
	return c, ok
}

// Lead returns the rep who leads an owner's reviews: a rep its own, a team's or the org's whoever set its routine, else
// whoever led the last one; "" for nobody.
func (b Book) Lead(o events.Owner) string {
	if o.OwnerKind == events.OwnerRep {
		return o.Owner
	}
	if c := b.chosen[o]; c.Lead != "" {
		return c.Lead
	}
	for _, r := range slices.Backward(b.Reviews) {
		if r.Owner == o && r.Led != "" {
			return r.Led
		}
	}
	return ""
}

// Holds returns the rhythms that an owner holds: those chosen by it, else by its team, else by the org, else those of which
// it ever held a review. by tells who chose them, its kind is "" if nobody did.
func (b Book) Holds(o events.Owner) (rhythms []Rhythm, by events.Owner) {
	if c, by, ok := b.choiceOf(o); ok {
		return c.Rhythms, by
	}
	for _, rhythm := range Rhythms() {
		if slices.ContainsFunc(b.Reviews, func(r Review) bool { return r.Owner == o && r.Rhythm == rhythm && !r.Skipped }) {
			rhythms = append(rhythms, rhythm)
		}
	}
	return rhythms, events.Owner{}
}

// since returns from when on an owner holds the reviews that somebody chose; zero for those that nobody did.
func (b Book) since(o events.Owner) time.Time {
	c, _, _ := b.choiceOf(o)
	return c.At
}

// Members returns the reps of a team or of the whole org, sorted.
func (b Book) Members(o events.Owner) []string {
	var reps []string
	for rep, team := range b.teams {
		if o.OwnerKind == events.OwnerOrg || o.OwnerKind == events.OwnerTeam && team == o.Owner {
			reps = append(reps, rep)
		}
	}
	if o.OwnerKind == events.OwnerOrg {
		for _, known := range b.Owners() {
			if known.OwnerKind == events.OwnerRep {
				reps = append(reps, known.Owner)
			}
		}
	}
	slices.Sort(reps)
	return slices.Compact(reps)
}

// Owners returns everybody who has a routine: who chose one or held a review, and whom the choice of a team or of the org
// holds for.
func (b Book) Owners() []events.Owner {
	org := events.Owner{OwnerKind: events.OwnerOrg}
	found := map[events.Owner]bool{}
	for o := range b.chosen {
		found[o] = true
	}
	for _, r := range b.Reviews {
		found[r.Owner] = true
	}
	for rep, team := range b.teams {
		for _, o := range []events.Owner{OfRep(rep), {OwnerKind: events.OwnerTeam, Owner: team}} {
			if _, _, ok := b.choiceOf(o); ok && o.Owner != "" {
				found[o] = true
			}
		}
	}
	if _, ok := b.chosen[org]; ok {
		found[org] = true
	}
	return slices.SortedFunc(maps.Keys(found), func(x, y events.Owner) int {
		return cmp.Or(cmp.Compare(x.OwnerKind, y.OwnerKind), cmp.Compare(x.Owner, y.Owner))
	})
}

// OwnerWords names an owner for people: a rep by its id, "team north", "the org".
func OwnerWords(o events.Owner) string {
	switch o.OwnerKind {
	case events.OwnerRep:
		return o.Owner
	case events.OwnerTeam:
		return "team " + o.Owner
	}
	return "the org"
}
