package verify

import (
	"context"
	"strconv"
	"strings"
	"time"

	"milemarker/events"
	"milemarker/projections"
)

// count is what the ledger holds, in the form in which it is compared.
type count struct {
	groups  map[projections.Check]map[projections.Group]tally
	sums    sums
	people  people
	reached map[step]reached // of the prospects of the shard at hand
	names   map[string]string
}

func newCount() *count {
	c := &count{groups: map[projections.Check]map[projections.Group]tally{}, sums: newSums(), people: people{}, names: map[string]string{}}
	for _, check := range projections.Checks() {
		c.groups[check] = map[projections.Group]tally{}
	}
	return c
}

// step names a stage of a prospect.
type step struct{ org, prospect, stage string }

// reached is when a stage was first reached, and by which event.
type reached struct {
	at              time.Time
	id, rep, source string
}

func (r reached) before(o reached) bool { return r.at.Before(o.at) || r.at.Equal(o.at) && r.id < o.id }

// row adds one row to what is expected.
func (v *verification) row(check projections.Check, g projections.Group, key, text string) {
	if v.collect != nil {
		v.collect.add(check, g, key, text)
		return
	}
	t := v.count.groups[check][g]
	t.rows, t.sum = t.rows+1, t.sum+hashOf(key, text)
	g.Org, g.Name = v.count.name(g.Org), v.count.name(g.Name)
	v.count.groups[check][g] = t
}

// name returns a text that is held once, however often it is met.
func (c *count) name(s string) string {
	if kept, ok := c.names[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	c.names[s] = s
	return s
}

// recount goes through the ledger once for each shard of the prospects; everything else is counted in the first pass.
func (v *verification) recount(ctx context.Context) error {
	for key, void := range v.known.voids {
		if void.position <= v.seen.upTo {
			v.row(projections.CheckVoids, projections.Group{Org: key.org}, key.id, join(void.id, number(void.position)))
		}
	}
	for shard := range v.shards {
		v.count.reached = map[step]reached{}
		err := v.scan(ctx, func(f events.Frame) error { return v.add(f, shard) })
		if err != nil {
			return err
		}
		for s, r := range v.count.reached {
			v.row(projections.CheckJourneys, projections.Group{Org: s.org, Name: dayOf(r.at)}, join(s.prospect, s.stage),
				join(micros(r.at), r.id, r.rep, r.source))
		}
	}
	return nil
}

// add counts one message.
func (v *verification) add(f events.Frame, shard int) error {
	if v.known.skip[f.Position] {
		return nil
	}
	e, err := events.Decode(f.Body)
	if err != nil {
		return err
	}
	fact, err := events.Facts(e)
	if err != nil {
		return err
	}
	void, voided := v.known.voids[target{e.Org, e.ID}]
	voided = voided && e.Type != events.TypeEventVoided // a void is final
	now := f.Position <= v.seen.upTo                    // is it part of what is compared?
	gone := voided && void.position <= v.seen.upTo
	if e.Prospect != "" && now {
		v.steps(f.Position, e, fact, shard, gone)
	}
	if shard > 0 {
		return nil
	}
	until := events.Position(0)
	if voided {
		until = max(void.position, f.Position) // one that came first: it never held
	}
	if err := v.links(f.Position, e, until); err != nil {
		return err
	}
	if now {
		v.report.Events++
		if gone {
			v.report.Voids++
		}
		if err := v.declaration(f.Position, e); err != nil {
			return err
		}
	}
	where := v.placeOf(e.Org)
	day, team := where.calendar.DayOf(e.Time), e.Team
	if team == "" {
		team = where.teams[e.Rep]
	}
	if now {
		v.row(projections.CheckEvents, projections.Group{Org: e.Org, Name: day.String()}, number(f.Position),
			eventText(e, fact, team))
	}
	if v.collect != nil {
		return nil
	}
	key := v.count.key(e, fact, team, day)
	one := sum{1, fact.Amount, yearly(fact), fact.Seconds, yes(fact.UpsellOffered), yes(fact.UpsellTaken)}
	switch {
	case gone && now:
	case now:
		v.count.sums.add(key, one)
	case !voided || void.position > f.Position:
		v.count.sums.later(key, f.Position, one)
	}
	if voided && !gone && void.position > f.Position { // it counted until then
		v.count.sums.later(key, void.position, one.negative())
	}
	return nil
}

// steps counts the stages that an event brings its prospect to.
func (v *verification) steps(at events.Position, e events.Event, fact events.Fact, shard int, gone bool) {
	stages := []string{projections.Stage(e.Type, fact.Outcome)}
	if stages[0] == "" {
		return
	}
	if stages[0] == "conversation" {
		stages = append(stages, "attempt")
	}
	mine := hashOf(e.Org, e.Prospect)%uint64(v.shards) == uint64(shard)
	for _, stage := range stages {
		if shard == 0 {
			v.row(projections.CheckSteps, projections.Group{Org: e.Org, Name: dayOf(e.Time)}, join(number(at), stage),
				join(e.Prospect, micros(e.Time), e.ID, e.Rep, e.Team, fact.Source))
		}
		if gone || !mine {
			continue
		}
		name := v.count.name
		s := step{name(e.Org), strings.Clone(e.Prospect), name(stage)}
		r := reached{e.Time, strings.Clone(e.ID), name(e.Rep), name(fact.Source)}
		if was, ok := v.count.reached[s]; !ok || r.before(was) {
			v.count.reached[s] = r
		}
	}
}

func (v *verification) declaration(at events.Position, e events.Event) error {
	switch kind := events.KindOf(e.Type); {
	case kind == events.KindGoal, kind == events.KindRoutine, kind == events.KindCalendar, kind == events.KindAlert,
		kind == events.KindPeople:
	case e.Type == events.TypeOrgConfigured, e.Type == events.TypeTimeblockPlanned, e.Type == events.TypeTimeblockSkipped,
		e.Type == events.TypeTimeblockMoved, e.Type == events.TypePaceChanged:
	default:
		return nil
	}
	body, err := events.Encode(e)
	if err != nil {
		return err
	}
	v.row(projections.CheckDeclarations, projections.Group{Org: e.Org, Name: e.Type}, number(at), join(e.ID, string(body)))
	return nil
}

// eventText is the text of a row of events; see projections.CheckEvents.
func eventText(e events.Event, f events.Fact, team string) string {
	return join(e.ID, e.Type, string(f.Kind), micros(e.Time), micros(e.RecordedAt), number(yes(e.TimeInferred)),
		e.Rep, team, e.Team, e.Prospect, strings.Join(e.Aliases, " "), f.Outcome, f.Source, f.Campaign,
		f.Product, f.Currency, f.Amount.String(), yearly(f).String(), strconv.FormatInt(f.Seconds, 10),
		number(yes(f.UpsellOffered)), number(yes(f.UpsellTaken)), e.Source, strconv.Itoa(e.DataVersion), string(e.Data),
		e.Sealed, e.Digest, e.RecordedBy, e.Amends)
}

// yearly is what a recurring amount comes to in a year.
func yearly(f events.Fact) events.Decimal {
	times := map[string]events.Decimal{"week": 52, "month": 12, "quarter": 4}[f.RecurringInterval]
	return f.Recurring * max(times, 1)
}

func yes(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func join(texts ...string) string { return strings.Join(texts, projections.Separator) }

func number[T ~uint64](n T) string { return strconv.FormatUint(uint64(n), 10) }

func micros(t time.Time) string { return strconv.FormatInt(t.UnixMicro(), 10) }

func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }
