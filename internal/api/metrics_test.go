package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/internal/metric"
	"milemarker/projections"
)

// numbers is the part of an answer that tests look at.
type numbers struct {
	Position events.Position
	Rows     []struct {
		Metric, From, To string
		ToDate           bool `json:"to_date"`
		Group            map[string]string
		Currency         string
		Value            any
		N                uint64
		Interval         *metric.Interval
		Events           string
		Compare          []struct {
			With, From, To string
			Value, Change  any
			N              uint64
			Events         string
		}
	}
}

// table shows rows as lines.
func (n numbers) table() []string {
	var out []string
	for _, r := range n.Rows {
		line := fmt.Sprintf("%s %s..%s", r.Metric, r.From, r.To)
		if r.ToDate {
			line += " to date"
		}
		for _, d := range projections.Dimensions() {
			if v, ok := r.Group[string(d)]; ok {
				line += fmt.Sprintf(" %s=%s", d, v)
			}
		}
		line += fmt.Sprintf(" = %v%s (%d)", r.Value, r.Currency, r.N)
		for _, c := range r.Compare {
			line += fmt.Sprintf("; %s %s..%s = %v, %v", c.With, c.From, c.To, c.Value, c.Change)
		}
		out = append(out, line)
	}
	return out
}

func (h *house) numbers(path string) numbers {
	h.tb.Helper()
	var n numbers
	h.get(path).into(h.tb, &n)
	return n
}

func (h *house) wants(path string, want ...string) {
	h.tb.Helper()
	if diff := cmp.Diff(want, h.numbers(path).table()); diff != "" {
		h.tb.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func when(tb testing.TB, s string) time.Time {
	tb.Helper()
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// aMonth is a little of everything, in February and March 2024.
func aMonth(tb testing.TB) *house {
	tb.Helper()
	h := newHouse(tb)
	for i, day := range []string{"02-01", "02-12", "02-29", "03-01", "03-04", "03-12", "03-13"} {
		for j, outcome := range []string{"conversation", "voicemail", "no_answer"} {
			rep := []string{"kim", "lee"}[(i+j)%2]
			h.happened(fmt.Sprintf("call-%d-%d", i, j), "call.completed", when(tb, "2024-"+day+" 09:30"), rep,
				`{"outcome":"`+outcome+`","direction":"outbound","seconds":60}`)
		}
	}
	h.happened("sale-1", "signup.completed", when(tb, "2024-03-04 10:00"), "kim",
		`{"signup":"1","role":"customer","amount":"100.50","currency":"EUR","upsell_offered":true}`)
	h.happened("sale-2", "signup.completed", when(tb, "2024-03-05 10:00"), "lee",
		`{"signup":"2","role":"customer","amount":"250","currency":"USD"}`)
	h.happened("sale-3", "signup.completed", when(tb, "2024-03-13 10:00"), "lee",
		`{"signup":"3","role":"recruit","amount":"49.25","currency":"EUR"}`)
	return h
}

func TestMetrics(t *testing.T) {
	h := aMonth(t)
	h.wants("/v1/metrics?metric=calls&metric=contact_rate&metric=show_rate&from=2024-02-01&to=2024-03-31",
		"calls 2024-02-01..2024-03-31 to date = 21 (21)",
		"contact_rate 2024-02-01..2024-03-31 to date = 0.3333 (21)",
		"show_rate 2024-02-01..2024-03-31 to date = <nil> (0)")
	h.wants("/v1/metrics?metric=calls&from=2024-01-15&to=2024-03-13&grain=month",
		"calls 2024-01-15..2024-01-31 = 0 (0)",
		"calls 2024-02-01..2024-02-29 = 9 (9)",
		"calls 2024-03-01..2024-03-13 to date = 12 (12)")
	h.wants("/v1/metrics?metric=conversations&from=2024-03-01&to=2024-03-31&group_by=rep",
		"conversations 2024-03-01..2024-03-31 to date rep=kim = 2 (2)",
		"conversations 2024-03-01..2024-03-31 to date rep=lee = 2 (2)")
	h.wants("/v1/metrics?metric=calls&from=2024-03-01&to=2024-03-31&group_by=outcome&rep=kim",
		"calls 2024-03-01..2024-03-31 to date outcome=conversation = 2 (2)",
		"calls 2024-03-01..2024-03-31 to date outcome=no_answer = 2 (2)",
		"calls 2024-03-01..2024-03-31 to date outcome=voicemail = 2 (2)")
}

func TestMoneyIsKeptApartByCurrency(t *testing.T) {
	h := aMonth(t)
	h.wants("/v1/metrics?metric=signups&metric=signup_amount&metric=average_sale&from=2024-03-01&to=2024-03-31",
		"signups 2024-03-01..2024-03-31 to date = 3 (3)",
		"signup_amount 2024-03-01..2024-03-31 to date = 149.75EUR (2)",
		"signup_amount 2024-03-01..2024-03-31 to date = 250USD (1)",
		"average_sale 2024-03-01..2024-03-31 to date = 74.875EUR (2)",
		"average_sale 2024-03-01..2024-03-31 to date = 250USD (1)")
	h.wants("/v1/metrics?metric=signup_amount&from=2024-03-01&to=2024-03-31&currency=USD",
		"signup_amount 2024-03-01..2024-03-31 to date = 250USD (1)")
	h.wants("/v1/metrics?metric=signup_amount&from=2024-03-01&to=2024-03-31&group_by=currency&rep=lee",
		"signup_amount 2024-03-01..2024-03-31 to date currency=EUR = 49.25EUR (1)",
		"signup_amount 2024-03-01..2024-03-31 to date currency=USD = 250USD (1)")
	h.wants("/v1/metrics?metric=costs&from=2024-03-01&to=2024-03-31")
	h.warehouse.settings.Currency = "CHF"
	h.wants("/v1/metrics?metric=costs&from=2024-03-01&to=2024-03-31", "costs 2024-03-01..2024-03-31 to date = 0CHF (0)")
	h.wants("/v1/metrics?metric=costs&from=2024-03-01&to=2024-03-31&currency=USD")
}

func TestCompare(t *testing.T) {
	h := aMonth(t)
	// March to date is 9 working days old (1 March is a Friday, today a Wednesday): so are February's first nine, to the
	// 13th.
	h.wants("/v1/metrics?metric=calls&from=2024-03-01&to=2024-03-31&compare=previous&compare=last_year",
		"calls 2024-03-01..2024-03-31 to date = 12 (12)"+
			"; previous 2024-02-01..2024-02-13 = 6, 1"+
			"; last_year 2023-03-01..2023-03-13 = 0, <nil>")
	h.wants("/v1/metrics?metric=calls&from=2024-02-01&to=2024-02-29&compare=previous&compare=last_year",
		"calls 2024-02-01..2024-02-29 = 9 (9)"+
			"; previous 2024-01-01..2024-01-31 = 0, <nil>"+
			"; last_year 2023-02-01..2023-02-28 = 0, <nil>")
	h.wants("/v1/metrics?metric=calls&from=2024-02-26&to=2024-03-13&grain=week&compare=previous",
		"calls 2024-02-26..2024-03-03 = 6 (6); previous 2024-02-19..2024-02-25 = 0, <nil>",
		"calls 2024-03-04..2024-03-10 = 3 (3); previous 2024-02-26..2024-03-03 = 6, -0.5",
		"calls 2024-03-11..2024-03-13 to date = 6 (6); previous 2024-03-04..2024-03-06 = 3, 1")
	h.wants("/v1/metrics?metric=calls&from=2024-02-27&to=2024-03-05&compare=previous",
		"calls 2024-02-27..2024-03-05 = 9 (9); previous 2024-02-19..2024-02-26 = 0, <nil>")
	h.wants("/v1/metrics?metric=calls&from=2024-03-14&to=2024-03-20&compare=previous",
		"calls 2024-03-14..2024-03-20 = 0 (0)")
}

func TestReadsTheCoarsestGrainThatFits(t *testing.T) {
	h := aMonth(t)
	for _, c := range []struct {
		query string
		want  []string
	}{
		{"from=2024-01-01&to=2024-12-31", []string{"year 2024-01-01..2025-01-01"}},
		{"from=2024-01-01&to=2024-06-30", []string{"quarter 2024-01-01..2024-07-01"}},
		{"from=2024-02-01&to=2024-03-31", []string{"month 2024-02-01..2024-04-01"}},
		{"from=2024-02-05&to=2024-02-18", []string{"week 2024-02-05..2024-02-19"}},
		{"from=2024-02-02&to=2024-03-31", []string{"day 2024-02-02..2024-04-01"}},
		{"from=2024-01-01&to=2024-12-31&grain=day", []string{"day 2024-01-01..2025-01-01"}},
		{"from=2024-01-01&to=2024-12-31&grain=week", []string{"week 2024-01-01..2024-12-30", "day 2024-12-30..2025-01-01"}},
		{"from=2024-01-10&to=2024-03-31&grain=month", []string{"month 2024-02-01..2024-04-01", "day 2024-01-10..2024-02-01"}},
		{"from=2024-02-01&to=2024-02-29&compare=previous", []string{"month 2024-01-01..2024-03-01"}},
	} {
		h.warehouse.asked = nil
		h.get("/v1/metrics?metric=calls&" + c.query)
		var got []string
		for _, q := range h.warehouse.asked {
			got = append(got, fmt.Sprintf("%s %s..%s", q.Grain, q.From, q.To))
		}
		slices.Sort(got)
		slices.Sort(c.want)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.query, diff)
		}
	}
}

func TestMetricsRefuses(t *testing.T) {
	h := newHouse(t)
	const days = "&from=2024-01-01&to=2024-01-31"
	for query, names := range map[string][]string{
		"":                              {"metric", "from", "to"},
		"metric=happiness" + days:       {"metric"},
		"metric=calls&grain=era" + days: {"grain"},
		"metric=calls&from=1.1.2024&to=2024-02-30":                        {"from", "to"},
		"metric=calls&from=2024-02-01&to=2024-01-01":                      {"to"},
		"metric=calls&from=1066-10-14&to=2024-01-01":                      {"from"},
		"metric=calls&group_by=mood&compare=rivals" + days:                {"group_by", "compare"},
		"metric=calls&groupby=rep" + days:                                 {"groupby"},
		"metric=contact_rate&group_by=outcome&type=call.completed" + days: {"group_by", "type"},
		"metric=calls&min_position=-1" + days:                             {"min_position"},
		"metric=calls&grain=day&from=1990-01-01&to=2024-01-31":            {"grain"},
		"metric=calls&grain=day&grain=week" + days:                        {"grain"},
		"metric=calls&rep=" + strings.Repeat("x", maxValue+1) + days:      {"rep"},
	} {
		h.refused(http.MethodGet, "/v1/metrics?"+query, "", http.StatusBadRequest, names...)
	}
}

func TestDefinitions(t *testing.T) {
	h := newHouse(t)
	var got struct{ Definitions []metric.Definition }
	h.get("/v1/metrics/definitions").into(t, &got)
	if diff := cmp.Diff(metric.All(), got.Definitions); diff != "" {
		t.Error(diff)
	}
}

func TestMetricsCSV(t *testing.T) {
	h := aMonth(t)
	h.happened("evil", "call.completed", when(t, "2024-03-01 11:00"), `=HYPERLINK("http://example.com")`,
		`{"outcome":"conversation","direction":"outbound"}`)
	got := h.get("/v1/metrics?metric=conversations&from=2024-03-01&to=2024-03-31&group_by=rep&compare=previous", "Accept", "text/csv")
	want := strings.Join([]string{
		"metric,from,to,to_date,rep,currency,value,n,low,high,previous_from,previous_to,previous_value,previous_n,previous_change",
		`conversations,2024-03-01,2024-03-31,true,"'=HYPERLINK(""http://example.com"")",,1,1,,,2024-02-01,2024-02-13,0,0,`,
		"conversations,2024-03-01,2024-03-31,true,kim,,2,2,,,2024-02-01,2024-02-13,1,1,1",
		"conversations,2024-03-01,2024-03-31,true,lee,,2,2,,,2024-02-01,2024-02-13,1,1,1",
		"",
	}, "\r\n")
	if diff := cmp.Diff(want, got.body); diff != "" {
		t.Error(diff)
	}
}

func TestTextIsSafeInASpreadsheet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringN(0, 8, -1).Draw(t, "s")
		got := string(text(s))
		if strings.TrimPrefix(got, "'") != s && got != s {
			t.Fatalf("text(%q) = %q", s, got)
		}
		if got != "" && strings.ContainsRune("=+-@\t\r\n", rune(got[0])) {
			t.Fatalf("text(%q) = %q begins like a formula", s, got)
		}
	})
}

func TestMoneyIsAString(t *testing.T) {
	h := aMonth(t)
	var raw struct {
		Rows []struct{ Value json.RawMessage }
	}
	h.get("/v1/metrics?metric=signup_amount&metric=signups&from=2024-03-01&to=2024-03-31").into(t, &raw)
	var got []string
	for _, r := range raw.Rows {
		got = append(got, string(r.Value))
	}
	if diff := cmp.Diff([]string{`"149.75"`, `"250"`, `3`}, got); diff != "" {
		t.Error(diff)
	}
}
