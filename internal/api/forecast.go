package api

import (
	"fmt"
	"net/http"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/forecast"
	"milemarker/internal/foresight"
	"milemarker/internal/goals"
)

// forecastView is what the next weeks will bring.
type forecastView struct {
	Position  events.Position  `json:"position"`
	Rep       string           `json:"rep,omitempty"` // with team absent too: the whole org
	Team      string           `json:"team,omitempty"`
	Day       calendar.Day     `json:"day"` // as of the end of this day; of today: as of now
	Currency  string           `json:"currency,omitempty"`
	Weeks     []forecastWeek   `json:"weeks"`
	Stages    []forecastSeries `json:"stages"`
	Amount    *forecastSeries  `json:"amount,omitempty"`    // absent if no amounts are known
	Recurring *recurringView   `json:"recurring,omitempty"` // absent if nothing recurs
	LeansOn   leansOn          `json:"leans_on"`
}

type forecastWeek struct {
	From calendar.Day `json:"from"`
	To   calendar.Day `json:"to"`
}

type forecastSeries struct {
	Stage string       `json:"stage"`
	Weeks []rangeView  `json:"weeks"`
	Total rangeView    `json:"total"`
	From  *sourcesView `json:"expected_from,omitempty"`
}

type rangeView struct {
	P10 float64 `json:"p10"`
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
}

// sourcesView says what the expected total comes from.
type sourcesView struct {
	Open   float64 `json:"open_prospects"`
	Met    float64 `json:"people_to_be_met"`
	Others float64 `json:"other_events"`
}

// recurringView is what contracts bring that go on, and what ends of it.
type recurringView struct {
	Income    forecastSeries `json:"income"`
	Lost      forecastSeries `json:"lost"`
	Contracts int            `json:"contracts"`
	Churn     churnView      `json:"churn"`
}

// churnView is how often contracts end, as it is believed.
type churnView struct {
	Weekly    float64 `json:"weekly"`
	Ended     float64 `json:"ended"` // of the owner's own
	OwnWeeks  float64 `json:"contract_weeks"`
	OwnWeight float64 `json:"weight"` // of what was seen of them, against that of the org
}

// leansOn says what a forecast rests on.
type leansOn struct {
	Open      int     `json:"open_prospects"`
	Met       float64 `json:"people_met"`
	Weeks     float64 `json:"weeks_of_history"`
	Sales     int     `json:"sales"`
	Own       int     `json:"own_sales"`
	Contracts int     `json:"contracts"`
	Sentence  string  `json:"sentence"`
}

// forecast answers GET /v1/forecast: thirteen weeks, of a rep, a team or the org, as of now or of the end of a past day.
func (s *server) forecast(a ask) error {
	whose := readWhose(a)
	currency := readCurrency(a)
	day, given := a.query.day("day")
	if given && day > a.today() {
		a.query.fault("day", "lies in the future")
	}
	if err := a.query.done(); err != nil {
		return err
	}
	at := a.now
	if given && day < a.today() {
		at = (day + 1).In(a.calendar.Location())
	}
	known := time.Time{}
	h, q, err := s.recall(a, whose, currency, at, at, known)
	if err != nil {
		return err
	}
	in, leans := h.Input(q, forecast.All)
	f, err := forecast.Make(in)
	if err != nil {
		return err
	}
	v := forecastView{
		Position: a.position, Rep: whose.Rep, Team: whose.Team, Day: q.Today, Currency: currency,
		LeansOn: leansOn{
			leans.Open, leans.Met, leans.Weeks, leans.Sales, leans.Own, leans.Book, foresight.Sentence(leans),
		},
	}
	for w := range calendar.Day(forecast.Weeks) {
		v.Weeks = append(v.Weeks, forecastWeek{From: q.Today + 1 + 7*w, To: q.Today + 7*(w+1)})
	}
	for _, one := range f.Stages {
		series := viewSeries(one)
		series.From = &sourcesView{rounded(one.FromOpen), rounded(one.FromMet), rounded(one.FromOthers)}
		v.Stages = append(v.Stages, series)
	}
	if f.Amount != nil {
		amount := viewSeries(*f.Amount)
		v.Amount = &amount
	}
	if f.Recurring != nil {
		v.Recurring = viewRecurring(f, in.Book)
	}
	return a.JSON(http.StatusOK, v)
}

// recall reads the history of the caller's org for forecasts of somebody as of moments from first to last; the question is
// that of the last.
func (s *server) recall(
	a ask, whose forecast.Whose, currency string, first, last, known time.Time,
) (forecast.History, forecast.Question, error) {
	calendars, err := s.desk(a).Calendars(a.ctx(), a.caller.Org, known)
	if err != nil {
		return forecast.History{}, forecast.Question{}, err
	}
	settings := calendars.Settings()
	q := foresight.Ask(a.caller.Org, settings, whose, last, calendars.Of(foresight.OwnerOf(whose)))
	h, err := s.foresight(a).Recall(a.ctx(), foresight.Span{
		Org: a.caller.Org, First: first, Last: last, Known: known, Settings: settings, Currency: currency,
	})
	return h, q, err
}

func (s *server) foresight(a ask) foresight.Reader {
	return foresight.Reader{Known: s.deps.Foresight, Recent: s.histories, Wanted: a.wanted}
}

// seeingDesk is a desk that foresees goals by forecasts.
func (s *server) seeingDesk(a ask) goals.Desk {
	d := s.desk(a)
	d.Foresight = s.foresight(a).Desk()
	return d
}

// readWhose reads the parameters rep and team, of which one at most is given.
func readWhose(a ask) forecast.Whose {
	w := forecast.Whose{Rep: a.query.one("rep"), Team: a.query.one("team")}
	if w.Rep != "" && w.Team != "" {
		a.query.fault("team", "goes not with rep: ask for one of them")
	}
	return w
}

func readCurrency(a ask) string {
	if v := a.query.one("currency"); v != "" {
		return v
	}
	return a.settings.Currency
}

func viewSeries(s forecast.Series) forecastSeries {
	v := forecastSeries{Stage: s.Name, Total: viewRange(s.Total)}
	for _, w := range s.Weeks {
		v.Weeks = append(v.Weeks, viewRange(w))
	}
	return v
}

func viewRange(r forecast.Range) rangeView {
	return rangeView{rounded(r.P10), rounded(r.P50), rounded(r.P90)}
}

func viewRecurring(f forecast.Forecast, b forecast.Book) *recurringView {
	weekly, weeks := b.Churn.Rate()
	return &recurringView{
		Income: viewSeries(*f.Recurring), Lost: viewSeries(*f.Lost), Contracts: len(b.Weekly),
		Churn: churnView{
			Weekly: rounded(weekly), Ended: b.Churn.Own.Ended, OwnWeeks: rounded(b.Churn.Own.Weeks),
			OwnWeight: rounded(b.Churn.Own.Weeks / weeks),
		},
	}
}

// viewOutlookLeans says what the outlook of a goal follows from.
func viewOutlookLeans(st goals.Standing) outlookLeansView {
	if st.LeansOn != "" {
		return outlookLeansView{Model: "forecast", Sentence: st.LeansOn}
	}
	o := st.Outlook
	return outlookLeansView{
		Model: "rate", Days: o.Over, Events: rounded(o.Happened),
		Sentence: fmt.Sprintf("It leans on the goal's own rate over %d working days.", o.Over),
	}
}
