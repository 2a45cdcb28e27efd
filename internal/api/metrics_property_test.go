package api

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/internal/calendar"
)

// Whatever is asked: counts are those of the events themselves, parts add up to the whole, and every row's link opens as
// many events as the row counts.
func TestMetricsProperties(t *testing.T) {
	types := []string{"call.completed", "signup.completed", "lead.captured", "time.logged", "proposal.sent"}
	payload := map[string]string{
		"call.completed":   `{"outcome":"%s","direction":"outbound"}`,
		"signup.completed": `{"signup":"1","role":"%s","amount":"1","currency":"EUR"}`,
		"lead.captured":    `{"source":"%s"}`,
		"time.logged":      `{"category":"%s","minutes":5}`,
		"proposal.sent":    `{"proposal":"%s"}`,
	}
	outcomes := []string{"conversation", "voicemail", "customer", "income_producing"}
	h := newHouse(t)
	rapid.Check(t, func(rt *rapid.T) {
		h.warehouse.rows = nil
		h.warehouse.settings.Settings = calendar.Settings{
			Zone:      rapid.SampledFrom([]string{"UTC", "America/New_York", "Asia/Tokyo"}).Draw(rt, "zone"),
			WeekStart: time.Weekday(rapid.IntRange(0, 6).Draw(rt, "week start")), FiscalYearStart: time.April,
		}
		for i := range rapid.IntRange(0, 40).Draw(rt, "events") {
			typ := rapid.SampledFrom(types).Draw(rt, "type")
			minute := rapid.IntRange(0, 60*24*60).Draw(rt, "minute")
			h.happened(fmt.Sprintf("e/%d", i), typ, when(t, "2024-01-15 00:00").Add(time.Duration(minute)*time.Minute),
				rapid.SampledFrom([]string{"kim", "lee", ""}).Draw(rt, "rep"),
				fmt.Sprintf(payload[typ], rapid.SampledFrom(outcomes).Draw(rt, "outcome")))
		}
		q := url.Values{
			"metric": {"events", "calls", "signups_customer", "lead_to_conversation", "minutes"},
			"from":   {day(t, "2024-01-10").String()}, "to": {(day(t, "2024-01-10") + calendar.Day(rapid.IntRange(0, 70).Draw(rt, "days"))).String()},
		}
		if rapid.Bool().Draw(rt, "grouped") {
			q.Set("group_by", "rep")
		}
		if rapid.Bool().Draw(rt, "filtered") {
			q["rep"] = []string{"kim", ""}
		}
		whole, parts := map[string]uint64{}, map[string]uint64{}
		for _, r := range h.numbers("/v1/metrics?" + q.Encode()).Rows {
			whole[r.Metric+r.Group["rep"]] += r.N
			if opened := h.count(r.Events); !strings.Contains(r.Metric, "_to_") && opened != r.N {
				rt.Fatalf("%s counts %d events, %s opens %d", r.Metric, r.N, r.Events, opened)
			}
		}
		q.Set("grain", rapid.SampledFrom([]string{"day", "week", "month", "quarter", "year"}).Draw(rt, "grain"))
		for _, r := range h.numbers("/v1/metrics?" + q.Encode()).Rows {
			parts[r.Metric+r.Group["rep"]] += r.N
		}
		if diff := cmp.Diff(whole, parts); diff != "" {
			rt.Fatalf("the whole and its parts differ: %s", diff)
		}
	})
}

// count follows a link through all its pages.
func (h *house) count(link string) uint64 {
	h.tb.Helper()
	seen := map[string]bool{}
	for link += "&limit=7"; link != ""; {
		var page struct {
			Events []struct{ ID string }
			Next   string
		}
		h.get(link).into(h.tb, &page)
		for _, e := range page.Events {
			if seen[e.ID] {
				h.tb.Fatalf("%s shows %s twice", link, e.ID)
			}
			seen[e.ID] = true
		}
		link = page.Next
	}
	return uint64(len(seen))
}

func TestARatioOpensTheEventsOnBothSides(t *testing.T) {
	h := aMonth(t)
	h.happened("lead", "lead.captured", when(t, "2024-03-02 09:00"), "kim", `{}`)
	n := h.numbers("/v1/metrics?metric=lead_to_conversation&from=2024-03-01&to=2024-03-31")
	if got := h.count(n.Rows[0].Events); got != 5 || n.Rows[0].Value != 4.0 {
		t.Errorf("%v opens %d events, want the 4 conversations and the lead", n.Rows[0], got)
	}
}
