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

// Season is what the calendar months bring, January first, against what their working time would bring at the mean rate.
type Season struct {
	Weights [12]float64
	Seen    [12]int // how many months of the name were seen
}

// Seasons finds the season of the owner's own months, first to last and without gaps: what the namesakes of a month
// brought, over what their working time would have brought at the mean rate. Each is drawn towards 1 as if one mean month
// more had been seen, so that one strange year does not make a season. ok is false with fewer than SeasonMonths months, or
// where nothing was done in them.
func Seasons(history []Month, w calendar.Working) (s Season, ok bool) {
	if len(history) < SeasonMonths {
		return s, false
	}
	loc := w.Calendar().Location()
	all, worked := 0.0, 0.0
	var done, spent [12]float64
	for _, m := range history {
		h, of := w.Between(m.First.In(loc), monthAfter(m.First).In(loc)).Hours(), m.First.Time().Month()-1
		all, worked = all+m.Sum.Float64(), worked+h
		done[of] += m.Sum.Float64()
		spent[of] += h
		s.Seen[of]++
	}
	if all <= 0 || worked <= 0 {
		return s, false
	}
	rate, mean := all/worked, all/float64(len(history))
	for of := range s.Weights {
		s.Weights[of] = (done[of] + mean) / (rate*spent[of] + mean)
	}
	return s, true
}

// SeasonMarkers turns the owner's own months, as Seasons takes them, into mile markers at the end of each calendar month
// that the goal touches. A month's part of the target is its working time times its season.
func SeasonMarkers(from, to calendar.Day, target events.Decimal, history []Month, w calendar.Working) (markers []Marker, ok bool) {
	season, ok := Seasons(history, w)
	if !ok {
		return nil, false
	}
	loc := w.Calendar().Location()
	sum := 0.0
	var parts []float64
	for first := from; first <= to; first = monthAfter(first) {
		last := min(to, monthAfter(first)-1)
		sum += season.Weights[first.Time().Month()-1] * w.Between(first.In(loc), (last+1).In(loc)).Hours()
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
