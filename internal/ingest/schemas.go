package ingest

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/problem"
)

const typeSchema = "application/schema+json"

// schemas answers GET /v1/schemas.
func (s *server) schemas(c echo.Context, _ access.Caller) error {
	return c.JSON(http.StatusOK, map[string]any{"schemas": events.SchemaIndex()})
}

// schema answers GET /v1/schemas/{type}.
func (s *server) schema(c echo.Context, _ access.Caller) error {
	typ := c.Param("type")
	if !events.Known(typ) {
		p := problem.New(http.StatusNotFound, fmt.Sprintf("There is no type of event %.100q.", typ))
		p.Mend = "GET /v1/schemas names those that there are."
		return p
	}
	return c.Blob(http.StatusOK, typeSchema, events.Schema(typ))
}
