package api

import (
	"bytes"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/links"
	"milemarker/internal/routine"
	"milemarker/internal/timeblocks"
)

// linked returns what the token in a path opens, as a question in the name of the link's org.
func (s *server) linked(c echo.Context, kinds ...links.Kind) (links.Link, ask, error) {
	link, err := s.deps.Notices.Links.Redeem(strings.TrimSuffix(c.Param("token"), ".ics"))
	if err != nil || !slices.Contains(kinds, link.Kind) {
		return link, ask{}, failed(http.StatusNotFound, "There is nothing at this address: the link is unknown, expired or revoked.",
			"Ask whoever gave it to you for a new one.")
	}
	a, err := s.ask(c, access.Caller{Org: link.Org, Name: link.Name})
	c.Response().Header().Set("Referrer-Policy", "no-referrer") // the address is the secret
	c.Response().Header().Set("X-Robots-Tag", "noindex")
	return link, a, err
}

// feed answers GET /feeds/{token}: the time blocks of a rep as an iCalendar file.
func (s *server) feed(c echo.Context) error {
	link, a, err := s.linked(c, links.Calendar)
	if err != nil {
		return err
	}
	blocks, err := s.blocks(a, link.Reps[0])
	if err != nil {
		return err
	}
	shown, err := s.takePlace(a, blocks, a.now.Add(-timeblocks.FeedFrom), a.now.Add(timeblocks.FeedTo))
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "text/calendar; charset=utf-8", []byte(timeblocks.Feed("Time blocks of "+link.Reps[0], shown)))
}

// sharedView is what a partner or a group sees of one rep: what the link lists, and nothing else. Of reviews it is that they
// were held, skipped or missed; what was said in them stays with those who held them.
type sharedView struct {
	Rep      string            `json:"rep"`
	Title    string            `json:"title"`           // of the review that it is for
	State    routine.State     `json:"state,omitempty"` // of that review, if reviews are shared
	Goals    []routine.Goal    `json:"goals,omitempty"`
	Numbers  []routine.Number  `json:"numbers,omitempty"`
	Promises []routine.Promise `json:"promises,omitempty"`
	Reviews  []routine.Line    `json:"reviews,omitempty"`
	Comments []routine.Comment `json:"comments,omitempty"`
}

// shared answers GET /shared/{token}, as JSON or as a page.
func (s *server) shared(c echo.Context) error {
	link, a, err := s.linked(c, links.Partner, links.Group)
	if err != nil {
		return err
	}
	book, err := s.book(a, true)
	if err != nil {
		return err
	}
	views := []sharedView{}
	for _, rep := range link.Reps {
		v, err := s.sharedOf(a, book, link, rep)
		if err != nil {
			return err
		}
		views = append(views, v)
	}
	if strings.HasPrefix(c.Request().Header.Get("Accept"), "text/html") {
		return s.sharedPage(c, link, views)
	}
	return c.JSON(http.StatusOK, map[string]any{
		"position": a.position, "name": link.Name, "expires": link.Expires, "comments": link.Comments, "shared": views,
		"rhythm": rhythmOf(link), "questions": routine.Questions(rhythmOf(link)),
	})
}

// rhythmOf returns the review that a link is for: each week with a partner, each month in a small group.
func rhythmOf(link links.Link) routine.Rhythm {
	if link.Kind == links.Group {
		return routine.Monthly
	}
	return routine.Weekly
}

// sharedOf gathers what a link shows of one rep: of the week, or month, that the review is of.
func (s *server) sharedOf(a ask, book routine.Book, link links.Link, rep string) (v sharedView, err error) {
	v.Rep = rep
	owner := routine.OfRep(rep)
	w, err := s.workingOf(a, owner)
	if err != nil {
		return v, err
	}
	due, ok := book.Current(owner, rhythmOf(link), w, a.now)
	if !ok {
		due = book.At(owner, rhythmOf(link), a.today(), w, a.now)
	}
	v.Title = due.Title()
	shows := func(what string) bool { return slices.Contains(link.Shares, what) }
	if shows(routine.ShareGoals) {
		lines, err := s.goalLines(a, routine.Due{Rhythm: due.Rhythm, Span: routine.Span{From: a.today(), To: a.today()}})
		if err != nil {
			return v, err
		}
		v.Goals = lines[owner]
	}
	if shows(routine.ShareNumbers) {
		if v.Numbers, err = s.numberLines(a, owner, due); err != nil {
			return v, err
		}
	}
	if shows(routine.SharePromises) {
		v.Promises = promises(book, owner)
		v.Promises = v.Promises[:min(len(v.Promises), 20)]
	}
	if shows(routine.ShareReviews) {
		v.State = due.State
		rhythms, _ := book.Holds(owner)
		for _, rhythm := range rhythms {
			for _, d := range book.History(owner, rhythm, w, a.now, lastReviews) {
				r := routine.Line{Title: d.Title(), State: d.State}
				if d.Review != nil {
					r.Event = d.Review.Event
				}
				v.Reviews = append(v.Reviews, r)
			}
		}
	}
	for _, one := range book.CommentsOn(rep, a.today()-30) {
		if one.Link == link.ID { // what others said to the rep is not theirs to read
			v.Comments = append(v.Comments, one)
		}
	}
	return v, nil
}

// sharedPage shows it for people.
func (s *server) sharedPage(c echo.Context, link links.Link, views []sharedView) error {
	t, err := template.New("shared.html").Funcs(template.FuncMap{
		"words": func(s string) string { return strings.ReplaceAll(s, "_", " ") },
		"done":  func(d *bool) bool { return d != nil && *d },
	}).ParseFS(pages, "pages/shared.html")
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, map[string]any{
		"Name": link.Name, "Shared": views, "Questions": routine.Questions(rhythmOf(link)),
	}); err != nil {
		return err
	}
	c.Response().Header().Set("Content-Security-Policy",
		"default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	return c.HTMLBlob(http.StatusOK, b.Bytes())
}

// comment answers POST /shared/{token}/comments.
func (s *server) comment(c echo.Context) error {
	link, a, err := s.linked(c, links.Partner, links.Group)
	if err != nil {
		return err
	}
	if !link.Comments {
		return failed(http.StatusForbidden, "This link is for reading only.", "Ask for one by which comments can be left.")
	}
	wanted, err := readBody[struct {
		Rep    string `json:"rep"`
		Text   string `json:"text"`
		Review string `json:"review"`
		Goal   string `json:"goal"`
	}](c)
	if err != nil {
		return err
	}
	if wanted.Rep == "" && len(link.Reps) == 1 {
		wanted.Rep = link.Reps[0]
	}
	if !slices.Contains(link.Reps, wanted.Rep) {
		return badBody([]fault{at("/rep", "must be one of those whom the link shows: "+strings.Join(link.Reps, ", "))})
	}
	data := object(map[string]string{"by": link.Name, "link": link.ID, "text": wanted.Text})
	for name, value := range map[string]string{"review": wanted.Review, "goal": wanted.Goal} {
		if value != "" {
			data = withMember(data, name, value, false)
		}
	}
	d, found := events.Draft{
		ID: newID(events.TypeReviewCommented), Source: told, Type: events.TypeReviewCommented, Rep: wanted.Rep, Data: data,
	}.Check()
	if len(found) > 0 {
		return badBody(violations(found))
	}
	return s.answerEvent(c, a.caller, d)
}
