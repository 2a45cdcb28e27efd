package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/forecast"
	"milemarker/internal/foresight"
	"milemarker/projections"
)

// Issued holds the forecasts that were issued.
type Issued interface {
	// Issued returns them, the oldest first.
	Issued(ctx context.Context, q projections.IssuedQuery) ([]events.ForecastIssued, error)
}

// gradesView says how good forecasts were.
type gradesView struct {
	Position  events.Position `json:"position"`
	Rep       string          `json:"rep,omitempty"`
	Team      string          `json:"team,omitempty"`
	Known     string          `json:"known,omitempty"` // of a backtest
	Forecasts int             `json:"forecasts"`       // days as of whose ends was forecast
	From      *calendar.Day   `json:"from,omitempty"`  // the first and the last of them
	To        *calendar.Day   `json:"to,omitempty"`
	Numbers   []gradedView    `json:"numbers"`
}

// gradedView holds the grades of one number.
type gradedView struct {
	Metric   string      `json:"metric"`
	Currency string      `json:"currency,omitempty"`
	Weeks    []gradeView `json:"weeks"`         // one by one, by how many weeks ahead
	All      *gradeView  `json:"all,omitempty"` // the 13 weeks of a forecast together
}

type gradeView struct {
	Horizon  int      `json:"horizon,omitempty"` // weeks ahead
	N        int      `json:"n"`
	Coverage *float64 `json:"coverage"` // null where nothing can be graded yet
	Below    *float64 `json:"below"`
	Above    *float64 `json:"above"`
	Loss     *float64 `json:"pinball_loss"`
	Usual    *float64 `json:"usual_loss"` // of going on as in the last 13 weeks
	Skill    *float64 `json:"skill"`      // null too where there was nothing to spare
}

// forecastGrades answers GET /v1/forecast/grades: how good the forecasts were that were issued.
func (s *server) forecastGrades(a ask) error {
	rep, horizons := a.query.one("rep"), readHorizon(a)
	if err := a.query.done(); err != nil {
		return err
	}
	whose := forecast.Whose{Rep: rep}
	issued, err := s.deps.Issued.Issued(a.ctx(), projections.IssuedQuery{Org: a.caller.Org, Owner: foresight.OwnerOf(whose)})
	if err != nil {
		return err
	}
	reports, err := s.foresight(a).Grades(a.ctx(), a.caller.Org, a.settings, whose, issued, a.now)
	if err != nil {
		return err
	}
	var days []calendar.Day
	for _, f := range issued {
		if day, err := calendar.ParseDay(string(f.AsOf)); err == nil && !slices.Contains(days, day) {
			days = append(days, day)
		}
	}
	v := viewGrades(reports, days, horizons)
	v.Position, v.Rep = a.position, rep
	return a.JSON(http.StatusOK, v)
}

// The most weeks that a backtest goes through, and those that it goes through unless it is told otherwise.
const (
	maxBacktest   = 60
	usualBacktest = 26
)

// backtestWorlds are simulated for each forecast of a backtest.
const backtestWorlds = 400

// forecastBacktest answers GET /v1/forecast/backtest: how good forecasts would have been, each as of the end of a week.
func (s *server) forecastBacktest(a ask) error {
	whose, currency, horizons := readWhose(a), readCurrency(a), readHorizon(a)
	days := readWeekEnds(a)
	known := a.query.choice("known", "now", "then")
	if err := a.query.done(); err != nil {
		return err
	}
	owner := foresight.OwnerOf(whose)
	then := func(ctx context.Context, at time.Time) (projections.OrgSettings, calendar.Working, error) {
		c, err := s.desk(a).Calendars(ctx, a.caller.Org, at)
		return c.Settings(), c.Of(owner), err
	}
	settings, working, err := then(a.ctx(), time.Time{})
	if err != nil {
		return err
	}
	reports, err := s.foresight(a).Backtest(a.ctx(), foresight.Trial{
		Org: a.caller.Org, Whose: whose, Days: days, Now: a.now, Known: known == "then", Currency: currency,
		Settings: settings, Working: working, Worlds: backtestWorlds,
	}, then)
	if err != nil {
		return err
	}
	v := viewGrades(reports, days, horizons)
	v.Position, v.Rep, v.Team, v.Known = a.position, whose.Rep, whose.Team, known
	return a.JSON(http.StatusOK, v)
}

// readWeekEnds reads the parameters from and to, and returns the last days of the weeks that end within: those of the last
// half year if neither is given.
func readWeekEnds(a ask) (days []calendar.Day) {
	known := len(a.query.faults)
	span := a.query.days()
	if len(a.query.faults) > known {
		return nil
	}
	last := a.calendar.Bucket(calendar.Weekly, a.today()) - 1
	if span.to != 0 {
		last = min(last, a.calendar.Bucket(calendar.Weekly, span.to)-1)
	}
	first := last - 7*(usualBacktest-1)
	if span.from != 0 {
		first = a.calendar.Bucket(calendar.Weekly, span.from) + 6
	}
	for day := first; day <= last; day += 7 {
		days = append(days, day)
	}
	switch {
	case len(days) == 0:
		a.query.fault("to", "no week that is over ends between from and to")
	case len(days) > maxBacktest:
		a.query.fault("from", fmt.Sprintf("spans %d weeks: ask for %d at most at a time", len(days), maxBacktest))
	}
	return days
}

// readHorizon reads the parameter horizon: the weeks ahead that are asked for, none meaning all.
func readHorizon(a ask) (weeks []int) {
	for _, v := range a.query.all("horizon") {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > forecast.Weeks {
			a.query.fault("horizon", fmt.Sprintf("want a number of weeks from 1 to %d", forecast.Weeks))
		}
		weeks = append(weeks, n)
	}
	return weeks
}

func viewGrades(reports []foresight.Report, days []calendar.Day, horizons []int) gradesView {
	v := gradesView{Forecasts: len(days), Numbers: []gradedView{}}
	if len(days) > 0 {
		from, to := slices.Min(days), slices.Max(days)
		v.From, v.To = &from, &to
	}
	for _, r := range reports {
		n := gradedView{Metric: r.Metric, Currency: r.Currency, Weeks: []gradeView{}}
		for w, g := range r.Weeks {
			if len(horizons) == 0 || slices.Contains(horizons, w+1) {
				n.Weeks = append(n.Weeks, viewGrade(g, w+1))
			}
		}
		if len(horizons) == 0 {
			all := viewGrade(r.All, 0)
			n.All = &all
		}
		v.Numbers = append(v.Numbers, n)
	}
	return v
}

func viewGrade(g forecast.Grade, horizon int) gradeView {
	v := gradeView{Horizon: horizon, N: g.N}
	if g.N == 0 {
		return v
	}
	v.Coverage, v.Below, v.Above = roundedAt(&g.Coverage), roundedAt(&g.Below), roundedAt(&g.Above)
	v.Loss, v.Usual = roundedAt(&g.Loss), roundedAt(&g.Usual)
	if skill, ok := g.Skill(); ok {
		v.Skill = roundedAt(&skill)
	}
	return v
}
