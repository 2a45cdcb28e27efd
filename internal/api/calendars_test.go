package api

import (
	"net/http"
	"strings"
	"testing"
)

func TestCalendars(t *testing.T) {
	h := newHouse(t) // today is Wednesday, 13 March 2024
	h.warehouse.settings.Teams = map[string]string{"kim": "north"}
	put := func(path, body string) {
		t.Helper()
		if a := h.do(http.MethodPut, path, body); a.status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, a.status, a.body)
		}
	}
	hours := func(path string) string {
		t.Helper()
		var got struct {
			Days []struct{ Hours float64 }
		}
		h.get(path).into(t, &got)
		var b strings.Builder
		for _, d := range got.Days {
			b.WriteString(" 0123456789"[1+int(d.Hours):][:1])
		}
		return b.String()
	}
	const week = "?from=2024-03-25&to=2024-03-31" // Monday to Easter
	if got := hours("/v1/calendars/rep/kim" + week); got != "8888800" {
		t.Errorf("by default %s", got)
	}
	put("/v1/calendars/org", `{"effective_on":"2024-01-01","holidays":["DE-BW"]}`)
	if got := hours("/v1/calendars/rep/kim" + week); got != "8888000" {
		t.Errorf("with the org's holidays %s", got)
	}
	put("/v1/calendars/team/north", `{"effective_on":"2024-01-01","hours":[{"weekday":"monday","from":"09:00","to":"12:00"},`+
		`{"weekday":"monday","from":"13:00","to":"16:00"},{"weekday":"friday","from":"08:00","to":"15:00"},{"weekday":"sunday","from":"22:00","to":"00:00"}]}`)
	if got := hours("/v1/calendars/rep/kim" + week); got != "6000002" {
		t.Errorf("with the team's hours and the org's holidays %s", got)
	}
	put("/v1/calendars/rep/kim", `{"holidays":[]}`)
	if got := hours("/v1/calendars/rep/kim" + week); got != "6000702" {
		t.Errorf("without holidays %s", got)
	}
	if got := hours("/v1/calendars/rep/lee" + week); got != "8888000" {
		t.Errorf("lee: %s", got)
	}
	off := h.do(http.MethodPost, "/v1/calendars/team/north/days-off", `{"starts_on":"2024-03-25","ends_on":"2024-03-26","note":"x"}`)
	if off.status != http.StatusOK {
		t.Fatalf("%d %s", off.status, off.body)
	}
	h.do(http.MethodPost, "/v1/calendars/rep/kim/days-off", `{"dayoff":"half","starts_on":"2024-03-26","hours":[{"from":"09:00","to":"13:00"}]}`)
	if got := hours("/v1/calendars/rep/kim" + week); got != "0400702" {
		t.Errorf("with days off %s", got)
	}
	if a := h.do(http.MethodDelete, "/v1/calendars/rep/kim/days-off/half", ""); a.status != http.StatusOK {
		t.Errorf("%d %s", a.status, a.body)
	}
	if got := hours("/v1/calendars/rep/kim" + week); got != "0000702" {
		t.Errorf("with one withdrawn %s", got)
	}
	if a := h.do(http.MethodDelete, "/v1/calendars/rep/kim/days-off/none", ""); a.status != http.StatusNotFound {
		t.Errorf("%d", a.status)
	}
	if a := h.do(http.MethodGet, "/v1/calendars/house/kim", ""); a.status != http.StatusNotFound {
		t.Errorf("%d", a.status)
	}
}

func TestDaysAreClosed(t *testing.T) {
	h := newHouse(t)
	add := func(day string) int {
		t.Helper()
		return h.do(http.MethodPost, "/v1/calendars/rep/kim/days-off", `{"starts_on":"`+day+`"}`).status
	}
	if got := add("2024-03-06"); got != http.StatusOK { // a week ago
		t.Errorf("a week ago: %d", got)
	}
	if got := add("2024-03-05"); got != http.StatusConflict {
		t.Errorf("before that: %d", got)
	}
	h.happened("r", "review.completed", when(t, "2024-03-12 18:00"), "kim", `{"rhythm":"evening","day":"2024-03-12"}`)
	if got := add("2024-03-12"); got != http.StatusConflict {
		t.Errorf("a day that was reviewed: %d", got)
	}
}

func TestCalendarRefuses(t *testing.T) {
	h := newHouse(t)
	for body, pointers := range map[string][]string{
		`{"holidays":["XX"]}`:                                          {"/holidays/0"},
		`{"holidays":["DE-BW","US-CA","US-ZZ","DE-ZZ"]}`:               {"/holidays/2", "/holidays/3"},
		`{"hours":[{"weekday":"monday","from":"12:00","to":"09:00"}]}`: {"/hours/0/to"},
		`{"hours":[{"weekday":"monday","from":"09:00","to":"12:00"},{"weekday":"monday","from":"11:00","to":"13:00"}]}`: {"/hours/1/from"},
		`{"owner":"lee"}`:            {"/owner"},
		`{"effective_on":"someday"}`: {"/effective_on"},
	} {
		a := h.do(http.MethodPut, "/v1/calendars/rep/kim", body)
		for _, p := range pointers {
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `"pointer":"`+p+`"`) {
				t.Errorf("%s: %d %s", body, a.status, a.body)
			}
		}
	}
}

func TestDaysOffHaveAnEnd(t *testing.T) {
	h := newHouse(t)
	const path = "/v1/calendars/rep/kim/days-off"
	h.refused(http.MethodPost, path, `{"starts_on":"2024-03-20","ends_on":"2148-12-31"}`, http.StatusUnprocessableEntity, "/ends_on")
	// 3661 days are taken, one more is not.
	h.refused(http.MethodPost, path, `{"starts_on":"2024-03-20","ends_on":"2034-03-29"}`, http.StatusUnprocessableEntity, "/ends_on")
	if a := h.do(http.MethodPost, path, `{"starts_on":"2024-03-20","ends_on":"2034-03-28"}`); a.status != http.StatusOK {
		t.Errorf("ten years: %d %s", a.status, a.body)
	}
}

func TestOrgCountry(t *testing.T) {
	h := newHouse(t)
	for _, country := range []string{"ZZ", "UK", "DE-ZZ"} {
		h.refused(http.MethodPut, "/v1/org", `{"country":"`+country+`"}`, http.StatusUnprocessableEntity, "/country")
	}
	for _, country := range []string{"IN", "DE-BW"} { // of India no holidays are known
		if a := h.do(http.MethodPut, "/v1/org", `{"country":"`+country+`"}`); a.status != http.StatusOK {
			t.Errorf("%s: %d %s", country, a.status, a.body)
		}
	}
}

// A goal runs by its owner's hours.
func TestPaceFollowsTheCalendar(t *testing.T) {
	h := aMonth(t)
	h.do(http.MethodPost, "/v1/goals", aGoal) // 21 working days of March, 8 of them until the 12th: 2 a day
	if got := h.pace("/v1/goals/calls-in-march/pace?at=2024-03-12"); got.Expected != 16.0 {
		t.Errorf("%v", got.Expected)
	}
	h.do(http.MethodPost, "/v1/calendars/rep/kim/days-off", `{"starts_on":"2024-03-06","ends_on":"2024-03-12"}`)
	// Five days fewer: 3 of 16 until the 12th.
	if got := h.pace("/v1/goals/calls-in-march/pace?at=2024-03-12"); got.Expected != 7.875 {
		t.Errorf("%v", got.Expected)
	}
}
