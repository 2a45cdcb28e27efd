package timeblocks

import "testing"

// What never takes place is told from what does, without walking for long; an end before the beginning is one such.
func TestNever(t *testing.T) {
	at := instant(t, "2026-03-23T09:00:00Z")
	for rule, want := range map[string]bool{
		"": true, "FREQ=DAILY": true, "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29": true, "FREQ=WEEKLY;BYDAY=FR": true,
		"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31":         false,
		"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31":          false,
		"FREQ=DAILY;UNTIL=20260101T000000Z":           false,
		"FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=31":        false,
		"FREQ=MONTHLY;BYMONTH=2;BYDAY=MO;BYSETPOS=-9": false,
	} {
		if got := (Block{Starts: at, Ends: at, Rule: rule}).Occurs(berlin(t)); got != want {
			t.Errorf("%q occurs: %t, want %t", rule, got, want)
		}
	}
}
