package api

import (
	"encoding/csv"
	"fmt"
	"strings"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/mapping"
)

// maxTriedRows bounds the rows of a sample.
const maxTriedRows = 20

// rows applies m to the rows of a sample, as an import would. Joined tables are not at hand.
func (a *trialAnswer) rows(c echo.Context, m *mapping.Mapping, text string) error {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	r.Comma, r.FieldsPerRecord = m.CSV().Delimiter, -1
	records, err := r.ReadAll()
	if err != nil {
		return badBody([]fault{at("/sample/csv", "not CSV: "+err.Error())})
	}
	header := m.CSV().Columns
	if m.CSV().Header && len(records) > 0 {
		header, records = records[0], records[1:]
	}
	if len(records) == 0 || len(records) > maxTriedRows {
		return badBody([]fault{at("/sample/csv", fmt.Sprintf("want 1 to %d rows below the header", maxTriedRows))})
	}
	a.missing(m, header)
	for i, record := range records {
		row := tryRow{}
		for j, name := range header {
			if j < len(record) {
				row[strings.TrimSpace(name)] = record[j]
			}
		}
		out, err := m.Apply(c.Request().Context(), mapping.Input{Row: row})
		if err != nil {
			return err
		}
		a.Cost += out.Cost
		for _, made := range out.Made {
			made.Item = i
			a.row(m, made)
		}
	}
	return nil
}

// row adds what a rule made of a row.
func (a *trialAnswer) row(m *mapping.Mapping, made mapping.Made) {
	if made.Fault != nil {
		a.fault(made.Item, made.Fault)
		return
	}
	data, err := made.JSON()
	if err != nil {
		a.fault(made.Item, &mapping.Fault{Line: made.Line, Where: "/data", Detail: err.Error()})
		return
	}
	draft, violations := events.Draft{
		ID: made.ID, Source: m.Source(), Type: made.Type, Time: made.Time, Rep: made.Rep, Team: made.Team, Subject: made.Subject, Data: data,
	}.Check()
	for _, v := range violations {
		a.fault(made.Item, &mapping.Fault{Line: made.Line, Where: v.Pointer, Detail: v.Detail})
	}
	if len(violations) == 0 {
		a.add(made, draft, made.Rep)
	}
}

// missing says which columns the mapping reads that the sample does not have.
func (a *trialAnswer) missing(m *mapping.Mapping, header []string) {
	there := map[string]bool{}
	for _, name := range header {
		there[strings.TrimSpace(name)] = true
	}
	m.Refs(func(line int, name string) {
		table, _, joined := strings.Cut(name, ".")
		if _, ok := m.Tables()[table]; there[name] || joined && ok {
			return
		}
		a.fault(0, &mapping.Fault{
			Line: line, Where: "row." + name, Detail: fmt.Sprintf("there is no column %q", name),
			Mend: "the sample has: " + strings.Join(header, ", "),
		})
	})
}

// tryRow is a row of a sample by its columns.
type tryRow map[string]string

// Get implements mapping.Row.
func (r tryRow) Get(name string) string { return r[name] }
