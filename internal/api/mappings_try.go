package api

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/mapping"
	"milemarker/internal/providers"
	"milemarker/internal/providers/mapped"
	"milemarker/internal/providers/wire"
)

// trial is what POST /v1/mappings:try is asked.
type trial struct {
	Mapping json.RawMessage `json:"mapping"`
	Name    string          `json:"name"`
	Version int             `json:"version"`
	Region  string          `json:"region"`
	Zone    string          `json:"zone"`
	Sample  sample          `json:"sample"`
}

// sample is what the mapping is tried against: a delivery, or rows of a CSV file.
type sample struct {
	Body        json.RawMessage   `json:"body"`
	Text        string            `json:"text"`
	ContentType string            `json:"content_type"`
	Headers     map[string]string `json:"headers"`
	Query       map[string]string `json:"query"`
	Received    *time.Time        `json:"received"`
	CSV         string            `json:"csv"`
}

// trialAnswer says what the mapping makes of the sample.
type trialAnswer struct {
	Use    string       `json:"use"`
	Events []triedEvent `json:"events"`
	Faults []triedFault `json:"faults"`
	Cost   uint64       `json:"cost"`
}

type triedEvent struct {
	Line         int             `json:"line"` // of the rule
	Item         int             `json:"item"` // of for_each, or row of the sample, from 0
	Type         string          `json:"type"`
	ID           string          `json:"id"`
	Time         *time.Time      `json:"time,omitempty"`
	TimeInferred bool            `json:"time_inferred,omitempty"`
	Rep          string          `json:"rep,omitempty"`
	Team         string          `json:"team,omitempty"`
	Subject      string          `json:"subject,omitempty"`
	Data         json.RawMessage `json:"data"`
	Notes        []string        `json:"notes,omitempty"`
}

type triedFault struct {
	Line   int    `json:"line"`
	Item   int    `json:"item"`
	Where  string `json:"where"`
	Detail string `json:"detail"`
	Mend   string `json:"mend,omitempty"`
}

// tryMapping answers POST /v1/mappings:try. Nothing is recorded.
func (s *server) tryMapping(c echo.Context, caller access.Caller) error {
	asked, text, err := s.readTrial(c, caller)
	if err != nil {
		return err
	}
	use := mapping.Deliveries
	if asked.Sample.CSV != "" {
		use = mapping.Rows
	}
	m, err := mapping.Parse([]byte(text), use)
	if wrong, ok := errors.AsType[*mapping.Error](err); ok {
		return badMapping(wrong)
	}
	if err != nil {
		return err
	}
	answer := trialAnswer{Use: useName(use), Events: []triedEvent{}, Faults: []triedFault{}}
	if use == mapping.Rows {
		err = answer.rows(c, m, asked.Sample.CSV)
	} else {
		err = answer.delivery(c, m, asked, s.deps.Clock())
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, answer)
}

// readTrial reads the question and finds the document that it is about.
func (s *server) readTrial(c echo.Context, caller access.Caller) (t trial, text string, err error) {
	body, fields, err := readObject(c)
	if err != nil {
		return t, "", err
	}
	faults := unknownFields(fields, "mapping", "name", "version", "region", "zone", "sample")
	if err := json.Unmarshal(body, &t); err != nil {
		return t, "", badBody(append(faults, at("", "want mapping or name, and sample: "+plainJSONError(err))))
	}
	given := 0
	for _, there := range []bool{len(t.Sample.Body) > 0, t.Sample.Text != "", t.Sample.CSV != ""} {
		if there {
			given++
		}
	}
	if given != 1 {
		faults = append(faults, at("/sample", "want one of body (JSON), text (a body as it arrives) and csv (with its header)"))
	}
	if _, err := zoneNamed(t.Zone); err != nil {
		faults = append(faults, at("/zone", "want an IANA name such as Europe/Berlin"))
	}
	switch {
	case t.Name != "" && len(t.Mapping) == 0:
		v, err := s.deps.Mappings.Get(caller.Org, t.Name, t.Version)
		if errors.Is(err, fs.ErrNotExist) {
			faults = append(faults, at("/name", "there is no such mapping, or not in that version; see GET /v1/mappings"))
		} else if err != nil {
			return t, "", err
		}
		text = v.Text
	case t.Name != "":
		faults = append(faults, at("/name", "give either name or mapping"))
	default:
		var fault string
		if text, fault = documentOf(t.Mapping); fault != "" {
			faults = append(faults, at("/mapping", fault))
		}
	}
	if len(faults) > 0 {
		return t, "", badBody(faults)
	}
	return t, text, nil
}

// plainJSONError says which member is of the wrong kind.
func plainJSONError(err error) string {
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return kind.Field + " is of the wrong kind"
	}
	return "a member cannot be read"
}

// zoneNamed is where clock times are read, UTC for "".
func zoneNamed(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, errors.New("unknown zone")
	}
	return time.LoadLocation(name)
}

// delivery applies m to a sample of a delivery, as the translator would.
func (a *trialAnswer) delivery(c echo.Context, m *mapping.Mapping, asked trial, now time.Time) error {
	place, err := zoneNamed(asked.Zone)
	if err != nil {
		return err
	}
	in := providers.Input{Region: asked.Region, Zone: place, Delivery: providers.Delivery{
		Method: http.MethodPost, Header: http.Header{}, Body: []byte(asked.Sample.Text), Received: now,
	}}
	if asked.Sample.Received != nil {
		in.Received = *asked.Sample.Received
	}
	pointer := "/sample/text"
	if len(asked.Sample.Body) > 0 {
		in.Body, pointer = asked.Sample.Body, "/sample/body"
	}
	in.Header.Set("Content-Type", asked.Sample.ContentType)
	body, err := wire.Read(in.Delivery)
	if err != nil {
		return badBody([]fault{at(pointer, "neither JSON nor a form")})
	}
	headers := map[string]string{}
	for name, value := range asked.Sample.Headers {
		headers[strings.ToLower(name)] = value
	}
	out, err := m.Apply(c.Request().Context(), mapping.Input{
		Body: mapped.Tree(body), Headers: headers, Query: asked.Sample.Query, Received: in.Received, Region: in.Region, Zone: in.Zone,
	})
	if err != nil {
		return err
	}
	a.Cost = out.Cost
	for _, made := range out.Made {
		e, fault := mapped.Event(in, made)
		if fault != nil {
			a.fault(made.Item, fault)
			continue
		}
		a.add(made, e.Draft, made.Rep)
	}
	return nil
}

func (a *trialAnswer) add(made mapping.Made, draft events.Draft, rep string) {
	e := triedEvent{
		Line: made.Line, Item: made.Item, Type: draft.Type, ID: made.ID, Rep: rep, Team: draft.Team, Subject: draft.Subject,
		Data: draft.Data, Notes: made.Notes, TimeInferred: draft.Time.IsZero(),
	}
	if !draft.Time.IsZero() {
		e.Time = &draft.Time
	}
	a.Events = append(a.Events, e)
}

func (a *trialAnswer) fault(item int, f *mapping.Fault) {
	a.Faults = append(a.Faults, triedFault{f.Line, item, f.Where, f.Detail, f.Mend})
}
