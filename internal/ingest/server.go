package ingest

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"golang.org/x/time/rate"

	"milemarker/internal/access"
	"milemarker/internal/problem"
)

// server answers the role's requests.
type server struct {
	cfg  Config
	deps Deps

	slots    chan struct{} // one token for each request being worked on
	limiters sync.Map      // key id -> *rate.Limiter; as many as there are keys
}

func newServer(cfg Config, deps Deps) *server {
	return &server{cfg: cfg, deps: deps, slots: make(chan struct{}, cfg.MaxInFlight)}
}

func (s *server) handler() http.Handler {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = s.fail
	e.Use(middleware.RecoverWithConfig(middleware.RecoverConfig{
		LogErrorFunc: func(_ echo.Context, err error, stack []byte) error {
			s.deps.Logger.Error("handler panicked", "error", err, "stack", string(stack))
			return problem.New(http.StatusInternalServerError, "")
		},
	}))
	e.POST("/v1/events", s.authorised(access.ScopeIngest, s.record))
	e.GET("/v1/schemas", s.authorised("", s.schemas))
	e.GET("/v1/schemas/:type", s.authorised("", s.schema))
	return e
}

// authorised lets through whoever holds a key with the scope; a scope of "" stands for any key.
func (s *server) authorised(scope access.Scope, next func(echo.Context, access.Caller) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		caller, err := s.deps.Keys.Caller(c.Request())
		switch {
		case errors.Is(err, access.ErrUnauthenticated):
			c.Response().Header().Set("WWW-Authenticate", `Bearer realm="milemarker"`)
			p := problem.New(http.StatusUnauthorized, "The request carries no key that is good.")
			p.Mend = "Send an API key as: Authorization: Bearer mm_..."
			return p
		case err != nil:
			return err
		case scope != "" && !caller.May(scope):
			c.Response().Header().Set("WWW-Authenticate", `Bearer realm="milemarker", error="insufficient_scope", scope="`+string(scope)+`"`)
			p := problem.New(http.StatusForbidden, "The key does not have the scope "+string(scope)+".")
			p.Mend = "Use a key with that scope."
			return p
		}
		return next(c, caller)
	}
}

// fail answers a request whose handler returned an error.
func (s *server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	var p problem.Problem
	var routing *echo.HTTPError
	switch {
	case errors.As(err, &p):
	case errors.As(err, &routing):
		p = problem.New(routing.Code, "")
	default:
		s.deps.Logger.Error("request failed", "path", c.Path(), "error", err)
		p = problem.New(http.StatusInternalServerError, "")
	}
	problem.Write(c.Response(), p)
}

// enter takes a slot, or says to come back. The caller gives it back by leave.
func (s *server) enter(c echo.Context) error {
	select {
	case s.slots <- struct{}{}:
		return nil
	default:
		return later(c, http.StatusServiceUnavailable, time.Second, "Too many requests are being worked on.")
	}
}

func (s *server) leave() { <-s.slots }

// spend takes n events off what a key may send, or says when to come back.
func (s *server) spend(c echo.Context, keyID string, n int) error {
	l, ok := s.limiters.Load(keyID)
	if !ok {
		l, _ = s.limiters.LoadOrStore(keyID, rate.NewLimiter(rate.Limit(s.cfg.Rate), s.cfg.Burst))
	}
	now := s.deps.Clock()
	r := l.(*rate.Limiter).ReserveN(now, n)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return later(c, http.StatusTooManyRequests, wait, "The key sends more events than it may.")
	}
	return nil
}

// later is a problem that passes by itself.
func later(c echo.Context, status int, wait time.Duration, detail string) error {
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	c.Response().Header().Set("Retry-After", strconv.Itoa(seconds))
	p := problem.New(status, detail)
	p.Mend = "Send the same request again after " + strconv.Itoa(seconds) + " s: ids keep events from counting twice."
	return p
}
