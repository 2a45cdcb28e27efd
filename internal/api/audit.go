package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"milemarker/internal/access"
	"milemarker/internal/audit"
)

// Auditor makes the ledger tamper evident.
type Auditor interface {
	// Checkpoint signs all that stands in the ledger now.
	Checkpoint(ctx context.Context) ([]byte, error)
	// Start begins an audit against a checkpoint. It returns audit.ErrCheckpoint for what is none, audit.ErrRunning while
	// another one runs.
	Start(signed []byte) (audit.Job, error)
	// Job returns the audit that runs, or the last.
	Job() audit.Job
	PublicKey() string
	// Err returns why nothing more is signed, nil while all is well.
	Err() error
}

// operated lets through the operator's key, where this program audits.
func (s *server) operated(next func(echo.Context) error) echo.HandlerFunc {
	return s.keyed(access.ScopeAdmin, func(c echo.Context, caller access.Caller) error {
		if !caller.Operator {
			return failed(http.StatusForbidden, "The ledger holds all orgs: this is for the operator's key.",
				"Use the first key, in the file admin.key of the data folder.")
		}
		if s.deps.Auditor == nil {
			return failed(http.StatusNotFound, "This program keeps no audit log.", "Use: milemarker audit --nats-url.")
		}
		return next(c)
	})
}

// auditState answers GET /v1/audit.
func (s *server) auditState(c echo.Context) error {
	answer := struct {
		PublicKey string    `json:"public_key"`
		Fault     string    `json:"fault,omitempty"`
		Audit     audit.Job `json:"audit"`
	}{PublicKey: s.deps.Auditor.PublicKey(), Audit: s.deps.Auditor.Job()}
	if err := s.deps.Auditor.Err(); err != nil {
		answer.Fault = err.Error()
	}
	return c.JSON(http.StatusOK, answer)
}

// startAudit answers POST /v1/audit.
func (s *server) startAudit(c echo.Context) error {
	body, fields, err := readObject(c)
	if err != nil {
		return err
	}
	var wanted struct {
		Checkpoint string `json:"checkpoint"`
	}
	faults := unknownFields(fields, "checkpoint")
	if err := json.Unmarshal(body, &wanted); err != nil {
		faults = append(faults, at("/checkpoint", "want the text of a checkpoint"))
	}
	if len(faults) > 0 {
		return badBody(faults)
	}
	job, err := s.deps.Auditor.Start([]byte(wanted.Checkpoint))
	switch {
	case errors.Is(err, audit.ErrCheckpoint):
		return badBody([]fault{at("/checkpoint", err.Error())})
	case errors.Is(err, audit.ErrRunning):
		return failed(http.StatusConflict, "Another audit is running.", "See GET /v1/audit.")
	case err != nil:
		return err
	}
	return c.JSON(http.StatusAccepted, map[string]any{"audit": job})
}

// signCheckpoint answers POST /v1/audit/checkpoints.
func (s *server) signCheckpoint(c echo.Context) error {
	signed, err := s.deps.Auditor.Checkpoint(c.Request().Context())
	if errors.Is(err, audit.ErrForked) {
		return failed(http.StatusConflict, "Nothing is signed: "+err.Error()+".", "Audit the ledger against that checkpoint.")
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"checkpoint": string(signed)})
}
