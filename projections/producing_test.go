package projections

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// told makes org.configured records, one a day at noon UTC from 1 March 2024 on.
func told(tb testing.TB, configured ...events.OrgConfigured) []events.Record {
	tb.Helper()
	var out []events.Record
	for i, c := range configured {
		data, err := json.Marshal(c)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, events.Record{Position: events.Position(i + 1), Event: events.Event{
			ID: fmt.Sprint(i), Org: "acme", Type: events.TypeOrgConfigured, DataVersion: 1, Data: data,
			Time: time.Date(2024, 3, 1+i, 12, 0, 0, 0, time.UTC),
		}})
	}
	return out
}

func producing(on events.Date, categories ...string) events.OrgConfigured {
	return events.OrgConfigured{IncomeProducing: &events.Producing{Categories: categories, EffectiveOn: on}}
}

func TestProducing(t *testing.T) {
	day := func(d int) calendar.Day { return calendar.Date(2024, 3, d) }
	settings, err := FoldSettings(told(
		t,
		producing("2024-03-10", events.LeadGenerating),
		producing("", events.Support), // as of the event's day, the 2nd: up to the 9th
		producing("2024-03-20"),
		producing("2024-03-20", events.Admin, events.LeadGenerating), // the last word for that day
	))
	if err != nil {
		t.Fatal(err)
	}
	for d, want := range map[int]string{1: "", 2: "support ", 9: "support ", 10: "lead_generating ", 19: "lead_generating ", 20: "lead_generating admin "} {
		got := ""
		for _, c := range []string{events.LeadGenerating, events.Support, events.Admin} {
			if settings.Outcome(events.TypeTimeLogged, c, day(d)) == events.IncomeProducing {
				got += c + " "
			}
		}
		if got != want || !settings.Produces(events.IncomeProducing, day(d)) {
			t.Errorf("on %s %q count, want %q", day(d), got, want)
		}
	}
	if got := settings.Outcome(events.TypeCallCompleted, events.Admin, day(20)); got != events.Admin {
		t.Errorf("an outcome of something else becomes %s", got)
	}
	if diff := cmp.Diff([]calendar.Day{day(10), day(20)}, settings.ProducingCuts(day(2), day(31))); diff != "" {
		t.Error(diff)
	}
	if cuts := settings.ProducingCuts(day(10), day(20)); len(cuts) != 0 {
		t.Errorf("nothing changes within: %v", cuts)
	}
	whole, err := FoldSettings(append(told(t, producing("2024-03-10", events.LeadGenerating)), told(t, events.OrgConfigured{
		IncomeProducing: &events.Producing{Categories: []string{events.Admin}, WholeHistory: true},
	})...))
	if err != nil {
		t.Fatal(err)
	}
	if !whole.Produces(events.Admin, 0) || whole.Produces(events.LeadGenerating, day(11)) || len(whole.ProducingCuts(0, day(31))) != 0 {
		t.Errorf("%+v", whole.Producing)
	}
}
