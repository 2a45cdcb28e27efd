package api

import (
	"net/http"
	"strings"
	"testing"

	"milemarker/internal/access"
)

// enter logs a browser in, in the name of a key that may read, and returns its cookie.
func (h *house) enter() string {
	h.tb.Helper()
	var made struct{ Link string }
	h.do(http.MethodPost, "/v1/logins", "", "Authorization", "Bearer "+h.addKey("acme", access.ScopeRead)).into(h.tb, &made)
	a := h.do(http.MethodGet, made.Link, "", "Authorization", "")
	cookie, _, _ := strings.Cut(a.header.Get("Set-Cookie"), ";")
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/" || !strings.HasPrefix(cookie, "mm_session=ms_") ||
		!strings.Contains(a.header.Get("Set-Cookie"), "HttpOnly; SameSite=Lax") {
		h.tb.Fatalf("login: %d %v", a.status, a.header)
	}
	if again := h.do(http.MethodGet, made.Link, "", "Authorization", ""); again.status != http.StatusUnauthorized {
		h.tb.Errorf("the link a second time: %d", again.status)
	}
	return cookie
}

func TestHomePage(t *testing.T) {
	h := aMonth(t)
	h.happened("evil", "goal.set", when(t, "2024-03-01 09:00"), "", strings.NewReplacer(
		"calls-in-march", "evil", "Calls in March", `<script>alert(1)</script>`).Replace(aGoal))
	h.happened("odd", "goal.set", when(t, "2024-03-01 09:00"), "", strings.NewReplacer(
		"calls-in-march", "odd", `"calls"`, `"happiness"`).Replace(aGoal))
	cookie := h.enter()
	a := h.get("/", "Authorization", "", "Cookie", cookie)
	for _, want := range []string{
		"Wednesday, 13 March 2024",
		`<a href="/events?from=2024-03-13&amp;metric=calls&amp;to=2024-03-13"><strong>3</strong> Calls</a>`,
		`<strong>1</strong> Conversations`, `<strong>1</strong> Sign-ups`, `<strong>49.25 EUR</strong> Sign-up amount`,
		`&lt;script&gt;`, "off track", "6 calls against 17 expected by Wednesday noon", "no pace",
		"as of position 26",
	} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(a.body, "<script") {
		t.Error("the page has a script")
	}
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
		"Referrer-Policy": "no-referrer", "Content-Type": "text/html",
	} {
		if !strings.Contains(a.header.Get(name), want) {
			t.Errorf("%s: %q, want %s", name, a.header.Get(name), want)
		}
	}
	h.get("/style.css", "Authorization", "")
}

func TestEventsPage(t *testing.T) {
	h := aMonth(t)
	cookie := h.enter()
	a := h.get("/events?metric=signup_amount&from=2024-03-01&to=2024-03-13&limit=2", "Authorization", "", "Cookie", cookie)
	for _, want := range []string{"sale-3", "49.25 EUR", "recruit", "sale-2", `rel="next"`} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page lacks %s:\n%s", want, a.body)
		}
	}
	if strings.Contains(a.body, "sale-1") || strings.Contains(a.body, "call-") {
		t.Error("the page has too much")
	}
	bad := h.do(http.MethodGet, "/events?metric=happiness", "", "Authorization", "", "Cookie", cookie)
	if bad.status != http.StatusBadRequest || !strings.Contains(bad.body, "<strong>metric</strong>") {
		t.Errorf("%d %s", bad.status, bad.body)
	}
}

func TestPagesNeedASession(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/", "/events"} {
		a := h.do(http.MethodGet, path, "", "Authorization", "")
		if a.status != http.StatusUnauthorized || !strings.Contains(a.body, "/v1/logins") || !strings.Contains(a.body, "login link") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

// The cookie opens pages and nothing else: what changes something wants a key.
func TestTheSessionOpensPagesOnly(t *testing.T) {
	h := newHouse(t)
	cookie := h.enter()
	for _, r := range [][3]string{
		{http.MethodGet, "/v1/org"},
		{http.MethodGet, "/v1/keys"},
		{http.MethodPost, "/v1/goals", aGoal},
		{http.MethodPost, "/v1/logins"},
		{http.MethodPut, "/v1/org", `{"currency":"EUR"}`},
	} {
		if a := h.do(r[0], r[1], r[2], "Authorization", "", "Cookie", cookie); a.status != http.StatusUnauthorized {
			t.Errorf("%s %s: %d %s", r[0], r[1], a.status, a.body)
		}
	}
	if n := len(h.warehouse.rows); n != 0 {
		t.Errorf("%d events were recorded", n)
	}
}

func TestLogout(t *testing.T) {
	h := newHouse(t)
	cookie := h.enter()
	h.get("/", "Authorization", "", "Cookie", cookie)
	a := h.do(http.MethodGet, "/logout", "", "Authorization", "", "Cookie", cookie)
	if a.status != http.StatusSeeOther || !strings.Contains(a.header.Get("Set-Cookie"), "mm_session=;") {
		t.Errorf("%d %v", a.status, a.header)
	}
	if a := h.do(http.MethodGet, "/", "", "Authorization", "", "Cookie", cookie); a.status != http.StatusUnauthorized {
		t.Errorf("after the logout: %d", a.status)
	}
	if a := h.do(http.MethodGet, "/logout", "", "Authorization", ""); a.status != http.StatusSeeOther {
		t.Errorf("without a session: %d", a.status)
	}
}
