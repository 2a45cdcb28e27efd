package alerts

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/notify"
	"milemarker/projections"
)

// startUp is how much working time must have passed before a day without activity is worth telling.
const startUp = time.Hour

// idle looks for reps with goals of their own of whom nothing was heard today by the hour that their rule sets. It is over
// with the first activity, and with the day.
func (k *keeper) idle(ctx context.Context, l *look) ([]finding, error) {
	reps := l.reps()
	if len(reps) == 0 {
		return nil, nil
	}
	where := activity()
	where[projections.ByRep] = reps
	rows, err := k.deps.Known.Metrics(ctx, projections.MetricQuery{
		Org: l.org, Grain: calendar.Daily, From: l.today, To: l.today + 1, GroupBy: []projections.Dimension{projections.ByRep},
		Where: where,
	})
	if err != nil {
		return nil, err
	}
	active := map[string]bool{}
	for _, r := range rows {
		active[r.Group[0]] = r.Count > 0
	}
	var out []finding
	for _, rep := range reps {
		rule, w := l.rule(events.AlertNoActivity, rep), l.working(rep)
		by := notify.At(l.cal, l.today, rule.By)
		f := finding{
			matter: events.AlertNoActivity + "/" + rep, kind: events.AlertNoActivity, rep: rep, since: by,
			says: fmt.Sprintf("No activity of %s was recorded by %s on %s.", rep, rule.By, l.today),
			see:  "/v1/events?" + url.Values{"rep": {rep}, "from": {l.today.String()}}.Encode(),
		}
		begins, _, works := w.Hours(l.today)
		l.again(by)
		if started, ok := w.After(begins, startUp); works && ok {
			l.again(started)
		}
		if works && !active[rep] && !l.now.Before(by) && w.Between(begins, l.now) >= startUp {
			f.is = yes
		}
		out = append(out, f)
	}
	return out, nil
}
