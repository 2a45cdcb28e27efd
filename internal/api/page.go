package api

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/goals"
	"milemarker/internal/metric"
	"milemarker/internal/pace"
	"milemarker/projections"
)

// pages are the templates, each the content of layout.html, and the style that they share. They need no script.
//
//go:embed pages
var pages embed.FS

// show renders one page.
func (s *server) show(c echo.Context, status int, name string, data any) error {
	t, err := template.ParseFS(pages, "pages/layout.html", "pages/"+name)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "layout.html", data); err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	return c.HTMLBlob(status, b.Bytes())
}

func (s *server) style(c echo.Context) error {
	b, err := pages.ReadFile("pages/style.css")
	if err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=300")
	return c.Blob(http.StatusOK, "text/css; charset=utf-8", b)
}

// wantsPage tells whether a request is for a page, and by which template its failure is shown.
func wantsPage(c echo.Context) (name string, ok bool) {
	switch c.Path() {
	case "/", "/events", "/login", "/logout":
		return "failure.html", true
	}
	return "", false
}

func (s *server) failPage(c echo.Context, name string, f failure) {
	if err := s.show(c, f.Status, name, f); err != nil {
		s.deps.Logger.ErrorContext(c.Request().Context(), "page not shown", "error", err)
	}
}

// todays are the numbers of the first page.
func todays() []string {
	return []string{"calls", "conversations", "appointments_scheduled", "proposals_sent", "signups", "signup_amount"}
}

// homeView is what the first page shows.
type homeView struct {
	Org      string
	Day      string
	Zone     string
	Position events.Position
	Numbers  []numberView
	Goals    []standingView
	More     int // open goals that are not shown
}

type numberView struct{ Title, Value, Link string }

type standingView struct{ Title, Target, Owner, Period, Status, Sentence, Link string }

// maxStandings bounds how many goals the first page shows.
const maxStandings = 20

// homePage answers GET /: today's numbers and how the goals stand.
func (s *server) homePage(a ask) error {
	if err := a.query.done(); err != nil {
		return err
	}
	v := homeView{
		Org: a.caller.Org, Zone: a.settings.Zone, Position: a.position,
		Day: a.now.In(a.calendar.Location()).Format("Monday, 2 January 2006"),
	}
	q := metricsQuestion{grain: total, days: span{a.today(), a.today() + 1}}
	for _, name := range todays() {
		d, _ := metric.Find(name)
		q.metrics = append(q.metrics, d)
	}
	rows, err := s.metricRows(a, q)
	if err != nil {
		return err
	}
	for _, r := range rows {
		d, _ := metric.Find(r.Metric)
		v.Numbers = append(v.Numbers, numberView{
			Title: d.Title, Value: strings.TrimSpace(string(amount(r.Value, r.Currency)) + " " + r.Currency),
			Link: strings.TrimPrefix(r.Events, "/v1"),
		})
	}
	if v.Goals, v.More, err = s.standings(a); err != nil {
		return err
	}
	return s.show(a.Context, http.StatusOK, "home.html", v)
}

// standings tells how the open goals stand, the most urgent first.
func (s *server) standings(a ask) (views []standingView, more int, err error) {
	all, err := s.desk(a).All(a.ctx(), a.caller.Org, goals.Filter{}, a.now)
	if err != nil {
		return nil, 0, err
	}
	all = slices.DeleteFunc(all, func(st goals.Standing) bool { return st.Goal.StartsOn > a.today() })
	if len(all) > maxStandings {
		all, more = all[:maxStandings], len(all)-maxStandings
	}
	for _, st := range all {
		v := standingView{
			Title: st.Title, Target: targetOf(st.Goal, st.Terms),
			Owner:  strings.TrimSpace(st.Goal.Owner.OwnerKind + " " + st.Goal.Owner.Owner),
			Period: st.Goal.StartsOn.String() + " to " + st.Terms.EndsOn.String(),
			Status: statusWords(st.Pace.Status), Sentence: st.Pace.Sentence,
		}
		if v.Link = "/events?" + behindLink(st); st.NoPace != "" {
			v.Status, v.Sentence, v.Link = "no pace", st.NoPace, ""
		}
		views = append(views, v)
	}
	return views, more, nil
}

// targetOf says a goal's target for people: 60, at most 5, or 20000 USD.
func targetOf(g projections.Goal, terms projections.GoalTerms) string {
	text := strings.TrimSpace(terms.Target.String() + " " + g.Currency)
	if g.Direction == events.AtMost {
		return "at most " + text
	}
	return text
}

func statusWords(s pace.Status) string { return strings.ReplaceAll(string(s), "_", " ") }

// eventsPageView is what the page of events shows.
type eventsPageView struct {
	Org      string
	Position events.Position
	Rows     []eventRowView
	Next     string
}

type eventRowView struct{ Time, Type, Outcome, Rep, Product, Amount, ID, VoidedBy string }

// eventsPage answers GET /events: the same question as GET /v1/events, for people.
func (s *server) eventsPage(a ask) error {
	q, err := s.readEvents(a, 100)
	if err != nil {
		return err
	}
	rows, next, err := s.page(a, q)
	if err != nil {
		return err
	}
	v := eventsPageView{Org: a.caller.Org, Position: a.position, Next: nextLink(a, "/events", next)}
	for _, r := range rows {
		v.Rows = append(v.Rows, viewRow(r, a.calendar))
	}
	return s.show(a.Context, http.StatusOK, "events.html", v)
}

func viewRow(r projections.EventRow, c calendar.Calendar) eventRowView {
	e := r.Event
	f, _ := events.Facts(e) // what cannot be read has no shared fields
	v := eventRowView{
		Time: e.Time.In(c.Location()).Format(time.DateTime), Type: e.Type, Outcome: f.Outcome, Rep: e.Rep,
		Product: f.Product, ID: e.ID, VoidedBy: r.VoidedBy,
	}
	if f.Currency != "" {
		v.Amount = f.Amount.String() + " " + f.Currency
	}
	return v
}

// LoginCommand is how a link is asked for, as the page of who is not logged in shows it.
func (f failure) LoginCommand() string {
	if f.Status != http.StatusUnauthorized {
		return ""
	}
	return `curl -X POST -H "Authorization: Bearer $MILEMARKER_KEY" ` + (&url.URL{Path: "/v1/logins"}).String()
}
