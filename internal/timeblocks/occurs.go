package timeblocks

import (
	"github.com/teambition/rrule-go"

	"milemarker/internal/calendar"
)

// Occurs tells whether the block ever takes place: a rule may name a day that no month has, or end before it begins.
func (b Block) Occurs(cal calendar.Calendar) bool {
	if b.Rule == "" {
		return true
	}
	o, err := rrule.StrToROptionInLocation(b.Rule, cal.Location())
	if err != nil {
		return false
	}
	o.Dtstart = b.Starts.In(cal.Location())
	rule, err := rrule.NewRRule(*o)
	if err != nil {
		return false
	}
	_, ok := rule.Iterator()()
	return ok
}
