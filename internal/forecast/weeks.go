package forecast

import (
	"time"

	"milemarker/internal/calendar"
)

// weeks counts by week, 0 being the one that ends with the last day.
type weeks struct {
	last       calendar.Day
	met        []float64
	first, all [][]float64 // by stage
}

func newWeeks(last calendar.Day, stages int) *weeks {
	w := &weeks{last: last, met: make([]float64, presentWeeks)}
	for range stages {
		w.first = append(w.first, make([]float64, presentWeeks))
		w.all = append(w.all, make([]float64, presentWeeks))
	}
	return w
}

// journey counts when a person was met and came to each stage.
func (w *weeks) journey(q Question, j journey) {
	if j.met == never {
		return
	}
	if ago, ok := w.ago(q, j.met); ok {
		w.met[ago]++
	}
	for b, at := range j.at {
		if ago, ok := w.ago(q, at); ok {
			w.first[b][ago]++
		}
	}
}

// ago returns how many weeks ago something happened, as the days of the question's zone go.
func (w *weeks) ago(q Question, at int64) (int, bool) {
	if at == never {
		return 0, false
	}
	back := w.last - calendar.DayOf(time.UnixMicro(at).In(q.Now.Location()))
	return int(back) / 7, back >= 0 && back < 7*presentWeeks
}

// count adds the events of the owner, and returns how many weeks of history there are: since the first event of a
// year.
func (w *weeks) count(h History, q Question) (n int) {
	n = 1
	for _, c := range h.Counts {
		back := w.last - c.Day
		if back < 0 || back >= CountDays || q.Whose.of(c.Rep, c.Team) != q.Whose.name() {
			continue
		}
		ago := int(back) / 7
		n = max(n, ago+1)
		if ago < presentWeeks {
			w.all[c.Stage][ago] += c.N
		}
	}
	return min(n, presentWeeks)
}
