package api

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/internal/access"
	"milemarker/internal/connections"
	"milemarker/internal/deliveries"
	"milemarker/internal/providers"
)

// connectionView is a connection as it is shown: without what is secret.
type connectionView struct {
	ID        string             `json:"id"`
	Name      string             `json:"name"`
	Provider  string             `json:"provider"`
	URL       string             `json:"url"`
	State     connections.State  `json:"state"`
	Region    string             `json:"region,omitempty"`
	Zone      string             `json:"zone,omitempty"`
	Settings  map[string]string  `json:"settings"`
	Secrets   []liveSecret       `json:"secrets"`
	HasToken  bool               `json:"has_token"`
	Created   time.Time          `json:"created"`
	CreatedBy string             `json:"created_by"`
	PausedAt  time.Time          `json:"paused_at,omitzero"`
	Kept      uint64             `json:"deliveries"`
	Last      time.Time          `json:"last_delivery,omitzero"`
	Counts    connections.Counts `json:"counts"`
}

// liveSecret tells of a secret without telling it.
type liveSecret struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	Ends    time.Time `json:"ends,omitzero"`
}

// viewConnection looks up how a connection stands.
func (s *server) viewConnection(c echo.Context, one connections.Connection, kept map[string]uint64) (connectionView, error) {
	v := connectionView{
		ID: one.ID, Name: one.Name, Provider: one.Provider, URL: one.URL, State: one.State, Region: one.Region, Zone: one.Zone,
		Settings: one.Settings, Secrets: []liveSecret{}, HasToken: one.Token != "", Created: one.Created,
		CreatedBy: one.CreatedBy, PausedAt: one.PausedAt, Kept: kept[one.ID],
	}
	if v.Settings == nil {
		v.Settings = map[string]string{}
	}
	now := s.deps.Clock()
	for _, secret := range one.Secrets {
		if secret.Ends.IsZero() || now.Before(secret.Ends) {
			v.Secrets = append(v.Secrets, liveSecret{secret.ID, secret.Created, secret.Ends})
		}
	}
	ctx := c.Request().Context()
	last, err := s.deps.Webhooks.Kept.Last(ctx, one.Org, one.ID)
	if err == nil {
		v.Last = last.Stored.UTC()
	} else if !errors.Is(err, fs.ErrNotExist) {
		return v, err
	}
	v.Counts, err = connections.ReadCounts(ctx, s.deps.Webhooks.Counts, one.ID)
	return v, err
}

// listConnections answers GET /v1/connections.
func (s *server) listConnections(c echo.Context, caller access.Caller) error {
	kept, err := s.deps.Webhooks.Kept.Count(c.Request().Context(), caller.Org)
	if err != nil {
		return err
	}
	views := []connectionView{}
	for _, one := range s.deps.Webhooks.Connections.List(caller.Org) {
		v, err := s.viewConnection(c, one, kept)
		if err != nil {
			return err
		}
		views = append(views, v)
	}
	return c.JSON(http.StatusOK, map[string]any{"connections": views})
}

// oneConnection answers GET /v1/connections/{id}.
func (s *server) oneConnection(c echo.Context, caller access.Caller) error {
	one, err := s.deps.Webhooks.Connections.Of(caller.Org, c.Param("id"))
	if err != nil {
		return s.notConnected(err)
	}
	return s.showConnection(c, one)
}

func (s *server) showConnection(c echo.Context, one connections.Connection) error {
	kept, err := s.deps.Webhooks.Kept.Count(c.Request().Context(), one.Org)
	if err != nil {
		return err
	}
	v, err := s.viewConnection(c, one, kept)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, v)
}

func (s *server) notConnected(err error) error {
	if errors.Is(err, connections.ErrUnknown) {
		return failed(http.StatusNotFound, "There is no such connection.", "See GET /v1/connections.")
	}
	return err
}

// madeView is a connection with what is shown this once.
type madeView struct {
	connectionView

	Paste       string   `json:"paste"`            // the URL to paste, with the secret if that is part of it
	Secret      string   `json:"secret,omitempty"` // if it was made here
	SecretName  string   `json:"secret_name"`
	SecretWhere string   `json:"secret_where"`
	Steps       []string `json:"steps"`
}

// showMade answers with what is shown once. The secret is the one made here, or given; it is shown if it was made.
func (s *server) showMade(
	c echo.Context, status int, one connections.Connection, about providers.About, secret string, made bool,
) error {
	v := madeView{Paste: one.URL, SecretName: about.Secret.Name, SecretWhere: about.Secret.Where, Steps: []string{}}
	if about.Secret.InURL && secret != "" {
		v.Paste += "/" + url.PathEscape(secret)
	}
	if made {
		v.Secret = secret
	}
	for _, step := range about.Steps {
		v.Steps = append(v.Steps, strings.ReplaceAll(step, "{url}", v.Paste))
	}
	kept, err := s.deps.Webhooks.Kept.Count(c.Request().Context(), one.Org)
	if err != nil {
		return err
	}
	if v.connectionView, err = s.viewConnection(c, one, kept); err != nil {
		return err
	}
	return c.JSON(status, v)
}

// addConnection answers POST /v1/connections.
func (s *server) addConnection(c echo.Context, caller access.Caller) error {
	body, fields, err := readObject(c)
	if err != nil {
		return err
	}
	var wanted wantedConnection
	faults := unknownFields(fields, "provider", "name", "public_url", "region", "zone", "settings", "secret", "token")
	if err := json.Unmarshal(body, &wanted); err != nil {
		return badBody(append(faults, at("", "want texts, and settings, an object of texts")))
	}
	about, ok := s.deps.Webhooks.about(wanted.Provider)
	if !ok {
		faults = append(faults, at("/provider", noneOf(wanted.Provider, s.deps.Webhooks.providerNames()...)))
	} else {
		faults = append(faults, wanted.faults(about, wanted.Settings)...)
		faults = append(faults, s.namedMappingFaults(caller.Org, about, wanted.Settings)...)
	}
	base, fault := s.publicURL(wanted.PublicURL)
	if fault != nil {
		faults = append(faults, *fault)
	}
	if len(faults) > 0 {
		return badBody(faults)
	}
	secret, made := wanted.Secret, false
	if secret == "" && about.Secret.Ours {
		secret, made = connections.NewSecret(), true
	}
	one := connections.Connection{
		Org: caller.Org, Provider: about.Name, Name: wanted.Name, Region: wanted.Region, Zone: wanted.Zone,
		Settings: wanted.Settings, Token: wanted.Token, CreatedBy: caller.KeyID,
	}
	if one.Name == "" {
		one.Name = about.Title
	}
	if one, err = s.deps.Webhooks.Connections.Add(c.Request().Context(), base, one, secret); err != nil {
		return err
	}
	c.Response().Header().Set("Location", "/v1/connections/"+one.ID)
	return s.showMade(c, http.StatusCreated, one, about, secret, made)
}

// providerNames are the names of all providers, in order.
func (w Webhooks) providerNames() []string {
	var names []string
	for _, p := range w.Providers {
		names = append(names, p.About().Name)
	}
	slices.Sort(names)
	return names
}

// publicURL is the address that a connection's URL begins with: the one given, else the installation's own.
func (s *server) publicURL(given string) (string, *fault) {
	if given == "" {
		given = s.deps.Webhooks.Public
	}
	u, err := url.Parse(given)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" {
		f := at("/public_url", "is required, or MILEMARKER_PUBLIC_URL: the address under which the provider reaches this"+
			" installation, such as https://hooks.example.com")
		return "", &f
	}
	return given, nil
}

// changeConnection answers PATCH /v1/connections/{id}: what is absent stays.
func (s *server) changeConnection(c echo.Context, caller access.Caller) error {
	one, err := s.deps.Webhooks.Connections.Of(caller.Org, c.Param("id"))
	if err != nil {
		return s.notConnected(err)
	}
	body, fields, err := readObject(c)
	if err != nil {
		return err
	}
	wanted := wantedConnection{Name: one.Name, Region: one.Region, Zone: one.Zone, Token: one.Token}
	faults := unknownFields(fields, "name", "region", "zone", "settings", "token")
	if err := json.Unmarshal(body, &wanted); err != nil {
		return badBody(append(faults, at("", "want texts, and settings, an object of texts")))
	}
	if fields["settings"] == nil {
		wanted.Settings = one.Settings
	}
	about, _ := s.deps.Webhooks.about(one.Provider)
	if fields["settings"] != nil {
		faults = append(faults, s.namedMappingFaults(caller.Org, about, wanted.Settings)...)
	}
	if faults = append(faults, wanted.faults(about, wanted.Settings)...); len(faults) > 0 {
		return badBody(faults)
	}
	fresh := wanted.Token != "" && wanted.Token != one.Token
	one, err = s.deps.Webhooks.Connections.Change(c.Request().Context(), caller.Org, one.ID, func(now *connections.Connection) {
		now.Name, now.Region, now.Zone = wanted.Name, wanted.Region, wanted.Zone
		now.Settings, now.Token = wanted.Settings, wanted.Token
	})
	if err != nil {
		return s.notConnected(err)
	}
	if fresh { // details that could not be had may be had now
		if err := s.askSince(c, caller, one.ID, time.Time{}, "a token was given", deliveries.Pending); err != nil {
			return err
		}
	}
	return s.showConnection(c, one)
}

// askSince has deliveries of a connection replayed that have some status.
func (s *server) askSince(
	c echo.Context, caller access.Caller, id string, since time.Time, reason string, status deliveries.Status,
) error {
	_, err := s.deps.Webhooks.Log.AskSince(c.Request().Context(), deliveries.Replay{
		Org: caller.Org, Connection: id, Statuses: []deliveries.Status{status}, Reason: reason, By: caller.KeyID,
	}, since, s.deps.Clock().Add(time.Hour))
	return err
}

// deleteConnection answers DELETE /v1/connections/{id}.
func (s *server) deleteConnection(c echo.Context, caller access.Caller) error {
	if err := s.deps.Webhooks.Connections.Delete(c.Request().Context(), caller.Org, c.Param("id")); err != nil {
		return s.notConnected(err)
	}
	return c.NoContent(http.StatusNoContent)
}
