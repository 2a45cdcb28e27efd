package translator_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
)

// appointment records an event of an appointment, as any source might.
func (h *house) appointment(id, typ string, starts time.Time) {
	h.tb.Helper()
	p := map[string]any{"appointment": "a1"}
	if !starts.IsZero() {
		p["starts_at"], p["ends_at"] = starts, starts.Add(time.Hour)
	}
	data, err := json.Marshal(p)
	if err != nil {
		h.tb.Fatal(err)
	}
	receipts, err := h.deps.Recorder.Record(h.tb.Context(), "acme", []events.Draft{{
		ID: id, Source: "/crm", Type: typ, Rep: "ann", Time: h.now(), Data: data,
	}})
	if err != nil || receipts[0].Outcome != events.Appended {
		h.tb.Fatalf("%+v, %v", receipts, err)
	}
}

func TestAppointmentsAreHeld(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	starts := h.now().Add(time.Hour)
	h.appointment("s", events.TypeAppointmentScheduled, starts)
	h.run()
	h.end()
	if diff := cmp.Diff([]string{"appointment.scheduled a1 ann"}, h.stands()); diff != "" {
		t.Errorf("before its time: %s", diff)
	}
	h.pass(15 * time.Hour)
	h.run()
	inferred := []string{"appointment.scheduled a1 ann", "appointment.held a1 inferred ann"}
	poll(t, "the inferred event", func() bool { return len(h.stands()) == 2 })
	if diff := cmp.Diff(inferred, h.stands()); diff != "" {
		t.Error(diff)
	}
	h.end() // a restart adds nothing
	h.run()
	h.appointment("n", events.TypeAppointmentNoShow, time.Time{})
	want := []string{"appointment.scheduled a1 ann", "appointment.no_show a1 ann"}
	poll(t, "the inferred event to be voided", func() bool { return cmp.Equal(want, h.stands()) })
	h.appointment("m", events.TypeAppointmentRescheduled, h.now().Add(-13*time.Hour))
	want = append(want, "appointment.rescheduled a1 ann", "appointment.held a1 inferred ann")
	h.pass(15 * time.Hour)
	h.end()
	h.run()
	poll(t, fmt.Sprint("the moved one to be held: ", want), func() bool { return cmp.Equal(want, h.stands()) })
}

func TestInferenceIsOff(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.cfg.HeldOff = true
	h.appointment("s", events.TypeAppointmentScheduled, h.now().Add(time.Hour))
	h.pass(99 * time.Hour)
	h.run()
	h.outcome(h.post("c_one", call("1", 1)))
	if diff := cmp.Diff([]string{"appointment.scheduled a1 ann", "call.completed 1 ann"}, h.stands()); diff != "" {
		t.Error(diff)
	}
}
