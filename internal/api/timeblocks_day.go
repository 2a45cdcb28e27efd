package api

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/calendar"
	"milemarker/internal/timeblocks"
)

// changeBlockDay answers POST /v1/timeblocks/{id}:skip and :move: what is planned for one day does not take place, or at
// another time. The last word on a day counts.
func (s *server) changeBlockDay(c echo.Context, caller access.Caller) error {
	id, skipping := strings.CutSuffix(pathID(c), ":skip")
	id, moving := strings.CutSuffix(id, ":move")
	if skipping == moving {
		return echo.ErrNotFound
	}
	wanted, err := readBody[struct {
		Day      string `json:"day"`
		StartsAt string `json:"starts_at"`
		EndsAt   string `json:"ends_at"`
		Reason   string `json:"reason"`
	}](c)
	if err != nil {
		return err
	}
	d := events.Draft{ID: "-", Source: told, Type: events.TypeTimeblockSkipped}
	data := map[string]string{"timeblock": id, "day": wanted.Day}
	if moving {
		d.Type, data["starts_at"], data["ends_at"] = events.TypeTimeblockMoved, wanted.StartsAt, wanted.EndsAt
	} else if wanted.StartsAt != "" || wanted.EndsAt != "" {
		return badBody([]fault{at("/starts_at", "goes with :move; what is skipped does not take place")})
	}
	if wanted.Reason != "" {
		data["reason"] = wanted.Reason
	}
	d.Data = object(data)
	d, found := d.Check()
	if len(found) > 0 {
		return badBody(violations(found))
	}
	a, err := s.ask(c, caller)
	if err != nil {
		return err
	}
	day, err := calendar.ParseDay(wanted.Day)
	if err != nil {
		return err
	}
	block, err := s.blockOn(a, id, day)
	if err != nil {
		return err
	}
	if moving {
		var p events.TimeblockMoved
		if err := json.Unmarshal(d.Data, &p); err != nil {
			return err
		}
		if p.EndsAt.Sub(p.StartsAt) > 24*time.Hour {
			return badBody([]fault{at("/ends_at", "must lie within a day of starts_at")})
		}
	}
	d.Rep = block.Rep
	before := block.LastWord(day)
	d.ID = planID(d, before)
	if r, stands, err := s.standsAlready(a, d, before); err != nil || stands {
		return answerStanding(c, r, err)
	}
	return s.answerEvent(c, caller, d)
}

// blockOn returns the version of a block that is planned for a day.
func (s *server) blockOn(a ask, id string, day calendar.Day) (timeblocks.Block, error) {
	blocks, err := s.blocks(a, "")
	if err != nil {
		return timeblocks.Block{}, err
	}
	known := false
	for _, b := range blocks {
		known = known || b.ID == id
		if b.ID == id && b.PlannedOn(a.calendar, day) {
			return b, nil
		}
	}
	if !known {
		return timeblocks.Block{}, notFound("time block", id, "/v1/timeblocks")
	}
	return timeblocks.Block{}, badBody([]fault{at("/day", "is no day for which the block is planned; see GET /v1/timeblocks")})
}
