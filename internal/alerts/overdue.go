package alerts

import (
	"context"
	"fmt"
	"net/url"

	"milemarker/events"
	"milemarker/internal/routine"
)

// overdue looks for reviews that were not held in time, of those that a rep, a team or the org holds. Of a team's and the
// org's hears who leads them.
func (k *keeper) overdue(_ context.Context, l *look) ([]finding, error) {
	book := l.book.WithTeams(l.calendars.Settings().Teams)
	var out []finding
	for _, o := range book.Owners() {
		w := l.calendars.Of(o)
		rhythms, _ := book.Holds(o)
		for _, rhythm := range rhythms {
			l.again(book.At(o, rhythm, l.today, w, l.now).Opens)
			due, ok := book.Current(o, rhythm, w, l.now)
			if !ok {
				continue
			}
			l.again(due.OverdueAt)
			whose, query := o.Owner, url.Values{"rhythm": {string(rhythm)}, "day": {due.To.String()}}
			switch o.OwnerKind {
			case events.OwnerRep:
				query.Set("rep", o.Owner)
			case events.OwnerTeam:
				whose = "team/" + o.Owner
				query.Set("team", o.Owner)
			default:
				whose = "org/"
				query.Set("org", "true")
			}
			f := finding{
				matter: events.AlertReviewOverdue + "/" + whose + "/" + string(rhythm), kind: events.AlertReviewOverdue,
				rep: book.Lead(o), since: due.OverdueAt,
				says: fmt.Sprintf("The %s review of %s, of %s, was due by %s.", rhythm, routine.OwnerWords(o), due.Words(),
					due.OverdueAt.In(l.cal.Location()).Format("2 January 15:04")),
				see: "/v1/reviews/agenda?" + query.Encode(),
			}
			if due.State == routine.Overdue {
				f.is = yes
			}
			out = append(out, f)
		}
	}
	return out, nil
}

// quarantined looks for messages of the org that wait in quarantine.
func (k *keeper) quarantined(_ context.Context, l *look) ([]finding, error) {
	n := k.waiting[l.org]
	f := finding{matter: events.AlertQuarantine, kind: events.AlertQuarantine, see: "/v1/quarantine"}
	if n > 0 {
		f.is, f.says = yes, fmt.Sprintf("%d messages could not be read and wait in quarantine.", n)
		if n == 1 {
			f.says = "One message could not be read and waits in quarantine."
		}
	}
	return []finding{f}, nil
}
