package api

import (
	"encoding/json"
	"net/http"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/routine"
)

// routineView is which reviews an owner holds.
type routineView struct {
	Position events.Position   `json:"position"`
	Owner    string            `json:"owner"` // org, team/x or rep/y
	Chain    []string          `json:"falls_back_on"`
	Own      *[]routine.Rhythm `json:"own"`             // what the owner chose, null for nothing
	Event    string            `json:"event,omitempty"` // by which it chose: voided, it falls back again
	Lead     string            `json:"lead,omitempty"`
	Rhythms  []routine.Rhythm  `json:"rhythms"`             // as they come out
	ChosenBy string            `json:"chosen_by,omitempty"` // absent: those of which one was ever held
	Members  []string          `json:"members,omitempty"`   // of a team or the org
	Reviews  string            `json:"reviews"`             // where they are
}

// mountRoutines adds the routes of who holds which reviews: what a rep has not chosen is as with its team, then the org.
func (s *server) mountRoutines(e *echo.Echo) {
	for _, path := range []string{"/v1/routines/org", "/v1/routines/:kind/:name"} {
		e.GET(path, s.asked(s.oneRoutine))
		e.PUT(path, s.keyed(access.ScopeIngest, s.setRoutine))
	}
}

// routineOwner reads the owner that a path names: org, team/x or rep/y.
func routineOwner(c echo.Context) (events.Owner, error) {
	owner, err := ownerOf(c)
	if err != nil {
		return owner, failed(http.StatusNotFound, "There is no such routine.",
			"There are /v1/routines/org, /v1/routines/team/{name} and /v1/routines/rep/{name}.")
	}
	return owner, nil
}

// oneRoutine answers GET /v1/routines/org, /team/{name} and /rep/{name}.
func (s *server) oneRoutine(a ask) error {
	owner, err := routineOwner(a.Context)
	if err != nil {
		return err
	}
	if err := a.query.done(); err != nil {
		return err
	}
	book, err := s.book(a, false)
	if err != nil {
		return err
	}
	rhythms, by := book.Holds(owner)
	v := routineView{
		Position: a.position, Owner: ownerPath(owner), Chain: []string{}, Rhythms: append([]routine.Rhythm{}, rhythms...),
		Lead: book.Lead(owner), Members: []string{}, Reviews: "/v1/reviews" + encoded(owner.OwnerKind, owner.Owner),
	}
	if owner.OwnerKind == events.OwnerOrg {
		v.Reviews = "/v1/reviews?org=true"
	}
	if by.OwnerKind != "" {
		v.ChosenBy = ownerPath(by)
	}
	for _, o := range book.FallsBackOn(owner) {
		v.Chain = append(v.Chain, ownerPath(o))
	}
	if own, ok := book.Chosen(owner); ok {
		v.Own, v.Event = &own.Rhythms, own.Event
	}
	if owner.OwnerKind != events.OwnerRep {
		v.Members = book.Members(owner)
	}
	return a.JSON(http.StatusOK, v)
}

// setRoutine answers PUT /v1/routines/...: which reviews the owner holds from now on and, of a team's or the org's, who leads
// them. Those whom it holds for as well, as they chose none themselves, follow.
func (s *server) setRoutine(c echo.Context, caller access.Caller) error {
	owner, err := routineOwner(c)
	if err != nil {
		return err
	}
	wanted, err := readBody[struct {
		Rhythms *[]routine.Rhythm `json:"rhythms"`
		Lead    string            `json:"lead"`
		Note    string            `json:"note"`
	}](c)
	if err != nil {
		return err
	}
	var faults []fault
	if wanted.Rhythms == nil {
		faults = append(faults, at("/rhythms", "is required: which reviews are held; none, as [], lets the routine rest"))
	}
	p := events.RoutineSet{Note: wanted.Note}
	lead := wanted.Lead
	switch {
	case owner.OwnerKind != events.OwnerRep:
		p.Whose = events.Whose(owner)
	case lead != "" && lead != owner.Owner:
		faults = append(faults, at("/lead", "is for a team or the org: a rep leads its own reviews"))
	default:
		lead = owner.Owner
	}
	if len(faults) > 0 {
		return badBody(faults)
	}
	for _, r := range *wanted.Rhythms {
		p.Rhythms = append(p.Rhythms, string(r))
	}
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	d, found := events.Draft{ID: "-", Source: told, Type: events.TypeRoutineSet, Rep: lead, Data: data}.Check()
	if len(found) > 0 {
		return badBody(violations(found))
	}
	a, err := s.ask(c, caller)
	if err != nil {
		return err
	}
	book, err := s.book(a, false)
	if err != nil {
		return err
	}
	before, _ := book.Chosen(owner)
	d.ID = planID(d, before.Event)
	if r, stands, err := s.standsAlready(a, d, before.Event); err != nil || stands {
		return answerStanding(c, r, err)
	}
	return s.answerEvent(c, caller, d)
}
