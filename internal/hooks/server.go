package hooks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"milemarker/internal/connections"
	"milemarker/internal/problem"
	"milemarker/internal/providers"
)

// server answers the role's requests.
type server struct {
	cfg       Config
	deps      Deps
	providers map[string]known
	failures  *limiters // by address and connection: what failed
	rates     *limiters // by connection: what was genuine
	places    *places
}

// known is a provider with what it says of itself.
type known struct {
	providers.Provider

	about providers.About
}

func newServer(cfg Config, deps Deps) *server {
	s := &server{
		cfg: cfg, deps: deps, providers: map[string]known{},
		failures: newLimiters(rate.Every(cfg.FailurePause), cfg.Failures),
		rates:    newLimiters(rate.Limit(cfg.Rate), cfg.Burst),
		places:   newPlaces(cfg.MaxInFlight, cfg.MaxPerAddress),
	}
	for _, p := range deps.Providers {
		about := p.About()
		s.providers[about.Name] = known{p, about}
	}
	return s
}

// ServeHTTP answers one request.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := s.answer(w, r); err != nil {
		var p problem.Problem
		if !errors.As(err, &p) {
			s.deps.Logger.ErrorContext(r.Context(), "delivery not kept", "connection", r.PathValue("connection"), "error", err)
			w.Header().Set("Retry-After", "1")
			p = problem.New(http.StatusServiceUnavailable, "The delivery could not be kept.")
			p.Mend = "Send it again in a moment."
		}
		problem.Write(w, p)
	}
}

func (s *server) answer(w http.ResponseWriter, r *http.Request) error {
	remote := remoteOf(r, s.cfg.TrustedProxies)
	id, now := r.PathValue("connection"), s.deps.Clock()
	culprit := group(remote) + " " + id
	if wait := s.failures.wait(culprit, now); wait > 0 {
		return later(w, http.StatusTooManyRequests, wait, "Too many requests from this address have failed.")
	}
	conn, ok := s.deps.Connections.Get(id)
	switch {
	case !ok:
		s.failures.take(group(remote)+" "+id, now)
		return problem.New(http.StatusNotFound, "There is no such connection.")
	case conn.State == connections.Deleted:
		p := problem.New(http.StatusGone, "This connection was deleted.")
		p.Mend = "Remove this URL where deliveries are sent from."
		return p
	}
	provider, ok := s.providers[conn.Provider]
	if !ok {
		return fmt.Errorf("no provider %q", conn.Provider)
	}
	if !s.places.enter(group(remote)) {
		return later(w, http.StatusServiceUnavailable, time.Second, "Too many requests are being worked on.")
	}
	defer s.places.leave(group(remote))
	d, err := s.read(w, r, conn, now)
	if err != nil {
		return err
	}
	secrets := conn.Live(now)
	if shaker, ok := provider.Provider.(providers.Handshaker); ok {
		if reply, ok := shaker.Handshake(d, secrets); ok {
			return s.shake(w, conn.ID, reply, now)
		}
	}
	if !allowed(r.Method) {
		w.Header().Set("Allow", "POST, GET, OPTIONS")
		return problem.New(http.StatusMethodNotAllowed, "A delivery is sent with POST.")
	}
	if err := s.verify(r.Context(), provider, d, secrets, now); err != nil {
		s.failures.take(culprit, now)
		if errors.Is(err, errCertificate) {
			return err
		}
		return s.refuse(w, conn, r.Method, remote, err, now)
	}
	if wait := s.rates.take(conn.ID, now); wait > 0 {
		return later(w, http.StatusTooManyRequests, wait, "The connection receives more deliveries than it may.")
	}
	return s.keep(w, r, conn, d, secrets, remote, provider.about.Status)
}

// errCertificate says that a delivery may be genuine, but what it was signed with cannot be had now.
var errCertificate = errors.New("certificate cannot be had")

// verify returns nil if a delivery is genuine. Of providers that sign with a certificate it gets that first, unless the
// connection's secret holds it.
func (s *server) verify(ctx context.Context, p known, d providers.Delivery, secrets providers.Secrets, now time.Time) error {
	err := p.Verify(d, secrets, now)
	certified, ok := p.Provider.(providers.Certified)
	if err == nil || !ok || len(secrets) == 0 {
		return err
	}
	address := certified.Certificate(d)
	if address == "" {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	text, err := s.deps.Certificates.Certificate(ctx, address)
	if err != nil {
		return fmt.Errorf("%w: %w", errCertificate, err)
	}
	d.Certificate = text
	return p.Verify(d, secrets, now)
}

func allowed(method string) bool {
	return method == http.MethodPost || method == http.MethodGet || method == http.MethodPut
}

// read takes the request in, byte for byte.
func (s *server) read(w http.ResponseWriter, r *http.Request, conn connections.Connection, now time.Time) (providers.Delivery, error) {
	d := providers.Delivery{Method: r.Method, URL: conn.URL, Header: r.Header, Received: now}
	if secret := r.PathValue("secret"); secret != "" {
		d.URL += "/" + secret
	}
	if r.URL.RawQuery != "" {
		d.URL += "?" + r.URL.RawQuery
	}
	size := len(d.URL)
	for name, values := range r.Header {
		for _, v := range values {
			size += len(name) + len(v) + len(": \r\n")
		}
	}
	if size > s.cfg.MaxHeader {
		return d, problem.New(http.StatusRequestHeaderFieldsTooLarge,
			fmt.Sprintf("URL and header have %d bytes, the limit is %d.", size, s.cfg.MaxHeader))
	}
	if e := r.Header.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		w.Header().Set("Accept-Encoding", "identity")
		return d, problem.New(http.StatusUnsupportedMediaType, "The body is compressed: it must be sent as it was signed.")
	}
	var err error
	d.Body, err = s.body(w, r)
	return d, err
}

func (s *server) body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	tooLarge := problem.New(http.StatusRequestEntityTooLarge, fmt.Sprintf("The limit is %d bytes.", s.cfg.MaxBody))
	if r.ContentLength > s.cfg.MaxBody {
		return nil, tooLarge
	}
	deadline := http.NewResponseController(w)
	// A listener without deadlines (there is none but in tests) bounds its requests otherwise.
	_ = deadline.SetReadDeadline(s.deps.Clock().Add(s.cfg.BodyTimeout))
	var buf bytes.Buffer
	if r.ContentLength > 0 {
		buf.Grow(int(r.ContentLength) + bytes.MinRead)
	}
	_, err := buf.ReadFrom(http.MaxBytesReader(w, r.Body, s.cfg.MaxBody))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		return nil, problem.New(http.StatusRequestTimeout, fmt.Sprintf("The body did not arrive within %s.", s.cfg.BodyTimeout))
	case err != nil:
		return nil, problem.New(http.StatusBadRequest, "The body was cut short.")
	}
	_ = deadline.SetReadDeadline(time.Time{})
	return buf.Bytes(), nil
}

// shake answers a handshake. It spends of what the connection may receive: a handshake needs no secret.
func (s *server) shake(w http.ResponseWriter, id string, reply providers.Reply, now time.Time) error {
	if wait := s.rates.take(id, now); wait > 0 {
		return later(w, http.StatusTooManyRequests, wait, "The connection receives more than it may.")
	}
	for name, values := range reply.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(statusOr(reply.Status))
	_, _ = w.Write(reply.Body) // the provider may be gone: it will come again
	return nil
}

// refuse answers what is not genuine, and counts it.
func (s *server) refuse(
	w http.ResponseWriter, conn connections.Connection, method, remote string, why error, now time.Time,
) error {
	p := problem.New(http.StatusUnauthorized, "The signature or secret does not match.")
	p.Mend = "Check that the secret set up at the provider is the connection's, and that the URL is exactly the one given."
	if errors.Is(why, providers.ErrStale) {
		p.Detail = "The signature is right, but its timestamp is too far from now."
		p.Mend = "Check the clocks of the sender and of this installation; sign a delivery again when it is sent again."
	}
	if errors.Is(why, providers.ErrNoSecret) || len(conn.Live(now)) == 0 {
		p.Detail = "The connection has no secret yet, so nothing is let in."
		p.Mend = "Give it the provider's secret: milemarker connections rotate."
	}
	s.deps.Tally.Refuse(conn.ID, connections.Refusal{Time: now.UTC(), Remote: remote, Method: method, Why: p.Detail})
	w.Header().Set("WWW-Authenticate", "Signature")
	return p
}
