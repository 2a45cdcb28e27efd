package api

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/projections"
)

// Reps is what an org's reps declared.
type Reps interface {
	// Declarations returns what orgs declared, in the order of positions.
	Declarations(ctx context.Context, q projections.DeclarationQuery) ([]events.Record, error)
}

// repView is a rep as shown. What is private only to who may see people.
type repView struct {
	Rep        string              `json:"rep"`
	Team       string              `json:"team,omitempty"`
	Name       string              `json:"name,omitempty"`
	Since      *time.Time          `json:"since,omitempty"` // from when on the last declaration holds
	Identities []events.RepKnownAs `json:"identities,omitempty"`
	Erased     bool                `json:"erased,omitempty"`
}

// listReps answers GET /v1/reps: every rep who was declared or has a team.
func (s *server) listReps(a ask) error {
	if err := a.query.done(); err != nil {
		return err
	}
	records, err := s.deps.Reps.Declarations(a.ctx(), projections.DeclarationQuery{
		Org: a.caller.Org, Types: []string{events.TypeRepDeclared},
	})
	if err != nil {
		return err
	}
	reps := map[string]*repView{}
	for rep, team := range a.settings.Teams {
		reps[rep] = &repView{Rep: rep, Team: team}
	}
	slices.SortStableFunc(records, func(x, y events.Record) int { return x.Event.Time.Compare(y.Event.Time) })
	for _, r := range records { // the last one stands
		v := &repView{Rep: r.Event.Rep, Team: a.settings.Teams[r.Event.Rep], Since: &r.Event.Time}
		if a.caller.May(access.ScopePeople) {
			if err := s.openRep(a, v, r.Event); err != nil {
				return err
			}
		}
		reps[v.Rep] = v
	}
	list := []*repView{}
	for _, rep := range slices.Sorted(maps.Keys(reps)) {
		list = append(list, reps[rep])
	}
	return a.JSON(http.StatusOK, map[string]any{"position": a.position, "reps": list})
}

func (s *server) openRep(a ask, v *repView, e events.Event) error {
	private, err := s.deps.Seals.Open(a.ctx(), e)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		v.Erased = true
		return nil
	case err != nil:
		return err
	case private == nil:
		return nil
	}
	var said events.RepDeclared
	if err := json.Unmarshal(private, &said); err != nil {
		return err
	}
	v.Name, v.Identities = said.Name, said.Identities
	return nil
}

// declareRep answers PUT /v1/reps/{id}: name and identities as they are from now on, and the team. The team is one of the
// org's settings, of which nothing else is said: who changes another rep's team at the same time undoes nothing.
func (s *server) declareRep(c echo.Context, caller access.Caller) error {
	rep := pathID(c)
	body, fields, err := readObject(c)
	if err != nil {
		return err
	}
	var team *string
	if raw, given := fields["team"]; given {
		if err := json.Unmarshal(raw, &team); err != nil {
			return badBody([]fault{at("/team", "must be a text")})
		}
		delete(fields, "team")
		if body, err = json.Marshal(fields); err != nil {
			return err
		}
	}
	a, err := s.askCurrent(c, caller)
	if err != nil {
		return err
	}
	draft, found := events.Draft{
		ID: "rep.declared/" + hashOf(strconv.FormatUint(uint64(a.position), 10), rep, string(body)), Source: told,
		Type: events.TypeRepDeclared, Rep: rep, Data: body, RecordedBy: caller.KeyID,
	}.Check()
	if len(found) > 0 {
		return badBody(violations(found))
	}
	drafts := []events.Draft{draft}
	if team != nil && *team != a.settings.Teams[rep] {
		change := events.OrgConfigured{TeamChanges: map[string]string{rep: *team}}
		if *team == "" {
			change = events.OrgConfigured{Teamless: []string{rep}}
		}
		data, err := json.Marshal(change)
		if err != nil {
			return err
		}
		drafts = append(drafts, events.Draft{
			ID: "org.configured/" + hashOf(draft.ID), Source: told, Type: events.TypeOrgConfigured, Data: data, RecordedBy: caller.KeyID,
		})
	}
	receipts, err := s.deps.Recorder.RecordTogether(a.ctx(), caller.Org, drafts)
	if err != nil {
		return err
	}
	last := receipts[len(receipts)-1]
	switch last.Outcome {
	case events.Rejected:
		return badBody(violations(slices.Concat(receipts[0].Violations, last.Violations)))
	case events.Conflict:
		return failed(http.StatusConflict, "Something else was declared at the same time. Nothing was written.", "Ask again.")
	default:
		c.Response().Header().Set(positionHeader, strconv.FormatUint(uint64(last.Position), 10))
		return c.JSON(http.StatusOK, map[string]any{"outcome": last.Outcome, "event": receipts[0].ID, "position": last.Position})
	}
}
