package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/internal/access"
	"milemarker/internal/connections"
	"milemarker/internal/mapping"
	"milemarker/internal/providers"
)

// Mappings keeps mapping documents under names, with all their versions.
type Mappings interface {
	List(org string) []mapping.Version
	Versions(org, name string) []mapping.Version
	// Get returns a version, the last for 0; fs.ErrNotExist if there is none.
	Get(org, name string, number int) (mapping.Version, error)
	// Put stores a document as the next version. The error is a *mapping.Error for a document that is wrong, or
	// mapping.ErrFull.
	Put(ctx context.Context, org, name, by string, text []byte) (v mapping.Version, added bool, err error)
	// Delete returns fs.ErrNotExist if there is none.
	Delete(ctx context.Context, org, name, by string) error
}

// mappingRoutes mounts what concerns mappings.
func (s *server) mappingRoutes(e *echo.Echo) {
	e.GET("/v1/mappings", s.keyed(access.ScopeRead, s.listMappings))
	e.POST("/v1/mappings\\:try", s.keyed(access.ScopeRead, s.tryMapping))
	e.GET("/v1/mappings/:name", s.keyed(access.ScopeRead, s.oneMapping))
	e.PUT("/v1/mappings/:name", s.keyed(access.ScopeAdmin, s.putMapping))
	e.DELETE("/v1/mappings/:name", s.keyed(access.ScopeAdmin, s.deleteMapping))
}

// mappingView is a version of a mapping as it is shown.
type mappingView struct {
	Name     string           `json:"name"`
	Version  int              `json:"version"`
	Use      string           `json:"use"`
	SavedAt  time.Time        `json:"saved_at"`
	SavedBy  string           `json:"saved_by"`
	Mapping  string           `json:"mapping,omitempty"`
	Versions []mappingVersion `json:"versions,omitempty"`
}

type mappingVersion struct {
	Version int       `json:"version"`
	SavedAt time.Time `json:"saved_at"`
	SavedBy string    `json:"saved_by"`
	Deleted bool      `json:"deleted,omitempty"`
}

func viewMapping(v mapping.Version) mappingView {
	return mappingView{Name: v.Name, Version: v.Number, Use: useName(mapping.UseOf([]byte(v.Text))), SavedAt: v.At, SavedBy: v.By}
}

func useName(u mapping.Use) string {
	if u == mapping.Rows {
		return "rows"
	}
	return "deliveries"
}

// listMappings answers GET /v1/mappings.
func (s *server) listMappings(c echo.Context, caller access.Caller) error {
	views := []mappingView{}
	for _, v := range s.deps.Mappings.List(caller.Org) {
		views = append(views, viewMapping(v))
	}
	return c.JSON(http.StatusOK, map[string]any{"mappings": views})
}

// oneMapping answers GET /v1/mappings/{name}.
func (s *server) oneMapping(c echo.Context, caller access.Caller) error {
	name := c.Param("name")
	query := newQuery(c.QueryParams())
	number := query.number("version", 0, 1_000_000)
	if err := query.done(); err != nil {
		return err
	}
	v, err := s.deps.Mappings.Get(caller.Org, name, number)
	if errors.Is(err, fs.ErrNotExist) {
		return noMapping(name)
	}
	if err != nil {
		return err
	}
	view := viewMapping(v)
	view.Mapping = v.Text
	for _, v := range s.deps.Mappings.Versions(caller.Org, name) {
		view.Versions = append(view.Versions, mappingVersion{v.Number, v.At, v.By, v.Deleted})
	}
	return c.JSON(http.StatusOK, view)
}

func noMapping(name string) failure {
	return failed(http.StatusNotFound, fmt.Sprintf("There is no mapping %.70q, or not in that version.", name), "See GET /v1/mappings.")
}

// putMapping answers PUT /v1/mappings/{name}: the document as it is, or as the text "mapping" of a JSON object.
func (s *server) putMapping(c echo.Context, caller access.Caller) error {
	name := c.Param("name")
	if !mapping.ValidName(name) {
		return failed(http.StatusUnprocessableEntity, fmt.Sprintf("%.70q cannot be the name of a mapping.", name),
			"Use 1 to 63 of a-z, 0-9, - and _, the first of them a letter or digit.")
	}
	text, err := readDocument(c)
	if err != nil {
		return err
	}
	v, added, err := s.deps.Mappings.Put(c.Request().Context(), caller.Org, name, caller.KeyID, []byte(text))
	var wrong *mapping.Error
	switch {
	case errors.As(err, &wrong):
		return badMapping(wrong)
	case errors.Is(err, mapping.ErrFull):
		return failed(http.StatusConflict, "No more mappings, or versions of one, can be stored.", "Delete mappings that are not used.")
	case err != nil:
		return err
	}
	status := http.StatusOK
	if added {
		status = http.StatusCreated
		c.Response().Header().Set("Location", "/v1/mappings/"+url.PathEscape(name)+"?version="+strconv.Itoa(v.Number))
	}
	return c.JSON(status, viewMapping(v))
}

// badMapping lists what is wrong with a document, line by line.
func badMapping(wrong *mapping.Error) failure {
	f := badBody(lineFaults("/mapping", wrong))
	f.Detail, f.Mend = "The mapping cannot be read.", "See docs/MAPPING.md for the language. Nothing was saved."
	return f
}

func lineFaults(pointer string, wrong *mapping.Error) []fault {
	faults := make([]fault, len(wrong.Faults))
	for i, f := range wrong.Faults {
		faults[i] = at(pointer, fmt.Sprintf("line %d: %s", f.Line, strings.TrimSuffix(f.Detail+"; "+f.Mend, "; ")))
	}
	return faults
}

// namedMappingFaults says what is wrong with the name of a stored mapping in a connection's settings.
func (s *server) namedMappingFaults(org string, about providers.About, settings map[string]string) []fault {
	name, pointer := settings[mapping.SettingName], "/settings/"+mapping.SettingName
	if !mapping.ValidName(name) || !slices.ContainsFunc(about.Settings, func(x providers.Setting) bool { return x.Name == mapping.SettingName }) {
		return nil
	}
	v, err := s.deps.Mappings.Get(org, name, 0)
	switch {
	case err != nil:
		return []fault{at(pointer, fmt.Sprintf("no mapping %q is stored: store it first with PUT /v1/mappings/%s", name, name))}
	case mapping.UseOf([]byte(v.Text)) == mapping.Rows:
		return []fault{at(pointer, fmt.Sprintf("mapping %q is one of rows: a connection needs one of deliveries", name))}
	}
	return nil
}

// mappingUsers names the connections that use a stored mapping.
func (s *server) mappingUsers(org, name string) []string {
	var users []string
	for _, one := range s.deps.Webhooks.Connections.List(org) {
		if one.State != connections.Deleted && one.Settings[mapping.SettingName] == name {
			users = append(users, fmt.Sprintf("%s (%s)", one.ID, one.Name))
		}
	}
	return users
}

// mappingFaults says what is wrong with a connection's mapping that is a document.
func mappingFaults(text string) []fault {
	if text == "" || mapping.ValidName(text) {
		return nil
	}
	_, err := mapping.Parse([]byte(text), mapping.Deliveries)
	if wrong, ok := errors.AsType[*mapping.Error](err); ok {
		return lineFaults("/settings/"+mapping.SettingName, wrong)
	}
	return nil
}

// readDocument reads a document from a body: YAML as it is, or JSON around it.
func readDocument(c echo.Context) (string, error) {
	media, _, _ := strings.Cut(c.Request().Header.Get("Content-Type"), ";")
	switch strings.TrimSpace(media) {
	case "application/yaml", "text/yaml", "application/x-yaml", "text/plain":
		body, err := io.ReadAll(c.Request().Body)
		if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
			return "", failed(http.StatusRequestEntityTooLarge, fmt.Sprintf("The body has more than %d bytes.", tooLarge.Limit), "")
		} else if err != nil {
			return "", failed(http.StatusBadRequest, "The body was cut short.", "")
		}
		return string(body), nil
	}
	_, fields, err := readObject(c)
	if err != nil {
		return "", err
	}
	faults := unknownFields(fields, "mapping")
	text, fault := documentOf(fields["mapping"])
	if fault != "" {
		faults = append(faults, at("/mapping", fault))
	}
	if len(faults) > 0 {
		return "", badBody(faults)
	}
	return text, nil
}

// documentOf reads a document that stands in JSON: as a text, or as the object that it is.
func documentOf(given json.RawMessage) (text, fault string) {
	switch {
	case len(given) == 0 || string(given) == "null":
		return "", "is required: the document, as a text or an object"
	case given[0] == '"':
		if err := json.Unmarshal(given, &text); err != nil {
			return "", "is no text"
		}
		return text, ""
	case given[0] == '{':
		return string(given), "" // JSON is YAML
	}
	return "", "want the document, as a text or an object"
}

// deleteMapping answers DELETE /v1/mappings/{name}.
func (s *server) deleteMapping(c echo.Context, caller access.Caller) error {
	if users := s.mappingUsers(caller.Org, c.Param("name")); len(users) > 0 {
		return failed(http.StatusConflict, "The mapping is used by connections: "+strings.Join(users, ", ")+".",
			"Give them another mapping, or delete them, and ask again.")
	}
	err := s.deps.Mappings.Delete(c.Request().Context(), caller.Org, c.Param("name"), caller.KeyID)
	if errors.Is(err, fs.ErrNotExist) {
		return noMapping(c.Param("name"))
	}
	if err != nil {
		return err
	}
	return c.NoContent(http.StatusNoContent)
}
