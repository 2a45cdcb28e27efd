package api

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"milemarker/internal/access"
)

// login answers GET /login: it begins the session that the link is good for, and shows the first page.
func (s *server) login(c echo.Context) error {
	cookie, err := s.deps.Keys.Redeem(c.Request().Context(), c.QueryParam("token"))
	if errors.Is(err, access.ErrUnauthenticated) {
		return failed(http.StatusUnauthorized, "The link was used already, is older than 15 minutes, or its key was revoked.",
			"Ask for a new link.")
	}
	if err != nil {
		return err
	}
	cookie.Secure = c.Request().TLS != nil || strings.EqualFold(c.Request().Header.Get("X-Forwarded-Proto"), "https")
	c.SetCookie(cookie)
	return c.Redirect(http.StatusSeeOther, "/")
}

// logout answers GET /logout. That a foreign page could send a browser here does no harm: it ends a session, no more.
func (s *server) logout(c echo.Context) error {
	if _, cookie := access.FromRequest(c.Request()); cookie != "" {
		if err := s.deps.Keys.Logout(c.Request().Context(), cookie); err != nil {
			return err
		}
	}
	c.SetCookie(&http.Cookie{
		Name: access.CookieName, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	return c.Redirect(http.StatusSeeOther, "/")
}

// seen lets through who holds a session, or a key, that may read.
func (s *server) seen(next func(ask) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		caller, err := s.deps.Keys.Caller(c.Request())
		if err != nil {
			return err
		}
		if !caller.May(access.ScopeRead) {
			return forbidden(c, access.ScopeRead)
		}
		a, err := s.ask(c, caller)
		if err != nil {
			return err
		}
		return next(a)
	}
}
