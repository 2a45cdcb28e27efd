package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"milemarker/internal/access"
)

// scrape answers GET /metrics.
func (s *server) scrape(c echo.Context, _ access.Caller) error {
	if s.deps.Telemetry == nil {
		return failed(http.StatusNotFound, "This program measures nothing.", "")
	}
	s.deps.Telemetry.ServeHTTP(c.Response(), c.Request())
	return nil
}
