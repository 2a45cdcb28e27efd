package main

import (
	"cmp"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// Three agents and a goal of ten sign-ups each, from Monday the 10th to Friday the 14th of July 2017: 2,400 working minutes,
// a sign-up for each 240. Too little went before for luck to be measured, so it is Poisson's. By hand:
//
//	0 sign-ups   less than e^-m = 25 % from a mean of 1.3863 on, minute 333: at risk on Monday 14:33, told at 15:03
//	             less than 5 % from 2.9957 on, minute 719: off track on Tuesday 12:59, told at 13:29
//	1 sign-up    25 % at 2.6926, minute 647: at risk on Tuesday 11:47, but another comes at noon: not told
//	2            25 % at 3.9204, minute 941: at risk on Tuesday 16:41, told after 19 minutes on Tuesday and 11 on Wednesday
//	5            25 % at 7.4227, minute 1,782: at risk on Thursday 14:42, told at 15:12
//
// Ida does nothing all week. Bo loses one on Monday, wins four on Tuesday, three on Wednesday and on Thursday. Cy wins one on
// Monday and on Tuesday, three on Wednesday, loses one on Thursday, and wins five on Friday. What a day brings is known at
// noon; being on track again is told half an hour later, being achieved at once, and what happens by night at seven.
func TestRehearsal(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2017, 7, d, 0, 0, 0, 0, newYork()) }
	var messages []told
	report, err := rehearse(t.Context(), config{
		folder: "testdata", mapping: "mapping.yaml", from: day(10), to: day(14), logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		tell: func(m told) error { messages = append(messages, m); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(messages, func(x, y told) int { return cmp.Or(x.At.Compare(y.At), strings.Compare(x.Rep, y.Rep)) })
	var got []string
	ids := map[string]bool{}
	for _, m := range messages {
		got = append(got, m.At.Format("Mon 15:04 ")+m.Rep+" "+m.Kind+" "+m.Status)
		if ids[m.ID] {
			t.Errorf("%s arrived twice", m.ID)
		}
		ids[m.ID] = true
	}
	want := []string{
		"Mon 15:03 bo-marsh pace at_risk",
		"Mon 15:03 ida-lane pace at_risk",
		"Mon 16:00 ida-lane no_activity ",
		"Tue 12:30 bo-marsh pace on_track",
		"Tue 13:29 ida-lane pace off_track",
		"Tue 16:00 ida-lane no_activity ",
		"Wed 09:11 cy-hill pace at_risk",
		"Wed 12:30 cy-hill pace on_track",
		"Wed 16:00 ida-lane no_activity ",
		"Thu 12:00 bo-marsh pace achieved",
		"Thu 15:12 cy-hill pace at_risk",
		"Thu 16:00 ida-lane no_activity ",
		"Fri 12:00 cy-hill pace achieved",
		"Fri 16:00 bo-marsh no_activity ",
		"Fri 16:00 ida-lane no_activity ",
		"Sat 07:00 ida-lane pace missed",
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if report.goals != 3 || report.refused != 0 {
		t.Errorf("%+v", report)
	}
	t.Logf("%+v", report)
}
