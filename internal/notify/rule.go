package notify

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/shelf"
)

// Rule says how some alerts are told. What it leaves open is as in the rule that holds where none was set: see Standard.
type Rule struct {
	ID            string   `json:"id"`
	Rep           string   `json:"rep,omitempty"`              // whose alerts; "" for everybody's
	Goal          string   `json:"goal,omitempty"`             // alerts about which goal; "" for all
	Kinds         []string `json:"kinds,omitempty"`            // which kinds; none for all
	Off           bool     `json:"off,omitempty"`              // such alerts are shown and not sent
	Statuses      []string `json:"statuses,omitempty"`         // of pace: which new statuses are sent
	Destinations  []string `json:"destinations,omitempty"`     // where to; none: the rep's own and everybody's
	QuietFrom     string   `json:"quiet_from,omitempty"`       // local time of day from which nothing is sent
	QuietTo       string   `json:"quiet_to,omitempty"`         // until when; the same as QuietFrom: never quiet
	DailyCap      *int     `json:"daily_cap,omitempty"`        // messages a day and destination at most; what is more goes into the digest
	Digest        string   `json:"digest,omitempty"`           // always or overflow: what goes into the daily digest
	DigestAt      string   `json:"digest_at,omitempty"`        // local time of day at which the digest is sent
	EscalateAfter *int     `json:"escalate_minutes,omitempty"` // until an alert that nobody took notice of goes to the partner; 0: never
	By            string   `json:"by,omitempty"`               // of no_activity: the local time of day
	Below         *float64 `json:"below,omitempty"`            // of blocks_unfilled: the share below which to tell
}

// The uses of a digest.
const (
	DigestAlways   = "always"
	DigestOverflow = "overflow"
)

// Standard is the rule that holds where none was set: quiet from eight in the evening to seven, ten messages a day, what
// is more in a digest at eight, to the partner after a day; of goals, every change of status but into being ahead.
func Standard() Rule {
	daily, escalate, below := 10, 24*60, 0.5
	return Rule{
		ID: "standard", QuietFrom: "20:00", QuietTo: "07:00", DailyCap: &daily, Digest: DigestOverflow, DigestAt: "08:00",
		EscalateAfter: &escalate, By: "11:00", Below: &below,
		Statuses: []string{events.OffTrack, events.AtRisk, events.OnTrack, events.Achieved, events.Missed},
	}
}

// statuses returns the statuses whose beginning can be sent.
func statuses() []string {
	return []string{events.OffTrack, events.AtRisk, events.OnTrack, events.Ahead, events.Achieved, events.Missed}
}

// Sends tells whether the rule sends an alert at all. That a goal is on track again is news after it was not: after it was
// ahead it is sent only where being ahead is.
func (r Rule) Sends(a Alert) bool {
	if r.Off || a.Kind != events.AlertPace {
		return !r.Off
	}
	fromAhead := a.Status == events.OnTrack && a.Before == events.Ahead
	return slices.Contains(r.Statuses, a.Status) && (!fromAhead || slices.Contains(r.Statuses, events.Ahead))
}

// matches tells whether the rule is about such an alert, and how closely: the higher, the closer.
func (r Rule) matches(kind, rep, goal string) (closeness int, ok bool) {
	for _, c := range []struct {
		names  bool
		fits   bool
		weight int
	}{
		{r.Goal != "", r.Goal == goal, 4},
		{r.Rep != "", r.Rep == rep, 2},
		{len(r.Kinds) > 0, slices.Contains(r.Kinds, kind), 1},
	} {
		if c.names && !c.fits {
			return 0, false
		}
		if c.names {
			closeness += c.weight
		}
	}
	return closeness, true
}

// over returns the rule with what it leaves open taken from another.
func (r Rule) over(base Rule) Rule {
	text := func(own *string, other string) {
		if *own == "" {
			*own = other
		}
	}
	if r.QuietFrom == "" {
		r.QuietFrom, r.QuietTo = base.QuietFrom, base.QuietTo
	}
	text(&r.Digest, base.Digest)
	text(&r.DigestAt, base.DigestAt)
	text(&r.By, base.By)
	if r.DailyCap == nil {
		r.DailyCap = base.DailyCap
	}
	if r.EscalateAfter == nil {
		r.EscalateAfter = base.EscalateAfter
	}
	if r.Below == nil {
		r.Below = base.Below
	}
	if len(r.Statuses) == 0 {
		r.Statuses = base.Statuses
	}
	if len(r.Destinations) == 0 {
		r.Destinations = base.Destinations
	}
	return r
}

// Choose returns the rule for an alert: of those that are about it the closest, over the wider ones, over Standard.
func Choose(rules []Rule, kind, rep, goal string) Rule {
	type match struct {
		rule      Rule
		closeness int
	}
	var found []match
	for _, r := range rules {
		if n, ok := r.matches(kind, rep, goal); ok {
			found = append(found, match{r, n})
		}
	}
	slices.SortStableFunc(found, func(x, y match) int { return x.closeness - y.closeness })
	chosen := Standard()
	for _, m := range found {
		chosen = m.rule.over(chosen)
	}
	return chosen
}

// NotBefore returns the first instant from t on at which the rule is not quiet, in the calendar's zone.
func (r Rule) NotBefore(t time.Time, cal calendar.Calendar) time.Time {
	from, to := clock(r.QuietFrom), clock(r.QuietTo)
	day := cal.DayOf(t)
	since := func(d calendar.Day, at time.Duration) time.Time {
		y, m, dom := d.Time().Date()
		return time.Date(y, m, dom, int(at/time.Hour), int(at%time.Hour/time.Minute), 0, 0, cal.Location())
	}
	switch {
	case from == to:
		return t
	case from < to: // quiet within a day
		if !t.Before(since(day, from)) && t.Before(since(day, to)) {
			return since(day, to)
		}
	case t.Before(since(day, to)):
		return since(day, to)
	case !t.Before(since(day, from)):
		return since(day+1, to)
	}
	return t
}

// DigestAfter returns when the digest after t is sent.
func (r Rule) DigestAfter(t time.Time, cal calendar.Calendar) time.Time {
	at := At(cal, cal.DayOf(t), r.DigestAt)
	if !at.After(t) {
		at = At(cal, cal.DayOf(t)+1, r.DigestAt)
	}
	return at
}

// At returns the instant at which the clock shows a time of day such as 11:00 on a day.
func At(cal calendar.Calendar, day calendar.Day, clockTime string) time.Time {
	y, m, d := day.Time().Date()
	at := clock(clockTime)
	return time.Date(y, m, d, int(at/time.Hour), int(at%time.Hour/time.Minute), 0, 0, cal.Location())
}

// clock reads a time of day such as 20:00; what cannot be read is midnight.
func clock(s string) time.Duration {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}

// Check says what is wrong with a rule.
func (r Rule) Check(known []Destination) (faults []Fault) {
	bad := func(field, detail string) { faults = append(faults, Fault{field, detail}) }
	for i, k := range r.Kinds {
		if !slices.Contains(events.AlertKinds(), k) {
			bad(fmt.Sprint("kinds/", i), "must be one of "+strings.Join(events.AlertKinds(), ", "))
		}
	}
	for i, s := range r.Statuses {
		if !slices.Contains(statuses(), s) {
			bad(fmt.Sprint("statuses/", i), "must be one of "+strings.Join(statuses(), ", "))
		}
	}
	for i, id := range r.Destinations {
		if !slices.ContainsFunc(known, func(d Destination) bool { return d.ID == id }) {
			bad(fmt.Sprint("destinations/", i), "is no destination; see GET /v1/destinations")
		}
	}
	for field, at := range map[string]string{"quiet_from": r.QuietFrom, "quiet_to": r.QuietTo, "digest_at": r.DigestAt, "by": r.By} {
		if _, err := time.Parse("15:04", at); at != "" && (err != nil || len(at) != 5) {
			bad(field, "must be a time of day such as \"20:00\"")
		}
	}
	if (r.QuietFrom == "") != (r.QuietTo == "") {
		bad("quiet_to", "is required with quiet_from, and the other way round")
	}
	if r.Digest != "" && r.Digest != DigestAlways && r.Digest != DigestOverflow {
		bad("digest", "must be always or overflow")
	}
	if r.DailyCap != nil && (*r.DailyCap < 0 || *r.DailyCap > 1000) {
		bad("daily_cap", "must be 0 to 1000")
	}
	if r.EscalateAfter != nil && (*r.EscalateAfter < 0 || *r.EscalateAfter > 60*24*31) {
		bad("escalate_minutes", "must be 0 (never) to 44640 (31 days)")
	}
	if r.Below != nil && (*r.Below < 0 || *r.Below > 1) {
		bad("below", "must be a share from 0 to 1")
	}
	return faults
}

// Rules keeps rules. It is safe for concurrent use.
type Rules struct {
	shelf *shelf.Shelf[Rule]

	mu       sync.Mutex
	versions map[string]uint64 // by org
}

// OpenRules returns the rules that a bucket keeps, which is watched until ctx ends.
func OpenRules(ctx context.Context, b shelf.Bucket) (*Rules, error) {
	rs := &Rules{versions: map[string]uint64{}}
	var err error
	rs.shelf, err = shelf.Open[Rule](ctx, b, func(org, _ string) {
		rs.mu.Lock()
		defer rs.mu.Unlock()
		rs.versions[org]++
	})
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	return rs, nil
}

// Version returns a number that is another one after each change of an org's rules, as long as the process lives.
func (rs *Rules) Version(org string) uint64 {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.versions[org]
}

// List returns an org's rules.
func (rs *Rules) List(org string) []Rule {
	if all := rs.shelf.All(org); all != nil {
		return all
	}
	return []Rule{}
}

// Add keeps a new rule.
func (rs *Rules) Add(ctx context.Context, org string, r Rule) (Rule, error) {
	r.ID = strings.ToLower(rand.Text()[:10])
	return r, rs.shelf.Create(ctx, org, r.ID, r)
}

// Remove forgets a rule; ok is false if there is none of that id.
func (rs *Rules) Remove(ctx context.Context, org, id string) (ok bool, err error) {
	if _, ok := rs.shelf.Get(org, id); !ok {
		return false, nil
	}
	return true, rs.shelf.Delete(ctx, org, id)
}
