package goals

import (
	"slices"
	"testing"

	"milemarker/events"
	"milemarker/internal/metric"
)

func TestAWorkingDayInWords(t *testing.T) {
	for _, c := range []struct {
		metric string
		n      float64
		want   string
	}{
		{"signup_amount", 27.5862, "27.59"},
		{"signup_amount", 1234567.8, "1234567.80"},
		{"calls", 4.33333, "4.33"},
		{"calls", 1234.4, "1234"},
	} {
		var st Standing
		st.Metric, _ = metric.Find(c.metric)
		if got := perDay(st, c.n); got != c.want {
			t.Errorf("%g of %s: %s, want %s", c.n, c.metric, got, c.want)
		}
	}
	var st Standing
	if st.Metric, _ = metric.Find("receipts"); inWords(st, 27*events.Scale+5862) != "27.59" {
		t.Errorf("%s", inWords(st, 27*events.Scale+5862))
	}
}

// A link has no name of a metric, whatever stages are left out before it: the show rate and the close rate are others.
func TestLinksAreNamedByWhatTheyAre(t *testing.T) {
	steps := stages()
	var titles []string
	for _, d := range metric.All() {
		titles = append(titles, d.Title)
	}
	for i, from := range steps {
		for _, x := range steps[i+1:] {
			if name := perOne(x, from); slices.Contains(titles, name) || name == perOne(from, x) {
				t.Errorf("%q", name)
			}
		}
	}
	if got := perOne(steps[6], steps[4]); got != "rate of sign-ups per held appointment" {
		t.Error(got)
	}
}
