package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// client records calls, batch after batch, and sends each batch again until it is acknowledged. It keeps its own list of
// what was.
type client struct {
	t    *testing.T
	base string // address of recording
	api  string // address of asking
	data string
	cuts bool // every third time the connection is cut before the answer can be there
	twos bool // every batch is delivered twice at the same time

	keep   bool // nothing is voided
	people bool // each call is with somebody else, who is named; some are erased
	old    bool // now and then a batch of long ago is delivered again

	// days are those on which the calls happened: today, as it were, the day before, and a year before, as they come in
	// when devices were away.
	days []string

	// garbage is how many messages lie in the ledger that cannot be read.
	garbage int

	// copied says that the server may know of more than this client was told.
	copied bool

	mu       sync.Mutex
	acked    map[string]uint64 // positions by id
	voided   map[string]bool   // ids
	erased   map[string]bool   // ids of calls with somebody who was erased
	last     uint64            // highest position acknowledged
	batches  [][]byte          // acknowledged
	cut      int               // connections
	progress chan struct{}     // after each acknowledgement
}

func newClient(t *testing.T, address, data string) *client {
	t.Helper()
	return &client{
		t: t, base: "http://" + address, api: "http://" + address, data: data,
		days:  []string{"2024-03-10", "2024-03-09", "2023-03-10"},
		acked: map[string]uint64{}, voided: map[string]bool{}, erased: map[string]bool{}, progress: make(chan struct{}, 1),
	}
}

const senders = 3

// load sends until stop is called, which waits until everything sent is acknowledged.
func (c *client) load(name string) (stop func()) {
	quit := make(chan struct{})
	var all sync.WaitGroup
	for s := range senders {
		all.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-quit:
					return
				default:
				}
				c.deliverNext(fmt.Sprintf("%s-%d-%d", name, s, n))
			}
		})
	}
	return sync.OnceFunc(func() { close(quit); all.Wait() })
}

// deliverNext sends a batch of calls. Now and then it voids one of them, before it comes or after; now and then it sends a
// batch of long ago once more.
func (c *client) deliverNext(name string) {
	calls, void := c.batch(name, 1+rand.IntN(40)), voidOf(name+"-0")
	chance := rand.IntN(8)
	if chance == 0 && !c.keep {
		c.deliver(void)
	}
	c.deliver(calls)
	if chance == 1 && !c.keep {
		c.deliver(void)
	}
	if chance == 2 && c.people {
		c.erase(name + "-0")
	}
	if chance > 5 && c.old {
		c.deliver(c.earlier())
	}
}

// batch makes calls.
func (c *client) batch(name string, size int) []byte {
	calls := make([]string, size)
	for i := range calls {
		calls[i] = fmt.Sprintf(`{"specversion":"1.0","id":"%s-%d","source":"/chaos","type":"call.completed",`+
			`"time":"%sT%02d:00:00Z","rep":"rep-%d",%s"direction":"outbound","outcome":"conversation","seconds":60}}`,
			name, i, c.days[rand.IntN(len(c.days))], rand.IntN(24), rand.IntN(9), c.with(fmt.Sprint(name, "-", i)))
	}
	return []byte("[" + strings.Join(calls, ",") + "]")
}

// with says whom a call was with, and begins its data.
func (c *client) with(id string) string {
	if c.people {
		return fmt.Sprintf(`"data":{"person":{"name":"%s","external_id":"crm-%s"},`, nameOf(id), id)
	}
	return fmt.Sprintf(`"subject":"lead-%d","data":{`, rand.IntN(50))
}

// nameOf is the name of whom a call was with.
func nameOf(id string) string { return "Avery of " + id }

// erase has whom a call was with erased, and says so until it is heard.
func (c *client) erase(id string) {
	c.mu.Lock()
	last := c.last
	c.mu.Unlock()
	var found struct {
		People []struct {
			ID string `json:"id"`
		} `json:"people"`
	}
	c.ask(fmt.Sprintf("/v1/people?external_id=crm-%s&min_position=%d", id, last), &found)
	if len(found.People) != 1 {
		c.t.Errorf("%s was with %d people", id, len(found.People))
		return
	}
	path := c.api + "/v1/people/" + found.People[0].ID + ":erase"
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); <-pause.C {
		if status, _, err := c.do(c.t.Context(), "POST", path, []byte("{}")); err == nil && status == http.StatusOK {
			c.mu.Lock()
			c.erased[id] = true
			c.mu.Unlock()
			return
		}
	}
	c.t.Errorf("whom %s was with could not be erased within 3 minutes", id)
}

// voids is what the id of a void begins with, before that of its event.
const voids = "void-"

// voidOf takes an event back.
func voidOf(id string) []byte {
	return fmt.Appendf(nil, `[{"specversion":"1.0","id":"%s%s","source":"/chaos","type":"event.voided",`+
		`"data":{"event":"%s","reason":"dialled by mistake"}}]`, voids, id, id)
}

// earlier returns a batch that was acknowledged.
func (c *client) earlier() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.batches[rand.IntN(len(c.batches))]
}

// deliver sends a batch until it is acknowledged.
func (c *client) deliver(body []byte) {
	deadline := time.Now().Add(3 * time.Minute)
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for {
		if c.twos {
			other := make(chan bool)
			go func() { other <- c.post(body) }()
			first, second := c.post(body), <-other
			if first && second {
				return
			}
		} else if c.post(body) {
			return
		}
		if time.Now().After(deadline) {
			c.t.Error("a batch was not acknowledged within 3 minutes")
			return
		}
		<-pause.C
	}
}

// post sends a batch once, and tells whether it was acknowledged.
func (c *client) post(body []byte) bool {
	ctx, cancel := context.WithTimeout(c.t.Context(), 15*time.Second)
	if c.cuts && rand.IntN(3) == 0 {
		cancel()
		ctx, cancel = context.WithTimeout(c.t.Context(), time.Duration(rand.IntN(8_000))*time.Microsecond)
		c.mu.Lock()
		c.cut++
		c.mu.Unlock()
	}
	defer cancel()
	status, answer, err := c.do(ctx, "POST", c.base+"/v1/events", body)
	switch {
	case err != nil, status >= 500, status == http.StatusTooManyRequests:
		return false
	case status == http.StatusNotFound: // it listens, and does not record yet
		return false
	case status == http.StatusRequestTimeout: // the clock jumped past the body's deadline
		return false
	}
	var receipts struct {
		Results []struct {
			ID       string `json:"id"`
			Outcome  string `json:"outcome"`
			Position uint64 `json:"position"`
		} `json:"results"`
	}
	if err := json.Unmarshal(answer, &receipts); err != nil || status != http.StatusAccepted {
		c.t.Errorf("POST /v1/events: %d %s", status, answer)
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.batches = append(c.batches, body)
	for _, r := range receipts.Results {
		if r.Outcome != "appended" && r.Outcome != "duplicate" {
			c.t.Errorf("%s: %s", r.ID, r.Outcome)
		}
		c.last = max(c.last, r.Position)
		if target, ok := strings.CutPrefix(r.ID, voids); ok {
			c.voided[target] = true
			continue
		}
		c.acked[r.ID] = max(r.Position, c.acked[r.ID])
	}
	select {
	case c.progress <- struct{}{}:
	default:
	}
	return true
}

func (c *client) do(ctx context.Context, method, address string, body []byte) (int, []byte, error) {
	key, err := os.ReadFile(filepath.Join(c.data, "admin.key"))
	if err != nil {
		return 0, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(key)))
	if method == "POST" {
		req.Header.Set("Content-Type", "application/json")
	}
	if strings.HasSuffix(address, "/v1/events") {
		req.Header.Set("Content-Type", "application/cloudevents-batch+json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	return res.StatusCode, answer, err
}

// acknowledged returns the ids acknowledged so far.
func (c *client) acknowledged() map[string]uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.acked)
}

// more waits until so many further events are acknowledged.
func (c *client) more(n int) {
	c.t.Helper()
	until := len(c.acknowledged()) + n
	limit := time.After(2 * time.Minute)
	for len(c.acknowledged()) < until {
		select {
		case <-c.progress:
		case <-limit:
			c.t.Fatalf("%d events were not acknowledged within 2 minutes", n)
		}
	}
}

// result is a row of the table.
type result struct {
	fault                                        string
	times                                        int
	acknowledged, voided, counted, lost, doubled int
}

// recount counts what was acknowledged in the list of events, and sums up the numbers.
func (c *client) recount(fault string, times int, want map[string]uint64) result {
	c.t.Helper()
	r := result{fault: fault, times: times, acknowledged: len(want)}
	c.mu.Lock()
	last := c.last
	for id := range c.voided {
		if _, ok := want[id]; ok {
			r.voided++
			delete(want, id)
		}
	}
	c.mu.Unlock()
	for _, at := range want { // which may be another client's
		last = max(last, at)
	}
	seen := map[string]int{}
	for path := fmt.Sprintf("/v1/events?type=call.completed&limit=1000&open=true&min_position=%d", last); path != ""; {
		var page struct {
			Events []struct {
				ID      string `json:"id"`
				Private struct {
					Person struct {
						Name string `json:"name"`
					} `json:"person"`
				} `json:"private"`
			} `json:"events"`
			Next string `json:"next"`
		}
		c.ask(path, &page)
		for _, e := range page.Events {
			seen[e.ID]++
			c.checkName(fault, e.ID, e.Private.Person.Name)
		}
		path = page.Next
	}
	for id := range want {
		switch n := seen[id]; {
		case n == 0:
			r.lost++
		case n > 1:
			r.doubled += n - 1
		}
	}
	var listed int
	for _, n := range seen {
		listed += n
	}
	var metrics struct {
		Rows []struct {
			N int `json:"n"`
		} `json:"rows"`
	}
	c.ask("/v1/metrics?metric=calls&from=2023-01-01&to=2024-12-31", &metrics)
	for _, row := range metrics.Rows {
		r.counted += row.N
	}
	if c.garbage > 0 {
		c.recountGarbage(fault)
	}
	if r.counted != listed {
		c.t.Errorf("%s: the numbers count %d calls, the list %d", fault, r.counted, listed)
	}
	if !c.copied && listed != len(want) {
		c.t.Errorf("%s: %d calls are listed, and %d were acknowledged and not voided", fault, listed, len(want))
	}
	if r.lost+r.doubled != 0 {
		c.t.Errorf("%s: %d lost, %d doubled of %d", fault, r.lost, r.doubled, r.acknowledged)
	}
	return r
}

// checkName holds the name that a call shows against the one that was told: whoever was erased has none.
func (c *client) checkName(fault, id, shown string) {
	c.t.Helper()
	c.mu.Lock()
	want := nameOf(id)
	if !c.people || c.erased[id] {
		want = ""
	}
	c.mu.Unlock()
	if shown != want {
		c.t.Errorf("%s: %s was with %q, want %q", fault, id, shown, want)
	}
}

// recountGarbage counts what cannot be read: all of it waits in quarantine, each message once.
func (c *client) recountGarbage(fault string) {
	c.t.Helper()
	seen := map[uint64]bool{}
	for path := "/v1/quarantine?limit=100"; path != ""; {
		var page struct {
			Messages []struct {
				Position uint64 `json:"position"`
			} `json:"messages"`
			Next string `json:"next"`
		}
		c.ask(path, &page)
		for _, m := range page.Messages {
			if seen[m.Position] {
				c.t.Errorf("%s: message %d stands in quarantine twice", fault, m.Position)
			}
			seen[m.Position] = true
		}
		path = page.Next
	}
	if len(seen) != c.garbage {
		c.t.Errorf("%s: %d messages in quarantine, want %d", fault, len(seen), c.garbage)
	}
}

// ask asks until the server is as far as it is asked to be.
func (c *client) ask(path string, out any) {
	c.t.Helper()
	pause := time.NewTicker(50 * time.Millisecond)
	defer pause.Stop()
	for deadline := time.Now().Add(2 * time.Minute); ; <-pause.C {
		status, body, err := c.do(c.t.Context(), "GET", c.api+path, nil)
		if err == nil && status == http.StatusOK {
			if err := json.Unmarshal(body, out); err != nil {
				c.t.Fatalf("GET %s: %v", path, err)
			}
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("GET %s: %d %s %v", path, status, body, err)
		}
	}
}
