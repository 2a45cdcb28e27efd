package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
)

// keyView is a key as it is shown: without its secret.
type keyView struct {
	ID      string         `json:"id"`
	Org     string         `json:"org"`
	Name    string         `json:"name"`
	Scopes  []access.Scope `json:"scopes"`
	Created time.Time      `json:"created"`
	Revoked *time.Time     `json:"revoked,omitempty"`
}

func viewKey(k access.Key) keyView {
	v := keyView{ID: k.ID, Org: k.Org, Name: k.Name, Scopes: k.Scopes, Created: k.Created}
	if !k.Revoked.IsZero() {
		v.Revoked = &k.Revoked
	}
	return v
}

// reach is the org whose keys a caller manages, "" for all orgs.
func reach(caller access.Caller) string {
	if caller.Operator {
		return ""
	}
	return caller.Org
}

// listKeys answers GET /v1/keys.
func (s *server) listKeys(c echo.Context, caller access.Caller) error {
	views := []keyView{}
	for _, k := range s.deps.Keys.List(c.Request().Context(), reach(caller)) {
		views = append(views, viewKey(k))
	}
	return c.JSON(http.StatusOK, map[string]any{"keys": views})
}

// maxKeyName bounds the name of a key, in bytes.
const maxKeyName = 100

// addKey answers POST /v1/keys. The secret is in this answer and nowhere else.
func (s *server) addKey(c echo.Context, caller access.Caller) error {
	body, fields, err := readObject(c)
	if err != nil {
		return err
	}
	var wanted struct {
		Name   string         `json:"name"`
		Scopes []access.Scope `json:"scopes"`
		Org    string         `json:"org"`
	}
	var faults []fault
	for name := range fields {
		if name != "name" && name != "scopes" && name != "org" {
			faults = append(faults, at("/"+name, "is not known; there are: name, scopes, org"))
		}
	}
	if err := json.Unmarshal(body, &wanted); err != nil {
		faults = append(faults, at("", "want name, a text, scopes, a list of texts, and perhaps org, a text"))
	} else {
		faults = append(faults, keyFaults(wanted.Name, wanted.Scopes)...)
	}
	org := cmp.Or(wanted.Org, caller.Org)
	if !events.ValidOrg(org) {
		faults = append(faults, at("/org", "want 1 to 63 of a-z, 0-9 and inner hyphens"))
	}
	if len(faults) > 0 {
		return badBody(faults)
	}
	if org != caller.Org && !caller.Operator {
		return failed(http.StatusForbidden, "This key makes keys for its own org only.",
			"Leave org out, or use the operator's key: the first one, in the file admin.key of the data folder.")
	}
	token, key, err := s.deps.Keys.Add(c.Request().Context(), org, wanted.Name, wanted.Scopes...)
	if err != nil {
		return err
	}
	c.Response().Header().Set("Location", "/v1/keys/"+url.PathEscape(key.ID))
	return c.JSON(http.StatusCreated, struct {
		keyView
		Token string `json:"token"`
	}{viewKey(key), token})
}

func keyFaults(name string, scopes []access.Scope) []fault {
	var faults []fault
	if strings.TrimSpace(name) == "" || len(name) > maxKeyName || strings.ContainsFunc(name, unicode.IsControl) {
		faults = append(faults, at("/name", fmt.Sprintf("is required: what the key is for, one line of at most %d bytes", maxKeyName)))
	}
	if len(scopes) == 0 {
		faults = append(faults, at("/scopes", "is required: one or more of ingest, read, people, admin"))
	}
	for i, scope := range scopes {
		if !scope.Valid() {
			faults = append(faults, at(fmt.Sprintf("/scopes/%d", i), "want ingest, read, people or admin"))
		}
	}
	return faults
}

// revokeKey answers DELETE /v1/keys/{id}.
func (s *server) revokeKey(c echo.Context, caller access.Caller) error {
	err := s.deps.Keys.Revoke(c.Request().Context(), reach(caller), c.Param("id"))
	if errors.Is(err, access.ErrOperatorKey) {
		return failed(http.StatusConflict, "This is the operator's key. Without it nobody could make keys for other orgs.", "")
	}
	if errors.Is(err, access.ErrUnknownKey) {
		return failed(http.StatusNotFound, fmt.Sprintf("There is no key %.50q.", c.Param("id")), "See GET /v1/keys.")
	}
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}

// newLogin answers POST /v1/logins: a link that begins one session in the name of the caller's key.
func (s *server) newLogin(c echo.Context, caller access.Caller) error {
	token, err := s.deps.Keys.NewLogin(c.Request().Context(), caller.KeyID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, map[string]any{
		"link": "/login?" + url.Values{"token": {token}}.Encode(), "expires": s.deps.Clock().UTC().Add(access.LinkLife),
	})
}
