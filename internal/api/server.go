package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	spec "milemarker/api"
	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/calendar"
	"milemarker/internal/foresight"
	"milemarker/projections"
)

// positionHeader carries the position that an answer reflects.
const positionHeader = "Milemarker-Position"

// server answers the role's requests.
type server struct {
	cfg  Config
	deps Deps
	live *hub

	histories *foresight.Recent
}

func newServer(cfg Config, deps Deps) *server {
	s := &server{cfg: cfg, deps: deps}
	s.live = newHub(s)
	s.histories = &foresight.Recent{Clock: deps.Clock, Position: func(ctx context.Context, org string) (events.Position, error) {
		return deps.Warehouse.Position(ctx, org)
	}}
	return s
}

func (s *server) handler() http.Handler {
	e := echo.New()
	e.Pre(headAsGet)
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = s.fail
	e.JSONSerializer = plainJSON{}
	e.Use(s.bounded, middleware.RecoverWithConfig(middleware.RecoverConfig{
		LogErrorFunc: func(c echo.Context, err error, stack []byte) error {
			s.deps.Logger.ErrorContext(c.Request().Context(), "handler panicked", "error", err, "stack", string(stack))
			return failed(http.StatusInternalServerError, "", "")
		},
	}))

	e.GET("/v1/metrics", s.asked(s.metrics))
	e.GET("/v1/metrics/definitions", s.keyed(access.ScopeRead, s.definitions))
	e.GET("/v1/events", s.asked(s.listEvents))
	e.GET("/v1/events/:id", s.asked(s.oneEvent))
	e.POST("/v1/events/:id", s.keyed(access.ScopeIngest, s.corrected))
	e.GET("/v1/duplicates", s.asked(s.listDuplicates))
	e.GET("/v1/goals", s.asked(s.listGoals))
	e.POST("/v1/goals", s.keyed(access.ScopeIngest, s.setGoal))
	e.GET("/v1/goals/:id", s.asked(s.oneGoal))
	e.GET("/v1/goals/:id/pace", s.asked(s.goalPace))
	s.goalRoutes(e)
	s.planRoutes(e)
	s.mountNotices(e)
	s.webhookRoutes(e)
	s.mappingRoutes(e)
	s.peopleRoutes(e)
	e.GET("/v1/quarantine", s.keyed(access.ScopeAdmin, s.listQuarantine))
	e.GET("/v1/quarantine/:position", s.keyed(access.ScopeAdmin, s.oneQuarantined))
	e.POST("/v1/quarantine/:position", s.keyed(access.ScopeAdmin, s.decide))
	e.GET("/v1/audit", s.operated(s.auditState))
	e.POST("/v1/audit", s.operated(s.startAudit))
	e.POST("/v1/audit/checkpoints", s.operated(s.signCheckpoint))
	e.GET("/v1/verifications", s.kept(s.verification))
	e.POST("/v1/verifications", s.kept(s.startVerification))
	e.GET("/v1/rebuilds", s.kept(s.rebuild))
	e.POST("/v1/rebuilds", s.kept(s.startRebuild))
	e.GET("/v1/backups", s.backedUp(s.backup))
	e.POST("/v1/backups", s.backedUp(s.startBackup))
	e.GET("/v1/org", s.asked(s.org))
	e.PUT("/v1/org", s.keyed(access.ScopeAdmin, s.configureOrg))
	e.GET("/v1/keys", s.keyed(access.ScopeAdmin, s.listKeys))
	e.POST("/v1/keys", s.keyed(access.ScopeAdmin, s.addKey))
	e.DELETE("/v1/keys/:id", s.keyed(access.ScopeAdmin, s.revokeKey))
	e.POST("/v1/logins", s.keyed(access.ScopeRead, s.newLogin))
	e.GET("/v1/openapi.yaml", s.openAPI)

	e.GET("/metrics", s.keyed(access.ScopeRead, s.scrape))
	e.GET("/healthz", s.health)
	e.GET("/readyz", s.ready)
	e.GET("/login", s.login)
	e.GET("/logout", s.logout)
	e.GET("/style.css", s.style)
	e.GET("/", s.seen(s.homePage))
	e.GET("/events", s.seen(s.eventsPage))
	return e
}

// headAsGet answers HEAD as GET; the HTTP server leaves the body away.
func headAsGet(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if r := c.Request(); r.Method == http.MethodHead {
			r = r.WithContext(r.Context()) // a copy: the server goes by the request that it read
			r.Method = http.MethodGet
			c.SetRequest(r)
		}
		return next(c)
	}
}

// bounded gives a request the time and the size that it may have, and the headers that every answer carries.
func (s *server) bounded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx := c.Request().Context()
		if c.Path() != streamPath {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, s.cfg.Timeout)
			defer cancel()
		}
		r := c.Request().WithContext(ctx)
		r.Body = http.MaxBytesReader(c.Response(), r.Body, s.cfg.MaxBody)
		c.SetRequest(r)
		h := c.Response().Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		if err := next(c); err != nil {
			c.Error(err) // here, while the context still tells whether the caller has gone
		}
		return nil
	}
}

// keyed lets through who holds a key with the scope. A session does not count: it opens pages only.
func (s *server) keyed(scope access.Scope, next func(echo.Context, access.Caller) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		if token, _ := access.FromRequest(c.Request()); token == "" {
			return access.ErrUnauthenticated
		}
		caller, err := s.deps.Keys.Caller(c.Request())
		if err != nil {
			return err
		}
		if !caller.May(scope) {
			return forbidden(c, scope)
		}
		return next(c, caller)
	}
}

// ask is a question about one org, with what every answer needs to know.
type ask struct {
	echo.Context
	caller   access.Caller
	query    *query
	position events.Position // what the answer reflects, at least
	wanted   events.Position // what it was asked to reflect
	settings projections.OrgSettings
	calendar calendar.Calendar
	now      time.Time
	context  context.Context //nolint:containedctx // of a question that no request asks; nil else
}

func (a ask) ctx() context.Context {
	if a.context != nil {
		return a.context
	}
	return a.Request().Context()
}

func (a ask) today() calendar.Day { return a.calendar.DayOf(a.now) }

// asked lets through who holds a key that may read, once the read models have passed min_position.
func (s *server) asked(next func(ask) error) echo.HandlerFunc {
	return s.keyed(access.ScopeRead, func(c echo.Context, caller access.Caller) error {
		a, err := s.ask(c, caller)
		if err != nil {
			return err
		}
		return next(a)
	})
}

func (s *server) ask(c echo.Context, caller access.Caller) (ask, error) {
	return s.askPast(c, caller, 0, s.cfg.MaxWait)
}

// askPast is ask once the read models have passed a position, and min_position if that is higher, waiting no longer than
// that.
func (s *server) askPast(c echo.Context, caller access.Caller, least events.Position, wait time.Duration) (ask, error) {
	a := ask{Context: c, caller: caller, query: newQuery(c.QueryParams()), now: s.deps.Clock()}
	if _, err := url.ParseQuery(c.Request().URL.RawQuery); err != nil {
		return a, failed(http.StatusBadRequest, "The query cannot be read: "+err.Error()+".", "Escape % as %25 and + as %2B.")
	}
	a.wanted = least
	if v := a.query.one("min_position"); v != "" {
		wanted, err := strconv.ParseUint(v, 10, 64)
		if err != nil {
			a.query.fault("min_position", "want a position as a write returned it")
			return a, badParameters(a.query.faults)
		}
		a.wanted = max(least, events.Position(wanted))
	}
	var err error
	if a.position, err = s.reachWithin(c, caller.Org, a.wanted, wait); err != nil {
		return a, err
	}
	c.Response().Header().Set(positionHeader, strconv.FormatUint(uint64(a.position), 10))
	if a.settings, err = s.deps.Warehouse.Settings(a.ctx(), caller.Org); err != nil {
		return a, err
	}
	a.calendar = a.settings.Calendar()
	return a, nil
}

// askPlainly is ask for a request that has no parameters but min_position.
func (s *server) askPlainly(c echo.Context, caller access.Caller) (ask, error) {
	a, err := s.ask(c, caller)
	if err != nil {
		return a, err
	}
	return a, a.query.done()
}

// reach is reachWithin the time that min_position is waited for.
func (s *server) reach(c echo.Context, org string, wanted events.Position) (events.Position, error) {
	return s.reachWithin(c, org, wanted, s.cfg.MaxWait)
}

// reachWithin returns the position that the read models reflect, once it has passed the one that is wanted. It asks in
// pauses that grow, so that a wait is short when the projection is near and cheap when it is not.
func (s *server) reachWithin(c echo.Context, org string, wanted events.Position, wait time.Duration) (events.Position, error) {
	ctx, cancel := context.WithTimeout(c.Request().Context(), wait)
	defer cancel()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		reached, err := s.deps.Warehouse.Position(c.Request().Context(), org)
		if err != nil || reached >= wanted {
			return reached, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return 0, s.behind(c, wanted, reached)
		}
	}
}

// behind says that a position was not reached in time: an answer without it would be silently stale.
func (s *server) behind(c echo.Context, wanted, reached events.Position) error {
	if err := c.Request().Context().Err(); errors.Is(err, context.Canceled) {
		return err
	}
	h := c.Response().Header()
	h.Set("Retry-After", "1")
	h.Set(positionHeader, strconv.FormatUint(uint64(reached), 10))
	f := failed(http.StatusServiceUnavailable,
		"The answer reflects position "+strconv.FormatUint(uint64(reached), 10)+", not yet "+strconv.FormatUint(uint64(wanted), 10)+".",
		"Ask again in a moment, or, where min_position was given, without it for what is known by now.")
	f.Position = &reached
	return f
}

// plainJSON writes JSON in which links can be read: nothing here is ever put into a page unescaped.
type plainJSON struct{ echo.DefaultJSONSerializer }

// Serialize implements echo.JSONSerializer.
func (plainJSON) Serialize(c echo.Context, v any, _ string) error {
	e := json.NewEncoder(c.Response())
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func (s *server) openAPI(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "public, max-age=300")
	return c.Blob(http.StatusOK, "application/yaml", spec.OpenAPI())
}

// health says that the process serves; it says nothing about anything else.
func (s *server) health(c echo.Context) error { return c.String(http.StatusOK, "ok\n") }

// ready says whether questions can be answered.
func (s *server) ready(c echo.Context) error {
	if _, err := s.deps.Warehouse.Position(c.Request().Context(), "readyz"); err != nil {
		return err
	}
	return c.String(http.StatusOK, "ready\n"+s.verified()+s.setAside(c.Request().Context()))
}
