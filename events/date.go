package events

import (
	"fmt"
	"time"
)

// Date is a calendar day without a zone, as "2006-01-02": the org's local day. Dates compare as strings do.
type Date string

// DateOf returns the day of t in t's own location.
func DateOf(t time.Time) Date { return Date(t.Format(time.DateOnly)) }

// Time returns the day's midnight in UTC, as a carrier for calendar arithmetic. It returns an error unless d is a real
// day written "2006-01-02".
func (d Date) Time() (time.Time, error) {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}, fmt.Errorf("date: %w", err)
	}
	return t, nil
}

// Nothing can be recorded outside these bounds: the warehouse's days begin in 1970 and end in 2149, and an org's local
// day may lie a day away from the day in UTC.
const (
	firstDay Date = "1971-01-01"
	lastDay  Date = "2148-12-31"
)

// firstTime and endTime bound every instant: firstTime <= t < endTime.
func firstTime() time.Time { return time.Date(1971, 1, 1, 0, 0, 0, 0, time.UTC) }
func endTime() time.Time   { return time.Date(2149, 1, 1, 0, 0, 0, 0, time.UTC) }

const boundsWords = "must lie in the years 1971 to 2148"

// normalTime returns t as the ledger keeps it: UTC, whole microseconds, no monotonic reading.
func normalTime(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// appendTime appends t in RFC 3339, UTC, microseconds at most, without trailing zeros.
func appendTime(b []byte, t time.Time) []byte {
	return normalTime(t).AppendFormat(b, time.RFC3339Nano)
}

// parseTime reads an RFC 3339 time strictly and returns it in the ledger's form.
func parseTime(b []byte) (time.Time, error) {
	var t time.Time
	if err := t.UnmarshalText(b); err != nil {
		return time.Time{}, fmt.Errorf("time: %w", err)
	}
	return normalTime(t), nil
}
