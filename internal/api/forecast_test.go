package api

import (
	"context"
	"net/http"
	"testing"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/projections"
)

// unforeseen is a warehouse of an org in which nothing happened.
type unforeseen struct{}

func (unforeseen) Steps(context.Context, projections.ForesightQuery) ([]projections.Step, error) {
	return nil, nil
}

func (unforeseen) Counts(context.Context, projections.ForesightQuery) ([]projections.DayCount, error) {
	return nil, nil
}

func (unforeseen) Contracts(context.Context, projections.ForesightQuery) ([]projections.Contract, error) {
	return nil, nil
}

func (unforeseen) Issued(context.Context, projections.IssuedQuery) ([]events.ForecastIssued, error) {
	return nil, nil
}

func TestForecastsAreRefused(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		path  string
		names []string
	}{
		{"/v1/forecast?day=2031-01-01&weeks=3", []string{"day", "weeks"}},
		{"/v1/forecast?rep=kim&team=north", []string{"team"}},
		{"/v1/forecast/grades?horizon=14&team=north", []string{"horizon", "team"}},
		{"/v1/forecast/grades?horizon=soon", []string{"horizon"}},
		{"/v1/forecast/backtest?known=later&rep=kim&team=north", []string{"known", "team"}},
		{"/v1/forecast/backtest?from=2024-03-01&to=2024-03-02", []string{"to"}}, // no week ends there
		{"/v1/forecast/backtest?from=2024-03-12", []string{"to"}},               // it is not over
		{"/v1/forecast/backtest?from=2020-01-01", []string{"from"}},             // 218 weeks
		{"/v1/forecast/backtest?from=2024-02-01&to=2024-01-01", []string{"to"}},
	} {
		h.refused(http.MethodGet, c.path, "", http.StatusBadRequest, c.names...)
	}
}

func TestForecastsNeedTheScopeRead(t *testing.T) {
	h := newHouse(t)
	reader, writer := h.addKey("acme", access.ScopeRead), h.addKey("acme", access.ScopeIngest)
	for _, path := range []string{"/v1/forecast?team=north", "/v1/forecast/grades", "/v1/forecast/backtest?from=2024-02-01"} {
		if a := h.do(http.MethodGet, path, "", "Authorization", "Bearer "+reader); a.status != http.StatusOK {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
		if a := h.do(http.MethodGet, path, "", "Authorization", "Bearer "+writer); a.status != http.StatusForbidden {
			t.Errorf("%s with a key that may not read: %d %s", path, a.status, a.body)
		}
	}
}

// Of an org in which nothing happened the forecast is wide and near nothing, and there is nothing to be graded.
func TestForecastOfNothing(t *testing.T) {
	h := newHouse(t)
	var f struct {
		Stages []struct {
			Total struct{ P10, P50, P90 float64 }
		}
		Amount    any
		Recurring any
	}
	h.get("/v1/forecast").into(t, &f)
	for _, s := range f.Stages {
		if s.Total.P10 != 0 || s.Total.P90 > 20 {
			t.Errorf("%+v", s)
		}
	}
	if len(f.Stages) != 8 || f.Amount != nil || f.Recurring != nil {
		t.Errorf("%+v", f)
	}
	var g struct {
		Forecasts int
		Numbers   []any
	}
	h.get("/v1/forecast/backtest?from=2024-02-05&horizon=1").into(t, &g)
	if g.Forecasts != 5 || len(g.Numbers) != 0 {
		t.Errorf("%+v", g)
	}
}
