package access

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"time"
)

// How long logins last.
const (
	LinkLife    = 15 * time.Minute
	SessionLife = 7 * 24 * time.Hour
)

// CookieName is the name of the session cookie.
const CookieName = "mm_session"

// loginRecord is a login link or a session as it is stored. A session has the id of the link it was begun with, and
// is stored by Create: that makes a link good for one session, whichever process redeems it.
type loginRecord struct {
	Kind    string    `json:"kind"` // linkPrefix or sessionPrefix
	ID      string    `json:"id"`
	Hash    tokenHash `json:"hash"`
	Key     string    `json:"key"` // id of the API key it stands for
	Expires time.Time `json:"expires"`

	ended bool // used up or logged out here; the store's word is on its way
}

func (l loginRecord) name() string { return loginName(l.Kind, l.ID) }

func loginName(kind, id string) string { return kind + "." + id }

// NewLogin returns the token of a link by which a browser may begin one session in the name of a key, within LinkLife.
// It also sweeps out what has expired.
func (a *Access) NewLogin(ctx context.Context, keyID string) (string, error) {
	if _, err := a.liveKey(keyID); err != nil {
		return "", err
	}
	a.sweep(ctx)
	token, link := a.newLogin(linkPrefix, newID(), keyID, LinkLife)
	if err := a.addLogin(ctx, link); err != nil {
		return "", fmt.Errorf("login link: %w", err)
	}
	return token, nil
}

// Redeem begins the session that a login link is good for and returns its cookie; whoever serves it over TLS sets
// Secure. It returns ErrUnauthenticated for a link that is unknown, expired, used, or whose key was revoked.
func (a *Access) Redeem(ctx context.Context, token string) (*http.Cookie, error) {
	link, key, err := a.findLogin(linkPrefix, token)
	if err != nil {
		return nil, err
	}
	value, session := a.newLogin(sessionPrefix, link.ID, key.ID, SessionLife)
	err = a.addLogin(ctx, session)
	if errors.Is(err, fs.ErrExist) {
		return nil, ErrUnauthenticated
	}
	if err != nil {
		return nil, fmt.Errorf("begin session: %w", err)
	}
	// The session is worth nothing before the link is gone: else the link would be good again after the session.
	if err := a.endLogin(ctx, link); err != nil {
		return nil, fmt.Errorf("use up login link: %w", err)
	}
	return &http.Cookie{
		Name: CookieName, Value: value, Path: "/",
		Expires: session.Expires, MaxAge: int(SessionLife / time.Second),
		HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}, nil
}

// Session returns the caller that a session cookie's value stands for, or ErrUnauthenticated.
func (a *Access) Session(_ context.Context, cookie string) (Caller, error) {
	_, key, err := a.findLogin(sessionPrefix, cookie)
	if err != nil {
		return Caller{}, err
	}
	return key.caller(), nil
}

// Logout ends a session. A cookie that stands for none is no error.
func (a *Access) Logout(ctx context.Context, cookie string) error {
	session, _, err := a.findLogin(sessionPrefix, cookie)
	if err != nil {
		return nil //nolint:nilerr // there is nothing to end
	}
	if err := a.endLogin(ctx, session); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// findLogin returns the live login of a token and the live key it stands for.
func (a *Access) findLogin(prefix, token string) (loginRecord, keyRecord, error) {
	id, hash, ok := parseToken(prefix, token)
	if !ok {
		return loginRecord{}, keyRecord{}, ErrUnauthenticated
	}
	a.mu.RLock()
	login, known := a.logins[loginName(prefix, id)]
	key := a.keys[login.Key]
	a.mu.RUnlock()
	same := subtle.ConstantTimeCompare(login.Hash[:], hash[:]) == 1
	if !same || !known || login.ended || !a.now().Before(login.Expires) || key.ID == "" || !key.Revoked.IsZero() {
		return loginRecord{}, keyRecord{}, ErrUnauthenticated
	}
	return login, key, nil
}

func (a *Access) liveKey(id string) (keyRecord, error) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	key, known := a.keys[id]
	if !known || !key.Revoked.IsZero() {
		return keyRecord{}, ErrUnknownKey
	}
	return key, nil
}

func (a *Access) newLogin(prefix, id, keyID string, life time.Duration) (string, loginRecord) {
	token, hash := newToken(prefix, id)
	return token, loginRecord{Kind: prefix, ID: id, Hash: hash, Key: keyID, Expires: a.now().UTC().Add(life)}
}

func (a *Access) addLogin(ctx context.Context, login loginRecord) error {
	value, err := json.Marshal(login)
	if err != nil {
		return err
	}
	if err := a.loginStore.Create(ctx, login.name(), value); err != nil {
		return err
	}
	a.loginChanged(login.name(), value)
	return nil
}

func (a *Access) endLogin(ctx context.Context, login loginRecord) error {
	if err := a.loginStore.Delete(ctx, login.name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	// The entry stays, marked, until the store says deleted: its creation may still be on its way here.
	if l, ok := a.logins[login.name()]; ok {
		l.ended = true
		a.logins[login.name()] = l
	}
	return nil
}

// sweep deletes what has expired. It is housekeeping: what fails is tried again with the next login link.
func (a *Access) sweep(ctx context.Context) {
	now := a.now()
	var expired []loginRecord
	a.mu.RLock()
	for _, login := range a.logins {
		if !login.ended && !now.Before(login.Expires) {
			expired = append(expired, login)
		}
	}
	a.mu.RUnlock()
	for _, login := range expired {
		_ = a.endLogin(ctx, login)
	}
}
