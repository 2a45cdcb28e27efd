package api

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/projections"
)

// wantsCSV tells whether a request would rather have CSV than JSON.
func wantsCSV(c echo.Context) bool {
	best, csv := 0.0, false
	for part := range strings.SplitSeq(c.Request().Header.Get("Accept"), ",") {
		media, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		weight, err := strconv.ParseFloat(cmp.Or(params["q"], "1"), 64)
		if err != nil || weight <= best {
			continue
		}
		switch media {
		case "text/csv", "text/*":
			best, csv = weight, true
		case "application/json", "application/*", "*/*":
			best, csv = weight, false
		}
	}
	return csv
}

// cell is one field of a CSV file.
type cell string

// text is a field that others have written. A spreadsheet takes a field that begins like a formula for one and runs it:
// an apostrophe before it makes it text.
func text(s string) cell {
	if s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
		return cell("'" + s)
	}
	return cell(s)
}

// value is a number or nothing, written by us.
func value(v any) cell {
	switch v := v.(type) {
	case nil:
		return ""
	case json.Number:
		return cell(v)
	case events.Decimal:
		return cell(v.String())
	case float64:
		return cell(strconv.FormatFloat(v, 'f', -1, 64))
	case uint64:
		return cell(strconv.FormatUint(v, 10))
	case bool:
		return cell(strconv.FormatBool(v))
	default:
		panic("api: no CSV form of this value")
	}
}

// writeCSV sends rows as a file (RFC 4180, UTF-8).
func writeCSV[T any](c echo.Context, name string, header []string, rows []T, cells func(T) []cell) error {
	w, err := beginCSV(c, name, header)
	if err != nil {
		return err
	}
	return addCSV(w, rows, cells)
}

// beginCSV sends what comes before the rows of a file.
func beginCSV(c echo.Context, name string, header []string) (*csv.Writer, error) {
	h := c.Response().Header()
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	h.Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	c.Response().WriteHeader(http.StatusOK)
	w := csv.NewWriter(c.Response())
	w.UseCRLF = true
	return w, w.Write(header)
}

// addCSV sends rows of a file.
func addCSV[T any](w *csv.Writer, rows []T, cells func(T) []cell) error {
	for _, row := range rows {
		var record []string
		for _, v := range cells(row) {
			record = append(record, string(v))
		}
		if err := w.Write(record); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func metricsHeader(q metricsQuestion) []string {
	header := []string{"metric", "from", "to", "to_date"}
	for _, d := range q.groupBy {
		header = append(header, string(d))
	}
	if !slices.Contains(q.groupBy, projections.ByCurrency) {
		header = append(header, "currency")
	}
	header = append(header, "value", "n", "low", "high")
	for _, way := range q.compare {
		header = append(header, way+"_from", way+"_to", way+"_value", way+"_n", way+"_change")
	}
	return header
}

func metricsCells(q metricsQuestion, r metricRow) []cell {
	cells := []cell{cell(r.Metric), cell(r.From.String()), cell(r.To.String()), value(r.ToDate)}
	for _, d := range q.groupBy {
		cells = append(cells, text(r.Group[string(d)]))
	}
	if !slices.Contains(q.groupBy, projections.ByCurrency) {
		cells = append(cells, text(r.Currency))
	}
	cells = append(cells, value(r.Value), value(r.N))
	if r.Interval != nil {
		cells = append(cells, value(r.Interval.Low), value(r.Interval.High))
	} else {
		cells = append(cells, "", "")
	}
	for _, way := range q.compare {
		five := make([]cell, 5)
		for _, c := range r.Compare {
			if c.With == way {
				five = []cell{cell(c.From.String()), cell(c.To.String()), value(c.Value), value(c.N), ""}
				if c.Change != nil {
					five[4] = value(*c.Change)
				}
			}
		}
		cells = append(cells, five...)
	}
	return cells
}
