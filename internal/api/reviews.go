package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/calendar"
	"milemarker/internal/goals"
	"milemarker/internal/routine"
)

// dueView is a review and its state.
type dueView struct {
	routine.Due
	Title    string    `json:"title"`
	Event    string    `json:"event,omitempty"` // id of the event by which it was held or skipped
	HeldAt   time.Time `json:"held_at,omitzero"`
	Partner  string    `json:"partner,omitempty"`
	Minutes  int64     `json:"minutes,omitempty"`
	Promises int       `json:"promises"`
	Reason   string    `json:"reason,omitempty"` // why it was skipped
	Agenda   string    `json:"agenda"`
}

func viewDue(o events.Owner, d routine.Due) dueView {
	v := dueView{Due: d, Title: d.Title(), Agenda: agendaPath(o, d)}
	if r := d.Review; r != nil {
		v.Event, v.HeldAt, v.Partner, v.Minutes, v.Promises, v.Reason = r.Event, r.At, r.Partner, r.Minutes, len(r.Promises), r.Reason
	}
	return v
}

func agendaPath(o events.Owner, d routine.Due) string {
	kind, name := events.OwnerOrg, "true"
	if o.OwnerKind != events.OwnerOrg {
		kind, name = o.OwnerKind, o.Owner
	}
	return "/v1/reviews/agenda" + encoded(kind, name, "rhythm", string(d.Rhythm), "day", d.To.String())
}

// readOwner reads whose routine is meant: a rep's, a team's or, with org=true, the org's.
func readOwner(q *query) events.Owner {
	rep, team, org := q.one("rep"), q.one("team"), q.choice("org", "", "true")
	given := 0
	for _, v := range []string{rep, team, org} {
		if v != "" {
			given++
		}
	}
	if given != 1 {
		q.fault("rep", "or team or org=true is required, and one of them only: whose reviews")
	}
	switch {
	case rep != "":
		return routine.OfRep(rep)
	case team != "":
		return events.Owner{OwnerKind: events.OwnerTeam, Owner: team}
	}
	return events.Owner{OwnerKind: events.OwnerOrg}
}

// readRhythm reads the parameter rhythm, "" for none.
func readRhythm(q *query) routine.Rhythm {
	choices := []string{""}
	for _, r := range routine.Rhythms() {
		choices = append(choices, string(r))
	}
	return routine.Rhythm(q.choice("rhythm", choices...))
}

// listReviews answers GET /v1/reviews: what is due now for each rhythm that an owner holds, and the history of reviews.
func (s *server) listReviews(a ask) error {
	owner, rhythm := readOwner(a.query), readRhythm(a.query)
	limit := a.query.number("limit", 12, 400)
	if err := a.query.done(); err != nil {
		return err
	}
	book, err := s.book(a, false)
	if err != nil {
		return err
	}
	w, err := s.workingOf(a, owner)
	if err != nil {
		return err
	}
	rhythms, by := book.Holds(owner)
	chosenBy := ""
	if by.OwnerKind != "" {
		chosenBy = ownerPath(by)
	}
	if rhythm != "" {
		rhythms = []routine.Rhythm{rhythm}
	}
	current, history := []dueView{}, []dueView{}
	for _, r := range rhythms {
		if d, ok := book.Current(owner, r, w, a.now); ok {
			current = append(current, viewDue(owner, d))
		}
		for _, d := range book.History(owner, r, w, a.now, limit) {
			history = append(history, viewDue(owner, d))
		}
	}
	return a.JSON(http.StatusOK, reviewsView{
		Position: a.position, Owner: ownerPath(owner), Rep: repOf(owner), Lead: book.Lead(owner), ChosenBy: chosenBy,
		Current: current, History: history, Promises: promises(book, owner), Hassles: book.Hassles(owner),
	})
}

// reviewsView is what is due of an owner's routine, and what was.
type reviewsView struct {
	Position events.Position   `json:"position"`
	Owner    string            `json:"owner"`               // org, team/x or rep/y
	Rep      string            `json:"rep,omitempty"`       // of a rep's
	Lead     string            `json:"lead,omitempty"`      // the rep who leads them
	ChosenBy string            `json:"chosen_by,omitempty"` // whose choice of reviews holds; absent: those that were ever held
	Current  []dueView         `json:"current"`
	History  []dueView         `json:"history"`
	Promises []routine.Promise `json:"promises"`
	Hassles  []routine.Hassle  `json:"hassles"`
}

func repOf(o events.Owner) string {
	if o.OwnerKind == events.OwnerRep {
		return o.Owner
	}
	return ""
}

func promises(b routine.Book, o events.Owner) []routine.Promise {
	if all := b.Promises(o); all != nil {
		return all
	}
	return []routine.Promise{}
}

// workingOf returns an owner's working time.
func (s *server) workingOf(a ask, o events.Owner) (calendar.Working, error) {
	calendars, err := s.standingsDesk().Calendars(a.ctx(), a.caller.Org, time.Time{})
	if err != nil {
		return calendar.Working{}, err
	}
	return calendars.Of(o), nil
}

// holdReview answers POST /v1/reviews: the body is the payload of review.completed and the rep: whose it was or, of a
// team's or the org's, who led it. The same review sent again is the same review.
func (s *server) holdReview(c echo.Context, caller access.Caller) error {
	return s.reviewEvent(c, caller, events.TypeReviewCompleted)
}

// skipReview answers POST /v1/reviews/skipped: the payload of review.skipped and the rep.
func (s *server) skipReview(c echo.Context, caller access.Caller) error {
	return s.reviewEvent(c, caller, events.TypeReviewSkipped)
}

func (s *server) reviewEvent(c echo.Context, caller access.Caller, typ string) error {
	d, err := s.readEvent(c, typ)
	if err != nil {
		return err
	}
	var whose events.Whose
	if err := json.Unmarshal(d.Data, &whose); err != nil {
		return err
	}
	if d.Rep == "" && whose.OwnerKind == "" {
		return badBody([]fault{at("/rep", "is required: whose review it was; or owner_kind and owner, for a team's or the org's")})
	}
	if typ == events.TypeReviewCompleted {
		if err := s.checkReview(c, caller, d); err != nil {
			return err
		}
	}
	sum := sha256.Sum256([]byte(d.Rep + "\x00" + string(d.Data)))
	d.ID = d.Type + "/" + hex.EncodeToString(sum[:12])
	return s.answerEvent(c, caller, d)
}

// checkReview sees to it that what is kept was promised and that promises have names of their own.
func (s *server) checkReview(c echo.Context, caller access.Caller, d events.Draft) error {
	var p events.ReviewCompleted
	if err := json.Unmarshal(d.Data, &p); err != nil {
		return err
	}
	var faults []fault
	seen := map[string]bool{}
	for i, promise := range p.Promises {
		if seen[promise.Promise] {
			faults = append(faults, at("/promises/"+number(i)+"/promise", "is the id of another promise here"))
		}
		seen[promise.Promise] = true
	}
	a, err := s.ask(c, caller)
	if err != nil {
		return err
	}
	book, err := s.book(a, false)
	if err != nil {
		return err
	}
	made := map[string]bool{}
	owner := p.Of(d.Rep)
	for _, promise := range book.Promises(owner) {
		made[promise.ID] = true
	}
	if faults, err = s.checkPromises(a, p, faults); err != nil {
		return err
	}
	for i, k := range p.Kept {
		if !made[k.Promise] {
			faults = append(faults, at("/kept/"+number(i)+"/promise", "was not promised by "+routine.OwnerWords(owner)+"; see GET /v1/reviews"))
		}
	}
	if len(faults) > 0 {
		return badBody(faults)
	}
	return nil
}

// checkPromises sees to it that a review is of a span that has begun, and that promises are due after it and serve goals
// that there are.
func (s *server) checkPromises(a ask, p events.ReviewCompleted, faults []fault) ([]fault, error) {
	day, err := calendar.ParseDay(string(p.Day))
	if err != nil {
		return nil, err
	}
	if last := routine.SpanOf(routine.Rhythm(p.Rhythm), a.calendar, a.today()).To; day > last {
		faults = append(faults, at("/day", "lies in a span that has not begun: want "+last.String()+" at the latest"))
	}
	all, err := s.desk(a).Goals(a.ctx(), a.caller.Org)
	if err != nil {
		return nil, err
	}
	for i, promise := range p.Promises {
		place := "/promises/" + number(i)
		if due, err := calendar.ParseDay(string(promise.DueOn)); err == nil && due < day {
			faults = append(faults, at(place+"/due_on", "lies before the review's day, "+day.String()))
		}
		if _, ok := goals.Find(all, promise.Goal); promise.Goal != "" && !ok {
			faults = append(faults, at(place+"/goal", "is no goal that there is; see GET /v1/goals"))
		}
	}
	return faults, nil
}
