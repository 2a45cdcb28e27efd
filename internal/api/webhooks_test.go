package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"milemarker/events"
	"milemarker/internal/connections"
	"milemarker/internal/deliveries"
	"milemarker/internal/providers"
)

// cellar keeps values in memory.
type cellar struct {
	mu       sync.Mutex
	values   map[string][]byte
	watchers []func(string, []byte)
}

func (c *cellar) Get(_ context.Context, key string) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v, ok := c.values[key]; ok {
		return v, nil
	}
	return nil, fs.ErrNotExist
}

func (c *cellar) Put(_ context.Context, key string, value []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.values == nil {
		c.values = map[string][]byte{}
	}
	c.values[key] = value
	for _, fn := range c.watchers {
		fn(key, value)
	}
	return nil
}

func (c *cellar) Create(ctx context.Context, key string, value []byte) error {
	return c.Put(ctx, key, value)
}

func (c *cellar) Delete(_ context.Context, key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.values, key)
	return nil
}

func (c *cellar) Watch(_ context.Context, fn func(string, []byte)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watchers = append(c.watchers, fn)
	return nil
}

// wrapper turns secrets around, so that they are not seen as they are.
type wrapper struct{}

func (wrapper) Wrap(name string, secret []byte) ([]byte, error) {
	return append([]byte(name+"|"), reversed(secret)...), nil
}

func (wrapper) Unwrap(name string, wrapped []byte) ([]byte, error) {
	if rest, ok := bytes.CutPrefix(wrapped, []byte(name+"|")); ok {
		return reversed(rest), nil
	}
	return nil, errors.New("another's")
}

func reversed(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[len(b)-1-i] = c
	}
	return out
}

// inbox is the stream of deliveries in memory.
type inbox struct {
	mu  sync.Mutex
	all []deliveries.Kept
}

func (i *inbox) keep(tb testing.TB, connection string, at time.Time, r deliveries.Request) string {
	tb.Helper()
	data, err := deliveries.Encode(r)
	if err != nil {
		tb.Fatal(err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	n := events.Position(len(i.all) + 1)
	i.all = append(i.all, deliveries.Kept{Position: n, Stored: at, Org: "acme", Connection: connection, Size: len(data), Data: data})
	return fmt.Sprint(n)
}

func (i *inbox) Get(_ context.Context, at events.Position) (deliveries.Kept, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if at == 0 || int(at) > len(i.all) || i.all[at-1].Data == nil {
		return deliveries.Kept{}, fs.ErrNotExist
	}
	return i.all[at-1], nil
}

func (i *inbox) Erase(_ context.Context, at events.Position) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.all[at-1].Data = nil
	return nil
}

func (i *inbox) Newest(_ context.Context, org, connection string, before events.Position, limit int) (out []deliveries.Kept, _ error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for n := len(i.all) - 1; n >= 0 && len(out) < limit; n-- {
		k := i.all[n]
		if k.Data != nil && k.Org == org && k.Position < before && (connection == "" || k.Connection == connection) {
			k.Data = nil
			out = append(out, k)
		}
	}
	return out, nil
}

func (i *inbox) Scan(context.Context, deliveries.Range, func(deliveries.Kept) error) error {
	return nil
}

func (i *inbox) At(_ context.Context, t time.Time) (events.Position, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, k := range i.all {
		if !k.Stored.Before(t) {
			return k.Position, nil
		}
	}
	return events.Position(len(i.all) + 1), nil
}

func (i *inbox) Count(_ context.Context, org string) (map[string]uint64, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	counts := map[string]uint64{}
	for _, k := range i.all {
		if k.Org == org {
			counts[k.Connection]++
		}
	}
	return counts, nil
}

func (i *inbox) Last(ctx context.Context, org, connection string) (deliveries.Kept, error) {
	newest, _ := i.Newest(ctx, org, connection, ^events.Position(0), 1)
	if len(newest) == 0 {
		return deliveries.Kept{}, fs.ErrNotExist
	}
	return newest[0], nil
}

// brand is a provider that does nothing but speak of itself.
type brand struct{ about providers.About }

func (b brand) About() providers.About                                        { return b.about }
func (b brand) Verify(providers.Delivery, providers.Secrets, time.Time) error { return nil }
func (b brand) Translate(providers.Input) (providers.Output, error)           { return providers.Output{}, nil }

// newWebhooks is everything about webhooks, in memory.
func newWebhooks(tb testing.TB, clock func() time.Time) (Webhooks, *inbox) {
	tb.Helper()
	all, err := connections.Open(tb.Context(), &cellar{}, wrapper{}, clock)
	if err != nil {
		tb.Fatal(err)
	}
	kept := &inbox{}
	log := deliveries.NewLog(kept, deliveries.Buckets{Outcomes: &cellar{}, Threads: &cellar{}, Replays: &cellar{}}, clock)
	return Webhooks{
		Connections: all, Counts: &cellar{}, Log: log, Kept: kept, Public: "https://hooks.example.com",
		Providers: []providers.Provider{
			brand{providers.About{
				Name: "dialer", Title: "Dialer", Category: providers.Dialer, Steps: []string{"Paste {url}."}, Confidence: providers.Documented,
				Secret:   providers.Secret{Name: "signing key", Where: "Settings, API"},
				Token:    &providers.Token{Name: "API key", Where: "Settings, API"},
				Settings: []providers.Setting{{Name: "list", Help: "Which list.", Required: true}},
				Kinds:    []providers.Kind{{Name: "call", Events: []string{"call.completed"}}},
				Redact:   providers.Redact{Headers: []string{"X-Secret"}, Query: []string{"key"}, Pointers: []string{"/token"}},
			}},
			brand{providers.About{
				Name: "form", Title: "Form", Category: providers.Form, Steps: []string{"Paste {url}."}, Confidence: providers.Captured,
				Secret:   providers.Secret{Name: "part of the URL", Ours: true, InURL: true},
				Settings: []providers.Setting{{Name: "mapping", Help: "A mapping."}},
			}},
		},
	}, kept
}

func TestProviders(t *testing.T) {
	h := newHouse(t)
	var list struct{ Providers []struct{ Name string } }
	h.get("/v1/providers").into(t, &list)
	if len(list.Providers) != 2 || list.Providers[0].Name != "dialer" {
		t.Errorf("%+v", list)
	}
	if a := h.get("/v1/providers/dialer"); !strings.Contains(a.body, `"steps":["Paste {url}."]`) {
		t.Error(a.body)
	}
	if a := h.do(http.MethodGet, "/v1/providers/nobody", ""); a.status != http.StatusNotFound {
		t.Errorf("%d %s", a.status, a.body)
	}
}

type made struct {
	ID, URL, Paste, Secret, State string
	Secrets                       []struct{ ID string }
	HasToken                      bool `json:"has_token"`
	Steps                         []string
	Settings                      map[string]string
	Deliveries                    int
}

func TestConnections(t *testing.T) {
	h := newHouse(t)
	const all = "/v1/connections"
	h.refused(http.MethodPost, all, `{}`, http.StatusUnprocessableEntity, "/provider")
	h.refused(http.MethodPost, all, `{"provider":"dialer","region":"usa","zone":"Mars","colour":"red","settings":{"x":"y"}}`,
		http.StatusUnprocessableEntity, "/colour", "/region", "/settings/list", "/settings/x", "/zone")
	h.refused(http.MethodPost, all, `{"provider":"form","token":"t","settings":{"x":"y"},"public_url":"hooks"}`,
		http.StatusUnprocessableEntity, "/public_url", "/settings/x", "/token")

	var theirs, ours made
	a := h.do(http.MethodPost, all, `{"provider":"dialer","settings":{"list":"a"},"secret":"s3cret","token":"t0ken","region":"US"}`)
	if a.status != http.StatusCreated || strings.Contains(a.body, "s3cret") || strings.Contains(a.body, "t0ken") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	a.into(t, &theirs)
	if theirs.Paste != "https://hooks.example.com/hooks/"+theirs.ID || theirs.Steps[0] != "Paste "+theirs.Paste+"." || !theirs.HasToken {
		t.Errorf("%+v", theirs)
	}
	h.do(http.MethodPost, all, `{"provider":"form","name":"Web form","public_url":"https://other.example/x/"}`).into(t, &ours)
	if ours.Secret == "" || ours.Paste != "https://other.example/x/hooks/"+ours.ID+"/"+ours.Secret {
		t.Errorf("%+v", ours)
	}
	if a := h.get(all + "/" + ours.ID); strings.Contains(a.body, ours.Secret) {
		t.Errorf("the secret is shown again: %s", a.body)
	}
	var list struct{ Connections []made }
	h.get(all).into(t, &list)
	if len(list.Connections) != 2 || list.Connections[0].State != "active" {
		t.Errorf("%+v", list)
	}

	one := all + "/" + theirs.ID
	h.refused(http.MethodPost, one+":rotate", `{}`, http.StatusUnprocessableEntity, "/secret")
	h.refused(http.MethodPost, one+":rotate", `{"secret":"x","overlap_hours":-1}`, http.StatusUnprocessableEntity, "/overlap_hours")
	var rotated made
	h.do(http.MethodPost, one+":rotate", `{"secret":"n3xt","overlap_hours":2}`).into(t, &rotated)
	if len(rotated.Secrets) != 2 {
		t.Errorf("%+v, want two live secrets", rotated)
	}
	h.now = h.now.Add(3 * time.Hour)
	h.get(one).into(t, &rotated)
	if len(rotated.Secrets) != 1 {
		t.Errorf("%+v, want the former secret to have ended", rotated)
	}
	var again made
	h.do(http.MethodPost, all+"/"+ours.ID+":rotate", `{}`).into(t, &again)
	if again.Secret == "" || again.Secret == ours.Secret || !strings.HasSuffix(again.Paste, again.Secret) {
		t.Errorf("%+v", again)
	}

	h.refused(http.MethodPatch, one, `{"settings":{}}`, http.StatusUnprocessableEntity, "/settings/list")
	var changed made
	h.do(http.MethodPatch, one, `{"name":"Sales","token":""}`).into(t, &changed)
	if changed.HasToken || changed.Settings["list"] != "a" {
		t.Errorf("%+v", changed)
	}
	h.do(http.MethodPost, one+":pause", "").into(t, &changed)
	if changed.State != "paused" {
		t.Errorf("%+v", changed)
	}
	h.do(http.MethodPost, one+":resume", "").into(t, &changed)
	if changed.State != "active" {
		t.Errorf("%+v", changed)
	}
	if a := h.do(http.MethodPost, one+":explode", ""); a.status != http.StatusNotFound {
		t.Errorf("%d %s", a.status, a.body)
	}
	foreign := h.addKey("other", "admin")
	if a := h.do(http.MethodGet, one, "", "Authorization", "Bearer "+foreign); a.status != http.StatusNotFound {
		t.Errorf("of another org: %d %s", a.status, a.body)
	}
	if a := h.do(http.MethodDelete, one, ""); a.status != http.StatusNoContent {
		t.Errorf("%d %s", a.status, a.body)
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		if a := h.do(method, one, ""); a.status != http.StatusNotFound {
			t.Errorf("%s of a deleted one: %d %s", method, a.status, a.body)
		}
	}
}

func TestDeliveries(t *testing.T) {
	h := newHouse(t)
	var conn made
	h.do(http.MethodPost, "/v1/connections", `{"provider":"dialer","settings":{"list":"a"}}`).into(t, &conn)
	for i := range 5 {
		h.inbox.keep(t, conn.ID, h.now.Add(time.Duration(i)*time.Hour), deliveries.Request{
			Method: "POST", URL: "https://hooks.example.com/hooks/" + conn.ID + "?key=hidden&kind=call", Remote: "192.0.2.7",
			Header: http.Header{"X-Secret": {"hidden"}, "Authorization": {"Bearer hidden"}, "Content-Type": {"application/json"}},
			Body:   fmt.Appendf(nil, `{"call": %d, "token" : "hidden", "who":"Kim"}`, i), Received: h.now,
		})
	}
	err := h.hooks.Log.SetOutcome(t.Context(), deliveries.Kept{Org: "acme", Connection: conn.ID, Position: 2}, deliveries.Outcome{
		Status: deliveries.Failed, Why: "it cannot be read", Time: h.now,
		Events: []deliveries.Told{{ID: "wh_1", Base: "wh_1", Type: "call.completed", Outcome: deliveries.Appended, At: 7}},
	})
	if err != nil {
		t.Fatal(err)
	}
	const all = "/v1/webhooks/deliveries"
	list := func(query string) (ids, next string) {
		t.Helper()
		var page struct {
			Deliveries []struct{ ID string }
			Next       string
		}
		h.get(all+query).into(t, &page)
		for _, d := range page.Deliveries {
			ids += d.ID
		}
		return ids, page.Next
	}
	for query, want := range map[string]string{
		"": "54321", "?status=failed": "2", "?status=arrived&status=failed": "54321", "?text=KIM": "54321", "?text=%22call%22:%203": "4",
		"?text=cannot": "2", "?connection=" + conn.ID: "54321", "?from=2024-03-13T14:00:00Z": "543", "?to=2024-03-13T14:00:00Z": "21",
	} {
		if got, _ := list(query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	got, next := list("?limit=2")
	for next != "" {
		var more string
		more, next = list(strings.TrimPrefix(next, all))
		got += " " + more
	}
	if got != "54 32 1" {
		t.Errorf("pages: %s", got)
	}
	h.refused(http.MethodGet, all+"?status=gone&from=monday&cursor=x&connection=c_x&colour=red", "", http.StatusBadRequest,
		"colour", "connection", "cursor", "from", "status")

	if a := h.get(all + "/2"); strings.Contains(a.body, "hidden") || !strings.Contains(a.body, "Kim") || !strings.Contains(a.body, `"redacted":true`) ||
		!strings.Contains(a.body, "wh_1") {
		t.Error(a.body)
	}
	if a := h.do(http.MethodPost, all+"/2:replay", ""); a.status != http.StatusAccepted {
		t.Errorf("%d %s", a.status, a.body)
	} else if a := h.get(a.header.Get("Location")); !strings.Contains(a.body, `"state":"waiting"`) {
		t.Error(a.body)
	}
	if a := h.do(http.MethodPost, "/v1/webhooks/replays", `{"connection":"`+conn.ID+`","statuses":["failed"],"from":"2024-03-13T00:00:00Z"}`); a.status != http.StatusAccepted {
		t.Errorf("%d %s", a.status, a.body)
	}
	h.refused(http.MethodPost, "/v1/webhooks/replays", `{"connection":"c_x","statuses":["gone"],"from":"2024-03-13T00:00:00Z","to":"2024-03-12T00:00:00Z","x":1}`,
		http.StatusUnprocessableEntity, "/connection", "/statuses/0", "/to", "/x")
	if a := h.do(http.MethodDelete, all+"/2", ""); a.status != http.StatusNoContent {
		t.Errorf("%d %s", a.status, a.body)
	}
	for method, path := range map[string]string{
		http.MethodGet: all + "/2", http.MethodDelete: all + "/99", http.MethodPost: all + "/x:replay",
	} {
		if a := h.do(method, path, ""); a.status != http.StatusNotFound {
			t.Errorf("%s %s: %d %s", method, path, a.status, a.body)
		}
	}
	if a := h.do(http.MethodGet, "/v1/webhooks/replays/r_none", ""); a.status != http.StatusNotFound {
		t.Errorf("%d %s", a.status, a.body)
	}
}
