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

func viewDue(rep string, d routine.Due) dueView {
	v := dueView{Due: d, Title: d.Title(), Agenda: agendaPath(rep, d)}
	if r := d.Review; r != nil {
		v.Event, v.HeldAt, v.Partner, v.Minutes, v.Promises, v.Reason = r.Event, r.At, r.Partner, r.Minutes, len(r.Promises), r.Reason
	}
	return v
}

func agendaPath(rep string, d routine.Due) string {
	return "/v1/reviews/agenda" + encoded("rep", rep, "rhythm", string(d.Rhythm), "day", d.To.String())
}

// readRhythm reads the parameter rhythm, "" for none.
func readRhythm(q *query) routine.Rhythm {
	choices := []string{""}
	for _, r := range routine.Rhythms() {
		choices = append(choices, string(r))
	}
	return routine.Rhythm(q.choice("rhythm", choices...))
}

// listReviews answers GET /v1/reviews: what is due now for each rhythm that a rep holds, and the history of reviews.
func (s *server) listReviews(a ask) error {
	rep, rhythm := a.query.one("rep"), readRhythm(a.query)
	limit := a.query.number("limit", 12, 400)
	if rep == "" {
		a.query.fault("rep", "is required: whose reviews")
	}
	if err := a.query.done(); err != nil {
		return err
	}
	book, err := s.book(a, false)
	if err != nil {
		return err
	}
	w, err := s.workingOf(a, rep)
	if err != nil {
		return err
	}
	rhythms := book.Holds(rep)
	if rhythm != "" {
		rhythms = []routine.Rhythm{rhythm}
	}
	current, history := []dueView{}, []dueView{}
	for _, r := range rhythms {
		if d, ok := book.Current(rep, r, w, a.now); ok {
			current = append(current, viewDue(rep, d))
		}
		for _, d := range book.History(rep, r, w, a.now, limit) {
			history = append(history, viewDue(rep, d))
		}
	}
	return a.JSON(http.StatusOK, map[string]any{
		"position": a.position, "rep": rep, "current": current, "history": history, "promises": promises(book, rep),
		"hassles": book.Hassles(rep),
	})
}

func promises(b routine.Book, rep string) []routine.Promise {
	if all := b.Promises(rep); all != nil {
		return all
	}
	return []routine.Promise{}
}

// workingOf returns a rep's working time.
func (s *server) workingOf(a ask, rep string) (calendar.Working, error) {
	calendars, err := s.standingsDesk().Calendars(a.ctx(), a.caller.Org, time.Time{})
	if err != nil {
		return calendar.Working{}, err
	}
	return calendars.Working(rep, ""), nil
}

// holdReview answers POST /v1/reviews: the body is the payload of review.completed and the rep. The same review sent again
// is the same review.
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
	if d.Rep == "" {
		return badBody([]fault{at("/rep", "is required: whose review it was")})
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
	for _, promise := range book.Promises(d.Rep) {
		made[promise.ID] = true
	}
	if faults, err = s.checkPromises(a, p, faults); err != nil {
		return err
	}
	for i, k := range p.Kept {
		if !made[k.Promise] {
			faults = append(faults, at("/kept/"+number(i)+"/promise", "was not promised by "+d.Rep+"; see GET /v1/reviews?rep="+d.Rep))
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
