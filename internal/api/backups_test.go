package api

import (
	"net/http"
	"testing"
	"time"

	"milemarker/internal/backup"
)

// backups writes one backup that never ends.
type backups struct{ job backup.Job }

func (b *backups) Start(folder string) (backup.Job, error) {
	switch {
	case folder == "" || folder[0] != '/':
		return b.job, backup.ErrFolder
	case b.job.State == "running":
		return b.job, backup.ErrRunning
	}
	b.job = backup.Job{State: "running", Folder: folder, Began: time.Date(2024, 3, 13, 12, 0, 0, 0, time.UTC)}
	return b.job, nil
}

func (b *backups) Job() backup.Job {
	if b.job.State == "" {
		return backup.Job{State: "none"}
	}
	return b.job
}

func TestBackups(t *testing.T) {
	h := newHouse(t)
	const wanted = `{"folder":"/var/backups/monday"}`
	h.refused(http.MethodPost, "/v1/backups", wanted, http.StatusForbidden)
	h.key = h.operator
	h.refused(http.MethodPost, "/v1/backups", `{"folder":"monday"}`, http.StatusUnprocessableEntity, "/folder")
	h.refused(http.MethodPost, "/v1/backups", `{"folder":"/monday","colour":"red"}`, http.StatusUnprocessableEntity, "/colour")
	var job backup.Job
	if h.get("/v1/backups").into(t, &job); job.State != "none" {
		t.Errorf("job = %+v, want none", job)
	}
	if a := h.do(http.MethodPost, "/v1/backups", wanted); a.status != http.StatusAccepted {
		t.Errorf("start: %d %s", a.status, a.body)
	}
	h.refused(http.MethodPost, "/v1/backups", wanted, http.StatusConflict)
	if h.get("/v1/backups").into(t, &job); job.State != "running" || job.Folder != "/var/backups/monday" {
		t.Errorf("job = %+v, want it to run", job)
	}
}
