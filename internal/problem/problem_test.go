package problem_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"milemarker/internal/problem"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		problem problem.Problem
		status  int
		body    string
	}{
		"whole": {
			problem: problem.Problem{
				Type:     "urn:milemarker:problem:invalid-event",
				Title:    "Invalid event",
				Status:   http.StatusUnprocessableEntity,
				Detail:   "1 fault",
				Instance: "/v1/events/1",
				Errors:   []problem.Fault{{Pointer: "/data/amount", Detail: "is missing"}},
				Mend:     "See /v1/schemas.",
			},
			status: http.StatusUnprocessableEntity,
			body: `{"type":"urn:milemarker:problem:invalid-event","title":"Invalid event","status":422,"detail":"1 fault",` +
				`"instance":"/v1/events/1","errors":[{"pointer":"/data/amount","detail":"is missing"}],"mend":"See /v1/schemas."}` + "\n",
		},
		"plain": {
			problem: problem.New(http.StatusNotFound, "no such schema"),
			status:  http.StatusNotFound,
			body:    `{"title":"Not Found","status":404,"detail":"no such schema"}` + "\n",
		},
		"zero": {
			status: http.StatusInternalServerError,
			body:   `{"title":"Internal Server Error","status":500}` + "\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			w.Header().Set("Retry-After", "1")
			problem.Write(w, tc.problem)
			if w.Code != tc.status {
				t.Errorf("status %d, want %d", w.Code, tc.status)
			}
			if diff := cmp.Diff(tc.body, w.Body.String()); diff != "" {
				t.Error(diff)
			}
			want := http.Header{
				"Content-Type":           {"application/problem+json"},
				"Cache-Control":          {"no-store"},
				"X-Content-Type-Options": {"nosniff"},
				"Retry-After":            {"1"},
			}
			if diff := cmp.Diff(want, w.Header()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestError(t *testing.T) {
	t.Parallel()
	var err error = problem.New(http.StatusConflict, "the id is taken")
	if got, want := err.Error(), "Conflict: the id is taken"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	if got, want := problem.New(http.StatusConflict, "").Error(), "Conflict"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	var p problem.Problem
	if !errors.As(err, &p) || p.Status != http.StatusConflict {
		t.Errorf("errors.As gave %+v", p)
	}
}
