package clickhouse

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"maps"
	"net/http"
)

// Handler is ClickHouse's HTTP interface for callers outside of the process who
// know the user and the password: by Basic authentication, the headers
// X-ClickHouse-User and X-ClickHouse-Key, or the parameters user and password.
// With an empty password nobody is let in; whoever is may do anything the engine
// can. GET /ping, and / without a query, answer "Ok." to everybody.
func (e *Engine) Handler(user, password string) http.Handler {
	ok := func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "Ok.\n") }
	mux := http.NewServeMux()
	mux.HandleFunc("/ping", ok)
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.RawQuery == "" {
			ok(w, r)
			return
		}
		response, err := e.admit(r, user, password)
		if errors.Is(err, ErrClosed) {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		if err != nil { // the caller has gone
			panic(http.ErrAbortHandler)
		}
		defer func() { _ = response.Body.Close() }()
		maps.Copy(w.Header(), response.Header)
		w.WriteHeader(response.StatusCode)
		if _, err := io.Copy(w, response.Body); err != nil {
			panic(http.ErrAbortHandler) // nobody must take half a result for a whole one
		}
	})
	return mux
}

// admit runs the request of a caller who knows user and password.
func (e *Engine) admit(r *http.Request, user, password string) (*http.Response, error) {
	if password == "" || !admitted(r, user, password) {
		return exceptionResponse(r, exception(codeAuthentication,
			"Authentication failed: password is incorrect, or there is no user with such name")), nil
	}
	return e.do(r)
}

// admitted compares in constant time, lengths included.
func admitted(r *http.Request, user, password string) bool {
	givenUser, givenPassword := credentials(r)
	return sameSecret(givenUser, user)&sameSecret(givenPassword, password) == 1
}

// credentials returns those of the first way in which the caller gives any.
func credentials(r *http.Request) (user, password string) {
	if user, password, ok := r.BasicAuth(); ok {
		return user, password
	}
	if r.Header.Get("X-ClickHouse-User") != "" || r.Header.Get("X-ClickHouse-Key") != "" {
		return r.Header.Get("X-ClickHouse-User"), r.Header.Get("X-ClickHouse-Key")
	}
	query := r.URL.Query()
	return query.Get("user"), query.Get("password")
}

func sameSecret(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}
