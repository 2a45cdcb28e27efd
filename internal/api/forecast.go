package api

import (
	"net/http"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/forecast"
)

// forecastView is what the next weeks will bring.
type forecastView struct {
	Position events.Position  `json:"position"`
	Rep      string           `json:"rep,omitempty"` // absent: the whole org
	Day      calendar.Day     `json:"day"`           // as of the end of this day; of today: as of now
	Currency string           `json:"currency,omitempty"`
	Weeks    []forecastWeek   `json:"weeks"`
	Stages   []forecastSeries `json:"stages"`
	Amount   *forecastSeries  `json:"amount,omitempty"` // absent if no amounts are known
	LeansOn  leansOn          `json:"leans_on"`
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
	Nobody float64 `json:"events_without_a_person"`
}

// leansOn says what a forecast rests on.
type leansOn struct {
	Open     int     `json:"open_prospects"`
	Met      float64 `json:"people_met"`
	Weeks    float64 `json:"weeks_of_history"`
	Sales    int     `json:"sales"`
	Sentence string  `json:"sentence"`
}

// forecast answers GET /v1/forecast: thirteen weeks, of a rep or of the org, as of now or of the end of a past day.
func (s *server) forecast(a ask) error {
	rep := a.query.one("rep")
	currency := a.query.one("currency")
	day, given := a.query.day("day")
	if given && day > a.today() {
		a.query.fault("day", "lies in the future")
	}
	if err := a.query.done(); err != nil {
		return err
	}
	if !given {
		day = a.today()
	}
	if currency == "" {
		currency = a.settings.Currency
	}
	now := a.now
	if day < a.today() {
		now = (day + 1).In(a.calendar.Location())
	}
	in, lean, err := s.forecastInput(a, rep, currency, day, now)
	if err != nil {
		return err
	}
	f, err := forecast.Make(in)
	if err != nil {
		return err
	}
	v := forecastView{Position: a.position, Rep: rep, Day: day, Currency: currency, LeansOn: lean}
	for w := range calendar.Day(forecast.Weeks) {
		v.Weeks = append(v.Weeks, forecastWeek{From: day + 1 + 7*w, To: day + 7*(w+1)})
	}
	for _, one := range f.Stages {
		v.Stages = append(v.Stages, viewSeries(one))
	}
	if f.Amount != nil {
		amount := viewSeries(*f.Amount)
		amount.From = nil
		v.Amount = &amount
	}
	return a.JSON(http.StatusOK, v)
}

func viewSeries(s forecast.Series) forecastSeries {
	v := forecastSeries{Stage: s.Name, Total: viewRange(s.Total), From: &sourcesView{
		Open: rounded(s.FromOpen), Met: rounded(s.FromMet), Nobody: rounded(s.FromNobody),
	}}
	for _, w := range s.Weeks {
		v.Weeks = append(v.Weeks, viewRange(w))
	}
	return v
}

func viewRange(r forecast.Range) rangeView {
	return rangeView{rounded(r.P10), rounded(r.P50), rounded(r.P90)}
}
