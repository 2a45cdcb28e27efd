package translator_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"milemarker/events"
)

// appointments records n events of appointments of the last year: each is made, and four of five end by an inferred event,
// the others by what somebody said.
func (h *house) appointments(b *testing.B, n int) {
	b.Helper()
	const batch = 1000
	said := []string{events.TypeAppointmentNoShow, events.TypeAppointmentCancelled}
	var evs []events.Event
	for i := range n {
		number := i / 2
		at := h.now().Add(-time.Duration(n-2*number) * (365 * 24 * time.Hour / time.Duration(n))).Truncate(time.Second)
		e := events.Event{
			ID: fmt.Sprintf("crm-%d", i), Source: "/crm", Type: events.TypeAppointmentScheduled, Org: "acme", Rep: fmt.Sprint("rep", number%50),
			Prospect: fmt.Sprintf("p_%026d", number), Time: at, RecordedAt: at, DataVersion: 1, Digest: "d",
			Data: fmt.Appendf(nil, `{"appointment":"a%d","source":"referral","starts_at":%q,"ends_at":%q}`, number,
				at.Add(time.Hour).Format(time.RFC3339), at.Add(2*time.Hour).Format(time.RFC3339)),
		}
		switch {
		case i%2 == 0:
		case number%5 == 0:
			e.Type, e.Data = said[number%2], fmt.Appendf(nil, `{"appointment":"a%d"}`, number)
		default:
			e.Type, e.Source = events.TypeAppointmentHeld, "/milemarker/held"
			e.Time = at.Add(2 * time.Hour)
			e.Data = fmt.Appendf(nil, `{"appointment":"a%d","inferred":true}`, number)
		}
		if evs = append(evs, e); len(evs) == batch || i == n-1 {
			if _, err := h.ledger.Append(context.Background(), evs); err != nil {
				b.Fatal(err)
			}
			evs = nil
		}
	}
}

// BenchmarkStart is how long it takes after a start until a delivery is translated, and until an appointment that came due
// meanwhile is held: for that all are read that there were.
func BenchmarkStart(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprintf("appointments=%d", n), func(b *testing.B) {
			h, end, err := open(context.Background(), b, b.TempDir(), 0)
			if err != nil {
				b.Fatal(err)
			}
			defer end()
			h.appointments(b, n)
			var translated time.Duration
			for i := 0; b.Loop(); i++ {
				began := time.Now()
				at := h.post("c_one", call(fmt.Sprint(i), 1))
				due, err := h.deps.Recorder.Record(b.Context(), "acme", []events.Draft{{
					ID: fmt.Sprint("due", i), Source: "/crm", Type: events.TypeAppointmentScheduled, Time: h.now(), Data: fmt.Appendf(nil,
						`{"appointment":"due%d","starts_at":%q}`, i, h.now().Format(time.RFC3339)),
				}})
				if err != nil {
					b.Fatal(err)
				}
				h.pass(14 * time.Hour)
				h.run()
				h.outcome(at)
				translated += time.Since(began)
				h.ledger.Follow(b.Context(), due[0].Position, func(f events.Frame, _, _ string) bool {
					return !strings.HasSuffix(f.Subject, "."+events.TypeAppointmentHeld)
				})
				b.StopTimer()
				h.end()
				b.StartTimer()
			}
			b.ReportMetric(translated.Seconds()/float64(b.N), "s-to-translate")
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s-to-infer")
		})
	}
}
