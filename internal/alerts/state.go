package alerts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"milemarker/events"
	"milemarker/internal/pace"
	"milemarker/projections"
)

// state is what was seen of a matter, as it is kept.
type state struct {
	Matter string     `json:"matter"`
	Kind   string     `json:"kind"`
	Times  int64      `json:"times"`            // how often it was raised
	Watch  pace.Watch `json:"watch,omitzero"`   // of a goal
	Raised string     `json:"raised,omitempty"` // id of the alert that goes on, "" for none
	Rep    string     `json:"rep,omitempty"`
	Since  time.Time  `json:"since,omitzero"` // since when it was seen without having been raised
	Next   *recording `json:"next,omitempty"` // what is about to be recorded
}

// recording is an event as it will be recorded, with all of its content: so that it is the same after a crash.
type recording struct {
	ID   string          `json:"id"`
	Type string          `json:"type"`
	Time time.Time       `json:"time"`
	Rep  string          `json:"rep,omitempty"`
	Team string          `json:"team,omitempty"`
	Data json.RawMessage `json:"data"`
}

// newRecording names an event by the matter and the how-manieth time it is.
func newRecording(typ, matter string, times int64, at time.Time, payload any) (*recording, error) {
	data, err := json.Marshal(payload)
	if err != nil {
		return nil, fmt.Errorf("%s of %s: %w", typ, matter, err)
	}
	id := typ + "/" + matter + "/" + strconv.FormatInt(times, 10)
	if len(id) > 200 { // a goal's id may be long
		id = typ + "/" + short(matter) + "/" + strconv.FormatInt(times, 10)
	}
	return &recording{ID: id, Type: typ, Time: at.UTC().Truncate(time.Microsecond), Data: data}, nil
}

// short returns a name for a matter that can be a key.
func short(matter string) string {
	sum := sha256.Sum256([]byte(matter))
	return hex.EncodeToString(sum[:16])
}

// record records what a state says is next, and keeps the state after it. Both may have happened before.
func (k *keeper) record(ctx context.Context, org string, s state) error {
	n := *s.Next
	receipts, err := k.deps.Recorder.Record(ctx, org, []events.Draft{{
		ID: n.ID, Source: told, Type: n.Type, Time: n.Time, Rep: n.Rep, Team: n.Team, Data: n.Data,
	}})
	if err != nil {
		return fmt.Errorf("record %s: %w", n.ID, err)
	}
	switch r := receipts[0]; r.Outcome {
	case events.Rejected:
		// Kept from being tried for ever; what was to be said is in the log.
		k.deps.Logger.ErrorContext(ctx, "alert cannot be recorded", "org", org, "event", n.ID, "violations", r.Violations)
	case events.Conflict:
		// Another instance was faster: what it recorded counts.
		k.deps.Logger.InfoContext(ctx, "alert was recorded by another", "org", org, "event", n.ID)
	default:
	}
	s.Next = nil
	if n.Type == events.TypeAlertResolved {
		s.Raised = ""
	} else {
		s.Raised = n.ID
	}
	return k.save(ctx, org, s)
}

// announce keeps what is about to be recorded, then records it.
func (k *keeper) announce(ctx context.Context, org string, s state, next *recording) error {
	s.Next = next
	if err := k.save(ctx, org, s); err != nil {
		return err
	}
	return k.record(ctx, org, s)
}

func (k *keeper) save(ctx context.Context, org string, s state) error {
	if err := k.states.Put(ctx, org, short(s.Matter), s); err != nil {
		return fmt.Errorf("state of %s: %w", s.Matter, err)
	}
	return nil
}

// recall returns what was seen of a matter before.
func (k *keeper) recall(org, matter string) state {
	s, _ := k.states.Get(org, short(matter))
	s.Matter = matter
	return s
}

// resume records what was about to be recorded when an instance was cut short.
func (k *keeper) resume(ctx context.Context, org string) error {
	for _, s := range k.states.All(org) {
		if s.Next == nil {
			continue
		}
		if err := k.record(ctx, org, s); err != nil {
			return err
		}
	}
	return nil
}

// seenGoal takes in how a goal stands, and announces a change of its status.
func (k *keeper) seenGoal(ctx context.Context, l *look, i int) error {
	st := l.standings[i]
	s := k.recall(l.org, "pace/"+st.Goal.ID)
	s.Kind = events.AlertPace
	before := s.Watch
	after, change, announced := s.Watch.See(st.Pace.Status, l.now, k.cfg.Hold, st.Working)
	s.Watch = after
	if at, pending := after.Due(k.cfg.Hold, st.Working); pending {
		l.again(at)
	}
	if at, turns := l.turns(st); turns {
		l.again(at)
	}
	nothing := st.Goal.Direction == events.AtLeast && st.Terms.Target <= 0 // there was nothing to do
	quiet := change.To == pace.Abandoned || nothing || change.From == "" && (change.To == pace.OnTrack || change.To == pace.Ahead)
	if !announced || quiet {
		if after == before {
			return nil
		}
		return k.save(ctx, l.org, s)
	}
	s.Times++
	next, err := newRecording(events.TypePaceChanged, "pace/"+st.Goal.ID, s.Times, change.Since, events.PaceChanged{
		Goal: st.Goal.ID, From: fromStatus(change.From), To: string(change.To), Actual: st.Pace.Actual, Expected: st.Pace.Expected,
		Currency: st.Currency, Position: int64(l.position),
	})
	if err != nil {
		return err
	}
	switch st.Goal.Owner.OwnerKind {
	case events.OwnerRep:
		next.Rep = st.Goal.Owner.Owner
	case events.OwnerTeam:
		next.Team = st.Goal.Owner.Owner
	}
	return k.announce(ctx, l.org, s, next)
}

// fromStatus leaves out what is no status of a goal that is watched.
func fromStatus(s pace.Status) string {
	if s == pace.Abandoned {
		return ""
	}
	return string(s)
}

// verdict says whether a matter is so.
type verdict int

// The verdicts. Unsure leaves everything as it is: the band between raising and resolving.
const (
	no verdict = iota
	yes
	unsure
)

// finding is what a look found of a matter other than a goal's pace.
type finding struct {
	matter string
	kind   string
	rep    string
	goal   string
	is     verdict
	hold   time.Duration // how long it must have been so in working time before it is raised
	since  time.Time     // when it began; zero for when it was first seen
	says   string
	see    string
}

// seen takes in a finding, and announces it or its end.
func (k *keeper) seen(ctx context.Context, l *look, f finding) error {
	s := k.recall(l.org, f.matter)
	s.Kind, s.Rep = f.kind, f.rep
	switch {
	case f.is == unsure, f.is == yes && s.Raised != "", f.is == no && s.Raised == "" && s.Since.IsZero():
		return nil
	case f.is == no && s.Raised != "":
		return k.resolve(ctx, l, s)
	case f.is == no:
		s.Since = time.Time{}
		return k.save(ctx, l.org, s)
	case s.Since.IsZero() && f.hold > 0:
		s.Since = l.now
		l.holds(f, s)
		return k.save(ctx, l.org, s)
	case f.hold > 0 && l.working(f.rep).Between(s.Since, l.now) < f.hold:
		l.holds(f, s)
		return nil
	}
	began := f.since
	if began.IsZero() {
		began = s.Since
	}
	if began.IsZero() {
		began = l.now
	}
	s.Times++
	s.Since = time.Time{}
	next, err := newRecording(events.TypeAlertRaised, f.matter, s.Times, began, events.AlertRaised{
		Matter: f.matter, Kind: f.kind, Times: s.Times, Says: f.says, Goal: f.goal, See: f.see,
	})
	if err != nil {
		return err
	}
	next.Rep = f.rep
	return k.announce(ctx, l.org, s, next)
}

// resolve announces that a matter is over.
func (k *keeper) resolve(ctx context.Context, l *look, s state) error {
	next, err := newRecording(events.TypeAlertResolved, s.Matter, s.Times, l.now, events.AlertResolved{
		Alert: s.Raised, Matter: s.Matter,
	})
	if err != nil {
		return err
	}
	next.Rep = s.Rep
	return k.announce(ctx, l.org, s, next)
}

// over resolves what was raised and was not found again by a look at its kind.
func (k *keeper) over(ctx context.Context, l *look, found, kinds map[string]bool) error {
	for _, s := range k.states.All(l.org) {
		if s.Raised == "" || s.Kind == events.AlertPace || !kinds[s.Kind] || found[s.Matter] {
			continue
		}
		if err := k.resolve(ctx, l, s); err != nil {
			return err
		}
	}
	return nil
}

// activity are the types of events that count as having done something.
func activity() map[projections.Dimension][]string {
	var types []string
	for _, typ := range events.Types() {
		switch events.KindOf(typ) {
		case events.KindLead, events.KindCall, events.KindAppointment, events.KindProposal, events.KindSignup:
			types = append(types, typ)
		default:
		}
	}
	return map[projections.Dimension][]string{projections.ByType: append(types, events.TypeTimeLogged)}
}
