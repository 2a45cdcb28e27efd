package alerts

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/internal/notify"
)

const aCall = `{"direction":"outbound","outcome":"no_answer","seconds":60}`

// works makes calls all through every working day of a span, and holds the weekly review on Friday at five.
func (w *world) works(from, to string, calls int) {
	w.t.Helper()
	for day := instant(w.t, from+" 09:30"); !day.After(instant(w.t, to+" 09:30")); day = day.AddDate(0, 0, 1) {
		if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
			continue
		}
		for i := range calls {
			at := day.Add(time.Duration(i) * 420 * time.Minute / time.Duration(calls)).Truncate(30 * time.Minute)
			w.until(at.Format("2006-01-02 15:04"))
			w.happened("call.completed", at.Format(time.RFC3339), "ann", aCall)
		}
		if day.Weekday() == time.Friday && calls > 0 {
			w.until(day.Format("2006-01-02") + " 17:00")
			w.happened("review.completed", w.now.Format(time.RFC3339), "ann", `{"rhythm":"weekly","day":"`+day.Format("2006-01-02")+`"}`)
		}
	}
}

// A quarter of one rep: 600 calls from 5 January to 31 March 2026, 62 working days, 9.68 a day.
//
//	until 30 January   10 a day: on the line, nothing is told
//	2 to 13 February   nothing: ten days without activity, each told once at eleven; the two reviews are overdue at the
//	                   end of Monday the 9th and 16th; the goal goes at risk, then off track
//	from 16 February   21 a day: it recovers, runs ahead, and is achieved
func TestAQuarter(t *testing.T) {
	w := newWorld(t, "2026-01-05 00:00")
	w.destination("chat", "ann")
	w.happened("goal.set", "2026-01-02T09:00:00Z", "ann", `{"goal":"g","metric":"calls","target":"600","owner_kind":"rep","owner":"ann","starts_on":"2026-01-05","ends_on":"2026-03-31"}`)
	w.works("2026-01-05", "2026-01-30", 10)
	if got := w.recorded(events.TypePaceChanged, events.TypeAlertRaised); len(got) != 0 {
		t.Fatalf("on the line, but %q", got)
	}
	w.works("2026-02-02", "2026-02-13", 0)
	w.until("2026-02-16 00:00")
	var idle []string
	for _, line := range w.recorded(events.TypeAlertRaised) {
		if strings.Contains(line, events.AlertNoActivity) {
			idle = append(idle, line[:11])
		}
	}
	var want []string
	for day := instant(t, "2026-02-02 11:00"); day.Before(instant(t, "2026-02-14 00:00")); day = day.AddDate(0, 0, 1) {
		if wd := day.Weekday(); wd != time.Saturday && wd != time.Sunday {
			want = append(want, day.Format("01-02 15:04"))
		}
	}
	if diff := cmp.Diff(want, idle); diff != "" {
		t.Errorf("days without activity (-want +got):\n%s", diff)
	}
	w.works("2026-02-16", "2026-03-30", 21)
	w.until("2026-04-03 00:00")
	var pace, overdue []string
	for _, line := range w.recorded(events.TypePaceChanged, events.TypeAlertRaised) {
		switch {
		case strings.Contains(line, " pace "):
			pace = append(pace, line[:6]+strings.TrimSuffix(strings.Split(line, " pace ")[1], "ann"))
		case strings.Contains(line, events.AlertReviewOverdue):
			overdue = append(overdue, line[:11])
		}
	}
	// By Tuesday evening 213 are expected and 200 made: a quarter of all such quarters have 203 or fewer. By Thursday evening
	// 232 are expected: one in twenty has 207 or fewer.
	if diff := cmp.Diff([]string{"02-03 at_risk", "02-05 off_track"}, pace[:2]); diff != "" {
		t.Errorf("the shortfall (-want +got):\n%s", diff)
	}
	var after []string
	for i, line := range pace {
		if line >= "02-16" {
			after = append(after, line[6:])
		}
		if i > 0 && line[6:] == pace[i-1][6:] {
			t.Errorf("told twice: %s after %s", line, pace[i-1])
		}
	}
	if diff := cmp.Diff([]string{"at_risk", "on_track", "ahead", "achieved"}, after); diff != "" {
		t.Errorf("the recovery (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"02-09 17:00", "02-16 17:00"}, overdue); diff != "" {
		t.Errorf("reviews overdue (-want +got):\n%s", diff)
	}
	// Everything that was raised was sent once, within the waking hours, and is over by now.
	ids := map[string]int{}
	for _, m := range w.sent {
		ids[m.ID]++
		if h := m.at.Hour(); h < 7 || h >= 20 {
			t.Errorf("%s was sent at %s", m.Title, m.at)
		}
	}
	for id, n := range ids {
		if n != 1 {
			t.Errorf("%s was sent %d times", id, n)
		}
	}
	told := 0
	for _, line := range w.recorded(events.TypePaceChanged, events.TypeAlertRaised) {
		if !strings.Contains(line, "pace ahead") {
			told++
		}
	}
	if len(ids) != told {
		t.Errorf("%d messages of %d alerts", len(ids), told)
	}
	alerts, _, err := notify.FoldAlerts(w.records)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range alerts {
		if a.Kind != events.AlertPace && a.Resolved == nil && a.Kind != events.AlertReviewOverdue {
			t.Errorf("%s goes on", a.ID)
		}
	}
}

// A crash at any durable step, before or after it is done, changes neither what is recorded nor which messages arrive; the
// one that was being handed over may arrive twice, under one id.
func TestCrashAnywhere(t *testing.T) {
	run := func(at int, after bool) (w *world, recorded, arrived []string) {
		w = newWorld(t, "2026-02-03 08:00")
		w.destination("chat", "")
		w.happened("goal.set", "2026-01-02T09:00:00Z", "ann", `{"goal":"g","metric":"calls","target":"400","owner_kind":"rep","owner":"ann","starts_on":"2026-01-05","ends_on":"2026-03-31"}`)
		w.fuse.steps, w.fuse.left, w.fuse.after = 0, at, after
		w.until("2026-02-03 12:00")
		w.happened("call.completed", "2026-02-03T12:00:00Z", "ann", aCall)
		w.until("2026-02-03 13:00")
		for _, r := range w.records {
			recorded = append(recorded, r.Event.ID)
		}
		ids := map[string]bool{}
		for _, m := range w.sent {
			if !ids[m.ID] {
				arrived = append(arrived, m.Data.(map[string]any)["alert"].(string))
			}
			ids[m.ID] = true
		}
		slices.Sort(arrived)
		return w, recorded, arrived
	}
	calm, wantRecorded, wantArrived := run(0, false)
	if len(wantArrived) != 2 || len(calm.sent) != 2 || calm.fuse.steps < 12 {
		t.Fatalf("%d steps, %q arrived, %q recorded", calm.fuse.steps, wantArrived, wantRecorded)
	}
	for n := 1; n <= calm.fuse.steps; n++ {
		for _, after := range []bool{false, true} {
			w, recorded, arrived := run(n, after)
			if diff := cmp.Diff(wantRecorded, recorded); diff != "" {
				t.Errorf("crash at step %d, after %v: recorded (-want +got):\n%s", n, after, diff)
			}
			if diff := cmp.Diff(wantArrived, arrived); diff != "" || len(w.sent) > len(wantArrived)+1 {
				t.Errorf("crash at step %d, after %v: %d sent, arrived (-want +got):\n%s", n, after, len(w.sent), diff)
			}
		}
	}
	t.Logf("%d steps", calm.fuse.steps)
}

func TestFisher(t *testing.T) {
	// A lady tastes eight cups of tea: at most 1 right among 4, 3 among the other 4: (1 + 16)/70.
	if p := chanceOfSoFew(1, 4, 3, 4); p < 17.0/70-1e-9 || p > 17.0/70+1e-9 {
		t.Errorf("%v", p)
	}
	if p := chanceOfSoFew(5, 10, 50, 100); p < 0.5 {
		t.Errorf("the same share is no fall: %v", p)
	}
	if p := chanceOfSoFew(5, 40, 100, 200); p > raiseAt {
		t.Errorf("5 of 40 after 100 of 200: %v", p)
	}
	if p := chanceOfSoFew(0, 0, 5, 10); p != 1 {
		t.Errorf("of nothing: %v", p)
	}
}

// A lead comes in every other working day for ten weeks, then none.
func TestASourceGoesSilent(t *testing.T) {
	w := newWorld(t, "2026-01-05 00:00")
	w.rule(notify.Rule{QuietFrom: "00:00", QuietTo: "00:00"})
	n := 0
	for at := instant(t, "2026-01-05 10:00"); at.Before(instant(t, "2026-03-14 00:00")); at = at.AddDate(0, 0, 1) {
		if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
			continue
		}
		w.until(at.Format("2006-01-02 15:04"))
		if n++; n%2 == 0 {
			w.happened("lead.captured", at.Format(time.RFC3339), "", `{"source":"form"}`)
		}
	}
	if got := w.recorded(events.TypeAlertRaised); len(got) != 0 {
		t.Fatalf("it is not silent: %q", got)
	}
	w.until("2026-04-30 00:00")
	got := w.recorded(events.TypeAlertRaised)
	if len(got) != 1 || !strings.Contains(got[0], events.AlertSourceSilent) {
		t.Fatalf("%q", got)
	}
	// exp(-n) is a thousandth at 6.9 leads, 13.8 working days at one every other day: on 2 April, the 14th day after
	// Friday the 13th of March.
	if day := got[0][:5]; day < "04-01" || day > "04-03" {
		t.Errorf("told on %s", got[0])
	}
	w.happened("lead.captured", "2026-04-30T00:00:00Z", "", `{"source":"form"}`)
	w.until("2026-05-01 00:00")
	alerts, _, err := notify.FoldAlerts(w.records)
	if err != nil || alerts[0].Resolved == nil {
		t.Errorf("%+v, %v", alerts, err)
	}
}

func TestAConversionFalls(t *testing.T) {
	w := newWorld(t, "2026-06-29 09:00")
	w.happened("goal.set", "2026-01-02T09:00:00Z", "ann", `{"goal":"g","metric":"signups","target":"1","owner_kind":"rep","owner":"ann","starts_on":"2026-01-05","ends_on":"2026-12-31"}`)
	for week := range 30 { // until the week of 22 June: of ten appointments eight are held, in the last four weeks three
		at := instant(t, "2025-12-01 10:00").AddDate(0, 0, 7*week)
		held := 8
		if week >= 26 {
			held = 3
		}
		for i := range 10 {
			typ := "appointment.held"
			if i >= held {
				typ = "appointment.no_show"
			}
			w.happened(typ, at.Format(time.RFC3339), "ann", `{"appointment":"`+number(week*10+i)+`"}`)
		}
	}
	w.step()
	got := w.recorded(events.TypeAlertRaised)
	if len(got) != 1 || !strings.Contains(got[0], events.AlertConversion) {
		t.Fatalf("%q", got)
	}
	if a, _ := notify.AlertOf(w.records[len(w.records)-1]); !strings.Contains(a.Says, "Show rate of ann was 12 of 40") {
		t.Errorf("%s", a.Says)
	}
}

func TestBlocksMissedAndUnfilled(t *testing.T) {
	w := newWorld(t, "2026-03-02 00:00") // a Monday
	w.happened("timeblock.planned", "2026-02-27T09:00:00Z", "ann", `{"timeblock":"b","category":"income_producing","starts_at":"2026-03-02T09:00:00Z","ends_at":"2026-03-02T10:00:00Z","rrule":"FREQ=DAILY","activity":"calls"}`)
	w.happened("timeblock.planned", "2026-02-27T09:00:00Z", "ann", `{"timeblock":"c","category":"income_producing","starts_at":"2026-03-03T14:00:00Z","ends_at":"2026-03-03T16:00:00Z","rrule":"FREQ=WEEKLY;BYDAY=TU","activity":"appointments","capacity":2}`)
	w.until("2026-03-02 09:30")
	w.happened("call.completed", "2026-03-02T09:30:00Z", "ann", aCall)
	w.until("2026-03-03 20:00")
	got := w.recorded(events.TypeAlertRaised)
	want := []string{
		"03-02 09:30 blocks_unfilled ann", // none of the two places of Tuesday, half an hour after work began
		"03-03 10:30 block_missed ann",    // the calls of Tuesday; those of Monday were made
		"03-03 16:30 block_missed ann",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	w.happened("appointment.scheduled", "2026-03-04T08:00:00Z", "ann", `{"appointment":"1","starts_at":"2026-03-10T14:00:00Z"}`)
	w.until("2026-03-04 10:00")
	alerts, _, err := notify.FoldAlerts(w.records)
	if err != nil || alerts[0].Resolved == nil {
		t.Errorf("one of two places is filled: %+v, %v", alerts[0], err)
	}
}

func TestQuarantineNotEmpty(t *testing.T) {
	w := newWorld(t, "2026-03-02 09:00")
	w.destination("chat", "")
	w.waiting = 2
	w.until("2026-03-02 12:00")
	w.waiting = 0
	w.until("2026-03-02 13:00")
	w.waiting = 1
	w.until("2026-03-02 14:00")
	if got := w.recorded(events.TypeAlertRaised); len(got) != 2 || len(w.sent) != 2 {
		t.Errorf("%q, sent %d", got, len(w.sent))
	}
}
