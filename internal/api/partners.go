package api

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/links"
	"milemarker/internal/routine"
)

// listPartners answers GET /v1/partners: who holds whom to the goals.
func (s *server) listPartners(a ask) error {
	rep := a.query.one("rep")
	if err := a.query.done(); err != nil {
		return err
	}
	book, err := s.book(a, false)
	if err != nil {
		return err
	}
	views := []partnerView{}
	for _, p := range book.Partners {
		if rep == "" || p.Rep == rep || p.Partner == rep {
			views = append(views, partnerView{p, p.Standing(a.today())})
		}
	}
	return a.JSON(http.StatusOK, map[string]any{"position": a.position, "partners": views})
}

type partnerView struct {
	routine.Partnership
	Standing bool `json:"standing"`
}

// linkPartner answers POST /v1/partners: the body is the payload of partner.linked and the rep.
func (s *server) linkPartner(c echo.Context, caller access.Caller) error {
	d, err := s.readEvent(c, events.TypePartnerLinked)
	if err != nil {
		return err
	}
	if d.Rep == "" {
		return badBody([]fault{at("/rep", "is required: who shows something to the partner")})
	}
	d.ID = newID(d.Type)
	return s.answerEvent(c, caller, d)
}

// unlinkPartner answers DELETE /v1/partners/{id}.
func (s *server) unlinkPartner(c echo.Context, caller access.Caller) error {
	a, err := s.ask(c, caller)
	if err != nil {
		return err
	}
	book, err := s.book(a, false)
	if err != nil {
		return err
	}
	id := pathID(c)
	if !slices.ContainsFunc(book.Partners, func(p routine.Partnership) bool { return p.Event == id }) {
		return notFound("agreement with a partner", id, "/v1/partners")
	}
	if err := s.recordAll(c, caller, []events.Draft{voidOf(id, "the agreement ended", caller)}); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// listLinks answers GET /v1/links.
func (s *server) listLinks(c echo.Context, caller access.Caller) error {
	return c.JSON(http.StatusOK, map[string]any{"links": s.deps.Notices.Links.List(caller.Org)})
}

// The life of a link, in days.
const (
	linkDays    = 90
	maxLinkDays = 400
)

// addLink answers POST /v1/links. The address is in this answer and nowhere else.
func (s *server) addLink(c echo.Context, caller access.Caller) error {
	wanted, err := readBody[struct {
		Kind     links.Kind `json:"kind"`
		Name     string     `json:"name"`
		Reps     []string   `json:"reps"`
		Shares   []string   `json:"shares"`
		Comments bool       `json:"comments"`
		Days     *int       `json:"days"`
	}](c)
	if err != nil {
		return err
	}
	var faults []fault
	if !slices.Contains(links.Kinds(), wanted.Kind) {
		faults = append(faults, at("/kind", noneOf(wanted.Kind, links.Kinds()...)))
	}
	if strings.TrimSpace(wanted.Name) == "" || len(wanted.Name) > maxKeyName || strings.ContainsFunc(wanted.Name, unicode.IsControl) {
		faults = append(faults, at("/name", "is required: who is to hold the link, in one line"))
	}
	if n := len(wanted.Reps); n == 0 || n > 50 || wanted.Kind != links.Group && n > 1 {
		faults = append(faults, at("/reps", "is required: whose things it shows; one rep, or up to 50 for a group"))
	}
	for i, share := range wanted.Shares {
		if !slices.Contains(routine.Shares(), share) {
			faults = append(faults, at("/shares/"+number(i), "must be one of "+strings.Join(routine.Shares(), ", ")))
		}
	}
	if wanted.Kind != links.Calendar && len(wanted.Shares) == 0 {
		faults = append(faults, at("/shares", "is required: what it shows, one or more of "+strings.Join(routine.Shares(), ", ")))
	}
	if wanted.Kind == links.Calendar && (len(wanted.Shares) > 0 || wanted.Comments) {
		faults = append(faults, at("/shares", "and comments must be left out: a calendar shows time blocks only"))
	}
	days := linkDays
	if wanted.Days != nil {
		days = *wanted.Days
	}
	if days < 1 || days > maxLinkDays {
		faults = append(faults, at("/days", "must be 1 to 400"))
	}
	if len(faults) > 0 {
		return badBody(faults)
	}
	token, link, err := s.deps.Notices.Links.Add(c.Request().Context(), caller.Org, links.Link{
		Kind: wanted.Kind, Name: wanted.Name, Reps: wanted.Reps, Shares: wanted.Shares, Comments: wanted.Comments,
		Expires: s.deps.Clock().UTC().Add(time.Duration(days) * 24 * time.Hour),
	})
	if err != nil {
		return err
	}
	path := "/shared/" + token
	if link.Kind == links.Calendar {
		path = "/feeds/" + token + ".ics"
	}
	c.Response().Header().Set("Location", "/v1/links/"+link.ID)
	return c.JSON(http.StatusCreated, map[string]any{"link": link, "path": path})
}

// revokeLink answers DELETE /v1/links/{id}.
func (s *server) revokeLink(c echo.Context, caller access.Caller) error {
	err := s.deps.Notices.Links.Revoke(c.Request().Context(), caller.Org, c.Param("id"))
	if errors.Is(err, links.ErrNoLink) {
		return notFound("link", c.Param("id"), "/v1/links")
	}
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

func number(i int) string { return strconv.Itoa(i) }
