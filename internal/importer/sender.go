package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"milemarker/events"
)

const (
	firstWait = 250 * time.Millisecond
	longest   = 10 * time.Second
	attempt   = time.Minute // for one request and its answer
	maxAnswer = 16 << 20    // bytes
)

// sender posts batches. It repeats what may succeed later, until patience ends.
type sender struct {
	client   *http.Client
	url      string
	key      string
	patience time.Duration
	now      func() time.Time
	logger   *slog.Logger
}

// later is a failure that may pass: the server is away, busy or asks to slow down.
type later struct {
	err   error
	after time.Duration // as the server asked, 0 if it did not
}

func (l *later) Error() string { return l.err.Error() }
func (l *later) Unwrap() error { return l.err }

// endpoint returns where a server takes events.
func endpoint(server string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", fmt.Errorf("server: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", fmt.Errorf("server %q: an address such as http://127.0.0.1:8080 is needed", server)
	}
	return u.JoinPath("v1", "events").String(), nil
}

// send posts one batch and returns a receipt for each event, in the same order. On error the outcome is unknown; the
// same batch may be sent again.
func (s *sender) send(ctx context.Context, batch []json.RawMessage) ([]events.Receipt, error) {
	body, err := json.Marshal(batch)
	if err != nil {
		return nil, err
	}
	var since time.Time
	for wait := firstWait; ; wait = min(2*wait, longest) {
		receipts, err := s.post(ctx, body, len(batch))
		var l *later
		if err == nil || !errors.As(err, &l) || ctx.Err() != nil {
			return receipts, err
		}
		if since.IsZero() {
			since = s.now()
		}
		pause := max(wait/2+rand.N(wait/2), l.after)
		if waited := s.now().Sub(since); waited+pause > s.patience {
			return nil, fmt.Errorf("gave up after %s: %w", waited.Round(time.Second), err)
		}
		s.logger.WarnContext(ctx, "server not ready, will send again", "wait", pause.Round(time.Millisecond), "error", err)
		if err := rest(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// rest waits, or returns early with the context's error.
func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// post makes one attempt.
func (s *sender) post(ctx context.Context, body []byte, want int) ([]events.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, attempt)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/cloudevents-batch+json")
	req.Header.Set("Accept", "application/json, application/problem+json")
	req.Header.Set("Authorization", "Bearer "+s.key)
	res, err := s.client.Do(req)
	if err != nil {
		return nil, &later{err: err}
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, &later{err: fmt.Errorf("read answer: %w", err)}
	}
	switch res.StatusCode {
	case http.StatusOK, http.StatusAccepted, http.StatusMultiStatus:
		return receipts(answer, want)
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		seconds, _ := strconv.Atoi(res.Header.Get("Retry-After")) // absent or a date: our own wait will do
		return nil, &later{err: refusal(res.Status, answer), after: time.Duration(seconds) * time.Second}
	}
	return nil, refusal(res.Status, answer)
}

// receipts reads an answer with exactly one receipt for each event.
func receipts(answer []byte, want int) ([]events.Receipt, error) {
	var body struct {
		Results []events.Receipt `json:"results"`
	}
	if err := json.Unmarshal(answer, &body); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if got := len(body.Results); got != want {
		return nil, fmt.Errorf("the server answered %d of %d events: is this Milemarker?", got, want)
	}
	return body.Results, nil
}

// refusal makes an error of an answer that is none: the status, and what a problem document says.
func refusal(status string, answer []byte) error {
	var problem struct {
		Title, Detail, Mend string
	}
	_ = json.Unmarshal(answer, &problem) // anything else has nothing to say
	text := []string{status}
	for _, s := range []string{problem.Title, problem.Detail, problem.Mend} {
		if s != "" && !strings.HasSuffix(status, " "+s) {
			text = append(text, s)
		}
	}
	return errors.New(strings.Join(text, ": "))
}
