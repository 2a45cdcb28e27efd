package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/goals"
	"milemarker/internal/links"
	"milemarker/internal/notify"
	"milemarker/internal/routine"
	"milemarker/projections"
)

// Notices is what alerts, links and the live stream need. All are required where alerts are served.
type Notices struct {
	Links        *links.Links
	Destinations *notify.Destinations
	Rules        *notify.Rules
	Outbox       *notify.Outbox
	Opener       Opener
	Feed         Feed
	Calendar     Appointments
}

// Opener opens what is sealed in an event.
type Opener interface {
	// Private returns the private fields of an event, nil if it has none, or if they were erased.
	Private(ctx context.Context, e events.Event) (json.RawMessage, error)
}

// Appointments tells of appointments by when they are to be.
type Appointments interface {
	// Appointments returns events in the order of their positions.
	Appointments(ctx context.Context, q projections.AppointmentQuery) ([]events.Event, error)
}

// Feed is the ledger as it grows.
type Feed interface {
	// Last returns the position of the newest event.
	Last(ctx context.Context) (events.Position, error)
	// Follow hands every message from a position on to fn, until ctx ends or fn returns false.
	Follow(ctx context.Context, from events.Position, fn func(f events.Frame) bool)
}

// mountNotices adds the routes of alerts, time blocks, reviews, partners and the stream.
func (s *server) mountNotices(e *echo.Echo) {
	e.GET("/v1/time", s.asked(s.timeSpent))
	e.GET("/v1/timeblocks", s.asked(s.listBlocks))
	e.POST("/v1/timeblocks", s.keyed(access.ScopeIngest, s.planBlock))
	e.POST("/v1/timeblocks/:id", s.keyed(access.ScopeIngest, s.changeBlockDay))
	e.DELETE("/v1/timeblocks/:id", s.keyed(access.ScopeIngest, s.endBlock))
	e.GET("/v1/reviews", s.asked(s.listReviews))
	e.POST("/v1/reviews", s.keyed(access.ScopeIngest, s.holdReview))
	e.POST("/v1/reviews/skipped", s.keyed(access.ScopeIngest, s.skipReview))
	e.GET("/v1/reviews/agenda", s.asked(s.agenda))
	s.mountRoutines(e)
	e.GET("/v1/partners", s.asked(s.listPartners))
	e.POST("/v1/partners", s.keyed(access.ScopeIngest, s.linkPartner))
	e.DELETE("/v1/partners/:id", s.keyed(access.ScopeIngest, s.unlinkPartner))
	e.GET("/v1/links", s.keyed(access.ScopeAdmin, s.listLinks))
	e.POST("/v1/links", s.keyed(access.ScopeAdmin, s.addLink))
	e.DELETE("/v1/links/:id", s.keyed(access.ScopeAdmin, s.revokeLink))
	e.GET("/v1/alerts", s.asked(s.listAlerts))
	e.POST("/v1/alerts/:id", s.keyed(access.ScopeIngest, s.acknowledge))
	e.GET("/v1/mutes", s.asked(s.listMutes))
	e.POST("/v1/mutes", s.keyed(access.ScopeIngest, s.mute))
	e.DELETE("/v1/mutes/:id", s.keyed(access.ScopeIngest, s.unmute))
	e.GET("/v1/alert-rules", s.keyed(access.ScopeRead, s.listRules))
	e.POST("/v1/alert-rules", s.keyed(access.ScopeAdmin, s.addRule))
	e.DELETE("/v1/alert-rules/:id", s.keyed(access.ScopeAdmin, s.removeRule))
	e.GET("/v1/destinations", s.keyed(access.ScopeRead, s.listDestinations))
	e.POST("/v1/destinations", s.keyed(access.ScopeAdmin, s.addDestination))
	e.POST("/v1/destinations/:id", s.keyed(access.ScopeAdmin, s.tryDestination))
	e.DELETE("/v1/destinations/:id", s.keyed(access.ScopeAdmin, s.removeDestination))
	e.GET("/v1/alert-deliveries", s.keyed(access.ScopeRead, s.listAlertDeliveries))
	e.POST("/v1/alert-deliveries/:id", s.keyed(access.ScopeAdmin, s.retryAlertDelivery))
	e.GET("/v1/stream", s.keyed(access.ScopeRead, s.stream))
	e.GET("/feeds/:token", s.feed)
	e.GET("/shared/:token", s.shared)
	e.POST("/shared/:token/comments", s.comment)
}

// standings returns what tells how goals stand.
func (s *server) standingsDesk() goals.Desk {
	return goals.Desk{Reader: s.deps.Warehouse, Now: s.deps.Clock, Logger: s.deps.Logger}
}

// book reads an org's routine. Private fields are there when they are asked for, as far as they were not erased.
func (s *server) book(a ask, private bool) (routine.Book, error) {
	records, err := s.deps.Warehouse.Declarations(a.ctx(), projections.DeclarationQuery{Org: a.caller.Org, Types: routine.Types()})
	if err != nil {
		return routine.Book{}, err
	}
	if private {
		for i := range records {
			if records[i].Event.Data, err = s.opened(a.ctx(), records[i].Event); err != nil {
				return routine.Book{}, err
			}
		}
	}
	b, unread := routine.Fold(a.calendar, records)
	if unread != nil {
		s.deps.Logger.WarnContext(a.ctx(), "routine events left out", "org", a.caller.Org, "error", unread)
	}
	return b.WithTeams(a.settings.Teams), nil
}

// opened returns the whole payload of an event: what was erased stays away.
func (s *server) opened(ctx context.Context, e events.Event) (json.RawMessage, error) {
	if e.Sealed == "" {
		return e.Data, nil
	}
	private, err := s.deps.Notices.Opener.Private(ctx, e)
	if err != nil {
		return nil, err
	}
	return events.Merge(e.Data, private)
}

// readBody reads a JSON object into a T, whose fields are all that may be given.
func readBody[T any](c echo.Context) (v T, err error) {
	body, fields, err := readObject(c)
	if err != nil {
		return v, err
	}
	var known []string
	for f := range reflect.TypeFor[T]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		known = append(known, name)
	}
	var faults []fault
	for name := range fields {
		if !slices.Contains(known, name) {
			faults = append(faults, at("/"+name, "is not known; there are: "+strings.Join(known, ", ")))
		}
	}
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&v); err != nil {
		pointer, detail := "", "cannot be read"
		if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) {
			pointer, detail = "/"+strings.ReplaceAll(wrong.Field, ".", "/"), "must not be a "+wrong.Value
		}
		faults = append(faults, at(pointer, detail))
	}
	if len(faults) > 0 {
		slices.SortFunc(faults, func(x, y fault) int { return strings.Compare(*x.Pointer, *y.Pointer) })
		return v, badBody(faults)
	}
	return v, nil
}

// readEvent reads a payload of an event from the body, with the rep whose event it is beside it. Faults are told at once.
func (s *server) readEvent(c echo.Context, typ string) (d events.Draft, err error) {
	body, fields, err := readObject(c)
	if err != nil {
		return d, err
	}
	d = events.Draft{ID: "-", Source: told, Type: typ}
	var faults []fault
	if raw, given := fields["rep"]; given {
		if json.Unmarshal(raw, &d.Rep) != nil {
			faults = append(faults, at("/rep", "must be a text"))
		}
		delete(fields, "rep")
		if body, err = json.Marshal(fields); err != nil {
			return d, err
		}
	}
	d.Data = body
	checked, found := d.Check()
	if faults = append(faults, violations(found)...); len(faults) > 0 {
		return d, badBody(faults)
	}
	return checked, nil
}

// answerEvent records a draft and says what became of it.
func (s *server) answerEvent(c echo.Context, caller access.Caller, d events.Draft) error {
	d.RecordedBy = caller.KeyID
	r, err := s.record(c, caller.Org, d)
	if err != nil {
		return err
	}
	status := http.StatusCreated
	if r.Outcome == events.Duplicate {
		status = http.StatusOK
	}
	return c.JSON(status, r)
}

// newID returns an id that no other event of a type has.
func newID(typ string) string { return typ + "/" + strings.ToLower(rand.Text()[:16]) }

// notFound is the answer to an id that names nothing of its kind.
func notFound(what, id, see string) error {
	return failed(http.StatusNotFound, "There is no "+what+" "+quoted(id)+".", "See GET "+see+".")
}

func quoted(s string) string {
	b, err := json.Marshal(s[:min(len(s), 200)])
	if err != nil { // a text always marshals
		return ""
	}
	return string(b)
}

// instantOf returns the instants between which some days lie, in the calendar's zone.
func (a ask) instantsOf(days span) (from, to time.Time) {
	loc := a.calendar.Location()
	return days.from.In(loc), days.to.In(loc)
}

// encoded returns a query of pairs of name and value.
func encoded(pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return "?" + q.Encode()
}

// ofRep narrows a question down to one rep.
func (a ask) ofRep(rep string) map[projections.Dimension][]string {
	return map[projections.Dimension][]string{projections.ByRep: {rep}}
}
