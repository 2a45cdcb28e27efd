package acceptance

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// inbox is what arrived at real receivers: webhooks by their id, and mails by their Message-ID.
type inbox struct {
	mu    sync.Mutex
	key   string
	hooks map[string]string
	mails map[string]string
	tries int
}

func (in *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	in.mu.Lock()
	defer in.mu.Unlock()
	in.tries++
	verifier, keyErr := standardwebhooks.NewWebhook(in.key)
	if err != nil || keyErr != nil || verifier.Verify(body, r.Header) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	in.hooks[r.Header.Get("webhook-id")] = string(body)
}

func (in *inbox) NewSession(*smtp.Conn) (smtp.Session, error) { return mailSession{in}, nil }

// mailSession takes mail in.
type mailSession struct{ *inbox }

func (mailSession) Reset()                               {}
func (mailSession) Logout() error                        { return nil }
func (mailSession) Mail(string, *smtp.MailOptions) error { return nil }
func (mailSession) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (m mailSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	_, rest, _ := strings.Cut(string(b), "Message-ID: ")
	id, _, _ := strings.Cut(rest, "\r\n")
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mails[id] = string(b)
	return err
}

// having returns what of the hooks and mails has all words in it.
func (in *inbox) having(words ...string) (hooks, mails int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	count := func(texts map[string]string) (n int) {
		for _, text := range texts {
			if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) }) {
				n++
			}
		}
		return n
	}
	return count(in.hooks), count(in.mails)
}

func startInbox(t *testing.T) (in *inbox, hook, mail string) {
	t.Helper()
	in = &inbox{hooks: map[string]string{}, mails: map[string]string{}}
	receiver := httptest.NewServer(in)
	t.Cleanup(receiver.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := smtp.NewServer(in)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return in, receiver.URL, l.Addr().String()
}

// send sends a request and wants a status of success; the answer is read into out, if there is one.
func (p product) send(method, path, body string, out any) {
	p.t.Helper()
	status, answer := p.do(method, p.api+path, "application/json", []byte(body))
	if status < 200 || status > 299 {
		p.t.Fatalf("%s %s %s: %d %s", method, path, body, status, answer)
	}
	if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			p.t.Fatalf("%s %s: %v in %s", method, path, err, answer)
		}
	}
}

// until waits until something is so, two minutes at most.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	ticks := time.NewTicker(200 * time.Millisecond)
	defer ticks.Stop()
	for deadline := time.Now().Add(2 * time.Minute); !so(); <-ticks.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within two minutes: %s", what)
		}
	}
}

// startAlerting is startAllInOne with alerts that need not wait, and may go to this machine.
func startAlerting(t *testing.T, data string) (product, *process) {
	t.Helper()
	env := []string{"MILEMARKER_ALERTS_INTERNAL=127.0.0.1", "MILEMARKER_ALERTS_EVERY=1s", "MILEMARKER_ALERTS_HOLD=1ns"}
	server := start(t, env, "milemarker", "serve", "--data", data, "--listen", "127.0.0.1:0", "--log-level", "warn")
	link, err := url.Parse(server.ready)
	if err != nil {
		t.Fatal(err)
	}
	base := link.Scheme + "://" + link.Host
	return product{t: t, ingest: base, api: base, key: adminKey(t, data), data: data}, server
}

// TestFullFlow goes from an empty system to a reviewed week by the interface alone: a big goal, the plan backward from it,
// work, falling behind, being told by webhook and mail, catching up, and the review with a partner. In the middle the
// process is killed; nobody is told twice, and nothing is forgotten.
func TestFullFlow(t *testing.T) {
	t.Parallel()
	in, hook, mail := startInbox(t)
	data := t.TempDir()
	p, server := startAlerting(t, data)
	now := time.Now().UTC()
	day := func(d int) string { return now.AddDate(0, 0, d).Format(time.DateOnly) }

	// Every day is worked around the clock, so that the test may run at any hour.
	var hours []string
	for wd := time.Sunday; wd <= time.Saturday; wd++ {
		hours = append(hours, fmt.Sprintf(`{"weekday":%q,"from":"00:00","to":"23:59"}`, strings.ToLower(wd.String())))
	}
	p.send("PUT", "/v1/calendars/org", `{"effective_on":"2020-01-01","hours":[`+strings.Join(hours, ",")+`]}`, nil)

	// The big goal, planned backward from a date, adopted as goals.
	var drawn struct{ Position uint64 }
	p.send("POST", "/v1/plans", fmt.Sprintf(`{"plan":"big","title":"The big one","income":"3000","currency":"EUR","owner_kind":"rep","owner":"ann","starts_on":%q,"by":%q}`,
		day(0), day(120)), &drawn)
	var adopted struct{ Position uint64 }
	p.send("POST", fmt.Sprint("/v1/plans/big:adopt?min_position=", drawn.Position), `{}`, &adopted)
	var goals struct{ Goals []struct{ Goal string } }
	p.ask(fmt.Sprint("/v1/goals?min_position=", adopted.Position), &goals)
	if len(goals.Goals) == 0 {
		t.Error("the adopted plan made no goals")
	}
	// One that has run for a month already, and of which little was done.
	p.send("POST", "/v1/goals", fmt.Sprintf(`{"goal":"calls","title":"Calls to old customers","metric":"calls","target":"300","owner_kind":"rep","owner":"ann","partner":"bo","why":"The house by the lake.","starts_on":%q,"ends_on":%q}`,
		day(-30), day(10)), nil)
	p.record(call("c0", "ann", day(-20), "conversation"), call("c1", "ann", day(-2), "busy"))

	// Leads came in every day until three weeks ago, and none since.
	var leads []string
	for d := -60; d <= -20; d++ {
		leads = append(leads, fmt.Sprintf(`{"specversion":"1.0","id":"l%d","source":"/form","type":"lead.captured","time":"%sT12:00:00Z","data":{"source":"fair"}}`, d, day(d)))
	}
	p.record(leads...)
	heard := p.listen(t)

	// Who is to hear.
	var webhook struct{ Key string }
	p.send("POST", "/v1/destinations", `{"name":"hook","kind":"webhook","url":"`+hook+`"}`, &webhook)
	in.mu.Lock()
	in.key = webhook.Key
	in.mu.Unlock()
	p.send("POST", "/v1/destinations", `{"name":"mail","kind":"email","rep":"ann","url":"smtp://`+mail+`","from":"mm@example.com","to":["ann@example.com"]}`, nil)
	p.send("POST", "/v1/alert-rules", `{"quiet_from":"00:00","quiet_to":"00:00","daily_cap":1000,"statuses":["off_track","on_track","ahead","achieved"]}`, nil)
	until(t, "being off track is told by webhook and mail", func() bool {
		hooks, mails := in.having("Calls to old customers", "off_track")
		_, mailed := in.having("Off track: Calls to old customers")
		return hooks == 1 && mails+mailed > 0
	})
	until(t, "a source that has gone silent is told", func() bool {
		hooks, _ := in.having("source_silent", "lead source")
		return hooks == 1
	})
	until(t, "it is heard live", func() bool {
		return strings.Contains(heard(), "event: pace") && strings.Contains(heard(), "event: alert") && strings.Contains(heard(), "event: numbers")
	})
	var alerts struct {
		Alerts []struct {
			ID, Kind, Goal, Status string
			Deliveries             []struct{ State string }
		}
	}
	p.ask("/v1/alerts?kind=pace&goal=calls", &alerts)
	if len(alerts.Alerts) != 1 || alerts.Alerts[0].Status != "off_track" || len(alerts.Alerts[0].Deliveries) != 2 {
		t.Fatalf("%+v", alerts)
	}

	// The process dies and comes back: it goes on where it was, and tells nothing twice.
	server.kill()
	p, _ = startAlerting(t, data)
	var calls []string
	for i := range 280 {
		calls = append(calls, call(fmt.Sprint("d", i), "ann", day(-1), "conversation"))
	}
	p.record(calls...)
	until(t, "catching up is told", func() bool {
		ahead, _ := in.having("Calls to old customers", `"status":"ahead"`)
		on, _ := in.having("Calls to old customers", `"status":"on_track"`)
		return ahead+on > 0
	})
	if hooks, _ := in.having("Calls to old customers", `"status":"off_track"`); hooks != 1 {
		t.Errorf("being off track was told %d times", hooks)
	}
	p.record(fmt.Sprintf(`{"specversion":"1.0","id":"new","source":"/form","type":"lead.captured","time":%q,"data":{"source":"fair"}}`, now.Format(time.RFC3339)))
	until(t, "the source is heard of again", func() bool {
		var silent struct {
			Alerts []struct{ Resolved *time.Time }
		}
		p.ask("/v1/alerts?kind=source_silent", &silent)
		return !slices.ContainsFunc(silent.Alerts, func(a struct{ Resolved *time.Time }) bool { return a.Resolved == nil })
	})
	p.send("POST", "/v1/alerts/"+url.PathEscape(alerts.Alerts[0].ID)+":acknowledge", `{"by":"ann"}`, nil)

	p.timeSpent(t, day)

	// The week is reviewed with a partner, who has a link of its own.
	p.send("POST", "/v1/partners", `{"rep":"ann","partner":"bo","shares":["goals","promises"]}`, nil)
	var link struct{ Path string }
	p.send("POST", "/v1/links", `{"kind":"partner","name":"Bo","reps":["ann"],"shares":["goals","promises"],"comments":true}`, &link)
	var last struct{ Position uint64 }
	p.send("POST", "/v1/reviews", fmt.Sprintf(`{"rep":"ann","rhythm":"weekly","day":%q,"partner":"bo","promises":[{"promise":"p1","text":"Ten visits"}]}`, day(-7)), nil)
	p.as("").send("POST", link.Path+"/comments", `{"text":"You can do it."}`, &last)
	var shared struct {
		Shared []struct {
			Goals    []struct{ Goal, Status string }
			Promises []struct{ Text string }
			Comments []struct{ By, Text string }
		}
	}
	p.as("").ask(link.Path+fmt.Sprint("?min_position=", last.Position), &shared)
	if s := shared.Shared; len(s) != 1 || len(s[0].Goals) == 0 || len(s[0].Promises) != 1 || s[0].Promises[0].Text != "Ten visits" || s[0].Comments[0].Text != "You can do it." {
		t.Errorf("%+v", shared)
	}
	var agenda struct {
		Title  string
		Agenda struct {
			Partner  string
			Goals    []struct{ Goal, Meaning string }
			Promises []struct{ Promise string }
			Comments []struct{ Text string }
		}
	}
	p.ask("/v1/reviews/agenda?rep=ann&rhythm=weekly&day="+day(0), &agenda)
	if a := agenda.Agenda; a.Partner != "bo" || len(a.Goals) == 0 || len(a.Promises) != 1 || len(a.Comments) != 1 {
		t.Errorf("%+v", agenda)
	}
	if !slices.ContainsFunc(agenda.Agenda.Goals, func(g struct{ Goal, Meaning string }) bool { return g.Meaning == "The house by the lake." }) {
		t.Errorf("no goal says why it matters: %+v", agenda.Agenda.Goals)
	}
	p.send("POST", "/v1/reviews", fmt.Sprintf(`{"rep":"ann","rhythm":"weekly","day":%q,"partner":"bo","minutes":30,"kept":[{"promise":"p1","done":true}],"promises":[{"promise":"p2","text":"Twelve visits"}]}`, day(0)), &last)
	var reviews struct {
		Current  []struct{ State string }
		Promises []struct {
			Promise string
			Done    *bool
		}
	}
	p.ask(fmt.Sprint("/v1/reviews?rep=ann&rhythm=weekly&min_position=", last.Position), &reviews)
	if r := reviews.Promises; len(r) != 2 || r[1].Done == nil || !*r[1].Done {
		t.Errorf("%+v", reviews)
	}
}

// listen returns what the live stream has said so far.
func (p product) listen(t *testing.T) (heard func() string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.api+"/v1/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.key)
	var mu sync.Mutex
	var text strings.Builder
	go func() {
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return // what is waited for does not come
		}
		defer func() { _ = res.Body.Close() }()
		b := make([]byte, 4096)
		for {
			n, err := res.Body.Read(b)
			mu.Lock()
			text.Write(b[:n])
			mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return text.String()
	}
}

// timeSpent sets blocks, spends time and makes appointments, and reads the numbers and the calendar feed.
func (p product) timeSpent(t *testing.T, day func(int) string) {
	t.Helper()
	p.send("POST", "/v1/timeblocks", fmt.Sprintf(`{"rep":"ann","timeblock":"calls","category":"income_producing","starts_at":"%sT08:00:00Z","ends_at":"%sT09:00:00Z","rrule":"FREQ=DAILY","activity":"calls"}`, day(-3), day(-3)), nil)
	p.send("POST", "/v1/timeblocks", fmt.Sprintf(`{"rep":"ann","timeblock":"visits","category":"income_producing","starts_at":"%sT14:00:00Z","ends_at":"%sT16:00:00Z","activity":"appointments","capacity":2}`, day(2), day(2)), nil)
	event := func(id, typ, at, data string) string {
		return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/test","type":%q,"time":%q,"rep":"ann","data":%s}`, id, typ, at, data)
	}
	_, recorded := p.record(
		event("t1", "time.logged", day(-3)+"T09:00:00Z", `{"category":"income_producing","activity":"calls","minutes":30}`),
		event("t2", "time.logged", day(-3)+"T12:00:00Z", `{"category":"admin","minutes":60}`),
		event("a1", "appointment.scheduled", day(-5)+"T12:00:00Z", `{"appointment":"a1","starts_at":"`+day(-3)+`T15:00:00Z","ends_at":"`+day(-3)+`T15:30:00Z"}`),
		event("a2", "appointment.held", day(-3)+"T18:00:00Z", `{"appointment":"a1"}`),
		event("a3", "appointment.scheduled", day(-1)+"T12:00:00Z", `{"appointment":"a2","starts_at":"`+day(2)+`T14:30:00Z"}`),
	)
	var got struct {
		Minutes float64 `json:"minutes"`
		Share   float64 `json:"income_producing_share"`
		Focus   struct{ Planned, Kept float64 }
		Filled  struct{ Capacity, Made int } `json:"blocks_filled"`
	}
	p.ask(fmt.Sprintf("/v1/time?rep=ann&from=%s&to=%s&min_position=%d", day(-3), day(-3), recorded.Position), &got)
	if got.Minutes != 120 || got.Share != 0.5 || got.Focus.Planned != 60 || got.Focus.Kept != 30 || got.Filled.Capacity != 2 || got.Filled.Made != 1 {
		t.Errorf("%+v", got)
	}
	var link struct{ Path string }
	p.send("POST", "/v1/links", `{"kind":"calendar","name":"phone","reps":["ann"]}`, &link)
	if status, feed := get(t, p.api+link.Path, ""); status != http.StatusOK || strings.Count(string(feed), "BEGIN:VEVENT") < 300 {
		t.Errorf("the feed: %d %.300s", status, feed)
	}
}
