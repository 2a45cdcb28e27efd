package chaos

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/nats-io/nats.go"

	"milemarker/events"
	"milemarker/internal/telemetry"
)

// hook kills the process at the n-th pass of one step.
type hook struct {
	step string
	left atomic.Int64
}

func (h *hook) at(step string) {
	if step == h.step && h.left.Add(-1) == 0 {
		die()
	}
}

// die ends the process as a power failure would.
func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL) // it cannot fail
	select {}
}

// wire hands out connections to the ledger's engine that are watched and, if so wanted, bring things out of order.
type wire struct {
	server nats.InProcessConnProvider
	hook   *hook
	swaps  string // file that is told how often things were swapped, "" for never
}

func (w wire) InProcessConn() (net.Conn, error) {
	conn, err := w.server.InProcessConn()
	if err == nil && w.swaps != "" {
		conn = &shuffled{Conn: conn, report: w.swaps}
	}
	return watched{conn, w.hook}, err
}

// watched is a connection that knows by the bytes which step is being taken.
type watched struct {
	net.Conn
	hook *hook
}

// sent names the steps by the subjects that they write to.
var sent = map[string]string{
	"quarantine.":   "quarantine",
	"$KV.vault.":    "key",
	"$KV.erasures.": "erasure",
}

// Write sees what is sent: publishes and acknowledgements of what was folded.
func (c watched) Write(b []byte) (int, error) {
	publishes := bytes.Contains(b, []byte("HPUB ledger."))
	acks := bytes.Contains(b, []byte("PUB $JS.ACK.LEDGER."))
	for subject, step := range sent {
		if bytes.Contains(b, []byte("PUB "+subject)) {
			c.hook.at("before " + step)
			defer c.hook.at("after " + step)
		}
	}
	if publishes {
		c.hook.at("before publish")
		if len(b) > 4096 && c.hook.step == "torn publish" && c.hook.left.Add(-1) == 0 {
			_, _ = c.Conn.Write(b[:len(b)/2]) // whatever arrives of it
			die()
		}
	}
	if acks {
		c.hook.at("before ack")
	}
	n, err := c.Conn.Write(b)
	if publishes {
		c.hook.at("after publish")
	}
	if acks {
		c.hook.at("after ack")
	}
	return n, err
}

// Read sees what comes: acknowledgements of publishes, and events for the projector.
func (c watched) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if bytes.Contains(b[:n], []byte(`{"stream":"LEDGER"`)) {
		c.hook.at("puback lost")
	}
	if bytes.Contains(b[:n], []byte(" $JS.ACK.LEDGER.")) {
		c.hook.at("fetched")
	}
	return n, err
}

// statements are the requests to the warehouse's engine, watched.
type statements struct {
	next http.RoundTripper
	hook *hook
}

// writes names the steps of folding by what their statements write.
var writes = map[string]string{
	"INSERT INTO duplicates_v1":    "duplicates",
	"INSERT INTO arrivals_v1":      "events",
	"INSERT INTO voids_v1":         "voids",
	"INSERT INTO journey_steps_v1": "journeys",
	"INSERT INTO rollups_v1":       "rollup",
	"INSERT INTO checkpoints_v1":   "checkpoint",
}

func (s statements) RoundTrip(r *http.Request) (*http.Response, error) {
	step, err := stepOf(r)
	if err != nil {
		return nil, err
	}
	if step == "" {
		return s.next.RoundTrip(r)
	}
	s.hook.at("before " + step)
	res, err := s.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body) // at its end the statement is through
	if err := res.Body.Close(); err != nil {
		return nil, err
	}
	s.hook.at("after " + step)
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, err
}

// stepOf names the step that a request is, "" for none.
func stepOf(r *http.Request) (string, error) {
	text, err := url.QueryUnescape(r.URL.RawQuery)
	if err != nil {
		return "", err
	}
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err := r.Body.Close(); err != nil {
			return "", err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if err != nil {
			return "", err
		}
		text += " " + string(body)
	}
	if strings.Contains(text, "INSERT INTO generations_v1") {
		if strings.Contains(text, "serving") {
			return "swap", nil
		}
		return "begin", nil
	}
	for statement, step := range writes {
		if strings.Contains(text, statement) {
			return step, nil
		}
	}
	return "", nil
}

// door is the door into the ledger, watched: what it answers is durable, and the caller does not know yet.
type door struct {
	telemetry.Recorder
	hook *hook
}

func (d door) Record(ctx context.Context, org string, drafts []events.Draft) ([]events.Receipt, error) {
	d.hook.at("before record")
	receipts, err := d.Recorder.Record(ctx, org, drafts)
	d.hook.at("before answer")
	return receipts, err
}
