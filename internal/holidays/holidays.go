// Package holidays says which days are public holidays in a country or a region of one.
//
// The rules come from a maintained library; this package gives them the names of ISO 3166 and asks them by civil day,
// whatever zone the process runs in. It must import no role, no engine and nothing of ours but calendar.
package holidays

import (
	"slices"
	"strings"
	"time"

	"github.com/rickar/cal/v2"

	"milemarker/internal/calendar"
)

// Region is the public holidays of a country or a region of one. The zero value has none.
type Region struct {
	code     string
	holidays []*cal.Holiday
}

// Find returns the holidays of an ISO 3166 code such as CH, or of a region such as DE-BW. A region that is not told
// apart has those of its country; ok is false if the country is not known either.
func Find(code string) (r Region, ok bool) {
	country, _, _ := strings.Cut(code, "-")
	for _, c := range []string{code, country} {
		if list := rules(c); list != nil {
			return Region{code: c, holidays: list}, true
		}
	}
	return Region{}, false
}

// Code returns the code whose rules are followed: the country's where a region is not told apart.
func (r Region) Code() string { return r.code }

// On returns the name of the public holiday of that day, in the language of the country.
func (r Region) On(day calendar.Day) (name string, ok bool) {
	year, month, _ := day.Time().Date()
	first, last := year, year
	switch month { // a holiday at New Year may be observed in the year before or after its own
	case time.January:
		first--
	case time.December:
		last++
	default:
	}
	for _, h := range r.holidays {
		for y := first; y <= last; y++ {
			actual, observed := h.Calc(y)
			if !actual.IsZero() && (civil(actual) == day || civil(observed) == day) {
				return h.Name, true
			}
		}
	}
	return "", false
}

// civil returns the day that is meant by an instant at its local midnight or noon. Six hours later it is still the same
// day, even where the clock of the process skips midnight.
func civil(t time.Time) calendar.Day { return calendar.DayOf(t.Add(6 * time.Hour)) }

// Known tells whether a code names a country whose holidays are known, or a region that there is of one: a region that is
// told apart, or a state of the US, which all have those of the country.
func Known(code string) bool {
	state, american := strings.CutPrefix(code, "US-")
	return slices.Contains(Codes(), code) || american && slices.Contains(strings.Fields(states), state)
}

// states are those of the US, and its capital.
const states = "AL AK AZ AR CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ NM NV NY " +
	"OH OK OR PA RI SC SD TN TX UT VA VT WA WI WV WY"

// Codes returns every code that is told apart, sorted.
func Codes() []string {
	codes := append([]string{"AU"}, countries()...)
	for country, regions := range map[string]string{"AU": australian, "CH": swiss, "DE": german} {
		for r := range strings.FieldsSeq(regions) {
			codes = append(codes, country+"-"+r)
		}
	}
	slices.Sort(codes)
	return codes
}
