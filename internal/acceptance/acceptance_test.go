package acceptance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestAllInOne(t *testing.T) {
	t.Parallel()
	p, server := startAllInOne(t, t.TempDir())
	acceptance(t, p)
	server.stop()
}

func TestSplitRoles(t *testing.T) {
	t.Parallel()
	acceptance(t, startSplit(t))
}

// acceptance is what the product promises, however it runs.
func acceptance(t *testing.T, p product) {
	t.Helper()
	t.Run("outcomes", func(t *testing.T) { outcomes(t, p) })
	t.Run("numbers open into events", func(t *testing.T) { numbersOpen(t, p) })
	t.Run("goal and pace", func(t *testing.T) { goalAndPace(t, p) })
	t.Run("orgs", func(t *testing.T) { orgs(t, p) })
	t.Run("settings", func(t *testing.T) { settings(t, p) })
	t.Run("import", func(t *testing.T) { importCRM(t, p) })
	t.Run("page", func(t *testing.T) { page(t, p) })
}

// newOrg makes an org of its own for a test and returns the product as its admin sees it.
func newOrg(t *testing.T, p product, name string) product {
	t.Helper()
	p.t = t
	key := milemarker(t, "keys", "add", "first", "--scopes", "admin", "--org", name,
		"--server", p.api, "--key", p.key)
	return p.as(strings.TrimSpace(key))
}

func outcomes(t *testing.T, p product) {
	t.Helper()
	p = newOrg(t, p, "outcomes")
	post := func(p product, contentType, body string, header ...string) (int, string) {
		t.Helper()
		status, answer := p.do("POST", p.ingest+"/v1/events", contentType, []byte(body), header...)
		return status, string(answer)
	}
	const structured = "application/cloudevents+json"
	event := call("c1", "ann", "2024-05-06", "conversation")
	for _, c := range []struct {
		name, contentType, body string
		header                  []string
		status                  int
		says                    string
	}{
		{"appended", structured, event, nil, 202, `"appended"`},
		{"duplicate", structured, event, nil, 200, `"duplicate"`},
		{"conflict", structured, strings.Replace(event, "120", "121", 1), nil, 409, "c1"},
		{"rejected", structured, strings.Replace(event, "outbound", "sideways", 1), nil, 422, "/data/direction"},
		{"binary", "application/json", `{"direction":"inbound","outcome":"voicemail","seconds":20}`, []string{
			"ce-specversion", "1.0", "ce-id", "c2", "ce-source", "/test", "ce-type", "call.completed", "ce-rep", "ann",
			"ce-time", "2024-05-06T16:00:00Z",
		}, 202, `"appended"`},
		{"no such type of content", "text/plain", event, nil, 415, "application/cloudevents+json"},
		{"another's org", structured, strings.Replace(event, `"rep"`, `"org":"other","rep"`, 1), nil, 422, "/org"},
		{"no JSON", structured, `{"specversion"`, nil, 422, "JSON"},
		{"too large", structured, strings.Repeat(" ", 2<<20), nil, 413, ""},
	} {
		status, answer := post(p, c.contentType, c.body, c.header...)
		if status != c.status || !strings.Contains(answer, c.says) {
			t.Errorf("%s: %d %s, want %d with %q", c.name, status, answer, c.status, c.says)
		}
	}
	if status, _ := post(p.as(""), structured, event); status != http.StatusUnauthorized {
		t.Errorf("without a key: %d, want 401", status)
	}
	if status, _ := post(p.as(p.key+"x"), structured, event); status != http.StatusUnauthorized {
		t.Errorf("with a wrong key: %d, want 401", status)
	}
	reader := strings.TrimSpace(milemarker(t, "keys", "add", "reader", "--scopes", "read",
		"--server", p.api, "--key", p.key))
	if status, _ := post(p.as(reader), structured, event); status != http.StatusForbidden {
		t.Errorf("with a key that may only read: %d, want 403", status)
	}
	milemarker(t, "keys", "revoke", strings.Split(reader, "_")[1], "--server", p.api, "--key", p.key)
	if status, _ := get(t, p.api+"/v1/org", reader); status != http.StatusUnauthorized {
		t.Errorf("with a revoked key: %d, want 401", status)
	}
	status, answer := p.record(event, strings.Replace(call("c3", "ann", "2024-05-06", "busy"), "outbound", "", 1),
		call("c4", "ann", "2024-05-06", "busy"), call("c4", "ann", "2024-05-06", "busy"))
	got := ""
	for _, r := range answer.Results {
		got += r.ID + " " + r.Outcome + "; "
	}
	if want := "c1 duplicate; c3 rejected; c4 appended; c4 duplicate; "; status != http.StatusMultiStatus || got != want {
		t.Errorf("batch: %d %s, want 207 %s", status, got, want)
	}
	if n := p.count(answer.Position, "metric=calls&from=2024-05-06&to=2024-05-06"); n != 3 {
		t.Errorf("calls = %d, want 3", n)
	}
}

func numbersOpen(t *testing.T, p product) {
	t.Helper()
	p = newOrg(t, p, "numbers")
	var events []string
	for i := range 60 {
		outcome := []string{"conversation", "voicemail", "no_answer"}[i%3]
		events = append(events, call(fmt.Sprint("c", i), []string{"ann", "bob"}[i%2], fmt.Sprintf("2024-0%d-1%d", 1+i%6, i%5), outcome))
	}
	p.record(events...)
	void := `{"specversion":"1.0","id":"v1","source":"/test","type":"event.voided","data":{"event":"c0","reason":"test call"}}`
	_, answer := p.record(void)
	for _, query := range []string{
		"metric=calls&metric=conversations&grain=month&from=2024-01-01&to=2024-12-31&group_by=rep",
		"metric=calls&grain=week&from=2024-01-03&to=2024-06-11&group_by=outcome",
		"metric=calls&grain=quarter&from=2024-01-01&to=2024-12-31",
		"metric=conversations&grain=total&from=2024-01-01&to=2024-12-31",
	} {
		var total uint64
		for _, row := range p.metrics(answer.Position, query) {
			total += row.N
			if row.N == 0 {
				continue
			}
			var page struct {
				Events []json.RawMessage `json:"events"`
			}
			p.ask(row.Events, &page)
			if uint64(len(page.Events)) != row.N {
				t.Errorf("%s: %d events behind %d in %+v", query, len(page.Events), row.N, row)
			}
		}
		if total == 0 {
			t.Errorf("%s: nothing", query)
		}
	}
	if n := p.count(0, "metric=calls&from=2024-01-01&to=2024-12-31"); n != 59 {
		t.Errorf("calls = %d, want 59 without the voided one", n)
	}
}

func goalAndPace(t *testing.T, p product) {
	t.Helper()
	p = newOrg(t, p, "goals")
	post := func(body string) (int, string) {
		t.Helper()
		status, answer := p.do("POST", p.api+"/v1/goals", "application/json", []byte(body))
		return status, string(answer)
	}
	if status, answer := post(`{"metric":"calls","target":"100"}`); status != 422 || !strings.Contains(answer, "ends_on") {
		t.Errorf("goal without a date: %d %s, want 422 that names ends_on", status, answer)
	}
	status, answer := post(`{"goal":"g1","metric":"calls","target":"100","starts_on":"2024-04-01","ends_on":"2024-04-30"}`)
	var set struct{ Position uint64 }
	if err := json.Unmarshal([]byte(answer), &set); err != nil || status != http.StatusCreated {
		t.Fatalf("goal: %d %s", status, answer)
	}
	var events []string
	for i := range 30 {
		events = append(events, call(fmt.Sprint("c", i), "ann", fmt.Sprintf("2024-04-%02d", 1+i%5), "conversation"))
	}
	_, recorded := p.record(events...)
	var at struct {
		Pace struct {
			Expected, Margin, Ratio json.Number
			Status, Reason          string
		}
	}
	status, body := p.do("GET", fmt.Sprintf("%s/v1/goals/g1/pace?at=2024-04-12&min_position=%d", p.api, recorded.Position), "", nil)
	if status != http.StatusOK || json.Unmarshal(body, &at) != nil {
		t.Fatalf("pace: %d %s", status, body)
	}
	// 10 of 22 working days have passed: 45.45 calls are expected, 30 were made.
	if !strings.Contains(string(body), "off_track") || !strings.Contains(string(body), "45.4") {
		t.Errorf("pace = %s, want off_track against 45.45 expected", body)
	}
}

func orgs(t *testing.T, p product) {
	t.Helper()
	one, two := newOrg(t, p, "one"), newOrg(t, p, "two")
	_, a := one.record(call("same-id", "ann", "2024-05-06", "conversation"))
	_, b := two.record(call("same-id", "zoe", "2024-05-06", "busy"))
	if a.Results[0].Outcome != "appended" || b.Results[0].Outcome != "appended" {
		t.Fatalf("the same id in two orgs: %+v and %+v, want both appended", a, b)
	}
	status, _ := one.do("POST", one.api+"/v1/goals", "application/json",
		[]byte(`{"goal":"secret","metric":"calls","target":"10","starts_on":"2024-01-01","ends_on":"2024-12-31"}`))
	if status != http.StatusCreated {
		t.Fatalf("goal: %d", status)
	}
	for _, c := range []struct {
		who  product
		sees string
		not  string
	}{{one, "ann", "zoe"}, {two, "zoe", "ann"}} {
		position := fmt.Sprint("&min_position=", max(a.Position, b.Position))
		for _, path := range []string{
			"/v1/events?limit=100" + position,
			"/v1/metrics?metric=calls&group_by=rep&from=2024-01-01&to=2024-12-31" + position,
		} {
			_, body := c.who.do("GET", c.who.api+path, "", nil)
			if !strings.Contains(string(body), c.sees) || strings.Contains(string(body), c.not) {
				t.Errorf("GET %s shows %s, want %s and not %s", path, body, c.sees, c.not)
			}
		}
	}
	if _, body := two.do("GET", two.api+"/v1/goals", "", nil); strings.Contains(string(body), "secret") {
		t.Errorf("the goal of another org shows: %s", body)
	}
	if status, _ := two.do("GET", two.api+"/v1/goals/secret/pace", "", nil); status != http.StatusNotFound {
		t.Errorf("pace of another org's goal: %d, want 404", status)
	}
	_, keys := two.do("GET", two.api+"/v1/keys", "", nil)
	if id := strings.Split(one.key, "_")[1]; strings.Contains(string(keys), id) {
		t.Errorf("the key of another org shows: %s", keys)
	} else if status, _ := two.do("DELETE", two.api+"/v1/keys/"+id, "", nil); status != http.StatusNotFound {
		t.Errorf("revoking the key of another org: %d, want 404", status)
	}
	status, body := two.do("POST", two.api+"/v1/keys", "application/json", []byte(`{"name":"x","scopes":["read"],"org":"one"}`))
	if status != http.StatusForbidden && status != http.StatusUnprocessableEntity {
		t.Errorf("making a key for another org: %d %s, want 403", status, body)
	}
}

func settings(t *testing.T, p product) {
	t.Helper()
	p = newOrg(t, p, "settings")
	// 03:00 UTC on Sunday 5 May is still Saturday 4 May in New York.
	late := strings.Replace(call("c1", "ann", "2024-05-05", "conversation"), "T15:", "T03:", 1)
	_, recorded := p.record(late)
	days := func(position uint64) string {
		t.Helper()
		var out []string
		for _, grain := range []string{"day", "week"} {
			for _, row := range p.metrics(position, "metric=calls&grain="+grain+"&from=2024-04-22&to=2024-05-12&group_by=rep&group_by=team") {
				if row.N > 0 {
					out = append(out, grain+" "+row.From+" "+row.Group["team"])
				}
			}
		}
		return strings.Join(out, ", ")
	}
	if got, want := days(recorded.Position), "day 2024-05-05 , week 2024-04-29 "; got != want {
		t.Errorf("before: %s, want %s", got, want)
	}
	status, body := p.do("PUT", p.api+"/v1/org", "application/json",
		[]byte(`{"zone":"America/New_York","week_start":"sunday","fiscal_year_start_month":5,"teams":{"ann":"north"}}`))
	var changed struct{ Position uint64 }
	if status != http.StatusOK || json.Unmarshal(body, &changed) != nil {
		t.Fatalf("PUT /v1/org: %d %s", status, body)
	}
	if got, want := days(changed.Position), "day 2024-05-04 north, week 2024-04-28 north"; got != want {
		t.Errorf("after: %s, want %s", got, want)
	}
}

func page(t *testing.T, p product) {
	t.Helper()
	if status, _ := get(t, p.api+"/", ""); status != http.StatusUnauthorized && status != http.StatusOK {
		t.Errorf("page without a login: %d", status)
	}
	link := strings.TrimSpace(milemarker(t, "login", "--server", p.api, "--key", p.key))
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if len(res.Cookies()) != 1 {
		t.Fatalf("login: %s without a cookie", res.Status)
	}
	status, body := product{t: t}.do("GET", p.api+"/", "", nil, "Cookie", res.Cookies()[0].String())
	if status != http.StatusOK || !strings.Contains(string(body), "Conversations") {
		t.Errorf("page: %d %s", status, body)
	}
	again, err := client.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Body.Close()
	if len(again.Cookies()) != 0 {
		t.Error("the login link worked twice")
	}
}
