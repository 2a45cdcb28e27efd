package pace

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestWatch(t *testing.T) {
	w := working(t, "UTC")
	for _, c := range []struct {
		name string
		seen string // "DAY HH:MM status", of the week of Monday 4 March 2024
		want string // "status@DAY HH:MM", announced
	}{
		{"held", "04 10:00 on_track, 04 10:40 on_track, 05 10:00 at_risk, 05 10:20 at_risk, 05 10:30 at_risk, 05 10:50 at_risk", "on_track@04 10:40 at_risk@05 10:30"},
		{"came and went", "04 10:00 on_track, 04 10:40 on_track, 05 10:00 at_risk, 05 10:20 on_track, 05 10:25 at_risk, 05 10:50 at_risk", "on_track@04 10:40"},
		{"nights do not count", "04 10:00 on_track, 04 10:40 on_track, 04 16:45 off_track, 05 09:10 off_track, 05 09:15 off_track", "on_track@04 10:40 off_track@05 09:15"},
		{
			"re-armed by recovery", "04 10:00 off_track, 04 10:40 off_track, 05 10:00 on_track, 05 10:31 on_track, 06 10:00 off_track, 06 10:30 off_track",
			"off_track@04 10:40 on_track@05 10:31 off_track@06 10:30",
		},
		{"not re-armed by a moment", "04 10:00 off_track, 04 10:40 off_track, 05 10:00 on_track, 05 10:10 off_track, 05 12:00 off_track", "off_track@04 10:40"},
		{"getting worse", "04 10:00 at_risk, 04 10:20 off_track, 04 10:40 off_track, 04 10:50 off_track", "off_track@04 10:50"},
		{"final at once", "04 10:00 on_track, 04 10:40 on_track, 09 00:00 missed, 09 00:01 missed", "on_track@04 10:40 missed@09 00:00"},
		{"not begun", "04 10:00 not_begun, 04 12:00 not_begun, 04 12:00 , 05 10:00 on_track, 05 10:30 on_track", "on_track@05 10:30"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var watch Watch
			var got []string
			for line := range strings.SplitSeq(c.seen, ", ") {
				status := strings.TrimSpace(line[8:])
				at, err := time.Parse("2006-01-02 15:04", "2024-03-"+line[:8])
				if err != nil {
					t.Fatal(err)
				}
				for range 2 { // a look that comes twice changes nothing
					after, change, announce := watch.See(Status(status), at, 0, w)
					if announce {
						got = append(got, string(change.To)+"@"+line[:8])
					}
					watch = kept(t, after)
				}
			}
			if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// kept returns a watch as it comes back from where it was kept.
func kept(tb testing.TB, w Watch) (back Watch) {
	tb.Helper()
	text, err := json.Marshal(w)
	if err == nil {
		err = json.Unmarshal(text, &back)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return back
}

// Nothing is announced twice in a row, nothing before it has held, and whoever looks when a change is due announces it.
func TestWatchProperties(t *testing.T) {
	w := working(t, "Europe/Berlin")
	statuses := []Status{OnTrack, AtRisk, OffTrack, Ahead, NotBegun, ""}
	rapid.Check(t, func(t *rapid.T) {
		var watch Watch
		at, last := time.Date(2024, 3, 25, 8, 0, 0, 0, time.UTC), Status("")
		for range rapid.IntRange(1, 30).Draw(t, "looks") {
			at = at.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "minutes")) * time.Minute)
			s := rapid.SampledFrom(statuses).Draw(t, "status")
			after, change, announce := watch.See(s, at, 0, w)
			if announce {
				if change.To == last || change.From != last || w.Between(change.Since, at) < DefaultHold {
					t.Fatalf("%+v at %s after %q", change, at, last)
				}
				last = change.To
			}
			watch = after
			due, ok := watch.Due(0, w)
			if ok != (watch.Pending != "") || ok && s == watch.Pending && !due.After(at) {
				t.Fatalf("%+v is due at %s", watch, due)
			}
			if ok {
				if _, change, announce := watch.See(watch.Pending, due, 0, w); !announce || change.To != watch.Pending {
					t.Fatalf("%+v is not announced when it is due", watch)
				}
			}
		}
	})
}
