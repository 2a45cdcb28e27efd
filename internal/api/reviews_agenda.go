package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/goals"
	"milemarker/internal/metric"
	"milemarker/internal/routine"
	"milemarker/projections"
)

// agenda answers GET /v1/reviews/agenda, as JSON, Markdown or a page for mail and print, as Accept asks.
func (s *server) agenda(a ask) error {
	rep, rhythm := a.query.one("rep"), readRhythm(a.query)
	day, given := a.query.day("day")
	if rep == "" {
		a.query.fault("rep", "is required: whose review")
	}
	if rhythm == "" {
		a.query.fault("rhythm", "is required: morning, evening, weekly, monthly, quarterly or yearly")
	}
	if err := a.query.done(); err != nil {
		return err
	}
	agenda, err := s.agendaOf(a, rep, rhythm, day, given)
	if err != nil {
		return err
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
func (s *server) agendaOf(a ask, rep string, rhythm routine.Rhythm, day calendar.Day, given bool) (routine.Agenda, error) {
	book, err := s.book(a, true)
	if err != nil {
		return routine.Agenda{}, err
	}
	w, err := s.workingOf(a, rep)
	if err != nil {
		return routine.Agenda{}, err
	}
	due, ok := book.Current(rep, rhythm, w, a.now)
	if given || !ok {
		if !given {
			day = a.today()
		}
		due = book.At(rep, rhythm, day, w, a.now)
	}
	stand, err := s.goalLines(a, rep, due)
	if err != nil {
		return routine.Agenda{}, err
	}
	if err := s.meanings(a, stand); err != nil {
		return routine.Agenda{}, err
	}
	numbers, err := s.numberLines(a, rep, due)
	if err != nil {
		return routine.Agenda{}, err
	}
	return routine.Fill(book, rep, due, stand, numbers), nil
}

// goalLines tells how a rep's goals stand, or stood at the end of a span that is over: those that had begun by then and ran
// in the span, the most urgent first, no more than the first page shows.
func (s *server) goalLines(a ask, rep string, due routine.Due) ([]routine.Goal, error) {
	at := a.now
	if end := (due.To + 1).In(a.calendar.Location()); end.Before(at) {
		at = end
	}
	all, err := s.standingsDesk().All(a.ctx(), a.caller.Org, goals.Filter{Rep: rep, Since: due.From}, at)
	if err != nil {
		return nil, err
	}
	last := min(due.To, a.today())
	all = slices.DeleteFunc(all, func(st goals.Standing) bool { return st.Goal.StartsOn > last })
	lines := []routine.Goal{}
	for _, st := range all[:min(len(all), maxStandings)] {
		line := routine.Goal{ID: st.Goal.ID, Title: st.Title, Status: string(st.Pace.Status), Sentence: st.Pace.Sentence}
		if st.NoPace != "" {
			line.Status, line.Sentence = "no_pace", st.NoPace
		}
		lines = append(lines, line)
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

// numberLines returns a rep's numbers of a span beside those of the one before.
func (s *server) numberLines(a ask, rep string, due routine.Due) ([]routine.Number, error) {
	now := span{due.From, due.To + 1}
	before := routine.SpanOf(due.Rhythm, a.calendar, due.From-1)
	q := metricsQuestion{grain: total, where: a.ofRep(rep)}
	for _, name := range reviewed() {
		d, ok := metric.Find(name)
		if ok {
			q.metrics = append(q.metrics, d)
		}
	}
	q.days = now
	rows, err := s.metricRows(a, q)
	if err != nil {
		return nil, err
	}
	q.days = span{before.From, before.To + 1}
	past, err := s.metricRows(a, q)
	if err != nil {
		return nil, err
	}
	type key struct{ metric, currency string }
	was := map[key]string{}
	for _, r := range past {
		was[key{r.Metric, r.Currency}] = shown(r.Value)
	}
	lines := []routine.Number{}
	for _, r := range rows {
		d, _ := metric.Find(r.Metric)
		k := key{r.Metric, r.Currency}
		line := routine.Number{Title: d.Title, Value: shown(r.Value), Before: was[k], Unit: r.Currency}
		if line.Before == "" {
			line.Before = "-"
		}
		if line.Value != "-" || line.Before != "-" {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// shown returns a value as people read it; what has none is a dash.
func shown(v any) string {
	if v == nil {
		return "-"
	}
	return strings.Trim(string(value(v)), `"`)
}
