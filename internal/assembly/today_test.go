package assembly

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// wholeDay is what these tests read of a day.
type wholeDay struct {
	Sentence string
	Working  bool
	LeftOut  []struct{ Text string } `json:"left_out"`
	Steps    []struct {
		Text, Why, By, Pace string
		Ticked              bool
		Items               []struct {
			Appointment, At string
			Ticked          bool
		}
	}
	Appointments []struct {
		Appointment string
		Settled     bool
	}
}

func (d *desk) today() (day wholeDay, lines []string) {
	d.t.Helper()
	d.ask(http.MethodGet, d.since("/v1/today?rep=kim"), "", http.StatusOK, &day)
	for _, s := range day.Steps {
		lines = append(lines, s.Text)
	}
	for _, l := range day.LeftOut {
		lines = append(lines, "left out: "+l.Text)
	}
	return day, lines
}

// Without a goal, a plan, a block or any history there is a day all the same.
func TestTodayFromNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	day, lines := d.today()
	if len(lines) != 0 || !day.Working || !strings.HasPrefix(day.Sentence, "Nothing is asked for today") {
		t.Errorf("%+v", day)
	}
	for i, at := range []string{"2026-05-27T10:00:00Z", "2026-05-28T10:00:00Z", "2026-05-29T10:00:00Z"} {
		for j := range 20 {
			d.happened(string(rune('a'+i))+string(rune('a'+j)), "call.completed", at, "", `{"direction":"outbound","outcome":"no_answer"}`)
		}
	}
	if day, lines = d.today(); len(lines) != 1 || lines[0] != "3 calls" || day.Steps[0].Why != "It is what a usual working day brings." {
		t.Errorf("sixty calls on twenty working days: %+v", day)
	}
}

// A Monday with an hour of calls set aside, an appointment, and time for letters: the calls get their window, and the
// afternoon before the holiday is bounded by the hours that are left.
func TestTodayKeepsToTheCalendar(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ask(http.MethodPost, "/v1/goals", `{"goal":"june","title":"Calls in June","metric":"calls","target":"220","owner_kind":"rep","owner":"kim","starts_on":"2026-06-01","ends_on":"2026-06-30"}`, http.StatusCreated, nil)
	block := func(id, category, activity, from, to string) {
		d.ask(http.MethodPost, d.since("/v1/timeblocks"), `{"rep":"kim","timeblock":"`+id+`","category":"`+category+`","activity":"`+activity+
			`","starts_at":"2026-06-01T`+from+`:00Z","ends_at":"2026-06-01T`+to+`:00Z","rrule":"FREQ=DAILY;COUNT=5"}`, http.StatusCreated, nil)
	}
	block("c", "income_producing", "calls", "10:00", "11:30")
	block("l", "admin", "letters", "16:00", "17:00")
	d.happened("a1", "appointment.scheduled", "2026-05-28T10:00:00Z", "", `{"appointment":"a1","starts_at":"2026-06-01T14:00:00Z","ends_at":"2026-06-01T15:00:00Z"}`)
	d.happened("a2", "appointment.scheduled", "2026-05-28T10:00:00Z", "", `{"appointment":"a2","starts_at":"2026-06-01T09:00:00Z"}`)

	want := []string{"10 calls 10:00-11:30", "Prepare and hold 2 appointments, at 09:00 and 14:00", "Keep the time for letters 16:00-17:00"}
	day, lines := d.today()
	if diff := cmp.Diff(want, lines); diff != "" || day.Steps[0].Why != `"Calls in June" asks for 10 today.` {
		t.Fatalf("%s\n%+v", diff, day)
	}
	d.ask(http.MethodGet, day.Steps[0].Pace, "", http.StatusOK, nil)

	// One appointment is held, the other put off to Wednesday; half of the time for letters is spent on them.
	d.setClock("2026-06-01T18:00:00Z")
	d.happened("h1", "appointment.held", "2026-06-01T15:00:00Z", "", `{"appointment":"a1"}`)
	d.happened("r2", "appointment.rescheduled", "2026-06-01T08:30:00Z", "", `{"appointment":"a2","starts_at":"2026-06-03T09:00:00Z"}`)
	d.happened("t1", "time.logged", "2026-06-01T16:40:00Z", "", `{"category":"admin","activity":"letters","minutes":40}`)
	day, lines = d.today()
	if diff := cmp.Diff(want, lines); diff != "" || !day.Steps[1].Ticked || day.Steps[1].By != "events" || !day.Steps[2].Ticked || day.Steps[0].Ticked {
		t.Errorf("%s\n%+v", diff, day)
	}

	// Tuesday is looked at twenty minutes before its hours end: eleven calls of five minutes have no room.
	d.setClock("2026-06-02T16:40:00Z")
	d.ask(http.MethodPost, d.since("/v1/timeblocks/l:skip"), `{"day":"2026-06-02"}`, http.StatusCreated, nil)
	if _, lines = d.today(); len(lines) != 2 || lines[0] != "4 calls before 17:00" || lines[1] != "left out: 7 calls: the hours left of the day are taken" {
		t.Errorf("%q", lines)
	}

	// On a day off only what is booked.
	d.setClock("2026-06-03T07:00:00Z")
	d.ask(http.MethodPost, d.since("/v1/calendars/rep/kim/days-off"), `{"dayoff":"d","starts_on":"2026-06-03"}`, http.StatusOK, nil)
	if day, lines = d.today(); len(lines) != 1 || lines[0] != "Prepare and hold 1 appointment, at 09:00" || day.Working {
		t.Errorf("%q %+v", lines, day)
	}
	if len(day.Appointments) != 1 || day.Appointments[0].Appointment != "a2" || day.Appointments[0].Settled {
		t.Errorf("%+v", day.Appointments)
	}
}
