package alerts

import (
	"context"
	"fmt"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/timeblocks"
	"milemarker/projections"
)

// late is how long after a block's end what was done in it may still be reported.
const late = 30 * time.Minute

// acts reads what took a rep's time on some days, with the schedules of appointments.
func (k *keeper) acts(ctx context.Context, l *look, rep string, window timeblocks.Span) ([]timeblocks.Act, error) {
	scheduled, err := k.deps.Known.Appointments(ctx, projections.AppointmentQuery{
		Org: l.org, From: window.From.Add(-24 * time.Hour), Until: window.To.Add(24 * time.Hour),
	})
	if err != nil {
		return nil, err
	}
	rows, err := k.deps.Known.Events(ctx, projections.EventQuery{
		Org: l.org, From: l.cal.DayOf(window.From), To: l.cal.DayOf(window.To) + 2, Limit: 10_000,
		Where: map[projections.Dimension][]string{projections.ByType: timeblocks.ActTypes(), projections.ByRep: {rep}},
	})
	if err != nil {
		return nil, err
	}
	told := make([]events.Event, len(rows))
	for i, r := range rows {
		told[i] = r.Event
	}
	return timeblocks.Acts(told, timeblocks.Slots(timeblocks.Appointments(scheduled))), nil
}

// missed looks for blocks that ended today and in which nothing was done of what they were for. It is over with the day:
// the block does not come back.
func (k *keeper) missed(ctx context.Context, l *look) ([]finding, error) {
	start := l.today.In(l.cal.Location())
	var out []finding
	byRep := map[string][]timeblocks.Occurrence{}
	var reps []string
	for _, o := range timeblocks.Occurrences(l.blocks, l.cal, start, l.dayEnd()) {
		l.again(o.To.Add(late))
		if o.Rep == "" || l.cal.DayOf(o.To.Add(-1)) != l.today || l.now.Before(o.To.Add(late)) || isDayOff(l, o) {
			continue
		}
		if byRep[o.Rep] == nil {
			reps = append(reps, o.Rep)
		}
		byRep[o.Rep] = append(byRep[o.Rep], o)
	}
	for _, rep := range reps {
		acts, err := k.acts(ctx, l, rep, timeblocks.Span{From: start.Add(-24 * time.Hour), To: l.now})
		if err != nil {
			return nil, err
		}
		for _, b := range timeblocks.Keep(byRep[rep], acts).Blocks {
			f := finding{
				matter: events.AlertBlockMissed + "/" + b.Block, kind: events.AlertBlockMissed, rep: rep, since: b.To,
				see:  "/v1/time?rep=" + rep,
				says: fmt.Sprintf("The block of %s from %s to %s on %s was not spent on %s.", rep, clock(l, b.From), clock(l, b.To), l.today, purpose(b.Occurrence)),
			}
			if b.Missed() {
				f.is = yes
			}
			out = append(out, f)
		}
	}
	return out, nil
}

// isDayOff tells whether the rep does not work on the day of a block: then it is not missed.
func isDayOff(l *look, o timeblocks.Occurrence) bool {
	_, _, works := l.working(o.Rep).Hours(l.cal.DayOf(o.From))
	return !works
}

func purpose(o timeblocks.Occurrence) string {
	if o.Activity != "" {
		return o.Activity
	}
	return "what it was for"
}

func clock(l *look, t time.Time) string { return t.In(l.cal.Location()).Format("15:04") }

// settled is how much working time the filling of blocks must have been low: appointments come in one after another.
const settled = 30 * time.Minute

// unfilled looks for reps whose blocks for appointments of the next working days are filled less than their rule asks.
// Outside of working hours nothing is raised and nothing is resolved: the days that are looked at change at midnight.
func (k *keeper) unfilled(ctx context.Context, l *look) ([]finding, error) {
	var reps []string
	for _, b := range timeblocks.Standing(l.blocks) {
		if b.Capacity > 0 && b.Rep != "" && !slices.Contains(reps, b.Rep) {
			reps = append(reps, b.Rep)
		}
	}
	if len(reps) == 0 {
		return nil, nil
	}
	told, err := k.deps.Known.Appointments(ctx, projections.AppointmentQuery{
		Org: l.org, From: l.now, Until: l.now.Add(60 * 24 * time.Hour),
	})
	if err != nil {
		return nil, err
	}
	made := timeblocks.Appointments(told)
	var out []finding
	for _, rep := range reps {
		own := slices.DeleteFunc(slices.Clone(l.blocks), func(b timeblocks.Block) bool { return b.Rep != rep })
		w := l.working(rep)
		filled := timeblocks.Fill(own, made, w, l.now)
		f := finding{
			matter: events.AlertBlocksOpen + "/" + rep, kind: events.AlertBlocksOpen, rep: rep, hold: settled,
			see: "/v1/time?rep=" + rep, is: unsure,
		}
		from, to, works := w.Hours(l.today)
		if works {
			l.again(from)
		}
		if filled.Share != nil && works && !l.now.Before(from) && l.now.Before(to) {
			f.is = no
			if *filled.Share < *l.rule(events.AlertBlocksOpen, rep).Below {
				f.is = yes
			}
			f.says = fmt.Sprintf("%d of %d places for appointments of %s in the next %d working days are filled.",
				filled.Made, filled.Capacity, rep, len(filled.Days))
		}
		out = append(out, f)
	}
	return out, nil
}
