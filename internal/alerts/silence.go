package alerts

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/projections"
)

// A source is silent when nothing was heard of it for so long that its own past does not explain it: at the rate at which
// it told of things, in working time, such a silence has a chance of a thousandth (Poisson); and it is half as long again
// as the longest one before it, because what comes in bursts is silent in between. Fewer events or days than these say
// nothing, and what has been silent for silentDays is over.
const (
	silentDays  = 120
	leastEvents = 10
	leastDays   = 5
	silenceAt   = 0.001
	longerBy    = 1.5
)

// silent looks for lead sources and connections that have gone silent.
func (k *keeper) silent(ctx context.Context, l *look) ([]finding, error) {
	days, err := k.deps.Known.Sources(ctx, projections.SourceQuery{Org: l.org, From: l.today - silentDays})
	if err != nil {
		return nil, err
	}
	w := l.calendars.Working("", "").Over(l.today-silentDays-1, l.today+2)
	var out []finding
	for len(days) > 0 {
		n := 1
		for n < len(days) && days[n].Kind == days[0].Kind && days[n].Name == days[0].Name {
			n++
		}
		if f, ok := silence(l, days[:n], w); ok {
			out = append(out, f)
		}
		days = days[n:]
	}
	return out, nil
}

// silence judges the days on which one source was heard of.
func silence(l *look, days []projections.SourceDay, w calendar.Working) (finding, bool) {
	last := days[len(days)-1]
	var n uint64
	var longest time.Duration
	for i, d := range days {
		n += d.N
		if i > 0 {
			longest = max(longest, w.Between(days[i-1].Last, d.Last))
		}
	}
	name := url.QueryEscape(last.Name)
	f := finding{
		matter: events.AlertSourceSilent + "/" + last.Kind + "/" + last.Name, kind: events.AlertSourceSilent, since: last.Last,
		see:  "/v1/events?type=lead.captured&source=" + name,
		says: fmt.Sprintf("Nothing was heard of the %s %q since %s.", last.Kind, last.Name, last.Last.In(l.cal.Location()).Format("2 January 15:04")),
	}
	if last.Kind == projections.Connection {
		f.see = "/v1/events"
	}
	heard := w.Between(days[0].Day.In(l.cal.Location()), last.Last)
	if n < leastEvents || len(days) < leastDays || heard <= 0 {
		return f, false
	}
	// At n events in the time heard, exp(-n/heard x quiet) is the chance of a silence of that length.
	enough := max(-math.Log(silenceAt)*float64(heard)/float64(n), longerBy*float64(longest))
	if float64(w.Between(last.Last, l.now)) >= enough {
		f.is = yes
	} else if at, ok := w.After(last.Last, time.Duration(math.Ceil(enough))); ok {
		l.again(at.Truncate(time.Minute).Add(time.Minute))
	}
	return f, true
}
