package holidays

import (
	"testing"

	"milemarker/internal/calendar"
)

func TestHolidays(t *testing.T) {
	for _, c := range []struct{ code, day, want string }{
		{"US", "2017-07-04", "Independence Day"},
		{"US", "2017-11-23", "Thanksgiving Day"},
		{"US", "2021-12-31", "New Year's Day"}, // 1 January 2022 is a Saturday
		{"US-CA", "2017-07-04", "Independence Day"},
		{"US", "2017-07-05", ""},
		{"DE", "2024-10-03", "Tag der Deutschen Einheit"},
		{"DE", "2024-01-06", ""},
		{"DE-BW", "2024-01-06", "Heilige Drei Könige"},
		{"DE-BE", "2024-03-08", "Frauentag"},
		{"CH-TI", "2024-03-19", "Josefstag"},
		{"GB", "2024-03-29", "Good Friday"},
		{"AU", "2024-04-25", "ANZAC Day"},
		{"FR", "2024-07-14", "Fête Nationale"},
		{"JP", "2024-02-11", "National Foundation Day"},
	} {
		region, ok := Find(c.code)
		if !ok {
			t.Errorf("%s is not known", c.code)
			continue
		}
		day, err := calendar.ParseDay(c.day)
		if err != nil {
			t.Fatal(err)
		}
		if name, _ := region.On(day); name != c.want {
			t.Errorf("%s on %s: %q, want %q", c.code, c.day, name, c.want)
		}
	}
}

func TestEveryCodeHasHolidays(t *testing.T) {
	for _, code := range Codes() {
		region, ok := Find(code)
		if !ok || region.Code() != code {
			t.Errorf("%s is told as %q", code, region.Code())
		}
		n := 0
		for d := calendar.Date(2024, 1, 1); d < calendar.Date(2025, 1, 1); d++ {
			if _, off := region.On(d); off {
				n++
			}
		}
		if n < 4 || n > 40 {
			t.Errorf("%s has %d holidays in 2024", code, n)
		}
	}
	for code, want := range map[string][2]bool{ // known, and there is such a country
		"DE": {true, true}, "DE-BW": {true, true}, "DE-ZZ": {false, false}, "US-CA": {true, true}, "US-ZZ": {false, false},
		"IN": {false, true}, "IN-MH": {false, true}, "ZZ": {false, false}, "": {false, false}, "US-": {false, false},
	} {
		if got := [2]bool{Known(code), Country(code)}; got != want {
			t.Errorf("%q: %v, want %v", code, got, want)
		}
	}
	for _, code := range []string{"", "XX", "XX-YY", "us"} {
		if r, ok := Find(code); ok {
			t.Errorf("%q is told as %q", code, r.Code())
		}
	}
	if r, ok := Find("US-CA"); !ok || r.Code() != "US" {
		t.Errorf("US-CA is told as %q", r.Code())
	}
}
