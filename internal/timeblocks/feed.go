package timeblocks

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
)

// FeedFrom and FeedTo are how far a calendar file reaches back and ahead of now.
const (
	FeedFrom = 30 * 24 * time.Hour
	FeedTo   = 366 * 24 * time.Hour
)

// Feed returns an iCalendar file (RFC 5545) of when blocks take place. Every occurrence is an event of its own in UTC: so
// what is read needs no zone, and days that were skipped, moved or planned anew are right in every calendar program. An
// event keeps its UID, which is made of the block and the day on which it was planned; SEQUENCE counts how often something
// else was said of it, DTSTAMP and LAST-MODIFIED when that was last: while nothing changes the file is the same.
func Feed(name string, occurrences []Occurrence) string {
	c := ics.NewCalendarFor("milemarker")
	c.SetMethod(ics.MethodPublish)
	c.SetName(name)
	c.SetXWRCalName(name)
	c.SetXPublishedTTL("PT1H")
	c.SetRefreshInterval("PT1H") // which the library says to be a DURATION
	seen := map[string]bool{}
	for _, o := range occurrences {
		uid := o.Block + "." + strings.ReplaceAll(o.on.String(), "-", "")
		if seen[uid] { // planned anew within the day: both took place
			uid += o.From.Format("T150405Z")
		}
		seen[uid] = true
		e := c.AddEvent(uid + "@milemarker")
		e.SetDtStampTime(o.changed)
		e.SetModifiedAt(o.changed)
		e.SetSequence(o.sequence)
		e.SetStartAt(o.From)
		e.SetEndAt(o.To)
		e.SetSummary(summary(o))
		e.SetStatus(ics.ObjectStatusConfirmed)
		e.SetProperty(ics.ComponentPropertyCategories, strings.ReplaceAll(o.Category, "_", "-"))
	}
	return c.Serialize(ics.WithNewLine("\r\n"))
}

// summary says what a block is for: its activity, else its category in words.
func summary(o Occurrence) string {
	words := cmp.Or(o.Activity, strings.ReplaceAll(o.Category, "_", " "))
	if o.Capacity > 0 {
		words += fmt.Sprintf(" (room for %d)", o.Capacity)
	}
	return words
}
