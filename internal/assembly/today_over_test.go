package assembly

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// In the afternoon two appointments are over: what became of them is asked for, the one that is to come is held.
func TestTodayAsksWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for id, hours := range map[string][2]string{"a": {"11:11", "12:00"}, "b": {"12:45", "13:30"}, "c": {"15:07", "16:30"}, "d": {"09:00", "09:30"}} {
		d.happened("s"+id, "appointment.scheduled", "2026-05-28T10:00:00Z", "",
			`{"appointment":"`+id+`","starts_at":"2026-06-01T`+hours[0]+`:00Z","ends_at":"2026-06-01T`+hours[1]+`:00Z"}`)
	}
	d.setClock("2026-06-01T15:34:00Z")
	d.happened("hd", "appointment.held", "2026-06-01T09:30:00Z", "", `{"appointment":"d"}`)
	want := []string{"Prepare and hold 1 appointment, at 15:07", "Say what became of 2 appointments, of 11:11 and 12:45"}
	day, lines := d.today()
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Fatal(diff)
	}

	// One of them was put off to the evening, nobody came to the other. The third has ended by now.
	d.setClock("2026-06-01T17:00:00Z")
	d.happened("ra", "appointment.rescheduled", "2026-06-01T11:00:00Z", "", `{"appointment":"a","starts_at":"2026-06-01T19:00:00Z"}`)
	d.happened("nb", "appointment.no_show", "2026-06-01T13:30:00Z", "", `{"appointment":"b"}`)
	if day, _ = d.today(); !day.Steps[1].Ticked || day.Steps[1].By != "events" ||
		day.Steps[0].Why != "Say what became of 1 appointment, of 15:07: held, no-show, put off or called off?" {
		t.Errorf("%+v", day.Steps)
	}
}

// A plan that somebody set by hand is told in the words in which it was set.
func TestTodayInOwnWords(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.happened("mine", "dayplan.set", "2026-06-01T08:00:00Z", "",
		`{"day":"2026-06-01","steps":[{"step":"1","metric":"calls","count":"1000","text":"do lots"},{"step":"2","metric":"calls","count":"3"}]}`)
	var day wholeDay
	d.ask(http.MethodGet, d.since("/v1/today?rep=kim"), "", http.StatusOK, &day)
	if len(day.Steps) != 2 || day.Steps[0].Text != "do lots" || day.Steps[1].Text != "3 calls" {
		t.Errorf("%+v", day.Steps)
	}
}
