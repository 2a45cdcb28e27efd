package alerts

import (
	"sort"
	"time"

	"milemarker/internal/goals"
	"milemarker/internal/pace"
)

// holds notes when a finding will have held long enough.
func (l *look) holds(f finding, s state) {
	if at, ok := l.working(f.rep).After(s.Since, f.hold); ok {
		l.again(at)
	}
}

// turns returns the first whole minute, before the day ends, at which a goal's status is another one although nothing
// happens. Within a day a line does not fall, and what was done, and how it scatters, stays: so the status goes one way, and
// where it is the same at the day's last minute it is the same all day.
func (l *look) turns(st goals.Standing) (at time.Time, ok bool) {
	if st.Pace.Status.Final() {
		return time.Time{}, false
	}
	first := l.now.Truncate(time.Minute).Add(time.Minute)
	minutes := int(l.dayEnd().Sub(first) / time.Minute)
	turned := func(minute int) bool {
		t := first.Add(time.Duration(minute) * time.Minute)
		return pace.Check(st.Course, st.Done, t, st.Working).Status != st.Pace.Status
	}
	if minutes < 1 || !turned(minutes-1) {
		return time.Time{}, false
	}
	return first.Add(time.Duration(sort.Search(minutes-1, turned)) * time.Minute), true
}
