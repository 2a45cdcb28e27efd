package access

import (
	"net/http"
	"strings"
)

// FromRequest returns the API key and the session cookie that a request carries, "" for what it does not.
func FromRequest(r *http.Request) (token, cookie string) {
	scheme, credentials, found := strings.Cut(r.Header.Get("Authorization"), " ")
	if found && strings.EqualFold(scheme, "Bearer") {
		token = strings.TrimSpace(credentials)
	}
	if c, err := r.Cookie(CookieName); err == nil {
		cookie = c.Value
	}
	return token, cookie
}

// Caller returns who makes a request, or ErrUnauthenticated. An API key goes before a session. A session does not
// count for a request that changes something and comes from a page of another origin.
func (a *Access) Caller(r *http.Request) (Caller, error) {
	token, cookie := FromRequest(r)
	if token != "" {
		return a.Authenticate(r.Context(), token)
	}
	var origin http.CrossOriginProtection
	if err := origin.Check(r); err != nil {
		return Caller{}, ErrUnauthenticated
	}
	return a.Session(r.Context(), cookie)
}
