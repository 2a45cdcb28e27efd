package pace

import (
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// Speed is a rate as people say it: so much for each day, week or month of work.
type Speed struct {
	Count events.Decimal
	Per   string // day, week or month
}

// Any two of target, date and rate give the third. A day is a working day; a week is seven days on end and a month a
// twelfth of a year, each worth the working time that they have on average over the year that begins with the goal. So a
// rate a week rests with the weeks that have holidays.

// hours returns the mean working time of a span of that name, from a day on.
func (s Speed) hours(from calendar.Day, w calendar.Working) time.Duration {
	const year = 365
	loc := w.Calendar().Location()
	all := w.Between(from.In(loc), (from + year).In(loc))
	switch s.Per {
	case "week":
		return all * 7 / year
	case "month":
		return all / 12
	default:
		return all / time.Duration(max(1, w.Days(from, from+year)))
	}
}

// Target returns what the rate comes to from the first to the last day, both inclusive; ok is false where nothing is
// worked, or it is beyond what can be told.
func (s Speed) Target(from, to calendar.Day, w calendar.Working) (target events.Decimal, ok bool) {
	loc := w.Calendar().Location()
	each, all := s.hours(from, w), w.Between(from.In(loc), (to+1).In(loc))
	if each <= 0 || all <= 0 || s.Count <= 0 {
		return 0, false
	}
	if s.Count.Float64()*float64(all)/float64(each) > maxTarget {
		return 0, false
	}
	return mulDiv(s.Count, int64(all), int64(each)), true
}

// maxTarget is the greatest number that an event may hold.
const maxTarget = 999_999_999_999

// End returns the day on whose working hours the rate reaches the target; ok is false if it takes more than ten years.
func (s Speed) End(from calendar.Day, target events.Decimal, w calendar.Working) (to calendar.Day, ok bool) {
	const longest = 3660
	w = w.Over(from, from+longest+1)
	for to = from; to < from+longest; to++ {
		if reached, ok := s.Target(from, to, w); ok && reached >= target {
			return to, true
		}
	}
	return 0, false
}

// SpeedTo returns the rate a day that reaches the target on the last day; ok is false where nothing is worked.
func SpeedTo(from, to calendar.Day, target events.Decimal, per string, w calendar.Working) (s Speed, ok bool) {
	loc := w.Calendar().Location()
	s.Per = per
	each, all := s.hours(from, w), w.Between(from.In(loc), (to+1).In(loc))
	if each <= 0 || all <= 0 {
		return Speed{}, false
	}
	s.Count = mulDiv(target, int64(each), int64(all))
	return s, true
}
