package assembly

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/api/apitest"
	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/boot"
)

// desk is a whole product on real engines, with an HTTP client that holds everything against the contract.
type desk struct {
	*house

	url    string
	key    string
	client *http.Client
	last   events.Position // of what was recorded

	recorder interface {
		Record(ctx context.Context, org string, drafts []events.Draft) ([]events.Receipt, error)
	}
}

// newDesk starts the roles in the morning of a Monday; now moves the clock.
func newDesk(tb testing.TB) *desk {
	tb.Helper()
	d := &desk{house: newHouse(tb)}
	d.setClock("2026-06-01T08:00:00Z")
	clock := func() time.Time { return *d.now.Load() }
	ctx, cancel := context.WithCancel(context.Background())
	services, err := NewServices(ctx, d.ledger, make([]byte, 32), clock)
	if err != nil {
		tb.Fatal(err)
	}
	if d.key, _, err = services.Access.Add(ctx, "acme", "test", access.ScopeAdmin); err != nil {
		tb.Fatal(err)
	}
	d.recorder = services.Recorder
	web, err := boot.Listen(ctx, "127.0.0.1:0", d.logger)
	if err != nil {
		tb.Fatal(err)
	}
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- boot.RunRoles(ctx, func() { close(ready) },
			API(services, d.ledger, d.warehouse, web, d.logger, clock), Ingest(services, web, d.logger, clock), web.Role())
	}()
	tb.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Error(err)
		}
		_ = web.Close()
	})
	select {
	case <-ready:
	case err := <-ended:
		tb.Fatal(err)
	}
	d.url = web.URL()
	d.client = &http.Client{Transport: apitest.Transport(tb, http.DefaultTransport)}
	return d
}

func (d *desk) setClock(at string) {
	d.t.Helper()
	now, err := time.Parse(time.RFC3339, at)
	if err != nil {
		d.t.Fatal(err)
	}
	d.now.Store(&now)
}

// ask sends a request, wants a status and reads the answer into `into` unless it is nil.
func (d *desk) ask(method, path, body string, want int, into any) string {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	if body == "" {
		r.Body = nil
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "Bearer "+d.key)
	resp, err := d.client.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	if resp.StatusCode != want {
		d.t.Fatalf("%s %s %s: %d %s", method, path, body, resp.StatusCode, got)
	}
	if into != nil {
		if err := json.Unmarshal(got, into); err != nil {
			d.t.Fatalf("%s %s: %v: %s", method, path, err, got)
		}
	}
	var written struct{ Position events.Position }
	if json.Unmarshal(got, &written) == nil && method != http.MethodGet && want < 300 {
		d.last = max(d.last, written.Position)
	}
	return string(got)
}

// happened records an event of rep kim.
func (d *desk) happened(id, typ, at, email, data string) {
	d.t.Helper()
	if email != "" {
		data = fmt.Sprintf(`{"person":{"email":%q}`, email) + strings.Replace(","+data[1:], ",}", "}", 1)
	}
	body := fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/test","type":%q,"time":%q,"rep":"kim","data":%s}`,
		id, typ, at, data)
	status, got := d.send("/v1/events", "application/cloudevents+json", body)
	var receipt struct{ Position events.Position }
	if err := json.Unmarshal([]byte(got), &receipt); err != nil || status > 299 {
		d.t.Fatalf("%s: %d %s", id, status, got)
	}
	d.last = max(d.last, receipt.Position)
}

// send posts a body of any type.
func (d *desk) send(path, contentType, body string) (int, string) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Authorization", "Bearer "+d.key)
	resp, err := d.client.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return resp.StatusCode, string(got)
}

// since returns path with the position of everything that was recorded, once it can be asked about.
func (d *desk) since(path string) string {
	d.t.Helper()
	d.folded(d.last)
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	return fmt.Sprintf("%s%smin_position=%d", path, separator, d.last)
}

// planned is what the tests read of a plan.
type planned struct {
	Position events.Position
	Outcome  string
	Plan     struct {
		Plan, Sentence string
		Average, Sure  struct {
			Chance, Load float64
			Verdict      string
			Stages       []struct {
				Metric string
				Count  int
				PerDay float64 `json:"per_working_day"`
			}
		}
		Levers      []struct{ Name string }
		Assumptions []struct {
			Name, Source string
			Value, N     float64
		}
		Spread map[string][]struct{ Counts map[string]int }
	}
}

func (p planned) assumed(name string) (value float64, source string) {
	for _, a := range p.Plan.Assumptions {
		if a.Name == name {
			return a.Value, a.Source
		}
	}
	return 0, ""
}

// An income and a date are enough; all else is assumed, and says so.
func TestPlanFromNothing(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var p planned
	d.ask(http.MethodPost, "/v1/plans", `{"income":1000,"by":"2026-08-30"}`, http.StatusCreated, &p)
	for _, a := range p.Plan.Assumptions {
		if a.Source != events.Assumed {
			t.Errorf("%s is %s", a.Name, a.Source)
		}
	}
	if p.Plan.Sure.Verdict != "feasible" || p.Plan.Sure.Stages[0].Count <= p.Plan.Average.Stages[0].Count {
		t.Errorf("%+v", p.Plan)
	}
	// What if the close rate were better? Asked without being kept.
	var better planned
	d.ask(http.MethodPost, "/v1/plans?keep=false", `{"income":1000,"by":"2026-08-30","assumptions":{"rate_signups":0.5}}`, http.StatusOK, &better)
	if _, source := better.assumed("rate_signups"); source != events.Given || better.Plan.Sure.Load >= p.Plan.Sure.Load {
		t.Errorf("%+v", better.Plan)
	}
	var list struct{ Plans []struct{ Plan string } }
	d.ask(http.MethodGet, d.since("/v1/plans"), "", http.StatusOK, &list)
	if len(list.Plans) != 1 || list.Plans[0].Plan != p.Plan.Plan {
		t.Errorf("%+v", list)
	}
}

const kimsPlan = `{"plan":"kims-summer","title":"A thousand a month","owner_kind":"rep","owner":"kim","income":1000,"by":"2026-08-30",
	"stages":["calls","appointments_held","signups"],"assumptions":{"rate_appointments_held":0.1,"rate_signups":0.2,
	"delay_appointments_held":0,"delay_signups":0,"minutes_calls":6,"minutes_appointments_held":60,"minutes_signups":0,
	"average_sale":0,"recurring_sale":77,"commission_share":1,"churn":0,"hours_per_week":10}}`

// Ten calls a day, five appointments a week, a sign-up a week: by API alone, until the goals stand.
func TestPlanIsAdopted(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var p, again, one planned
	d.ask(http.MethodPost, "/v1/plans", kimsPlan, http.StatusCreated, &p)
	average := p.Plan.Average.Stages
	if average[0].Count != 650 || average[0].PerDay != 10 || average[1].Count != 65 || average[2].Count != 13 {
		t.Errorf("average %+v", average)
	}
	if sure := p.Plan.Sure; sure.Chance < 0.79 || sure.Chance > 0.81 || sure.Verdict != "not_feasible" || len(p.Plan.Levers) < 4 {
		t.Errorf("%+v %+v", sure, p.Plan.Levers)
	}
	d.ask(http.MethodPost, "/v1/plans", kimsPlan, http.StatusOK, &again)
	d.ask(http.MethodPost, "/v1/plans", strings.Replace(kimsPlan, "1000", "1001", 1), http.StatusConflict, nil)
	d.ask(http.MethodGet, d.since("/v1/plans/kims-summer?spread=day"), "", http.StatusOK, &one)
	sum := 0
	for _, day := range one.Plan.Spread["day"] {
		sum += day.Counts["calls"]
	}
	if one.Plan.Sentence != p.Plan.Sentence || sum != p.Plan.Sure.Stages[0].Count {
		t.Errorf("%d calls by the day of %d: %s", sum, p.Plan.Sure.Stages[0].Count, one.Plan.Sentence)
	}

	d.ask(http.MethodPost, "/v1/plans", strings.NewReplacer("kims-summer", "with-training", `"rate_signups":0.2`, `"rate_signups":0.25`).Replace(kimsPlan),
		http.StatusCreated, nil)
	var both struct {
		Sentence    string
		Differences []struct {
			Name string
			A, B float64
		}
	}
	d.ask(http.MethodGet, d.since("/v1/plans/kims-summer/compare/with-training"), "", http.StatusOK, &both)
	if len(both.Differences) != 1 || both.Differences[0].Name != "rate_signups" || !strings.Contains(both.Sentence, "the second takes less") {
		t.Errorf("%+v", both)
	}

	var adoption struct{ Goals []string }
	d.ask(http.MethodPost, "/v1/plans/kims-summer:adopt", "", http.StatusCreated, &adoption)
	d.ask(http.MethodPost, "/v1/plans/kims-summer:adopt", "", http.StatusOK, nil)
	d.ask(http.MethodPost, "/v1/plans/kims-summer:adopt", `{"grains":["year"]}`, http.StatusConflict, nil)
	var goals struct {
		Goals []struct {
			Goal, Parent, Metric string
			Target               float64
		}
	}
	d.ask(http.MethodGet, d.since("/v1/goals"), "", http.StatusOK, &goals)
	if len(goals.Goals) != len(adoption.Goals) {
		t.Errorf("%d goals, want %d", len(goals.Goals), len(adoption.Goals))
	}
	parts, targets := map[string]float64{}, map[string]float64{}
	for _, g := range goals.Goals {
		targets[g.Goal] = g.Target
		if strings.HasPrefix(g.Parent, "kims-summer."+g.Metric) {
			parts[g.Parent] += g.Target
		}
	}
	for parent, sum := range parts {
		if targets[parent] != sum {
			t.Errorf("the parts of %s add up to %v, not %v", parent, sum, targets[parent])
		}
	}
	if len(parts) < 8 || targets["kims-summer.signups"] != 13 || targets["kims-summer.calls"] != float64(p.Plan.Sure.Stages[0].Count) {
		t.Errorf("%v", targets)
	}
}

// today is what the tests read of a day.
type today struct {
	Sentence     string
	Working      bool
	Done         int
	Appointments []struct{ Appointment string }
	Steps        []struct {
		Step, Kind, Text, By string
		Events               string
		Done                 float64
		Ticked               bool
		Items                []struct {
			Prospect, Event, Events string
			Ticked                  bool
		}
	}
}

func (d today) texts() []string {
	var texts []string
	for _, s := range d.Steps {
		texts = append(texts, s.Text)
	}
	return texts
}

// A day out of the adopted plan: the calls it asks for, a lead to call, a no-show, two proposals, an appointment; ticked
// off by what happens.
func TestToday(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.ask(http.MethodPost, "/v1/plans", kimsPlan, http.StatusCreated, nil)
	d.ask(http.MethodPost, d.since("/v1/plans/kims-summer:adopt"), "", http.StatusCreated, nil)
	d.happened("p1", "proposal.sent", "2026-05-20T10:00:00Z", "one@example.com", `{"proposal":"p1"}`)
	d.happened("p2", "proposal.sent", "2026-05-21T10:00:00Z", "two@example.com", `{"proposal":"p2"}`)
	d.happened("p3", "proposal.sent", "2026-05-30T10:00:00Z", "fresh@example.com", `{"proposal":"p3"}`)
	d.happened("p4", "proposal.sent", "2026-05-19T10:00:00Z", "heard@example.com", `{"proposal":"p4"}`)
	d.happened("c4", "call.completed", "2026-05-29T10:00:00Z", "heard@example.com", `{"direction":"outbound","outcome":"conversation"}`)
	d.happened("p5", "proposal.sent", "2026-05-19T10:00:00Z", "signed@example.com", `{"proposal":"p5"}`)
	d.happened("s5", "signup.completed", "2026-05-29T10:00:00Z", "signed@example.com", `{"signup":"s5","role":"customer"}`)
	d.happened("l1", "lead.captured", "2026-05-31T10:00:00Z", "new@example.com", `{}`)
	d.happened("n1", "appointment.no_show", "2026-05-28T10:00:00Z", "missed@example.com", `{"appointment":"a1"}`)
	d.happened("a2", "appointment.scheduled", "2026-05-28T10:00:00Z", "coming@example.com", `{"appointment":"a2","starts_at":"2026-06-01T14:00:00Z"}`)
	d.happened("a3", "appointment.scheduled", "2026-05-28T10:00:00Z", "later@example.com", `{"appointment":"a3","starts_at":"2026-06-02T14:00:00Z"}`)
	d.happened("a4", "appointment.scheduled", "2026-05-28T10:00:00Z", "off@example.com", `{"appointment":"a4","starts_at":"2026-06-01T15:00:00Z"}`)
	d.happened("x4", "appointment.cancelled", "2026-05-29T10:00:00Z", "off@example.com", `{"appointment":"a4"}`)

	// A lead who was called under another address, which an event shows to be his, waits no more.
	d.happened("l0", "lead.captured", "2026-05-30T10:00:00Z", "two-names@example.com", `{}`)
	d.happened("c0", "call.completed", "2026-05-31T10:00:00Z", "",
		`{"direction":"outbound","outcome":"conversation","person":{"phone":"+41 44 668 18 00","email":"two-names@example.com"}}`)

	var day today
	d.ask(http.MethodGet, d.since("/v1/today?rep=kim"), "", http.StatusOK, &day)
	want := []string{
		"13 calls before 11:00", "Call 1 new lead for the first time", "Rebook 1 no-show",
		"Follow up 2 proposals older than 5 days", "Prepare and hold 1 appointment, at 14:00",
	}
	if diff := cmp.Diff(want, day.texts()); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	if len(day.Appointments) != 1 || day.Appointments[0].Appointment != "a2" || day.Done != 0 {
		t.Errorf("%+v", day)
	}
	d.ask(http.MethodGet, day.Steps[0].Events, "", http.StatusOK, nil)
	for _, item := range day.Steps[3].Items { // each opens into what calls for it
		d.ask(http.MethodGet, item.Event, "", http.StatusOK, nil)
		d.ask(http.MethodGet, item.Events, "", http.StatusOK, nil)
	}

	// It stays as it was first seen, whatever comes in, and what happens ticks it off.
	d.happened("l2", "lead.captured", "2026-06-01T08:30:00Z", "newer@example.com", `{}`)
	d.setClock("2026-06-01T12:00:00Z")
	for i := range 13 {
		d.happened(fmt.Sprint("call", i), "call.completed", fmt.Sprintf("2026-06-01T09:%02d:00Z", i), "", `{"direction":"outbound","outcome":"no_answer"}`)
	}
	d.happened("call-new", "call.completed", "2026-06-01T10:00:00Z", "new@example.com", `{"direction":"outbound","outcome":"no_answer"}`)
	d.happened("call-one", "call.completed", "2026-06-01T10:05:00Z", "one@example.com", `{"direction":"outbound","outcome":"voicemail"}`)
	d.ask(http.MethodPost, "/v1/today/steps/3:done", `{"rep":"kim","note":"By letter."}`, http.StatusCreated, nil)
	d.ask(http.MethodPost, "/v1/today/steps/3:done", `{"rep":"kim","note":"By letter."}`, http.StatusOK, nil)
	d.ask(http.MethodPost, "/v1/today/steps/9:done", `{"rep":"kim"}`, http.StatusNotFound, nil)
	d.ask(http.MethodGet, d.since("/v1/today?rep=kim"), "", http.StatusOK, &day)
	if diff := cmp.Diff(want, day.texts()); diff != "" {
		t.Errorf("the day changed (-want +got):\n%s", diff)
	}
	var by []string
	for _, s := range day.Steps {
		by = append(by, s.By)
	}
	if diff := cmp.Diff([]string{"events", "events", "hand", "", ""}, by); diff != "" || day.Done != 3 {
		t.Errorf("ticked by (-want +got):\n%s", diff)
	}
	if items := day.Steps[3].Items; !items[0].Ticked || items[1].Ticked || day.Steps[3].Done != 1 {
		t.Errorf("%+v", items)
	}

	// Nothing was done on Tuesday, so Wednesday asks for more: 793 calls or so, 15 done, on 63 days, but the week asks
	// for what it lacks in three.
	d.setClock("2026-06-03T07:00:00Z")
	d.ask(http.MethodGet, d.since("/v1/today?rep=kim"), "", http.StatusOK, &day)
	if !strings.HasPrefix(day.Steps[0].Text, "16 calls") {
		t.Errorf("%q", day.texts())
	}
	d.setClock("2026-06-06T07:00:00Z") // a Saturday
	d.ask(http.MethodGet, d.since("/v1/today?rep=kim"), "", http.StatusOK, &day)
	if day.Working || len(day.Steps) != 0 || day.Sentence != "No working hours today" {
		t.Errorf("%+v", day)
	}
}
