package translator

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"slices"
	"strings"

	"milemarker/internal/connections"
	"milemarker/internal/deliveries"
	"milemarker/internal/providers"
)

// meaning is what an adapter makes of a delivery.
type meaning struct {
	providers.Output

	thread string // where state is kept, "" nowhere
	why    string // details are missing: why
	later  bool   // they may be had later
}

// understand has the adapter read a delivery, and fetches what it wants to know besides.
func (t *translator) understand(ctx context.Context, conn connections.Connection, r deliveries.Request) (meaning, error) {
	provider, ok := t.providers[conn.Provider]
	if !ok {
		return meaning{}, poisoned("there is no adapter for %q", conn.Provider)
	}
	about := provider.About()
	in := providers.Input{
		Delivery: providers.Delivery{Method: r.Method, URL: r.URL, Header: r.Header, Body: r.Body, Received: r.Received},
		Region:   conn.Region, Zone: conn.Location(), Settings: settings(about, conn),
	}
	var m meaning
	var err error
	if threader, ok := provider.(providers.Threader); ok {
		if m.thread, err = t.thread(threader, conn.ID, in.Delivery); err != nil {
			return m, err
		}
	}
	if m.thread != "" {
		in.State, err = t.deps.Buckets.Threads.Get(ctx, m.thread)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return m, err
		}
	}
	if m.Output, err = translate(provider, in); err != nil || len(m.Wants) == 0 {
		return m, err
	}
	in.Details, err = t.fetch(ctx, about, conn.Token, m.Wants)
	if err != nil {
		if ctx.Err() != nil {
			return m, ctx.Err()
		}
		in.Details, in.Pending, m.why = nil, true, plainly(err)
		m.later = !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission)
	}
	if m.Output, err = translate(provider, in); err == nil && len(m.Wants) > 0 {
		err = poisoned("the adapter wants details again and again")
	}
	return m, err
}

// translate keeps a fault of an adapter from being more than a fault of one delivery.
func translate(p providers.Provider, in providers.Input) (out providers.Output, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = poisoned("the adapter fails: %v", v)
		}
	}()
	if out, err = p.Translate(in); err != nil {
		err = &poisonError{err}
	}
	return out, err
}

// thread returns where the state of a delivery's thread is kept.
func (t *translator) thread(p providers.Threader, connection string, d providers.Delivery) (key string, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = poisoned("the adapter fails: %v", v)
		}
	}()
	name := p.Thread(d)
	if name == "" {
		return "", nil
	}
	sum := sha256.Sum256([]byte(name))
	return connection + "." + encode(sum[:16]), nil
}

// settings are those that were chosen, and the defaults of all others.
func settings(about providers.About, conn connections.Connection) map[string]string {
	all := map[string]string{}
	for _, s := range about.Settings {
		if s.Default != "" {
			all[s.Name] = s.Default
		}
	}
	maps.Copy(all, conn.Settings)
	return all
}

// plainly says why details cannot be had, without the words by which programs tell such errors apart.
func plainly(err error) string {
	why := err.Error()
	for _, kind := range []error{fs.ErrPermission, fs.ErrNotExist} {
		why = strings.TrimSuffix(why, ": "+kind.Error())
	}
	return why
}

var (
	errNoToken = fmt.Errorf("the connection has no token to fetch the details with: %w", fs.ErrPermission)
	errHost    = fmt.Errorf("the details are not at the provider's own hosts: %w", fs.ErrPermission)
)

// fetch gets all details, or says why they cannot be had.
func (t *translator) fetch(
	ctx context.Context, about providers.About, token string, wants []providers.Want,
) (map[string][]byte, error) {
	if token == "" {
		return nil, errNoToken
	}
	ctx, cancel := context.WithTimeout(ctx, t.cfg.FetchTimeout)
	defer cancel()
	details := map[string][]byte{}
	for _, want := range wants {
		at, err := url.Parse(want.URL)
		if err != nil || at.Scheme != "https" || !slices.Contains(about.Hosts, at.Hostname()) {
			return nil, errHost
		}
		answer, err := t.deps.Fetcher.Fetch(ctx, about, token, want)
		if err != nil {
			return nil, fmt.Errorf("details: %w", err)
		}
		details[want.Name] = answer
	}
	return details, nil
}

// encode spells bytes in characters that ids and keys may have.
func encode(b []byte) string {
	return strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}
