package events

import (
	"encoding/json"
	"reflect"
	"slices"
	"sync"
)

// Kind groups types: one file of this package each.
type Kind string

// The kinds.
const (
	KindLead        Kind = "lead"
	KindCall        Kind = "call"
	KindAppointment Kind = "appointment"
	KindProposal    Kind = "proposal"
	KindSignup      Kind = "signup"
	KindMoney       Kind = "money"
	KindTime        Kind = "time"
	KindGoal        Kind = "goal"
	KindRoutine     Kind = "routine"
	KindCalendar    Kind = "calendar"
	KindPeople      Kind = "people"
	KindSystem      Kind = "system"
	KindAlert       Kind = "alert"
)

// definition is one type of event.
type definition struct {
	typ     string
	kind    Kind
	doc     string
	payload *shape
	// rules checks what lies between fields and beyond tags. It gets the valid part of the payload, so what is missing or
	// wrong is zero there and was reported before.
	rules func(d Draft, data []byte, report reporter)
	// upcasters[i] lifts a payload from version i+1 to i+2.
	upcasters []upcaster
}

// reporter notes a violation at a field of the payload; "" stands for the payload itself.
type reporter func(field, detail string)

// version is the present version of the type's payload.
func (def *definition) version() int { return 1 + len(def.upcasters) }

// define makes a definition whose payload is a T.
func define[T any](typ, doc string, rules ...func(Draft, T, reporter)) definition {
	def := definition{typ: typ, doc: doc, payload: shapeOf(reflect.TypeFor[T]())}
	if len(rules) == 0 {
		return def
	}
	def.rules = func(d Draft, data []byte, report reporter) {
		var payload T
		if json.Unmarshal(data, &payload) != nil {
			return // cannot be: what is wrong was left out
		}
		for _, rule := range rules {
			rule(d, payload, report)
		}
	}
	return def
}

// registry is every type there is.
type registry struct {
	byType map[string]*definition
	types  []string // sorted by name
	kinds  []group  // in the order of the reference
}

// group is the types of one kind.
type group struct {
	kind  Kind
	types []definition
}

// known is built once, from the struct tags, and never changes.
//
//nolint:gochecknoglobals // immutable
var known = sync.OnceValue(func() *registry {
	return newRegistry(
		group{KindLead, leadTypes()},
		group{KindCall, callTypes()},
		group{KindAppointment, appointmentTypes()},
		group{KindProposal, proposalTypes()},
		group{KindSignup, signupTypes()},
		group{KindMoney, moneyTypes()},
		group{KindTime, timeTypes()},
		group{KindGoal, goalTypes()},
		group{KindRoutine, routineTypes()},
		group{KindCalendar, calendarTypes()},
		group{KindPeople, peopleTypes()},
		group{KindSystem, systemTypes()},
		group{KindAlert, alertTypes()},
	)
})

func newRegistry(kinds ...group) *registry {
	r := &registry{byType: map[string]*definition{}, kinds: kinds}
	for _, g := range kinds {
		for i := range g.types {
			def := &g.types[i]
			if r.byType[def.typ] != nil {
				panic("events: two definitions of " + def.typ)
			}
			def.kind = g.kind
			r.byType[def.typ] = def
			r.types = append(r.types, def.typ)
		}
	}
	slices.Sort(r.types)
	return r
}

// Types returns the names of all types, sorted.
func Types() []string { return slices.Clone(known().types) }

// Known tells whether typ is a type of this vocabulary.
func Known(typ string) bool { return known().byType[typ] != nil }

// KindOf returns the kind of a type, "" for an unknown one.
func KindOf(typ string) Kind {
	if def := known().byType[typ]; def != nil {
		return def.kind
	}
	return ""
}

// Version returns the present version of a type's payload, which is what new events are recorded with; 0 for an unknown
// type.
func Version(typ string) int {
	if def := known().byType[typ]; def != nil {
		return def.version()
	}
	return 0
}
