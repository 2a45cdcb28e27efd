package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/declared"
	"milemarker/projections"
)

// orgView is an org's settings as they are shown and set.
type orgView struct {
	Zone            string            `json:"zone"`
	WeekStart       string            `json:"week_start"`
	FiscalYearStart int               `json:"fiscal_year_start_month"`
	Currency        string            `json:"currency,omitempty"`
	Country         string            `json:"country,omitempty"`
	Teams           map[string]string `json:"teams"`

	// IncomeProducing says what logged time counts as income-producing, by the days from which it holds.
	IncomeProducing []producingView `json:"income_producing"`
}

func viewOrg(s projections.OrgSettings) orgView {
	v := orgView{
		Zone: s.Zone, WeekStart: strings.ToLower(s.WeekStart.String()), FiscalYearStart: int(s.FiscalYearStart),
		Currency: s.Currency, Country: s.Country, Teams: map[string]string{}, IncomeProducing: viewProducing(s.Producing),
	}
	maps.Copy(v.Teams, s.Teams)
	return v
}

// org answers GET /v1/org.
func (s *server) org(a ask) error {
	if err := a.query.done(); err != nil {
		return err
	}
	return a.JSON(http.StatusOK, map[string]any{"position": a.position, "org": a.caller.Org, "settings": viewOrg(a.settings)})
}

// configureOrg answers PUT /v1/org: the body is the payload of org.configured, and what it leaves out stays. Settings that
// stand already are not recorded again.
func (s *server) configureOrg(c echo.Context, caller access.Caller) error {
	body, _, err := readObject(c)
	if err != nil {
		return err
	}
	a, err := s.askCurrent(c, caller)
	if err != nil {
		return err
	}
	draft, found := events.Draft{ID: "org.configured", Source: told, Type: events.TypeOrgConfigured, Data: body}.Check()
	found = append(found, draft.CheckWorld(s.deps.Clock(), zoneExists)...)
	if faults := oneEach(violations(found), violations(declared.Check(draft, a.calendar))); len(faults) > 0 {
		return badBody(faults)
	}
	var wanted events.OrgConfigured
	if err := json.Unmarshal(draft.Data, &wanted); err != nil {
		return err
	}
	if p := wanted.IncomeProducing; p != nil && p.EffectiveOn == "" && !p.WholeHistory {
		p.EffectiveOn = events.Date(a.today().String()) // of the zone that stands before this change
		if draft.Data, err = json.Marshal(wanted); err != nil {
			return err
		}
		draft, _ = draft.Check()
	}
	if stands(viewOrg(a.settings), wanted) && producesSo(a.settings.Producing, wanted.IncomeProducing) {
		return c.JSON(http.StatusOK, map[string]any{"position": a.position, "outcome": events.Duplicate})
	}
	// The id names the change from what stood before: a lost answer's repetition is the same event, a later return to
	// earlier settings is not.
	draft.ID = "org.configured/" + contentAfter(uint64(a.position), draft.Data)
	receipt, err := s.record(c, caller.Org, draft)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"position": receipt.Position, "outcome": receipt.Outcome})
}

// stands tells whether everything that is wanted is so already.
func stands(present orgView, wanted events.OrgConfigured) bool {
	return (wanted.Zone == "" || wanted.Zone == present.Zone) &&
		(wanted.WeekStart == "" || wanted.WeekStart == present.WeekStart) &&
		(wanted.FiscalYearStartMonth == 0 || wanted.FiscalYearStartMonth == int64(present.FiscalYearStart)) &&
		(wanted.Currency == "" || wanted.Currency == present.Currency) &&
		(wanted.Country == "" || wanted.Country == present.Country) &&
		(wanted.Teams == nil || maps.Equal(wanted.Teams, present.Teams)) &&
		!slices.ContainsFunc(slices.Collect(maps.Keys(wanted.TeamChanges)), func(rep string) bool {
			return wanted.TeamChanges[rep] != present.Teams[rep]
		}) &&
		!slices.ContainsFunc(wanted.Teamless, func(rep string) bool { return present.Teams[rep] != "" })
}

func zoneExists(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil
}
