package timeblocks

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"milemarker/internal/calendar"
)

// CheckRule says what is wrong with a recurrence rule; none is fine. What would repeat within a day is refused, and so is
// a rule with two ends.
func CheckRule(rule string) error {
	if rule == "" {
		return nil
	}
	o, err := optionOf(rule, time.UTC)
	switch {
	case err != nil:
	case o.Freq > rrule.DAILY || len(o.Byhour)+len(o.Byminute)+len(o.Bysecond) > 0:
		err = errors.New("must not repeat within a day")
	case o.Count > 0 && !o.Until.IsZero():
		err = errors.New("has two ends: say COUNT or UNTIL")
	default:
		_, err = rrule.NewRRule(*o)
	}
	if err != nil {
		return fmt.Errorf("rule %.100q: %w", rule, err)
	}
	return nil
}

// optionOf reads a rule in a zone. An UNTIL that is a day takes that day in.
func optionOf(rule string, loc *time.Location) (*rrule.ROption, error) {
	o, err := rrule.StrToROptionInLocation(rule, loc)
	if err != nil {
		return nil, err
	}
	for part := range strings.SplitSeq(rule, ";") {
		if day, ok := strings.CutPrefix(part, "UNTIL="); ok && !strings.Contains(day, "T") {
			y, m, d := o.Until.Date()
			o.Until = time.Date(y, m, d+1, 0, 0, 0, -1, loc)
		}
	}
	return o, nil
}

// rule returns the block's rule in a zone, nil if it has none that can be used.
func (b Block) rule(loc *time.Location) *rrule.RRule {
	o, err := optionOf(b.Rule, loc)
	if err != nil {
		return nil // was refused by Fold
	}
	o.Dtstart = b.Starts.In(loc)
	rule, err := rrule.NewRRule(*o)
	if err != nil {
		return nil
	}
	return rule
}

// Occurs tells whether the block ever takes place: a rule may name a day that no month has, or end before it begins.
func (b Block) Occurs(cal calendar.Calendar) bool {
	if b.Rule == "" {
		return true
	}
	rule := b.rule(cal.Location())
	if rule == nil {
		return false
	}
	_, ok := rule.Iterator()()
	return ok
}
