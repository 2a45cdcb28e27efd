package api

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/labstack/echo/v4"

	"milemarker/internal/access"
	"milemarker/internal/notify"
)

// listDestinations answers GET /v1/destinations.
func (s *server) listDestinations(c echo.Context, caller access.Caller) error {
	return c.JSON(http.StatusOK, map[string]any{"destinations": s.deps.Notices.Destinations.List(caller.Org)})
}

// addDestination answers POST /v1/destinations. A key that was made here is in this answer and nowhere else.
func (s *server) addDestination(c echo.Context, caller access.Caller) error {
	wanted, err := readBody[struct {
		Name string      `json:"name"`
		Kind notify.Kind `json:"kind"`
		Rep  string      `json:"rep"`
		URL  string      `json:"url"`
		Key  string      `json:"key"`
		From string      `json:"from"`
		To   []string    `json:"to"`
	}](c)
	if err != nil {
		return err
	}
	var faults []notify.Fault
	if strings.TrimSpace(wanted.Name) == "" || len(wanted.Name) > maxKeyName || strings.ContainsFunc(wanted.Name, unicode.IsControl) {
		faults = append(faults, notify.Fault{Field: "name", Detail: "is required: what it is called, in one line"})
	}
	secret := notify.Secret{URL: wanted.URL, Key: wanted.Key, From: wanted.From, To: wanted.To}
	address := ""
	if !slices.Contains(notify.Kinds(), wanted.Kind) {
		faults = append(faults, notify.Fault{Field: "kind", Detail: noneOf(wanted.Kind, notify.Kinds()...)})
	} else {
		var wrong []notify.Fault
		secret, address, wrong = notify.NewSecret(wanted.Kind, secret)
		faults = append(faults, wrong...)
	}
	if len(faults) > 0 {
		return badBody(fieldFaults(faults))
	}
	d, err := s.deps.Notices.Destinations.Add(c.Request().Context(), caller.Org, notify.Destination{
		Name: wanted.Name, Kind: wanted.Kind, Rep: wanted.Rep, Address: address,
	}, secret)
	if err != nil {
		return err
	}
	answer := map[string]any{"destination": d}
	if wanted.Kind == notify.Webhook && wanted.Key == "" {
		answer["key"] = secret.Key
	}
	c.Response().Header().Set("Location", "/v1/destinations/"+d.ID)
	return c.JSON(http.StatusCreated, answer)
}

// tryDestination answers POST /v1/destinations/{id}:test: it sends a message that says that it is a test.
func (s *server) tryDestination(c echo.Context, caller access.Caller) error {
	id, ok := strings.CutSuffix(pathID(c), ":test")
	if !ok {
		return echo.ErrNotFound
	}
	all := s.deps.Notices.Destinations.List(caller.Org)
	if !slices.ContainsFunc(all, func(d notify.Destination) bool { return d.ID == id }) {
		return notFound("destination", id, "/v1/destinations")
	}
	now := s.deps.Clock().UTC()
	d := notify.Delivery{
		ID: notify.DeliveryID(newID("test"), id, notify.Trial), Org: caller.Org, Kind: "test", Destination: id,
		Stage: notify.Trial, State: notify.Waiting, Created: now, Due: now,
	}
	d.Message = notify.Message{
		ID: d.ID, Type: "alerts.test", At: now, Title: "Test message", Text: "This is a test of the destination; nothing has happened.",
		Data: map[string]any{"org": caller.Org, "says": "This is a test of the destination; nothing has happened."},
	}
	if err := s.deps.Notices.Outbox.Plan(c.Request().Context(), d); err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, map[string]any{"delivery": viewDelivery(d)})
}

// removeDestination answers DELETE /v1/destinations/{id}.
func (s *server) removeDestination(c echo.Context, caller access.Caller) error {
	id := c.Param("id")
	if err := s.deps.Notices.Destinations.Remove(c.Request().Context(), caller.Org, id); err != nil {
		return errDestination(err, id)
	}
	return c.NoContent(http.StatusNoContent)
}

// sentView is a delivery as it is shown.
type sentView struct {
	ID          string       `json:"id"`
	Alert       string       `json:"alert,omitempty"`
	Kind        string       `json:"kind,omitempty"`
	Destination string       `json:"destination"`
	Stage       notify.Stage `json:"stage"`
	State       notify.State `json:"state"`
	Title       string       `json:"title"`
	Created     time.Time    `json:"created"`
	Due         time.Time    `json:"due"`
	Attempts    int          `json:"attempts"`
	Error       string       `json:"error,omitempty"`
	Ended       time.Time    `json:"ended,omitzero"`
}

func viewDelivery(d notify.Delivery) sentView {
	return sentView{
		d.ID, d.Alert, d.Kind, d.Destination, d.Stage, d.State, d.Message.Title, d.Created, d.Due, d.Attempts, d.Error, d.Ended,
	}
}

// listAlertDeliveries answers GET /v1/alert-deliveries, newest first.
func (s *server) listAlertDeliveries(c echo.Context, caller access.Caller) error {
	q := newQuery(c.QueryParams())
	choices := []string{""}
	for _, state := range notify.States() {
		choices = append(choices, string(state))
	}
	state, destination := notify.State(q.choice("state", choices...)), q.one("destination")
	limit := q.number("limit", 100, s.cfg.MaxPage)
	if err := q.done(); err != nil {
		return err
	}
	views := []sentView{}
	for _, d := range s.deps.Notices.Outbox.List(caller.Org) {
		if (state == "" || d.State == state) && (destination == "" || d.Destination == destination) && len(views) < limit {
			views = append(views, viewDelivery(d))
		}
	}
	return c.JSON(http.StatusOK, map[string]any{"deliveries": views})
}

// retryAlertDelivery answers POST /v1/alert-deliveries/{id}:retry: what was given up is tried again.
func (s *server) retryAlertDelivery(c echo.Context, caller access.Caller) error {
	id, ok := strings.CutSuffix(pathID(c), ":retry")
	if !ok {
		return echo.ErrNotFound
	}
	d, known := s.deps.Notices.Outbox.Get(caller.Org, id)
	switch {
	case !known:
		return notFound("delivery", id, "/v1/alert-deliveries")
	case d.State != notify.Dead && d.State != notify.Waiting:
		return failed(http.StatusConflict, "The delivery is "+string(d.State)+": there is nothing to try again.", "")
	}
	d.State, d.Attempts, d.Error, d.Due, d.Ended = notify.Waiting, 0, "", s.deps.Clock().UTC(), time.Time{}
	if err := s.deps.Notices.Outbox.Save(c.Request().Context(), d); err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, map[string]any{"delivery": viewDelivery(d)})
}
