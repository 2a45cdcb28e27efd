package api

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/connections"
	"milemarker/internal/deliveries"
	"milemarker/internal/providers"
)

// Webhooks is what is connected, what was delivered, and by whom that may be.
type Webhooks struct {
	Connections *connections.Connections
	Counts      connections.CountStore
	Log         *deliveries.Log
	Kept        Kept
	Providers   []providers.Provider
	Public      string // the public address under which webhooks arrive, "" if it is not known
}

// Kept tells what deliveries there are.
type Kept interface {
	// Count returns how many are kept for each connection of an org.
	Count(ctx context.Context, org string) (map[string]uint64, error)
	// Last returns the newest of a connection, or fs.ErrNotExist.
	Last(ctx context.Context, org, connection string) (deliveries.Kept, error)
}

// webhookRoutes mounts what concerns webhooks.
func (s *server) webhookRoutes(e *echo.Echo) {
	e.GET("/v1/providers", s.keyed(access.ScopeRead, s.listProviders))
	e.GET("/v1/providers/:id", s.keyed(access.ScopeRead, s.oneProvider))
	e.GET("/v1/connections", s.keyed(access.ScopeAdmin, s.listConnections))
	e.POST("/v1/connections", s.keyed(access.ScopeAdmin, s.addConnection))
	e.GET("/v1/connections/:id", s.keyed(access.ScopeAdmin, s.oneConnection))
	e.PATCH("/v1/connections/:id", s.keyed(access.ScopeAdmin, s.changeConnection))
	e.POST("/v1/connections/:id", s.keyed(access.ScopeAdmin, s.doConnection))
	e.DELETE("/v1/connections/:id", s.keyed(access.ScopeAdmin, s.deleteConnection))
	e.GET("/v1/webhooks/deliveries", s.keyed(access.ScopeAdmin, s.listHooks))
	e.GET("/v1/webhooks/deliveries/:id", s.keyed(access.ScopeAdmin, s.oneDelivery))
	e.POST("/v1/webhooks/deliveries/:id", s.keyed(access.ScopeAdmin, s.doDelivery))
	e.DELETE("/v1/webhooks/deliveries/:id", s.keyed(access.ScopeAdmin, s.eraseDelivery))
	e.POST("/v1/webhooks/replays", s.keyed(access.ScopeAdmin, s.startReplay))
	e.GET("/v1/webhooks/replays/:id", s.keyed(access.ScopeAdmin, s.oneReplay))
}

// about returns what a provider says of itself.
func (w Webhooks) about(name string) (providers.About, bool) {
	for _, p := range w.Providers {
		if about := p.About(); about.Name == name {
			return about, true
		}
	}
	return providers.About{}, false
}

// providerView is a provider as it is shown.
type providerView struct {
	Name         string               `json:"name"`
	Title        string               `json:"title"`
	Category     providers.Category   `json:"category"`
	Steps        []string             `json:"steps"`
	Secret       secretView           `json:"secret"`
	Token        *tokenView           `json:"token,omitempty"`
	Settings     []settingView        `json:"settings"`
	Kinds        []kindView           `json:"kinds"`
	Verification string               `json:"verification"`
	Idempotency  string               `json:"idempotency"`
	Deadline     float64              `json:"deadline_seconds,omitempty"`
	Limits       []string             `json:"limits"`
	Confidence   providers.Confidence `json:"confidence"`
}

type secretView struct {
	Name  string `json:"name"`
	Ours  bool   `json:"ours"`
	InURL bool   `json:"in_url"`
	Where string `json:"where"`
}

type tokenView struct {
	Name  string `json:"name"`
	Where string `json:"where"`
}

type settingView struct {
	Name     string `json:"name"`
	Help     string `json:"help"`
	Required bool   `json:"required"`
	Default  string `json:"default,omitempty"`
}

type kindView struct {
	Name   string   `json:"name"`
	Events []string `json:"events"`
	Note   string   `json:"note,omitempty"`
}

func viewProvider(a providers.About) providerView {
	v := providerView{
		Name: a.Name, Title: a.Title, Category: a.Category, Steps: append([]string{}, a.Steps...),
		Secret:   secretView(a.Secret),
		Settings: []settingView{}, Kinds: []kindView{}, Verification: a.Verification, Idempotency: a.Idempotency,
		Deadline: a.Deadline.Seconds(), Limits: append([]string{}, a.Limits...), Confidence: a.Confidence,
	}
	if a.Token != nil {
		v.Token = (*tokenView)(a.Token)
	}
	for _, s := range a.Settings {
		v.Settings = append(v.Settings, settingView(s))
	}
	for _, k := range a.Kinds {
		v.Kinds = append(v.Kinds, kindView{k.Name, append([]string{}, k.Events...), k.Note})
	}
	return v
}

// listProviders answers GET /v1/providers.
func (s *server) listProviders(c echo.Context, _ access.Caller) error {
	views := []providerView{}
	for _, p := range s.deps.Webhooks.Providers {
		views = append(views, viewProvider(p.About()))
	}
	return c.JSON(http.StatusOK, map[string]any{"providers": views})
}

// oneProvider answers GET /v1/providers/{name}.
func (s *server) oneProvider(c echo.Context, _ access.Caller) error {
	about, ok := s.deps.Webhooks.about(c.Param("id"))
	if !ok {
		return failed(http.StatusNotFound, "There is no such provider.", "See GET /v1/providers.")
	}
	return c.JSON(http.StatusOK, viewProvider(about))
}

// toldView is an event that a delivery became.
type toldView struct {
	ID       string             `json:"id"`
	Type     string             `json:"type"`
	Outcome  deliveries.Verdict `json:"outcome"`
	Position events.Position    `json:"position,omitempty"`
	Pending  bool               `json:"pending,omitempty"`
	Faults   []events.Violation `json:"faults,omitempty"`
}
