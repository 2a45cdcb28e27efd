package api

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/internal/access"
)

// Erasure is who was erased, without naming anybody.
type Erasure struct {
	Org       string    `json:"org"`
	Event     string    `json:"event"`
	Prospects []string  `json:"prospects"`
	Reason    string    `json:"reason,omitempty"`
	At        time.Time `json:"at"`
}

// Erasures lists them from the ledger, of one org or, for "", of all.
type Erasures func(ctx context.Context, org string) ([]Erasure, error)

// listErasures answers GET /v1/erasures: what is to be kept apart from the ledger and carried out again on an older copy.
func (s *server) listErasures(c echo.Context, caller access.Caller) error {
	list, err := s.deps.Erasures(c.Request().Context(), reach(caller))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"erasures": list})
}
