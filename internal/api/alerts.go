package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/goals"
	"milemarker/internal/notify"
	"milemarker/projections"
)

// alertsOf reads an org's alerts and mutes.
func (s *server) alertsOf(a ask) ([]notify.Alert, []notify.Mute, error) {
	records, err := s.deps.Warehouse.Declarations(a.ctx(), projections.DeclarationQuery{Org: a.caller.Org, Types: notify.AlertTypes()})
	if err != nil {
		return nil, nil, err
	}
	alerts, mutes, unread := notify.FoldAlerts(records)
	if unread != nil {
		s.deps.Logger.WarnContext(a.ctx(), "alerts left out", "org", a.caller.Org, "error", unread)
	}
	return alerts, mutes, s.named(a, alerts, records)
}

// named has changes of pace tell of the goal by its name.
func (s *server) named(a ask, alerts []notify.Alert, records []events.Record) error {
	if !slices.ContainsFunc(alerts, func(x notify.Alert) bool { return x.Kind == events.AlertPace }) {
		return nil
	}
	all, err := s.desk(a).Goals(a.ctx(), a.caller.Org)
	if err != nil {
		return err
	}
	changes := map[string]events.PaceChanged{}
	for _, r := range records {
		if p, err := events.DecodeData[events.PaceChanged](r.Event); r.Event.Type == events.TypePaceChanged && err == nil {
			changes[r.Event.ID] = p
		}
	}
	for i, alert := range alerts {
		if g, ok := goals.Find(all, alert.Goal); ok && alert.Kind == events.AlertPace {
			alerts[i].Says = goals.ChangeSays(g, changes[alert.ID], a.today())
		}
	}
	return nil
}

// alertView is an alert with what became of it.
type alertView struct {
	notify.Alert
	Open       bool       `json:"open"`
	Deliveries []sentView `json:"deliveries"`
}

// listAlerts answers GET /v1/alerts, newest first.
func (s *server) listAlerts(a ask) error {
	kind := a.query.choice("kind", append([]string{""}, events.AlertKinds()...)...)
	rep, goal := a.query.one("rep"), a.query.one("goal")
	open := a.query.choice("open", "false", "true") == "true"
	limit := a.query.number("limit", 100, s.cfg.MaxPage)
	if err := a.query.done(); err != nil {
		return err
	}
	alerts, _, err := s.alertsOf(a)
	if err != nil {
		return err
	}
	if err := s.refuseUnknownGoal(a, goal, alerts); err != nil {
		return err
	}
	sent := map[string][]sentView{}
	for _, d := range s.deps.Notices.Outbox.List(a.caller.Org) {
		sent[d.Alert] = append(sent[d.Alert], viewDelivery(d))
	}
	views := []alertView{}
	for _, alert := range notify.Newest(alerts) {
		wanted := (kind == "" || alert.Kind == kind) && (rep == "" || alert.Rep == rep) && (goal == "" || alert.Goal == goal)
		if wanted && (!open || alert.Open()) && len(views) < limit {
			v := alertView{Alert: alert, Open: alert.Open(), Deliveries: sent[alert.ID]}
			if v.Deliveries == nil {
				v.Deliveries = []sentView{}
			}
			views = append(views, v)
		}
	}
	return a.JSON(http.StatusOK, map[string]any{"position": a.position, "alerts": views})
}

// refuseUnknownGoal refuses to look for what is known neither as a goal nor by an alert.
func (s *server) refuseUnknownGoal(a ask, goal string, alerts []notify.Alert) error {
	if goal == "" || slices.ContainsFunc(alerts, func(x notify.Alert) bool { return x.Goal == goal }) {
		return nil
	}
	all, err := s.desk(a).Goals(a.ctx(), a.caller.Org)
	if err != nil {
		return err
	}
	if _, known := goals.Find(all, goal); !known {
		return badParameters([]fault{{Parameter: "goal", Detail: "names no goal that is known; see /v1/goals"}})
	}
	return nil
}

// acknowledge answers POST /v1/alerts/{id}:acknowledge.
func (s *server) acknowledge(c echo.Context, caller access.Caller) error {
	id, ok := strings.CutSuffix(pathID(c), ":acknowledge")
	if !ok {
		return echo.ErrNotFound
	}
	wanted, err := readBody[struct {
		By   string `json:"by"`
		Note string `json:"note"`
	}](c)
	if err != nil {
		return err
	}
	a, err := s.ask(c, caller)
	if err != nil {
		return err
	}
	alerts, _, err := s.alertsOf(a)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(alerts, func(x notify.Alert) bool { return x.ID == id })
	if i < 0 {
		return notFound("alert", id, "/v1/alerts")
	}
	if alerts[i].Acknowledged != nil {
		return c.JSON(http.StatusOK, alertView{Alert: alerts[i], Deliveries: []sentView{}})
	}
	data := object(map[string]string{"alert": id, "by": wanted.By, "note": wanted.Note})
	return s.answerEvent(c, caller, events.Draft{
		ID: derived("acknowledged", id), Source: told, Type: events.TypeAlertAcknowledged, Rep: alerts[i].Rep, Data: data,
	})
}

// listMutes answers GET /v1/mutes.
func (s *server) listMutes(a ask) error {
	if err := a.query.done(); err != nil {
		return err
	}
	_, mutes, err := s.alertsOf(a)
	if err != nil {
		return err
	}
	standing := []notify.Mute{}
	for _, m := range mutes {
		if a.today().String() <= m.Until {
			standing = append(standing, m)
		}
	}
	return a.JSON(http.StatusOK, map[string]any{"position": a.position, "mutes": standing})
}

// mute answers POST /v1/mutes: the body is the payload of alert.muted.
func (s *server) mute(c echo.Context, caller access.Caller) error {
	body, _, err := readObject(c)
	if err != nil {
		return err
	}
	d, found := events.Draft{ID: newID(events.TypeAlertMuted), Source: told, Type: events.TypeAlertMuted, Data: body}.Check()
	if len(found) > 0 {
		return badBody(violations(found))
	}
	a, err := s.askPlainly(c, caller)
	if err != nil {
		return err
	}
	var wanted events.AlertMuted
	if err := json.Unmarshal(d.Data, &wanted); err != nil {
		return err
	}
	if today := a.today().String(); string(wanted.Until) < today {
		return badBody([]fault{at("/until", "is over: the last day of it must be today, "+today+", or later")})
	}
	return s.answerEvent(c, caller, d)
}

// unmute answers DELETE /v1/mutes/{id}.
func (s *server) unmute(c echo.Context, caller access.Caller) error {
	a, err := s.ask(c, caller)
	if err != nil {
		return err
	}
	_, mutes, err := s.alertsOf(a)
	if err != nil {
		return err
	}
	id := pathID(c)
	if !slices.ContainsFunc(mutes, func(m notify.Mute) bool { return m.ID == id }) {
		return notFound("mute", id, "/v1/mutes")
	}
	if err := s.recordAll(c, caller, []events.Draft{voidOf(id, "no longer muted", caller)}); err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// listRules answers GET /v1/alert-rules: those that were set, and the one that holds where none was.
func (s *server) listRules(c echo.Context, caller access.Caller) error {
	return c.JSON(http.StatusOK, map[string]any{"rules": s.deps.Notices.Rules.List(caller.Org), "standard": notify.Standard()})
}

// addRule answers POST /v1/alert-rules.
func (s *server) addRule(c echo.Context, caller access.Caller) error {
	rule, err := readBody[notify.Rule](c)
	if err != nil {
		return err
	}
	faults := rule.Check(s.deps.Notices.Destinations.List(caller.Org))
	if rule.ID != "" {
		faults = append(faults, notify.Fault{Field: "id", Detail: "must be left out"})
	}
	if len(faults) > 0 {
		return badBody(fieldFaults(faults))
	}
	rule, err = s.deps.Notices.Rules.Add(c.Request().Context(), caller.Org, rule)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Location", "/v1/alert-rules/"+rule.ID)
	return c.JSON(http.StatusCreated, rule)
}

func fieldFaults(faults []notify.Fault) []fault {
	out := make([]fault, len(faults))
	for i, f := range faults {
		out[i] = at("/"+f.Field, f.Detail)
	}
	slices.SortFunc(out, func(x, y fault) int { return strings.Compare(*x.Pointer, *y.Pointer) })
	return out
}

// removeRule answers DELETE /v1/alert-rules/{id}.
func (s *server) removeRule(c echo.Context, caller access.Caller) error {
	ok, err := s.deps.Notices.Rules.Remove(c.Request().Context(), caller.Org, c.Param("id"))
	if err != nil {
		return err
	}
	if !ok {
		return notFound("rule", c.Param("id"), "/v1/alert-rules")
	}
	return c.NoContent(http.StatusNoContent)
}

// errDestination turns a destination that is not there into the answer that says so.
func errDestination(err error, id string) error {
	if errors.Is(err, notify.ErrNoDestination) {
		return notFound("destination", id, "/v1/destinations")
	}
	return err
}
