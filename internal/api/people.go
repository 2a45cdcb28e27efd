package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/projections"
)

// People is what the read models know of who is one person.
type People interface {
	// Persons returns all ids of the persons whom some ids stand for. An id that is absent stands for itself.
	Persons(ctx context.Context, q projections.PersonQuery) ([]projections.Person, error)
	// Apart returns ids that join nobody.
	Apart(ctx context.Context, q projections.ApartQuery) ([]projections.Person, error)
	// Links returns the links that stand and name one of some ids, newest first.
	Links(ctx context.Context, q projections.LinkQuery) ([]projections.LinkRow, error)
	// Journey returns the stages that a person reached, in the order of time.
	Journey(ctx context.Context, q projections.JourneyQuery) ([]projections.JourneyRow, error)
	// Erased returns the event that first erased each of some ids; those that were not erased are absent.
	Erased(ctx context.Context, q projections.ErasedQuery) (map[string]string, error)
}

// Seals opens what the ledger has sealed, and knows people by their identities.
type Seals interface {
	// Open returns the private fields of an event, nil if it has none. The error is fs.ErrNotExist when the person was
	// erased.
	Open(ctx context.Context, e events.Event) (json.RawMessage, error)
	// ProspectID returns the id of the person with an identity of a kind (phone, email, external_id), or an error that is
	// fs.ErrInvalid and may be shown.
	ProspectID(ctx context.Context, org, kind, text string) (string, error)
}

// peopleRoutes mounts what shows people, joins and parts them, and erases them; and the reps.
func (s *server) peopleRoutes(e *echo.Echo) {
	e.GET("/v1/people", s.people(s.findPeople))
	e.GET("/v1/people/apart", s.people(s.listApart))
	e.GET("/v1/people/:id", s.people(s.onePerson))
	e.POST("/v1/people/:id", s.keyed(access.ScopePeople, s.changePerson))
	e.GET("/v1/erasures", s.keyed(access.ScopeAdmin, s.listErasures))
	e.GET("/v1/reps", s.asked(s.listReps))
	e.PUT("/v1/reps/:id", s.keyed(access.ScopeAdmin, s.declareRep))
}

// people lets through who holds a key that may see who people are, once the read models have passed min_position.
func (s *server) people(next func(ask) error) echo.HandlerFunc {
	return s.keyed(access.ScopePeople, func(c echo.Context, caller access.Caller) error {
		a, err := s.ask(c, caller)
		if err != nil {
			return err
		}
		return next(a)
	})
}

// group is the ids of one person.
type group struct {
	lead   string
	ids    []projections.Person // in the order of ids; one at least
	erased map[string]string    // id -> event that erased it
}

func (g group) prospects() []string {
	out := make([]string, len(g.ids))
	for i, p := range g.ids {
		out[i] = p.Prospect
	}
	return out
}

// group returns the person whom an id stands for.
func (s *server) group(a ask, id string) (group, error) {
	ids, err := s.deps.People.Persons(a.ctx(), projections.PersonQuery{Org: a.caller.Org, Prospects: []string{id}})
	if err != nil {
		return group{}, err
	}
	g := group{lead: id, ids: ids}
	if len(ids) == 0 {
		g.ids = []projections.Person{{Prospect: id, Person: id}}
	} else {
		g.lead = ids[0].Person
	}
	g.erased, err = s.deps.People.Erased(a.ctx(), projections.ErasedQuery{Org: a.caller.Org, Prospects: g.prospects()})
	return g, err
}

// personView is one person as shown.
type personView struct {
	ID         string         `json:"id"` // the leading id
	Erased     bool           `json:"erased,omitempty"`
	ErasedBy   string         `json:"erased_by,omitempty"` // id of the event that says so
	Name       string         `json:"name,omitempty"`
	Company    string         `json:"company,omitempty"`
	Title      string         `json:"title,omitempty"`
	Address    string         `json:"address,omitempty"`
	Identities []identityView `json:"identities"`
	OpenStage  string         `json:"open_stage,omitempty"`
	Journey    []reachedView  `json:"journey"`
	Links      []linkView     `json:"links"`
	Events     []eventView    `json:"events"`
	More       string         `json:"more,omitempty"` // where the events go on
}

// identityView is one id of a person. What it is is told as far as an event that can be opened says it.
type identityView struct {
	Prospect string `json:"prospect"`
	Kind     string `json:"kind,omitempty"`
	Value    string `json:"value,omitempty"`
	Apart    string `json:"apart,omitempty"` // why it joins nobody: crowded or shared
}

type reachedView struct {
	Stage  string    `json:"stage"`
	At     time.Time `json:"at"`
	Event  string    `json:"event"`
	Rep    string    `json:"rep,omitempty"`
	Source string    `json:"source,omitempty"`
}

// linkView is what an event says of two ids of a person.
type linkView struct {
	Event     string               `json:"event"`
	Kind      projections.LinkKind `json:"kind"`
	Prospects [2]string            `json:"prospects"`
	Position  uint64               `json:"position"`
}

const (
	maxLinks  = 500 // shown of a person
	maxOpened = 500 // events that are looked at for what a person is called
)

// onePerson answers GET /v1/people/{id}.
func (s *server) onePerson(a ask) error {
	limit := a.query.number("limit", 50, s.cfg.MaxPage)
	if err := a.query.done(); err != nil {
		return err
	}
	id := pathID(a.Context)
	v, err := s.person(a, id, limit)
	if err != nil {
		return err
	}
	if v == nil {
		return failed(http.StatusNotFound, fmt.Sprintf("Nobody is known as %.200q up to position %d.", id, a.position),
			"Look for a person by phone, email or external_id at GET /v1/people.")
	}
	return a.JSON(http.StatusOK, map[string]any{"position": a.position, "person": v})
}

// findPeople answers GET /v1/people: who has one of the identities asked for.
func (s *server) findPeople(a ask) error {
	asked, found := map[string]string{}, []*personView{}
	for _, kind := range identityKinds() {
		if text := a.query.one(kind); text != "" {
			asked[kind] = text
		}
	}
	if len(asked) == 0 {
		a.query.fault("phone", "is required, or email, or external_id: whom to look for")
	}
	ids := []string{}
	for _, kind := range identityKinds() {
		text, given := asked[kind]
		if !given {
			continue
		}
		id, err := s.deps.Seals.ProspectID(a.ctx(), a.caller.Org, kind, text)
		switch {
		case errors.Is(err, fs.ErrInvalid):
			a.query.fault(kind, err.Error())
		case err != nil:
			return err
		default:
			ids = append(ids, id)
		}
	}
	if err := a.query.done(); err != nil {
		return err
	}
	for _, id := range ids {
		v, err := s.person(a, id, 10)
		if err != nil {
			return err
		}
		if v != nil && !slices.ContainsFunc(found, func(o *personView) bool { return o.ID == v.ID }) {
			found = append(found, v)
		}
	}
	return a.JSON(http.StatusOK, map[string]any{"position": a.position, "people": found})
}

// identityKinds are the kinds of identity, as the vault knows them and queries name them.
func identityKinds() []string { return []string{"phone", "email", "external_id"} }

// person returns what is known of the person whom an id stands for, nil if nothing is.
func (s *server) person(a ask, id string, limit int) (*personView, error) {
	g, err := s.group(a, id)
	if err != nil {
		return nil, err
	}
	if event, erased := g.erased[id]; erased {
		return &personView{
			ID: g.lead, Erased: true, ErasedBy: event,
			Identities: []identityView{}, Journey: []reachedView{}, Links: []linkView{}, Events: []eventView{},
		}, nil
	}
	rows, err := s.deps.Warehouse.Events(a.ctx(), projections.EventQuery{
		Org: a.caller.Org, Prospects: g.prospects(), Limit: maxOpened,
	})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 && len(g.ids) == 1 {
		return nil, nil
	}
	v := &personView{ID: g.lead, Links: []linkView{}, Journey: []reachedView{}}
	views := make([]eventView, len(rows))
	for i, r := range rows {
		views[i] = viewEvent(r)
	}
	if err := s.open(a, views); err != nil {
		return nil, err
	}
	if err := s.describe(a, v, g, views); err != nil {
		return nil, err
	}
	v.Events = views[:min(len(views), limit)]
	if len(views) > limit {
		v.More = "/v1/events?open=true&person=" + g.lead
	}
	return v, s.trace(a, v, g)
}

// trace adds the journey and the links of a person.
func (s *server) trace(a ask, v *personView, g group) error {
	stages, err := s.deps.People.Journey(a.ctx(), projections.JourneyQuery{Org: a.caller.Org, Person: g.lead})
	if err != nil {
		return err
	}
	for _, j := range stages {
		v.Journey = append(v.Journey, reachedView{
			Stage: j.Stage, At: time.UnixMicro(j.At).UTC(), Event: j.Event, Rep: j.Rep, Source: j.Source,
		})
	}
	v.OpenStage = openStage(v.Journey)
	links, err := s.deps.People.Links(a.ctx(), projections.LinkQuery{
		Org: a.caller.Org, Prospects: g.prospects(), Limit: maxLinks,
	})
	for _, l := range links {
		v.Links = append(v.Links, linkView{Event: l.Event, Kind: l.Kind, Prospects: [2]string{l.A, l.B}, Position: l.Position})
	}
	return err
}

// openStage returns the farthest stage of a journey that goes on, "" when it has come to its end.
func openStage(journey []reachedView) string {
	farthest := ""
	for _, stage := range projections.Progress() {
		if slices.ContainsFunc(journey, func(v reachedView) bool { return v.Stage == stage }) {
			farthest = stage
		}
	}
	for _, v := range journey {
		switch v.Stage {
		case "signup", "declined", "disqualified", "cancelled":
			return ""
		}
	}
	return farthest
}

// listApart answers GET /v1/people/apart: the identities that join nobody, for somebody to look at.
func (s *server) listApart(a ask) error {
	q := projections.ApartQuery{Org: a.caller.Org, Limit: a.query.number("limit", 100, s.cfg.MaxPage)}
	if err := a.query.done(); err != nil {
		return err
	}
	found, err := s.deps.People.Apart(a.ctx(), q)
	if err != nil {
		return err
	}
	list := []identityView{}
	for _, p := range found {
		list = append(list, identityView{Prospect: p.Prospect, Apart: apartWord(p.Apart)})
	}
	return a.JSON(http.StatusOK, map[string]any{"position": a.position, "identities": list, "max_beside": projections.MaxBeside})
}

func apartWord(apart int) string {
	switch apart {
	case projections.ApartCrowded:
		return "crowded"
	case projections.ApartShared:
		return "shared"
	}
	return ""
}
