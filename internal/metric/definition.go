package metric

import (
	"slices"

	"milemarker/events"
)

// Unit is what a number is counted in.
type Unit string

// The units. Money is in the currency that goes with the number.
const (
	Count   Unit = "count"
	Money   Unit = "money"
	Seconds Unit = "seconds"
	Minutes Unit = "minutes"
	Ratio   Unit = "ratio"
)

// Measure is the sum that a selector takes from the rows it matches.
type Measure string

// The measures.
const (
	Events   Measure = "count"   // how many events
	Amount   Measure = "amount"  // sum of the amounts, in one currency
	Duration Measure = "seconds" // length of calls, held appointments and logged time
	Offered  Measure = "offered" // sign-ups where an upsell was offered
	Taken    Measure = "taken"   // sign-ups where it was taken
)

// Selector names the rows that a number takes into account and what it sums of them.
type Selector struct {
	Types    []string `json:"types,omitempty"`    // event types; none means every type
	Outcomes []string `json:"outcomes,omitempty"` // call outcome, sign-up role or time category; none means every outcome
	Measure  Measure  `json:"measure"`
}

// matches tells whether the selector takes a row into account.
func (s Selector) matches(r Row) bool {
	return (len(s.Types) == 0 || slices.Contains(s.Types, r.Type)) &&
		(len(s.Outcomes) == 0 || slices.Contains(s.Outcomes, r.Outcome))
}

// Uses tells whether an event of that type and outcome is among those that the number is made of.
func (d Definition) Uses(typ, outcome string) bool {
	row := Row{Type: typ, Outcome: outcome}
	return slices.ContainsFunc(slices.Concat(d.Numerator, d.Denominator), func(s Selector) bool { return s.matches(row) })
}

// Definition says what one number means.
type Definition struct {
	Name           string     `json:"name"`
	Title          string     `json:"title"`
	Noun           string     `json:"noun"` // what is counted, for use in a sentence after the number
	Unit           Unit       `json:"unit"`
	Formula        string     `json:"formula"` // in plain words
	Source         string     `json:"source"`  // the section of the definitions that it follows
	Numerator      []Selector `json:"numerator"`
	Denominator    []Selector `json:"denominator,omitempty"` // none for a plain sum
	HigherIsBetter bool       `json:"higher_is_better"`

	// Share is true if the numerator counts some of what the denominator counts, so that the number lies between
	// 0 and 1 and has an interval.
	Share bool `json:"share"`
}

// ByCategory tells whether the number sets categories of logged time apart, so that it depends on which of them an org
// counts as income-producing.
func (d Definition) ByCategory() bool {
	return slices.ContainsFunc(slices.Concat(d.Numerator, d.Denominator), func(s Selector) bool {
		return len(s.Outcomes) > 0 && (len(s.Types) == 0 || slices.Contains(s.Types, events.TypeTimeLogged))
	})
}

// Additive tells whether the number of a period is the sum of those of its parts. Only such a number can be the
// subject of a goal.
func (d Definition) Additive() bool { return len(d.Denominator) == 0 }

// ByCurrency tells whether the number has a meaning within one currency only.
func (d Definition) ByCurrency() bool { return d.Unit == Money }

// Types returns the event types that the number is made of, sorted; none means every type.
func (d Definition) Types() []string {
	var types []string
	for _, s := range slices.Concat(d.Numerator, d.Denominator) {
		if len(s.Types) == 0 {
			return nil
		}
		types = append(types, s.Types...)
	}
	slices.Sort(types)
	return slices.Compact(types)
}

// Outcomes returns the outcomes that the number is made of, sorted; none means every outcome. They narrow the events
// down only where every selector names some.
func (d Definition) Outcomes() []string {
	var outcomes []string
	for _, s := range slices.Concat(d.Numerator, d.Denominator) {
		if len(s.Outcomes) == 0 {
			return nil
		}
		outcomes = append(outcomes, s.Outcomes...)
	}
	slices.Sort(outcomes)
	return slices.Compact(outcomes)
}
