package api

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"milemarker/internal/backup"
)

// Backups writes backups of the ledger and its keys.
type Backups interface {
	// Start begins a backup into a folder of the server's machine. It returns backup.ErrFolder for one that cannot be
	// written to, backup.ErrRunning while another one is being written.
	Start(folder string) (backup.Job, error)
	// Job returns the backup that is being written, or the last.
	Job() backup.Job
}

// backedUp lets through the operator's key, where this program writes backups.
func (s *server) backedUp(next func(echo.Context) error) echo.HandlerFunc {
	return s.kept(func(c echo.Context) error {
		if s.deps.Backups == nil {
			return failed(http.StatusNotFound, "This program writes no backups.", "Use: milemarker backup --nats-url.")
		}
		return next(c)
	})
}

// backup answers GET /v1/backups.
func (s *server) backup(c echo.Context) error { return c.JSON(http.StatusOK, s.deps.Backups.Job()) }

// startBackup answers POST /v1/backups.
func (s *server) startBackup(c echo.Context) error {
	body, fields, err := readObject(c)
	if err != nil {
		return err
	}
	var wanted struct {
		Folder string `json:"folder"`
	}
	faults := unknownFields(fields, "folder")
	if err := json.Unmarshal(body, &wanted); err != nil {
		faults = append(faults, at("/folder", "want the path of a folder"))
	}
	if len(faults) > 0 {
		return badBody(faults)
	}
	job, err := s.deps.Backups.Start(wanted.Folder)
	switch {
	case errors.Is(err, backup.ErrFolder), errors.Is(err, backup.ErrWithin):
		return badBody([]fault{at("/folder", err.Error())})
	case errors.Is(err, backup.ErrRunning):
		return failed(http.StatusConflict, "Another backup is being written.", "See GET /v1/backups.")
	case err != nil:
		return err
	}
	return c.JSON(http.StatusAccepted, job)
}
