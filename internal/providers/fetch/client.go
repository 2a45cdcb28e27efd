package fetch

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/time/rate"

	"milemarker/internal/providers"
)

// Config bounds what is fetched. The zero value serves.
type Config struct {
	Timeout   time.Duration // of one attempt, 0 = 8 s
	Attempts  int           // at one question, 0 = 3
	Pause     time.Duration // before the second attempt, doubled each time; 0 = 250 ms
	MaxAnswer int64         // bytes, 0 = 1 MiB

	Failures uint32        // in a row, after which a host is let be; 0 = 5
	Rest     time.Duration // for which it is, 0 = 30 s

	// Allow says of addresses that are refused otherwise that they may be asked all the same. Nil allows none; it is for
	// tests, whose servers are inside.
	Allow func(netip.AddrPort) bool

	// Roots are the certificates that servers are checked against, nil for those of the system.
	Roots *x509.CertPool

	// Clock tells how old a certificate is that was remembered. Nil asks for each anew.
	Clock func() time.Time
}

func (c Config) withDefaults() Config {
	c.Timeout = cmp.Or(c.Timeout, 8*time.Second)
	c.Attempts = cmp.Or(c.Attempts, 3)
	c.Pause = cmp.Or(c.Pause, 250*time.Millisecond)
	c.MaxAnswer = cmp.Or(c.MaxAnswer, 1<<20)
	c.Failures = cmp.Or(c.Failures, 5)
	c.Rest = cmp.Or(c.Rest, 30*time.Second)
	return c
}

// Client asks providers. It may be used by many goroutines at once.
type Client struct {
	cfg  Config
	http *http.Client

	mu           sync.Mutex
	breakers     map[string]*gobreaker.CircuitBreaker[[]byte] // by host
	certificates map[string]certificate
	pace         *rate.Limiter // of certificates: any delivery can name one
}

// New returns a client.
func New(cfg Config) *Client {
	cfg = cfg.withDefaults()
	c := &Client{
		cfg: cfg, breakers: map[string]*gobreaker.CircuitBreaker[[]byte]{}, certificates: map[string]certificate{},
		pace: rate.NewLimiter(1, 10),
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second, ControlContext: c.guard}
	c.http = &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would resolve names where nothing is looked at
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{RootCAs: cfg.Roots, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    5 * time.Second,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true, // what is small on the way stays small here
			MaxResponseHeaderBytes: 64 << 10,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// Close lets go of connections that are kept for later.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Fetch returns the answer to one question. An error that is fs.ErrNotExist (there is no such thing) or fs.ErrPermission
// (it may not be asked) will not pass by itself; all others may.
func (c *Client) Fetch(ctx context.Context, about providers.About, token string, want providers.Want) ([]byte, error) {
	u, err := url.Parse(want.URL)
	if err != nil || u.Scheme != "https" || u.User != nil || !slices.Contains(about.Hosts, u.Hostname()) {
		return nil, fmt.Errorf("not at a host of %s: %w", about.Title, fs.ErrPermission)
	}
	request := func(ctx context.Context) (*http.Request, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			return nil, fmt.Errorf("request: %w", fs.ErrPermission) // the error itself may show the URL
		}
		r.Header.Set("Accept", "application/json")
		return r, authorize(r, want.Auth, token)
	}
	return c.ask(ctx, u.Host, request, c.cfg.MaxAnswer)
}

// authorize adds the token in the provider's way.
func authorize(r *http.Request, auth providers.Auth, token string) error {
	if token == "" {
		return fmt.Errorf("no token: %w", fs.ErrPermission)
	}
	switch auth {
	case providers.AuthBearer:
		r.Header.Set("Authorization", "Bearer "+token)
	case providers.AuthBasic:
		r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(token)))
	case providers.AuthQuery:
		q := r.URL.Query()
		q.Set("access_token", token)
		r.URL.RawQuery = q.Encode()
	default:
		return fmt.Errorf("unknown way of a token: %w", fs.ErrPermission)
	}
	return nil
}

// ask makes attempts until one succeeds, or will not.
func (c *Client) ask(
	ctx context.Context, host string, request func(context.Context) (*http.Request, error), most int64,
) ([]byte, error) {
	breaker, pause := c.breaker(host), c.cfg.Pause
	for attempt := 1; ; attempt++ {
		answer, err := breaker.Execute(func() ([]byte, error) { return c.once(ctx, request, most) })
		var later *laterError
		switch {
		case errors.Is(err, gobreaker.ErrOpenState), errors.Is(err, gobreaker.ErrTooManyRequests):
			return nil, fmt.Errorf("%s failed again and again: %w", host, err)
		case err == nil, !errors.As(err, &later), attempt >= c.cfg.Attempts:
			return answer, err
		}
		if !wait(ctx, max(pause/2+rand.N(pause), later.after)) {
			return nil, fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
		pause *= 2
	}
}

// once makes one attempt.
func (c *Client) once(ctx context.Context, request func(context.Context) (*http.Request, error), most int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	r, err := request(ctx)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(r)
	if err != nil {
		if shown, ok := errors.AsType[*url.Error](err); ok {
			err = shown.Err // without the URL, which may hold the token
		}
		if errors.Is(err, fs.ErrPermission) {
			return nil, err
		}
		return nil, &laterError{err: err, host: true}
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	if err := refusal(resp); err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	switch {
	case err != nil:
		return nil, &laterError{err: fmt.Errorf("answer: %w", err), host: true}
	case int64(len(answer)) > most:
		return nil, fmt.Errorf("answer of more than %d bytes: %w", most, fs.ErrPermission)
	}
	return answer, nil
}

// refusal says what a status means that is not 200.
func refusal(resp *http.Response) error {
	status := fmt.Errorf("answered with status %d", resp.StatusCode)
	switch code := resp.StatusCode; {
	case code == http.StatusOK:
		return nil
	case code == http.StatusNotFound, code == http.StatusGone:
		return fmt.Errorf("%w: %w", status, fs.ErrNotExist)
	case code == http.StatusTooManyRequests:
		return &laterError{err: status, after: retryAfter(resp)}
	case code == http.StatusRequestTimeout, code >= 500:
		return &laterError{err: status, after: retryAfter(resp), host: true}
	}
	return fmt.Errorf("%w: %w", status, fs.ErrPermission) // redirects too: nobody is sent elsewhere
}

// maxRetryAfter bounds how long a server's own wish is waited for; whoever asks comes again later anyway.
const maxRetryAfter = 5 * time.Second

func retryAfter(resp *http.Response) time.Duration {
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}

// laterError is what may pass.
type laterError struct {
	err   error
	after time.Duration // which the server asked for
	host  bool          // it is the host that fails, not this question
}

func (e *laterError) Error() string { return e.err.Error() }
func (e *laterError) Unwrap() error { return e.err }

// breaker returns that of a host. Only what the host itself is to blame for counts.
func (c *Client) breaker(host string) *gobreaker.CircuitBreaker[[]byte] {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, ok := c.breakers[host]
	if !ok {
		b = gobreaker.NewCircuitBreaker[[]byte](gobreaker.Settings{
			Name: host, Timeout: c.cfg.Rest,
			ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= c.cfg.Failures },
			IsSuccessful: func(err error) bool {
				var later *laterError
				return !errors.As(err, &later) || !later.host || errors.Is(err, context.Canceled)
			},
		})
		c.breakers[host] = b
	}
	return b
}

// wait waits for a while; false if ctx ended before.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
