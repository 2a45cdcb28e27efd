package api

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/links"
	"milemarker/internal/notify"
	"milemarker/projections"
)

// notices returns what alerts and the routine need, in memory.
func notices(tb testing.TB, w *warehouse, clock func() time.Time) Notices {
	tb.Helper()
	n := Notices{Opener: unsealed{}, Feed: newTail(), Calendar: w}
	var err error
	if n.Links, err = links.Open(tb.Context(), &store{}, clock); err != nil {
		tb.Fatal(err)
	}
	if n.Destinations, err = notify.OpenDestinations(tb.Context(), &store{}, unsealed{}, clock); err != nil {
		tb.Fatal(err)
	}
	if n.Rules, err = notify.OpenRules(tb.Context(), &store{}); err != nil {
		tb.Fatal(err)
	}
	if n.Outbox, err = notify.OpenOutbox(tb.Context(), &store{}); err != nil {
		tb.Fatal(err)
	}
	return n
}

// unsealed seals nothing.
type unsealed struct{}

func (unsealed) Private(context.Context, events.Event) (json.RawMessage, error) { return nil, nil }

func (unsealed) Seal(_ context.Context, _, _, _ string, private []byte) (string, error) {
	return string(private), nil
}

func (unsealed) Open(_ context.Context, _, _, _, sealed string) ([]byte, error) {
	return []byte(sealed), nil
}
func (unsealed) Erase(context.Context, string, string) error { return nil }

// tail is a ledger that grows by what is sent to it.
type tail struct{ frames chan events.Frame }

func newTail() *tail { return &tail{make(chan events.Frame, 10)} }

func (t *tail) Last(context.Context) (events.Position, error) { return 0, nil }

func (t *tail) Follow(ctx context.Context, _ events.Position, fn func(events.Frame) bool) {
	for {
		select {
		case f := <-t.frames:
			if !fn(f) {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// Appointments answers from memory.
func (w *warehouse) Appointments(_ context.Context, q projections.AppointmentQuery) ([]events.Event, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []events.Event
	for _, r := range w.rows {
		if r.Event.Org == q.Org && events.KindOf(r.Event.Type) == events.KindAppointment {
			out = append(out, r.Event)
		}
	}
	return out, w.err
}

func (h *house) post(path, body string, want int) answer {
	h.tb.Helper()
	a := h.do(http.MethodPost, path, body)
	if a.status != want {
		h.tb.Errorf("POST %s %s: %d %s, want %d", path, body, a.status, a.body, want)
	}
	return a
}

const aBlock = `{"rep":"kim","timeblock":"b","category":"income_producing","starts_at":"2024-03-11T09:00:00Z","ends_at":"2024-03-11T11:00:00Z","rrule":"FREQ=DAILY","activity":"calls"}`

// It is Wednesday noon. On Monday an hour of the block was spent on calls; on Tuesday and today nothing.
func TestTime(t *testing.T) {
	h := newHouse(t)
	h.post("/v1/timeblocks", aBlock, http.StatusCreated)
	h.post("/v1/timeblocks", aBlock, http.StatusOK)
	h.happened("t1", "time.logged", time.Date(2024, 3, 11, 10, 0, 0, 0, time.UTC), "kim", `{"category":"income_producing","minutes":60,"activity":"calls"}`)
	h.happened("t2", "time.logged", time.Date(2024, 3, 11, 15, 0, 0, 0, time.UTC), "kim", `{"category":"admin","minutes":180}`)
	h.happened("c1", "call.completed", time.Date(2024, 3, 11, 9, 30, 0, 0, time.UTC), "kim", `{"direction":"outbound","outcome":"busy","seconds":600}`)
	var v timeView
	h.get("/v1/time?rep=kim").into(t, &v)
	if v.Minutes != 240 || *v.Share != 0.25 || v.Focus.Planned != 360 || v.Focus.Kept != 60 || len(v.Focus.Blocks) != 3 || !v.Focus.Blocks[2].Missed || v.N != 3 {
		t.Errorf("%+v", v)
	}
	h.refused(http.MethodGet, "/v1/time", "", http.StatusBadRequest, "rep")
	h.refused(http.MethodGet, "/v1/time?rep=kim&from=2023-01-01&to=2024-01-01", "", http.StatusBadRequest, "to")
	h.refused(http.MethodPost, "/v1/timeblocks", strings.Replace(aBlock, "DAILY", "DAILY;BYHOUR=1,2", 1), http.StatusUnprocessableEntity, "/rrule")
	h.refused(http.MethodPost, "/v1/timeblocks", `{"timeblock":"b"}`, http.StatusUnprocessableEntity, "/category", "/ends_at", "/starts_at")
	var list struct {
		Timeblocks  []blockView
		Occurrences []map[string]any
	}
	h.get("/v1/timeblocks?rep=kim").into(t, &list)
	if len(list.Timeblocks) != 1 || len(list.Occurrences) != 7 {
		t.Errorf("%+v", list)
	}
	if a := h.do(http.MethodDelete, "/v1/timeblocks/b", ""); a.status != http.StatusNoContent {
		t.Errorf("%d %s", a.status, a.body)
	}
	h.get("/v1/timeblocks?rep=kim").into(t, &list)
	if len(list.Occurrences) != 3 {
		t.Errorf("after its end: %+v", list.Occurrences)
	}
	if a := h.do(http.MethodDelete, "/v1/timeblocks/nothing", ""); a.status != http.StatusNotFound {
		t.Errorf("%d", a.status)
	}
}

func TestReviews(t *testing.T) {
	h := newHouse(t)
	h.post("/v1/goals", `{"goal":"g","metric":"calls","target":"100","owner_kind":"rep","owner":"kim","starts_on":"2024-03-01","ends_on":"2024-03-31"}`, http.StatusCreated)
	h.happened("c1", "call.completed", time.Date(2024, 3, 7, 9, 30, 0, 0, time.UTC), "kim", `{"direction":"outbound","outcome":"busy"}`)
	h.happened("c2", "call.completed", time.Date(2024, 3, 7, 9, 30, 0, 0, time.UTC), "bo", `{"direction":"outbound","outcome":"busy"}`)
	const review = `{"rep":"kim","rhythm":"weekly","day":"2024-03-03","promises":[{"promise":"p","text":"ten visits","due_on":"2024-03-10"}]}`
	h.post("/v1/reviews", review, http.StatusCreated)
	h.post("/v1/reviews", review, http.StatusOK)
	h.refused(http.MethodPost, "/v1/reviews", `{"rhythm":"weekly","day":"2024-03-03"}`, http.StatusUnprocessableEntity, "/rep")
	h.refused(http.MethodPost, "/v1/reviews", `{"rep":"kim","rhythm":"weekly","day":"2024-03-08","kept":[{"promise":"q","done":true}]}`,
		http.StatusUnprocessableEntity, "/kept/0/promise")
	var list struct{ Current, History []dueView }
	h.get("/v1/reviews?rep=kim").into(t, &list)
	// The review of last week was due by Monday evening; it is Wednesday.
	if len(list.Current) != 1 || list.Current[0].State != "overdue" || list.Current[0].From != day(t, "2024-03-04") || len(list.History) != 2 {
		t.Errorf("%+v", list)
	}
	var got struct {
		Title  string
		Agenda struct {
			Goals    []struct{ Goal, Sentence string }
			Numbers  []struct{ Title, Value, Before string }
			Promises []struct {
				Promise string
				Done    *bool
			}
		}
	}
	h.get("/v1/reviews/agenda?rep=kim&rhythm=weekly").into(t, &got)
	a := got.Agenda
	if got.Title != "Weekly review, 4 to 10 March 2024" || len(a.Goals) != 1 || a.Goals[0].Sentence == "" || len(a.Promises) != 1 ||
		a.Numbers[0].Title != "Calls" || a.Numbers[0].Value != "1" || a.Numbers[0].Before != "0" {
		t.Errorf("%+v", got)
	}
	if md := h.get("/v1/reviews/agenda?rep=kim&rhythm=weekly", "Accept", "text/markdown"); !strings.HasPrefix(md.body, "# Weekly review, 4 to 10 March 2024\n") {
		t.Errorf("%s", md.body)
	}
	if page := h.get("/v1/reviews/agenda?rep=kim&rhythm=weekly", "Accept", "text/html"); !strings.Contains(page.body, "<h1>Weekly review") {
		t.Errorf("%s", page.body)
	}
	h.post("/v1/reviews/skipped", `{"rep":"kim","rhythm":"weekly","day":"2024-03-10","reason":"fair"}`, http.StatusCreated)
	h.get("/v1/reviews?rep=kim&rhythm=weekly").into(t, &list)
	if list.Current[0].State != "skipped" || list.Current[0].Reason != "fair" {
		t.Errorf("%+v", list.Current)
	}
	h.refused(http.MethodGet, "/v1/reviews/agenda", "", http.StatusBadRequest, "rep", "rhythm")
}

// A link shows what it lists, of whom it names, until it is revoked or expires; another kind of link opens nothing.
func TestLinks(t *testing.T) {
	h := newHouse(t)
	h.post("/v1/goals", `{"goal":"g","metric":"calls","target":"100","owner_kind":"rep","owner":"kim","starts_on":"2024-03-01","ends_on":"2024-03-31"}`, http.StatusCreated)
	h.post("/v1/goals", `{"goal":"x","metric":"calls","target":"100","owner_kind":"rep","owner":"bo","starts_on":"2024-03-01","ends_on":"2024-03-31"}`, http.StatusCreated)
	h.post("/v1/reviews", `{"rep":"kim","rhythm":"weekly","day":"2024-03-08","promises":[{"promise":"secret-promise"}]}`, http.StatusCreated)
	h.post("/v1/timeblocks", aBlock, http.StatusCreated)
	h.refused(http.MethodPost, "/v1/links", `{"kind":"partner","name":" ","reps":["a","b"],"days":500}`, http.StatusUnprocessableEntity, "/days", "/name", "/reps", "/shares")
	var made struct {
		Link links.Link
		Path string
	}
	h.post("/v1/links", `{"kind":"partner","name":"Bo","reps":["kim"],"shares":["goals"],"comments":true,"days":1}`, http.StatusCreated).into(t, &made)
	shown := h.get(made.Path, "Authorization", "")
	if !strings.Contains(shown.body, `"goal":"g"`) || strings.Contains(shown.body, `"goal":"x"`) || strings.Contains(shown.body, "secret-promise") {
		t.Errorf("%s", shown.body)
	}
	if page := h.get(made.Path, "Authorization", "", "Accept", "text/html"); !strings.Contains(page.body, "Shared with Bo") || page.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%v %s", page.header, page.body)
	}
	if a := h.do(http.MethodPost, made.Path+"/comments", `{"text":"well done"}`, "Authorization", ""); a.status != http.StatusCreated {
		t.Errorf("%d %s", a.status, a.body)
	}
	h.refused(http.MethodPost, made.Path+"/comments", `{"text":"x","rep":"bo"}`, http.StatusUnprocessableEntity, "/rep")
	if a := h.do(http.MethodGet, strings.Replace(made.Path, "shared", "feeds", 1), ""); a.status != http.StatusNotFound {
		t.Errorf("a partner's link opens the calendar: %d", a.status)
	}
	if list := h.get("/v1/links"); strings.Contains(list.body, made.Path[8:]) || !strings.Contains(list.body, made.Link.ID) {
		t.Errorf("%s", list.body)
	}
	var calendar struct {
		Link links.Link
		Path string
	}
	h.post("/v1/links", `{"kind":"calendar","name":"phone","reps":["kim"]}`, http.StatusCreated).into(t, &calendar)
	if feed := h.get(calendar.Path, "Authorization", ""); !strings.Contains(feed.body, "BEGIN:VEVENT") || !strings.HasPrefix(feed.header.Get("Content-Type"), "text/calendar") {
		t.Errorf("%.200s", feed.body)
	}
	if a := h.do(http.MethodDelete, "/v1/links/"+calendar.Link.ID, ""); a.status != http.StatusNoContent {
		t.Errorf("%d", a.status)
	}
	h.now = h.now.Add(25 * time.Hour)
	for _, path := range []string{calendar.Path, made.Path} {
		if a := h.do(http.MethodGet, path, ""); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	h.post("/v1/partners", `{"rep":"kim","partner":"bo","shares":["goals"]}`, http.StatusCreated)
	var partners struct{ Partners []partnerView }
	h.get("/v1/partners").into(t, &partners)
	if a := h.do(http.MethodDelete, "/v1/partners/"+strings.ReplaceAll(partners.Partners[0].Event, "/", "%2F"), ""); a.status != http.StatusNoContent {
		t.Errorf("%d %s", a.status, a.body)
	}
	if h.get("/v1/partners").into(t, &partners); len(partners.Partners) != 0 {
		t.Errorf("%+v", partners)
	}
}

func TestAlertsAndDestinations(t *testing.T) {
	h := newHouse(t)
	h.happened("pace.changed/pace/g/1", "pace.changed", h.now, "kim", `{"goal":"g","to":"off_track","actual":"2","expected":"9.5"}`)
	h.happened("a1", "alert.raised", h.now, "kim", `{"matter":"no_activity/kim","kind":"no_activity","times":1,"says":"Nothing."}`)
	var list struct{ Alerts []alertView }
	h.get("/v1/alerts?open=true").into(t, &list)
	if len(list.Alerts) != 2 || list.Alerts[1].Says != "Goal g is off track: 2 against 9.5 expected." {
		t.Errorf("%+v", list)
	}
	for _, id := range []string{"pace.changed%2Fpace%2Fg%2F1", "a1"} {
		h.post("/v1/alerts/"+id+":acknowledge", `{"by":"kim"}`, http.StatusCreated)
		h.post("/v1/alerts/"+id+":acknowledge", `{"by":"kim"}`, http.StatusOK)
	}
	if h.get("/v1/alerts?open=true&kind=pace").into(t, &list); len(list.Alerts) != 0 {
		t.Errorf("%+v", list)
	}
	if a := h.do(http.MethodPost, "/v1/alerts/none:acknowledge", `{}`); a.status != http.StatusNotFound {
		t.Errorf("%d", a.status)
	}
	h.post("/v1/mutes", `{"kind":"no_activity","until":"2024-03-20"}`, http.StatusCreated)
	h.refused(http.MethodPost, "/v1/mutes", `{"until":"2024-03-20"}`, http.StatusUnprocessableEntity, "/kind")
	h.refused(http.MethodPost, "/v1/mutes", `{"kind":"no_activity","until":"2023-12-31"}`, http.StatusUnprocessableEntity, "/until")
	var mutes struct{ Mutes []notify.Mute }
	h.get("/v1/mutes").into(t, &mutes)
	if a := h.do(http.MethodDelete, "/v1/mutes/"+strings.ReplaceAll(mutes.Mutes[0].ID, "/", "%2F"), ""); a.status != http.StatusNoContent {
		t.Errorf("%d %s", a.status, a.body)
	}
	if h.get("/v1/mutes").into(t, &mutes); len(mutes.Mutes) != 0 {
		t.Errorf("%+v", mutes)
	}

	var made struct {
		Destination notify.Destination
		Key         string
	}
	h.post("/v1/destinations", `{"name":"hook","kind":"webhook","url":"https://example.com/x?token=hush"}`, http.StatusCreated).into(t, &made)
	if shown := h.get("/v1/destinations"); made.Key == "" || strings.Contains(shown.body, "hush") || strings.Contains(shown.body, made.Key) {
		t.Errorf("%s", shown.body)
	}
	h.refused(http.MethodPost, "/v1/destinations", `{"name":"","kind":"email","url":"smtp://x","from":"a","to":[]}`, http.StatusUnprocessableEntity, "/from", "/name", "/to")
	h.post("/v1/destinations/"+made.Destination.ID+":test", "", http.StatusAccepted)
	var deliveries struct{ Deliveries []sentView }
	h.get("/v1/alert-deliveries?state=waiting").into(t, &deliveries)
	if len(deliveries.Deliveries) != 1 || deliveries.Deliveries[0].Stage != notify.Trial {
		t.Errorf("%+v", deliveries)
	}
	h.post("/v1/alert-deliveries/"+deliveries.Deliveries[0].ID+":retry", "", http.StatusAccepted)
	rule := h.post("/v1/alert-rules", `{"rep":"kim","destinations":["`+made.Destination.ID+`"],"daily_cap":0}`, http.StatusCreated)
	h.refused(http.MethodPost, "/v1/alert-rules", `{"kinds":["weather"],"destinations":["x"],"quiet_from":"20:00"}`, http.StatusUnprocessableEntity,
		"/destinations/0", "/kinds/0", "/quiet_to")
	for _, path := range []string{rule.header.Get("Location"), "/v1/destinations/" + made.Destination.ID} {
		if a := h.do(http.MethodDelete, path, ""); a.status != http.StatusNoContent {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
		if a := h.do(http.MethodDelete, path, ""); a.status != http.StatusNotFound {
			t.Errorf("%s again: %d", path, a.status)
		}
	}
	other := h.addKey("zeta", access.ScopeAdmin)
	for _, path := range []string{"/v1/alerts", "/v1/alert-deliveries", "/v1/destinations", "/v1/links"} {
		if a := h.get(path, "Authorization", "Bearer "+other); strings.Contains(a.body, "kim") || strings.Contains(a.body, made.Destination.ID) {
			t.Errorf("another org sees %s", a.body)
		}
	}
}

// listen opens the stream and returns a channel of its events: name, id and data.
func (h *house) listen(url, lastEvent string) <-chan [3]string {
	h.tb.Helper()
	r, err := http.NewRequestWithContext(h.tb.Context(), http.MethodGet, url+"/v1/stream", nil)
	if err != nil {
		h.tb.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+h.key)
	if lastEvent != "" {
		r.Header.Set("Last-Event-ID", lastEvent)
	}
	out := make(chan [3]string, 100)
	go func() {
		defer close(out)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return // what is waited for does not come
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
			h.tb.Errorf("%s %v", resp.Status, resp.Header)
		}
		var e [3]string
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			switch field, value, _ := strings.Cut(lines.Text(), ": "); field {
			case "id":
				e[1] = value
			case "event":
				e[0] = value
			case "data":
				e[2] = value
				out <- e
			}
		}
	}()
	return out
}

func TestStream(t *testing.T) {
	h := newHouse(t)
	feed := newTail()
	deps := Deps{
		Warehouse: h.warehouse, Recorder: h.warehouse, Keys: h.access, Clock: func() time.Time { return h.now },
		Logger: slog.New(slog.DiscardHandler), Notices: Notices{Feed: feed},
	}
	s := newServer(Config{}.withDefaults(), deps)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan struct{})
	s.live.mu.Lock()
	s.live.open, s.live.ctx = true, ctx // it is open before anybody can come
	s.live.mu.Unlock()
	go func() { defer close(ended); s.live.run(ctx) }()
	web := httptest.NewServer(s.handler())
	defer web.Close()
	happen := func(id, typ, data string) {
		h.happened(id, typ, h.now, "kim", data)
		h.warehouse.mu.Lock()
		r := h.warehouse.rows[len(h.warehouse.rows)-1].Record
		h.warehouse.mu.Unlock()
		wire, err := events.Encode(r.Event)
		if err != nil {
			t.Fatal(err)
		}
		feed.frames <- events.Frame{Position: r.Position, Subject: events.Subject("acme", typ), Body: wire}
	}
	h.happened("old", "alert.raised", h.now, "kim", `{"matter":"m","kind":"no_activity","times":1,"says":"Old."}`)
	listeners := []<-chan [3]string{h.listen(web.URL, ""), h.listen(web.URL, "")}
	want := func(l <-chan [3]string, name, id, says string) {
		t.Helper()
		for e := range l {
			if e[0] == name && e[1] == id {
				if !strings.Contains(e[2], says) {
					t.Errorf("%q, want %q in it", e, says)
				}
				return
			}
			if e[0] != streamNumbers {
				t.Errorf("%q, want %s of %s", e, name, id)
			}
		}
		t.Fatalf("the stream ended before %s of %s", name, id)
	}
	for _, l := range listeners {
		want(l, streamNumbers, "1", `"metric":"calls"`)
	}
	happen("c1", "call.completed", `{"direction":"outbound","outcome":"busy"}`)
	happen("p1", "pace.changed", `{"goal":"g","to":"off_track","actual":"2","expected":"9.5"}`)
	for _, l := range listeners {
		want(l, streamPace, "3", "off track")
		want(l, streamNumbers, "3", `"value":1`)
	}
	// Who comes back hears what was missed, once.
	back := h.listen(web.URL, "1")
	want(back, streamPace, "3", "off track")
	happen("a2", "alert.raised", `{"matter":"m","kind":"no_activity","times":2,"says":"New."}`)
	want(back, streamAlert, "4", "New.")
	// Another org hears nothing of it, and a stop ends every stream.
	stop()
	<-ended
	for _, l := range append(listeners, back) {
		for e := range l {
			if e[0] == "" {
				t.Errorf("%q", e)
			}
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, web.URL+"/v1/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+h.key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if _ = resp.Body.Close(); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("after the stop: %s", resp.Status)
	}
}

// A listener that does not read is let go of; the others hear everything.
func TestSlowListener(t *testing.T) {
	h := newHub(nil)
	h.open, h.ctx = true, t.Context()
	slow, _ := h.join("acme")
	quick, _ := h.join("acme")
	other, _ := h.join("zeta")
	var got []events.Position
	for n := range 3 * bufferLive {
		h.hand("acme", []streamMessage{{id: events.Position(n), event: streamAlert}})
		got = append(got, (<-quick.out).id)
	}
	if slow.ctx.Err() == nil || quick.ctx.Err() != nil || len(got) != 3*bufferLive || len(other.out) != 0 || len(slow.out) != bufferLive {
		t.Errorf("slow %v with %d, quick %v with %d", slow.ctx.Err(), len(slow.out), quick.ctx.Err(), len(got))
	}
	h.leave(slow)
	h.leave(quick)
	h.leave(other)
	if len(h.listeners) != 0 {
		t.Errorf("%v", h.listeners)
	}
	for range maxListeners {
		if _, ok := h.join("acme"); !ok {
			t.Fatal("refused too early")
		}
	}
	if _, ok := h.join("acme"); ok {
		t.Error("too many are taken in")
	}
}
