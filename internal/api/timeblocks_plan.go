package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/calendar"
	"milemarker/internal/declared"
	"milemarker/internal/timeblocks"
)

// blockView is a block as it is planned now.
type blockView struct {
	Timeblock string    `json:"timeblock"`
	Rep       string    `json:"rep,omitempty"`
	Category  string    `json:"category"`
	Activity  string    `json:"activity,omitempty"`
	Capacity  int       `json:"capacity,omitempty"`
	StartsAt  time.Time `json:"starts_at"`
	EndsAt    time.Time `json:"ends_at"`
	RRule     string    `json:"rrule,omitempty"`
	Event     string    `json:"event"`

	Skips []calendar.Day `json:"skips"`
	Moves []movedView    `json:"moves"`
}

// movedView is an occurrence that takes place at another time than planned.
type movedView struct {
	Day      calendar.Day `json:"day"`
	StartsAt time.Time    `json:"starts_at"`
	EndsAt   time.Time    `json:"ends_at"`
}

func viewBlock(b timeblocks.Block) blockView {
	v := blockView{
		b.ID, b.Rep, b.Category, b.Activity, b.Capacity, b.Starts, b.Ends, b.Rule, b.Event,
		append([]calendar.Day{}, b.Skips...),
		[]movedView{},
	}
	for _, day := range slices.Sorted(maps.Keys(b.Moves)) {
		v.Moves = append(v.Moves, movedView{day, b.Moves[day].From, b.Moves[day].To})
	}
	return v
}

// listBlocks answers GET /v1/timeblocks: what is planned, and when it takes place within some days.
func (s *server) listBlocks(a ask) error {
	rep, days := a.query.one("rep"), a.query.days()
	if days.from == 0 {
		days.from = a.calendar.Bucket(calendar.Weekly, a.today())
	}
	if days.to == 0 {
		days.to = days.from + 7
	}
	if days.to-days.from > 366 {
		a.query.fault("to", "lies more than 366 days after from")
	}
	if err := a.query.done(); err != nil {
		return err
	}
	blocks, err := s.blocks(a, rep)
	if err != nil {
		return err
	}
	views := []blockView{}
	for _, b := range timeblocks.Standing(blocks) {
		views = append(views, viewBlock(b))
	}
	from, to := a.instantsOf(days)
	occurrences, err := s.takePlace(a, blocks, from, to)
	if err != nil {
		return err
	}
	if occurrences == nil {
		occurrences = []timeblocks.Occurrence{}
	}
	return a.JSON(http.StatusOK, map[string]any{"position": a.position, "timeblocks": views, "occurrences": occurrences})
}

// planBlock answers POST /v1/timeblocks: the body is the payload of timeblock.planned and the rep. The plan that stands
// already is not recorded again.
func (s *server) planBlock(c echo.Context, caller access.Caller) error {
	d, err := s.readEvent(c, events.TypeTimeblockPlanned)
	if err != nil {
		return err
	}
	var p events.TimeblockPlanned
	if err := json.Unmarshal(d.Data, &p); err != nil {
		return err
	}
	a, err := s.ask(c, caller)
	if err != nil {
		return err
	}
	if found := declared.Check(d, a.calendar); len(found) > 0 {
		return badBody(eventFaults(found))
	}
	blocks, err := s.blocks(a, "")
	if err != nil {
		return err
	}
	before := ""
	for _, b := range timeblocks.Standing(blocks) {
		if b.ID == p.Timeblock {
			before = b.Event
		}
	}
	d.ID = planID(d, before)
	if r, stands, err := s.standsAlready(a, d, before); err != nil || stands {
		return answerStanding(c, r, err)
	}
	return s.answerEvent(c, caller, d)
}

// standsAlready tells whether the event that a draft would take the place of says the same; "" is none.
func (s *server) standsAlready(a ask, d events.Draft, before string) (events.Receipt, bool, error) {
	if before == "" {
		return events.Receipt{}, false, nil
	}
	digest, err := s.deps.Recorder.Digest(a.ctx(), a.caller.Org, d)
	if err != nil {
		return events.Receipt{}, false, err
	}
	known, err := s.byID(a, before)
	if err != nil {
		return events.Receipt{}, false, err
	}
	row := known[before]
	same := row.Event.Digest == digest && row.Event.Rep == d.Rep && row.Event.Type == d.Type
	return events.Receipt{ID: before, Outcome: events.Duplicate, Position: row.Position}, same, nil
}

func answerStanding(c echo.Context, r events.Receipt, err error) error {
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, r)
}

// planID names a plan by what it is and what it takes the place of.
func planID(d events.Draft, before string) string {
	sum := sha256.Sum256([]byte(d.Rep + "\x00" + before + "\x00" + string(d.Data)))
	return d.Type + "/" + hex.EncodeToString(sum[:12])
}

// endBlock answers DELETE /v1/timeblocks/{id}: a row of blocks ends now, what was before stays; a block that is yet to
// come is taken back.
func (s *server) endBlock(c echo.Context, caller access.Caller) error {
	a, err := s.ask(c, caller)
	if err != nil {
		return err
	}
	blocks, err := s.blocks(a, "")
	if err != nil {
		return err
	}
	id := pathID(c)
	var last timeblocks.Block
	var drafts []events.Draft
	for _, b := range blocks {
		if b.ID == id {
			last = b
			drafts = append(drafts, voidOf(b.Event, "taken off the calendar", caller))
		}
	}
	if len(drafts) == 0 {
		return notFound("time block", id, "/v1/timeblocks")
	}
	if last.Rule != "" && last.Starts.Before(a.now) {
		data, err := json.Marshal(events.TimeblockPlanned{
			Timeblock: last.ID, Category: last.Category, StartsAt: last.Starts, EndsAt: last.Ends, Activity: last.Activity,
			Capacity: int64(last.Capacity), RRule: endedRule(last.Rule, a.now),
		})
		if err != nil {
			return err
		}
		d := events.Draft{Source: told, Type: events.TypeTimeblockPlanned, Rep: last.Rep, Data: data}
		d.ID = planID(d, last.Event)
		drafts = []events.Draft{d}
	}
	if err := s.recordAll(c, caller, drafts); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// endedRule returns a rule that runs until an instant.
func endedRule(rule string, at time.Time) string {
	parts := slices.DeleteFunc(strings.Split(rule, ";"), func(p string) bool {
		return strings.HasPrefix(p, "UNTIL=") || strings.HasPrefix(p, "COUNT=")
	})
	return strings.Join(append(parts, "UNTIL="+at.UTC().Format("20060102T150405Z")), ";")
}

// recordAll records drafts together; a repetition is fine.
func (s *server) recordAll(c echo.Context, caller access.Caller, drafts []events.Draft) error {
	receipts, err := s.deps.Recorder.RecordTogether(c.Request().Context(), caller.Org, drafts)
	if err != nil {
		return err
	}
	for _, r := range receipts {
		if r.Outcome == events.Rejected && len(r.Violations) > 0 {
			return badBody(violations(r.Violations))
		}
	}
	return nil
}
