package wire

import (
	"strconv"
	"strings"
	"time"

	"milemarker/events"
)

// Time reads a time as providers write it: RFC 3339 and RFC 1123 with any number of fraction digits, the offset with or
// without a colon, seconds or milliseconds since 1970, and clock times without a zone, which are those of zone. Layouts of
// package time are tried first. What cannot be read is the zero time.
func Time(text string, zone *time.Location, layouts ...string) time.Time {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > 64 {
		return time.Time{}
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && len(layouts) == 0 {
		return epoch(n)
	}
	if zone == nil {
		zone = time.UTC
	}
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return bounded(t)
		}
	}
	for _, layout := range known() {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil && (!strings.Contains(layout, "MST") || !madeUp(t, zone)) {
			return bounded(t)
		}
	}
	return time.Time{}
}

// madeUp tells whether the zone of t is a name that package time did not know, and took for UTC.
func madeUp(t time.Time, zone *time.Location) bool {
	name, offset := t.Zone()
	return offset == 0 && t.Location() != zone && name != "UTC" && name != "GMT"
}

// known are the layouts that say by themselves what they mean: none that confounds days with months.
func known() []string {
	return []string{
		time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00",
		"2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05 Z0700", "2006-01-02 15:04:05 MST",
		"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04",
		time.RFC1123Z, time.RFC1123, time.RFC850, time.ANSIC,
	}
}

// epoch reads a number by its size: milliseconds from the year 1973 on are more than seconds up to the year 5138.
func epoch(n int64) time.Time {
	switch {
	case n <= 0:
		return time.Time{}
	case n < 100_000_000_000:
		return bounded(time.Unix(n, 0))
	default:
		return bounded(time.UnixMilli(n))
	}
}

// bounded returns t in UTC to the microsecond, or the zero time if it lies outside the years 1971 to 2148, where no event
// can be.
func bounded(t time.Time) time.Time {
	t = t.UTC().Truncate(time.Microsecond)
	if t.Year() < 1971 || t.Year() > 2148 {
		return time.Time{}
	}
	return t
}

// Happened returns the first of the times that an event told at received can have: known, and no more than a day ahead.
// None is the zero time: the time of receipt will be taken, and marked as inferred.
func Happened(received time.Time, times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() && (received.IsZero() || !t.After(received.Add(events.FutureSlack))) {
			return t
		}
	}
	return time.Time{}
}

// Seconds returns the whole seconds from one time to another, 0 unless both are known and in that order, and at most a
// day.
func Seconds(from, to time.Time) int64 {
	if from.IsZero() || to.IsZero() {
		return 0
	}
	return Length(int64(to.Sub(from) / time.Second))
}

// Length returns a number of seconds that an event may have: from 0 to a day, 0 for what cannot be.
func Length(seconds int64) int64 {
	if seconds < 0 || seconds > 86_400 {
		return 0
	}
	return seconds
}
