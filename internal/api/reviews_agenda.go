package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/goals"
	"milemarker/internal/metric"
	"milemarker/internal/routine"
	"milemarker/internal/today"
	"milemarker/projections"
)

// agenda answers GET /v1/reviews/agenda, as JSON, Markdown or a page for mail and print, as Accept asks. With for, it is
// what a rep shares with that partner.
func (s *server) agenda(a ask) error {
	owner, rhythm := readOwner(a.query), readRhythm(a.query)
	day, given := a.query.day("day")
	partner := a.query.one("for")
	if rhythm == "" {
		a.query.fault("rhythm", "is required: morning, evening, weekly, monthly, quarterly or yearly")
	}
	if partner != "" && owner.OwnerKind != events.OwnerRep {
		a.query.fault("for", "goes with rep: partners are shown what a rep shares")
	}
	if err := a.query.done(); err != nil {
		return err
	}
	book, err := s.book(a, true)
	if err != nil {
		return err
	}
	agenda, err := s.agendaOf(a, book, owner, rhythm, day, given)
	if err != nil {
		return err
	}
	if partner != "" {
		shares, ok := book.Agreement(owner.Owner, partner, a.today())
		if !ok {
			return failed(http.StatusNotFound, fmt.Sprintf("%.100q shares nothing with %.100q today.", owner.Owner, partner),
				"See GET /v1/partners for the agreements that there are; POST /v1/partners makes one.")
		}
		agenda = agenda.SharedWith(partner, shares)
	}
	switch accept := a.Request().Header.Get("Accept"); {
	case strings.HasPrefix(accept, "text/markdown"):
		return a.Blob(http.StatusOK, "text/markdown; charset=utf-8", []byte(agenda.Markdown()))
	case strings.HasPrefix(accept, "text/html"):
		page, err := agenda.HTML()
		if err != nil {
			return err
		}
		a.Response().Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		return a.HTML(http.StatusOK, page)
	}
	return a.JSON(http.StatusOK, map[string]any{"position": a.position, "title": agenda.Title(), "agenda": agenda})
}

// agendaOf fills the agenda of the review of a day, or of the one that is due now.
func (s *server) agendaOf(
	a ask, book routine.Book, owner events.Owner, rhythm routine.Rhythm, day calendar.Day, given bool,
) (routine.Agenda, error) {
	w, err := s.workingOf(a, owner)
	if err != nil {
		return routine.Agenda{}, err
	}
	due, ok := book.Current(owner, rhythm, w, a.now)
	if given || !ok {
		if !given {
			day = a.today()
		}
		due = book.At(owner, rhythm, day, w, a.now)
	}
	stand, err := s.goalLines(a, due)
	if err != nil {
		return routine.Agenda{}, err
	}
	own := stand[owner]
	if err := s.meanings(a, own); err != nil {
		return routine.Agenda{}, err
	}
	numbers, err := s.numberLines(a, owner, due)
	if err != nil {
		return routine.Agenda{}, err
	}
	agenda := routine.Fill(book, owner, due, own, numbers)
	for _, d := range book.History(owner, rhythm, w, a.now, lastReviews) {
		line := routine.Line{Title: d.Title(), State: d.State}
		if d.Review != nil {
			line.Event = d.Review.Event
		}
		agenda.Reviews = append(agenda.Reviews, line)
	}
	if plan, ok := book.PlanOf(owner.Owner, due.To); ok && len(plan.Steps) == len(agenda.Steps) {
		for i, step := range plan.Steps {
			def, _ := metric.Find(step.Metric)
			agenda.Steps[i].Says = cmp.Or(step.Text, today.Words(step, def.Noun))
		}
	}
	if owner.OwnerKind == events.OwnerRep {
		return agenda, nil
	}
	return agenda, s.addMembers(a, book, &agenda, owner, stand)
}

// How much an agenda shows of what was before, and of a team.
const (
	lastReviews = 5
	maxMembers  = 50
)

// addMembers adds how everybody of a team, or of the org, stands.
func (s *server) addMembers(
	a ask, book routine.Book, agenda *routine.Agenda, owner events.Owner, stand map[events.Owner][]routine.Goal,
) error {
	reps := book.Members(owner)
	reps = reps[:min(len(reps), maxMembers)]
	numbers, err := s.numbersByRep(a, reps, agenda.Due)
	if err != nil {
		return err
	}
	for _, rep := range reps {
		member := routine.OfRep(rep)
		w, err := s.workingOf(a, member)
		if err != nil {
			return err
		}
		state := routine.State("")
		if rhythms, _ := book.Holds(member); slices.Contains(rhythms, agenda.Rhythm) {
			state = book.At(member, agenda.Rhythm, agenda.To, w, a.now).State
		}
		agenda.Add(book, rep, state, stand[member], numbers[rep])
	}
	return nil
}

// goalLines tells how everybody's goals stand, or stood at the end of a span that is over: those that had begun by then and
// ran in the span, the most urgent first, no more of each owner than the first page shows.
func (s *server) goalLines(a ask, due routine.Due) (map[events.Owner][]routine.Goal, error) {
	at := a.now
	if end := (due.To + 1).In(a.calendar.Location()); end.Before(at) {
		at = end
	}
	all, err := s.standingsDesk().All(a.ctx(), a.caller.Org, goals.Filter{Since: due.From}, at)
	if err != nil {
		return nil, err
	}
	last := min(due.To, a.today())
	lines := map[events.Owner][]routine.Goal{}
	for _, st := range all {
		owner := st.Goal.Owner
		if st.Goal.StartsOn > last || len(lines[owner]) == maxStandings {
			continue
		}
		line := routine.Goal{ID: st.Goal.ID, Title: st.Title, Status: string(st.Pace.Status), Sentence: st.Pace.Sentence}
		if st.NoPace != "" {
			line.Status, line.Sentence = "no_pace", st.NoPace
		}
		lines[owner] = append(lines[owner], line)
	}
	return lines, nil
}

// meanings adds to goals why they matter to the person: the last word counts.
func (s *server) meanings(a ask, stand []routine.Goal) error {
	if len(stand) == 0 {
		return nil
	}
	records, err := s.deps.Warehouse.Declarations(a.ctx(), projections.DeclarationQuery{
		Org: a.caller.Org, Types: []string{events.TypeGoalSet, events.TypeGoalRevised},
	})
	if err != nil {
		return err
	}
	why := map[string]string{}
	for _, r := range records {
		data, err := s.opened(a.ctx(), r.Event)
		if err != nil {
			return err
		}
		var said struct{ Goal, Why string }
		if json.Unmarshal(data, &said) == nil && said.Why != "" {
			why[said.Goal] = said.Why
		}
	}
	for i := range stand {
		stand[i].Meaning = why[stand[i].ID]
	}
	return nil
}

// reviewed are the numbers that a review looks at.
func reviewed() []string {
	return []string{
		"calls", "conversations", "appointments_scheduled", "appointments_held", "proposals_sent", "signups", "signup_amount",
		"receipts", "show_rate", "close_rate",
	}
}

// numberLines returns an owner's numbers of a span beside those of the one before.
func (s *server) numberLines(a ask, o events.Owner, due routine.Due) ([]routine.Number, error) {
	where := map[projections.Dimension][]string{}
	switch o.OwnerKind {
	case events.OwnerRep:
		where = a.ofRep(o.Owner)
	case events.OwnerTeam:
		where[projections.ByTeam] = []string{o.Owner}
	}
	lines, err := s.numbersBeside(a, due, where, nil)
	return append([]routine.Number{}, lines[""]...), err
}

// numbersByRep returns the same of several reps, by one question.
func (s *server) numbersByRep(a ask, reps []string, due routine.Due) (map[string][]routine.Number, error) {
	if len(reps) == 0 {
		return nil, nil
	}
	return s.numbersBeside(a, due, map[projections.Dimension][]string{projections.ByRep: reps}, []projections.Dimension{projections.ByRep})
}

// numbersBeside returns numbers of a span beside those of the one before, by rep if they are grouped so, else under "".
func (s *server) numbersBeside(
	a ask, due routine.Due, where map[projections.Dimension][]string, groupBy []projections.Dimension,
) (map[string][]routine.Number, error) {
	before := routine.SpanOf(due.Rhythm, a.calendar, due.From-1)
	q := metricsQuestion{grain: total, where: where, groupBy: groupBy, days: span{due.From, due.To + 1}}
	for _, name := range reviewed() {
		d, ok := metric.Find(name)
		if ok {
			q.metrics = append(q.metrics, d)
		}
	}
	rows, err := s.metricRows(a, q)
	if err != nil {
		return nil, err
	}
	q.days = span{before.From, before.To + 1}
	past, err := s.metricRows(a, q)
	if err != nil {
		return nil, err
	}
	type key struct{ rep, metric, currency string }
	keyOf := func(r metricRow) key { return key{r.Group[string(projections.ByRep)], r.Metric, r.Currency} }
	was := map[key]string{}
	for _, r := range past {
		was[keyOf(r)] = shown(r.Value, r.Currency)
	}
	lines := map[string][]routine.Number{}
	for _, r := range rows {
		d, _ := metric.Find(r.Metric)
		line := routine.Number{Title: d.Title, Value: shown(r.Value, r.Currency), Before: cmp.Or(was[keyOf(r)], "-"), Unit: r.Currency}
		if rep := keyOf(r).rep; line.Value != "-" || line.Before != "-" {
			lines[rep] = append(lines[rep], line)
		}
	}
	return lines, nil
}

// shown returns a value as people read it; what has none is a dash.
func shown(v any, currency string) string {
	if v == nil {
		return "-"
	}
	return strings.Trim(string(amount(v, currency)), `"`)
}
