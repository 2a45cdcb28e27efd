package alerts

import (
	"context"
	"fmt"
	"net/url"

	"milemarker/events"
	"milemarker/internal/routine"
)

// overdue looks for reviews that were not held in time, of those that a rep holds.
func (k *keeper) overdue(_ context.Context, l *look) ([]finding, error) {
	var out []finding
	for _, rep := range l.book.Reps() {
		w := l.working(rep)
		for _, rhythm := range l.book.Holds(rep) {
			due, ok := l.book.Current(rep, rhythm, w, l.now)
			if !ok {
				continue
			}
			f := finding{
				matter: events.AlertReviewOverdue + "/" + rep + "/" + string(rhythm), kind: events.AlertReviewOverdue, rep: rep,
				since: due.OverdueAt,
				says:  fmt.Sprintf("The %s review of %s, of %s, was due by %s.", rhythm, rep, due.Words(), due.OverdueAt.In(l.cal.Location()).Format("2 January 15:04")),
				see:   "/v1/reviews/agenda?" + url.Values{"rep": {rep}, "rhythm": {string(rhythm)}, "day": {due.To.String()}}.Encode(),
			}
			if due.State == routine.Overdue {
				f.is = yes
			}
			out = append(out, f)
		}
	}
	return out, nil
}

// waiting looks for messages of the org that wait in quarantine.
func (k *keeper) waiting(ctx context.Context, l *look) ([]finding, error) {
	n, err := k.deps.Quarantine.Waiting(ctx, l.org)
	if err != nil {
		return nil, err
	}
	f := finding{matter: events.AlertQuarantine, kind: events.AlertQuarantine, see: "/v1/quarantine"}
	if n > 0 {
		f.is, f.says = yes, fmt.Sprintf("%d messages could not be read and wait in quarantine.", n)
		if n == 1 {
			f.says = "One message could not be read and waits in quarantine."
		}
	}
	return []finding{f}, nil
}
