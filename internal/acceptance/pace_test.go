package acceptance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// paceOf is the part of a pace that these tests look at.
type paceOf struct {
	At               time.Time
	Actual, Expected float64
	Status, Sentence string
	Luck             struct{ Dispersion float64 }
	SafeDays         *int `json:"safe_days"`
}

func (p product) pace(goal, query string, position uint64) paceOf {
	p.t.Helper()
	var out paceOf
	p.ask(fmt.Sprintf("/v1/goals/%s/pace?%s&min_position=%d", goal, query, position), &out)
	return out
}

// change sends a body as send does.
func (p product) change(method, path, body string) (position uint64) {
	p.t.Helper()
	var answer json.RawMessage
	p.send(method, path, body, &answer)
	return positionIn(p.t, answer)
}

func positionIn(t *testing.T, answer []byte) uint64 {
	t.Helper()
	_, after, ok := bytes.Cut(answer, []byte(`"position":`))
	var position uint64
	if _, err := fmt.Fscan(bytes.NewReader(after), &position); err != nil || !ok {
		t.Fatalf("no position in %s", answer)
	}
	return position
}

// TestPaceHistory gives each agent of an invented file a goal for a quarter that is long over, and holds the pace at the
// end of every day against a recount that shares nothing with the product: of the rows, the working days, and the laws of
// chance.
func TestPaceHistory(t *testing.T) {
	t.Parallel()
	p, server := startAllInOne(t, t.TempDir())
	p.change(http.MethodPut, "/v1/org", `{"zone":"America/New_York","country":"US"}`)
	book := writeQuarter(t)
	importFile(t, p, book.path)
	first, last := civil("2017-07-01"), civil("2017-09-30")
	statuses := map[string]int{}
	for rep, target := range map[string]int{"ann-field": 45, "bo-marsh": 60} {
		position := p.change(http.MethodPost, "/v1/goals", fmt.Sprintf(`{"goal":%q,"metric":"signups","target":%d,`+
			`"owner_kind":"rep","owner":%q,"starts_on":"2017-07-01","ends_on":"2017-09-30"}`, rep, target, rep))
		total := workingDays(first, last)
		for day := first; !day.After(last); day = day.AddDate(0, 0, 1) {
			got := p.pace(rep, "at="+day.Format(time.DateOnly), position)
			actual := book.wonBy(rep, first, day)
			expected := float64(target*workingDays(first, day)) / float64(total)
			tomorrow := day.AddDate(0, 0, 1)
			counts, from := book.workdays(rep, tomorrow)
			if from.Before(first) {
				from = first
			}
			line := float64(target) / float64(total) * float64(workingDays(from, day))
			spread := onTheLine(counts, float64(book.wonBy(rep, from, day)), line)
			status := statusOf(actual, target, expected, spread, day.Equal(last))
			statuses[status]++
			if got.Actual != float64(actual) || math.Abs(got.Expected-expected) > 1e-4 || got.Status != status ||
				math.Abs(got.Luck.Dispersion-spread) > 2e-4 {
				t.Errorf("%s on %s: %+v, want %d against %.4f, %s, dispersion %.4f", rep, day.Format(time.DateOnly), got,
					actual, expected, status, spread)
			}
		}
	}
	if len(statuses) < 3 {
		t.Errorf("the quarter shows little: %v", statuses)
	}
	t.Logf("statuses of the days: %v", statuses)
	asItWasKnown(t, p)
	server.stop()
}

// asItWasKnown records late and takes back: a past moment can be seen as it was seen then.
func asItWasKnown(t *testing.T, p product) {
	t.Helper()
	p = newOrg(t, p, "known")
	p.change(http.MethodPost, "/v1/goals", `{"goal":"g","metric":"calls","target":100,"starts_on":"2024-04-01","ends_on":"2024-04-30"}`)
	_, early := p.record(call("c1", "ann", "2024-04-02", "busy"), call("c2", "ann", "2024-04-02", "busy"))
	p.pace("g", "at=2024-04-10", early.Position)
	then := recordedAt(t, p, "c2").Add(time.Millisecond)
	_, late := p.record(call("c3", "ann", "2024-04-03", "busy"), call("c4", "ann", "2024-04-04", "busy"),
		`{"specversion":"1.0","id":"v","source":"/test","type":"event.voided","data":{"event":"c1","reason":"a test"}}`)
	now := p.pace("g", "at=2024-04-10", late.Position)
	if now.Actual != 3 || math.Abs(now.Expected-100*8.0/22) > 1e-4 {
		t.Errorf("with what is known now: %+v", now)
	}
	was := p.pace("g", "at=2024-04-10&known="+url.QueryEscape(then.Format(time.RFC3339Nano)), late.Position)
	if was.Actual != 2 || math.Abs(was.Expected-100*8.0/22) > 1e-4 {
		t.Errorf("as it was known: %+v", was)
	}
	// A holiday week, told afterwards, moves the line of a goal that is running; what is closed stays.
	today := time.Now().UTC()
	goal := fmt.Sprintf(`{"goal":"h","metric":"calls","target":100,"starts_on":%q,"ends_on":%q}`,
		today.AddDate(0, 0, -2).Format(time.DateOnly), today.AddDate(0, 0, 40).Format(time.DateOnly))
	position := p.change(http.MethodPost, "/v1/goals", goal)
	before := p.pace("h", "at="+today.AddDate(0, 0, -1).Format(time.DateOnly), position)
	position = p.change(http.MethodPost, "/v1/calendars/org/days-off", fmt.Sprintf(`{"starts_on":%q,"ends_on":%q}`,
		today.AddDate(0, 0, -3).Format(time.DateOnly), today.AddDate(0, 0, -1).Format(time.DateOnly)))
	if after := p.pace("h", "at="+today.AddDate(0, 0, -1).Format(time.DateOnly), position); after.Expected != 0 {
		t.Errorf("with days off %v, before %v", after.Expected, before.Expected)
	}
}

// recordedAt tells when an event was recorded.
func recordedAt(t *testing.T, p product, id string) time.Time {
	t.Helper()
	var out struct {
		Event struct {
			RecordedAt time.Time `json:"recorded_at"`
		}
	}
	p.ask("/v1/events/"+id, &out)
	if out.Event.RecordedAt.IsZero() {
		t.Fatalf("%s was never recorded", id)
	}
	return out.Event.RecordedAt
}

// quarterBook is an invented file, with what was won in it by agent and day.
type quarterBook struct {
	path string
	won  map[string]map[string]int
}

// writeQuarter writes opportunities won from the autumn of 2016 to that of 2017: Ann wins one every working day or so and
// slows down in August, Bo wins four at a time or none.
func writeQuarter(t *testing.T) quarterBook {
	t.Helper()
	b := quarterBook{path: filepath.Join(t.TempDir(), "sales_pipeline.csv"), won: map[string]map[string]int{}}
	var rows, teams strings.Builder
	rows.WriteString("opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n")
	teams.WriteString("sales_agent,manager,regional_office\nAnn Field,Moe North,Central\nBo Marsh,Sue South,East\n")
	n := 0
	win := func(agent string, day time.Time, count int) {
		rep := strings.ReplaceAll(strings.ToLower(agent), " ", "-")
		if b.won[rep] == nil {
			b.won[rep] = map[string]int{}
		}
		b.won[rep][day.Format(time.DateOnly)] += count
		for range count {
			n++
			fmt.Fprintf(&rows, "OPP%05d,%s,GTXPro,Account %d,Won,%s,%s,%d\n", n, agent, n,
				day.AddDate(0, 0, -20).Format("1/2/2006"), day.Format("1/2/2006"), 500+n%7*300)
		}
	}
	for i, day := 0, civil("2016-10-03"); day.Before(civil("2017-10-15")); i, day = i+1, day.AddDate(0, 0, 1) {
		ann := (i*7 + i/5) % 3 // 0 to 2, weekends too
		if day.Month() == time.August {
			ann = 0
		}
		if ann > 0 {
			win("Ann Field", day, ann-i%2)
		}
		if (i*i+3*i)%7 == 4 {
			win("Bo Marsh", day, 4)
		}
	}
	for path, text := range map[string]string{b.path: rows.String(), filepath.Join(filepath.Dir(b.path), "sales_teams.csv"): teams.String()} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func civil(s string) time.Time {
	day, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err) // a date in this file
	}
	return day
}

func (b quarterBook) wonBy(rep string, from, to time.Time) (n int) {
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		n += b.won[rep][day.Format(time.DateOnly)]
	}
	return n
}

// works tells whether somebody in New York works on a day: the public holidays of those months are listed.
func works(day time.Time) bool {
	holidays := []string{
		"2017-01-02", "2017-01-16", "2017-02-20", "2017-05-29", "2017-07-04", "2017-09-04", "2017-10-09",
	}
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday && !slices.Contains(holidays, day.Format(time.DateOnly))
}

func workingDays(from, to time.Time) (n int) {
	for day := from; !day.After(to); day = day.AddDate(0, 0, 1) {
		if works(day) {
			n++
		}
	}
	return n
}

// workdays counts what was won on each of the last 60 working days before a day, with what was won on days off after it,
// and says which of them was the first.
func (b quarterBook) workdays(rep string, before time.Time) (counts []float64, from time.Time) {
	off := 0.0
	for day := before.AddDate(0, 0, -1); len(counts) < 60; day = day.AddDate(0, 0, -1) {
		off += float64(b.won[rep][day.Format(time.DateOnly)])
		if works(day) {
			counts, off, from = append(counts, off), 0, day
		}
	}
	return counts, from
}

// onTheLine is Pearson's dispersion, widened for the doubt that so few days and counts leave, at the rate that there
// would be if those of the days that belong to the goal had brought what the line asks for.
func onTheLine(counts []float64, had, line float64) float64 {
	all, sum := 0.0, 0.0
	for _, c := range counts {
		all += c
	}
	mean := all / float64(len(counts))
	for _, c := range counts {
		sum += (c - mean) * (c - mean) / mean
	}
	d := sum / float64(len(counts)-1)
	doubt := 1 / float64(len(counts)-1)
	if d > 1 {
		doubt += (d - 1) * (3*d - 1) / (2 * d * all)
	}
	doubt = min(doubt, 0.25)
	d = max(1, d*(1+1.853*doubt+2.585*doubt*doubt))
	return 1 + (d-1)*min(2, max(1, (all-had+line)/all))
}

// quantileOf adds up the probabilities of a count, one by one.
func quantileOf(mean, spread, p float64) int {
	total := 0.0
	for k := 0; ; k++ {
		x := float64(k)
		a, _ := math.Lgamma(x + 1)
		log := x*math.Log(mean) - mean - a
		if spread > 1 {
			r := mean / (spread - 1)
			b, _ := math.Lgamma(x + r)
			c, _ := math.Lgamma(r)
			log = b - c - a - r*math.Log(spread) + x*math.Log(1-1/spread)
		}
		if total += math.Exp(log); total >= p {
			return k
		}
	}
}

func statusOf(actual, target int, expected, spread float64, over bool) string {
	switch {
	case actual >= target:
		return "achieved"
	case over:
		return "missed"
	case expected == 0:
		if actual > 0 {
			return "ahead"
		}
		return "on_track"
	case actual < quantileOf(expected, spread, 0.05):
		return "off_track"
	case actual < quantileOf(expected, spread, 0.25):
		return "at_risk"
	case actual > quantileOf(expected, spread, 0.90):
		return "ahead"
	default:
		return "on_track"
	}
}
