// Package problem writes RFC 9457 problem documents: the one shape of every error that leaves an HTTP endpoint.
//
// It knows net/http and nothing else: no routing library, no domain package. What is wrong and what status fits is for
// the caller to say.
package problem

import (
	"encoding/json"
	"net/http"
)

// ContentType is the media type of a problem document.
const ContentType = "application/problem+json"

// Problem is one problem document. It is also an error, so that a handler can return it.
//
//nolint:errname // named after what it is on the wire
type Problem struct {
	Type     string  `json:"type,omitempty"`     // URI that names the kind; absent means about:blank
	Title    string  `json:"title"`              // the kind in a few words, the same for every occurrence
	Status   int     `json:"status"`             // the HTTP status it is sent with
	Detail   string  `json:"detail,omitempty"`   // what happened this time, without personal data
	Instance string  `json:"instance,omitempty"` // URI of the thing concerned
	Errors   []Fault `json:"errors,omitempty"`   // every single fault found, not just the first
	Mend     string  `json:"mend,omitempty"`     // what the caller can do about it
}

// Fault is one thing wrong inside a request.
type Fault struct {
	Pointer string `json:"pointer"` // RFC 6901 JSON pointer into the request's body, "" for the whole
	Detail  string `json:"detail"`
}

// New returns a problem of a status, with no kind of its own: the title is the status's own name.
func New(status int, detail string) Problem {
	return Problem{Title: http.StatusText(status), Status: status, Detail: detail}
}

// Error returns the title and the detail.
func (p Problem) Error() string {
	if p.Detail == "" {
		return p.Title
	}
	return p.Title + ": " + p.Detail
}

// Write sends p. A missing status counts as 500, a missing title is the status's name. Headers that belong to the
// answer (Retry-After, WWW-Authenticate) are set on w before the call.
func Write(w http.ResponseWriter, p Problem) {
	if p.Status == 0 {
		p.Status = http.StatusInternalServerError
	}
	if p.Title == "" {
		p.Title = http.StatusText(p.Status)
	}
	body, err := json.Marshal(p)
	if err != nil { // strings and ints always marshal
		panic(err)
	}
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // the client may be gone: nobody is left to tell
}
