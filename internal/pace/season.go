package pace

import (
	"milemarker/events"
	"milemarker/internal/calendar"
)

// SeasonMonths is how many whole months of history a season takes.
const SeasonMonths = 12

// Month is what was done in one calendar month.
type Month struct {
	First calendar.Day // of the month
	Sum   events.Decimal
}

// SeasonMarkers turns the owner's own months, first to last and without gaps, into mile markers at the end of each
// calendar month that the goal touches. A month's part of the target is its working time times its season: what its
// namesakes of earlier years brought, over what their working time would have brought at the mean rate. Each season is
// drawn towards 1 as if one mean month more had been seen, so that one strange year does not make a season. ok is false
// with fewer than SeasonMonths months, or where nothing was done in them.
func SeasonMarkers(from, to calendar.Day, target events.Decimal, history []Month, w calendar.Working) (markers []Marker, ok bool) {
	if len(history) < SeasonMonths {
		return nil, false
	}
	loc := w.Calendar().Location()
	hours := func(from, to calendar.Day) float64 { return w.Between(from.In(loc), to.In(loc)).Hours() }
	all, worked := 0.0, 0.0
	var done, spent [13]float64
	for _, m := range history {
		h, of := hours(m.First, monthAfter(m.First)), m.First.Time().Month()
		all, worked = all+m.Sum.Float64(), worked+h
		done[of] += m.Sum.Float64()
		spent[of] += h
	}
	if all <= 0 || worked <= 0 {
		return nil, false
	}
	rate := all / worked
	mean := all / float64(len(history))
	sum := 0.0
	var parts []float64
	for first := from; first <= to; first = monthAfter(first) {
		last := min(to, monthAfter(first)-1)
		of := first.Time().Month()
		season := (done[of] + mean) / (rate*spent[of] + mean)
		sum += season * hours(first, last+1)
		parts = append(parts, sum)
		markers = append(markers, Marker{On: last})
	}
	if sum == 0 {
		return nil, false
	}
	for i := range markers {
		markers[i].Value = events.Decimal(float64(target) * parts[i] / sum)
	}
	markers[len(markers)-1].Value = target
	return markers, true
}

// monthAfter returns the first day of the calendar month after the one of day.
func monthAfter(day calendar.Day) calendar.Day {
	y, m, _ := day.Time().Date()
	return calendar.Date(y, m+1, 1)
}

// FirstOfMonth returns the first day of the calendar month of day.
func FirstOfMonth(day calendar.Day) calendar.Day {
	y, m, _ := day.Time().Date()
	return calendar.Date(y, m, 1)
}
