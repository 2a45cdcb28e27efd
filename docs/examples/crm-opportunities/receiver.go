package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// told is one message that arrived.
type told struct {
	At     time.Time `json:"at"` // by the clock, when it arrived
	ID     string    `json:"id"` // webhook-id
	Type   string    `json:"type"`
	Kind   string    `json:"kind"`
	Rep    string    `json:"rep"`
	Status string    `json:"status,omitempty"`
	Says   string    `json:"says"`
}

// receiver takes webhooks in as their receiver should: what is not signed with its key is refused.
type receiver struct {
	*httptest.Server

	clock *clock

	mu      sync.Mutex
	key     string
	told    []told
	refused int
}

func newReceiver(c *clock) *receiver {
	r := &receiver{clock: c}
	r.Server = httptest.NewServer(http.HandlerFunc(r.take))
	return r
}

// arrived returns the messages that came since it was asked last, and how many were refused.
func (r *receiver) arrived() (messages []told, refused int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	messages, refused = r.told, r.refused
	r.told, r.refused = nil, 0
	return messages, refused
}

func (r *receiver) take(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	verifier, keyErr := standardwebhooks.NewWebhook(r.key)
	var m struct {
		Type string
		Data struct{ Kind, Rep, Status, Says string }
	}
	// The library holds the timestamp against the real clock, of which nothing here knows; it is signed all the same.
	if err != nil || keyErr != nil || verifier.VerifyIgnoringTimestamp(body, req.Header) != nil || json.Unmarshal(body, &m) != nil {
		r.refused++
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	r.told = append(r.told, told{
		At: r.clock.Now().In(newYork()), ID: req.Header.Get("Webhook-Id"), Type: m.Type,
		Kind: m.Data.Kind, Rep: m.Data.Rep, Status: m.Data.Status, Says: m.Data.Says,
	})
}
