package fetch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"time"
)

// Limits of certificates.
const (
	maxCertificate  = 64 << 10       // bytes
	certificateLife = 24 * time.Hour // for which one is remembered
	maxCertificates = 64             // that are remembered
)

type certificate struct {
	text []byte
	at   time.Time
}

var errPace = errors.New("too many certificates were asked for")

// Certificate returns the text at an https address that a provider's adapter has found to be the provider's own. It is
// remembered for a day. So that nobody can have this program ask for one after the other, not more than one a second is
// fetched for long.
func (c *Client) Certificate(ctx context.Context, address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.User != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("certificate: no https address: %w", fs.ErrPermission)
	}
	if text, ok := c.remembered(address); ok {
		return text, nil
	}
	if !c.pace.Allow() {
		return nil, fmt.Errorf("certificate: %w", errPace)
	}
	text, err := c.ask(ctx, u.Host, func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	}, maxCertificate)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	c.remember(address, text)
	return text, nil
}

func (c *Client) remembered(address string) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.certificates[address]
	if !ok || c.cfg.Clock == nil || c.cfg.Clock().Sub(known.at) > certificateLife {
		return nil, false
	}
	return known.text, true
}

func (c *Client) remember(address string, text []byte) {
	if c.cfg.Clock == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.certificates) >= maxCertificates {
		clear(c.certificates)
	}
	c.certificates[address] = certificate{text, c.cfg.Clock()}
}
