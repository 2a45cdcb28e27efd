package api

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/projections"
)

// query reads the parameters of a request and gathers everything that is wrong with them.
type query struct {
	values url.Values
	read   []string // the parameters that were asked for: no other may be given
	faults []fault
}

func newQuery(values url.Values) *query { return &query{values: values} }

func (q *query) fault(parameter, detail string) {
	q.faults = append(q.faults, fault{Parameter: parameter, Detail: detail})
}

// done returns what is wrong, parameters that nobody asked for among it.
func (q *query) done() error {
	for name := range q.values {
		if !slices.Contains(q.read, name) {
			q.fault(name, "is no parameter of this question; there are: "+strings.Join(q.read, ", "))
		}
	}
	if len(q.faults) == 0 {
		return nil
	}
	slices.SortFunc(q.faults, func(a, b fault) int { return strings.Compare(a.Parameter, b.Parameter) })
	return badParameters(q.faults)
}

// all returns every value of a parameter, in the order given.
func (q *query) all(name string) []string {
	q.read = append(q.read, name)
	values := q.values[name]
	if len(values) > maxValues {
		q.fault(name, fmt.Sprintf("is given more than %d times", maxValues))
		return values[:maxValues]
	}
	for _, v := range values {
		if len(v) > maxValue {
			q.fault(name, fmt.Sprintf("is longer than %d bytes", maxValue))
		}
	}
	return values
}

const (
	maxValues = 1000
	maxValue  = 2000
)

// one returns the value of a parameter that may be given once, "" if it is not.
func (q *query) one(name string) string {
	values := q.all(name)
	if len(values) > 1 {
		q.fault(name, "may be given once only")
	}
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// choiceNames lists choices; an empty one, which stands for none, has no name.
func choiceNames(choices []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(choices), func(c string) bool { return c == "" }), ", ")
}

// mustBeOneOf says that a value is none of the choices, and which of them may have been meant.
func mustBeOneOf(v string, choices []string) string {
	words := "must be one of " + choiceNames(choices)
	if near := events.Nearest(v, choices); near != "" {
		words += fmt.Sprintf("; did you mean %q?", near)
	}
	return words
}

// choice returns the value of a parameter that must be one of those listed, the first of them if it is not given.
func (q *query) choice(name string, choices ...string) string {
	v := q.one(name)
	if v == "" {
		return choices[0]
	}
	if !slices.Contains(choices, v) {
		q.fault(name, mustBeOneOf(v, choices))
	}
	return v
}

// choices returns the values of a parameter that each must be one of those listed, without repetitions.
func (q *query) choices(name string, choices ...string) []string {
	var out []string
	for _, v := range q.all(name) {
		if strings.Contains(v, ",") {
			q.fault(name, "takes one value at a time: repeat it, as in "+name+"=a&"+name+"=b")
		} else if !slices.Contains(choices, v) {
			q.fault(name, fmt.Sprintf("%.50q %s", v, mustBeOneOf(v, choices)))
		} else if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// number returns the value of a whole number from 1 to most, otherwise if it is not given.
func (q *query) number(name string, otherwise, most int) int {
	v := q.one(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > most {
		q.fault(name, fmt.Sprintf("want a whole number from 1 to %d", most))
	}
	return n
}

// The days that may be asked for; the warehouse knows no others.
func firstDay() calendar.Day { return calendar.Date(1971, 1, 1) }
func lastDay() calendar.Day  { return calendar.Date(2148, 12, 31) }

// day returns the value of a date; given is false if there is none.
func (q *query) day(name string) (day calendar.Day, given bool) {
	v := q.one(name)
	if v == "" {
		return 0, false
	}
	day, err := calendar.ParseDay(v)
	if err != nil {
		q.fault(name, "want a date such as 2017-12-31")
	} else if day < firstDay() || day > lastDay() {
		q.fault(name, "want a date in the years 1971 to 2148")
	}
	return day, true
}

// days returns the span of the parameters from and to, both inclusive; either may be left out, which leaves its end 0.
func (q *query) days() span {
	var s span
	known := len(q.faults)
	from, hasFrom := q.day("from")
	to, hasTo := q.day("to")
	if hasFrom {
		s.from = from
	}
	if hasTo {
		s.to = to + 1
	}
	if hasFrom && hasTo && to < from && len(q.faults) == known {
		q.fault("to", "lies before from")
	}
	return s
}

// filters returns the values asked for by dimension. Of types, outcomes and currencies all are known, and others refused; an
// empty value stands for events that have none. Who and what an org calls its reps, teams, sources, campaigns and products
// is its own: what nobody knows yet has no events yet.
func (q *query) filters() map[projections.Dimension][]string {
	where := map[projections.Dimension][]string{}
	for _, d := range projections.Dimensions() {
		values := q.all(string(d))
		if len(values) == 0 {
			continue
		}
		where[d] = values
		for _, v := range values {
			switch {
			case v == "":
			case d == projections.ByType && !events.Known(v):
				q.fault(string(d), fmt.Sprintf("%.50q %s", v, mustBeOneOf(v, events.Types())))
			case d == projections.ByOutcome && !slices.Contains(events.Outcomes(), v):
				q.fault(string(d), fmt.Sprintf("%.50q %s", v, mustBeOneOf(v, events.Outcomes())))
			case d == projections.ByCurrency && !events.Currency(v):
				q.fault(string(d), fmt.Sprintf("%.50q must be an ISO 4217 currency code such as \"EUR\"", v))
			}
		}
	}
	return where
}
