package timeblocks

import (
	"cmp"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"milemarker/internal/calendar"
)

// FeedFrom and FeedTo are how far a calendar file reaches back and ahead of now.
const (
	FeedFrom = 30 * 24 * time.Hour
	FeedTo   = 366 * 24 * time.Hour
)

// Feed returns an iCalendar file (RFC 5545) of what blocks take place around now. Every occurrence is an event of its own
// in UTC: so what is read needs no zone, and days that were skipped or planned anew are right in every calendar program.
func Feed(name string, blocks []Block, cal calendar.Calendar, now time.Time) string {
	c := ics.NewCalendarFor("milemarker")
	c.SetMethod(ics.MethodPublish)
	c.SetName(name)
	c.SetXWRCalName(name)
	c.SetXPublishedTTL("PT1H")
	c.SetRefreshInterval("PT1H", ics.WithValue("DURATION"))
	for _, o := range Occurrences(blocks, cal, now.Add(-FeedFrom), now.Add(FeedTo)) {
		e := c.AddEvent(o.Block + "." + o.From.Format("20060102T150405Z") + "@milemarker")
		e.SetDtStampTime(now)
		e.SetStartAt(o.From)
		e.SetEndAt(o.To)
		e.SetSummary(summary(o))
		e.SetProperty(ics.ComponentPropertyCategories, o.Category)
	}
	return c.Serialize(ics.WithNewLine("\r\n"))
}

// summary says what a block is for: its activity, else its category in words.
func summary(o Occurrence) string {
	return cmp.Or(o.Activity, strings.ReplaceAll(o.Category, "_", " "))
}
