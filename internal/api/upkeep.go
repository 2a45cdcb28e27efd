package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"milemarker/internal/access"
	"milemarker/projections"
)

// Upkeep looks after the read models as a whole, those of all orgs.
type Upkeep interface {
	// StartVerification begins to compare the read models with a recount of the ledger, unless that is under way.
	StartVerification()
	Verification() projections.VerificationState
	// StartRebuild has a read model or all of them folded anew, unless that is under way, and returns the generation to
	// come; or a projections.RebuildRefusedError.
	StartRebuild(ctx context.Context, model projections.ReadModel) (projections.Generation, error)
	Rebuild(ctx context.Context) (projections.RebuildState, error)
}

// kept lets through the operator's key.
func (s *server) kept(next func(echo.Context) error) echo.HandlerFunc {
	return s.keyed(access.ScopeAdmin, func(c echo.Context, caller access.Caller) error {
		if !caller.Operator {
			return failed(http.StatusForbidden, "The read models hold all orgs: this is for the operator's key.",
				"Use the first key, in the file admin.key of the data folder.")
		}
		return next(c)
	})
}

// startVerification answers POST /v1/verifications.
func (s *server) startVerification(c echo.Context) error {
	s.deps.Upkeep.StartVerification()
	return c.JSON(http.StatusAccepted, s.deps.Upkeep.Verification())
}

// verification answers GET /v1/verifications.
func (s *server) verification(c echo.Context) error {
	return c.JSON(http.StatusOK, s.deps.Upkeep.Verification())
}

// rebuildRequest is the body of POST /v1/rebuilds; none means all read models.
type rebuildRequest struct {
	Projection string `json:"projection"`
}

// startRebuild answers POST /v1/rebuilds.
func (s *server) startRebuild(c echo.Context) error {
	var wanted rebuildRequest
	if c.Request().ContentLength != 0 {
		var err error
		if wanted, err = readBody[rebuildRequest](c); err != nil {
			return err
		}
	}
	model, err := projections.ParseReadModel(wanted.Projection)
	if err != nil {
		f := failed(http.StatusBadRequest, "There is no such read model.", "Name one of them, or none for all.")
		f.Errors = []fault{at("/projection", err.Error())}
		return f
	}
	g, err := s.deps.Upkeep.StartRebuild(c.Request().Context(), model)
	if refused := (projections.RebuildRefusedError{}); errors.As(err, &refused) {
		return failed(http.StatusConflict, refused.Why, "See GET /v1/rebuilds for how far the rebuild is that is under way.")
	} else if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, g)
}

// rebuild answers GET /v1/rebuilds.
func (s *server) rebuild(c echo.Context) error {
	state, err := s.deps.Upkeep.Rebuild(c.Request().Context())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, state)
}

// verified is what GET /readyz says of the last verification.
func (s *server) verified() string {
	if s.deps.Upkeep == nil {
		return ""
	}
	state := s.deps.Upkeep.Verification()
	if state.Last == nil {
		return "verified: never\n"
	}
	return fmt.Sprintf("verified: %d differences as of %d, %s ago\n",
		state.Last.Differences, state.Last.Position, s.deps.Clock().Sub(state.Last.Ended).Round(time.Second))
}
