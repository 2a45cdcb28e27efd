package notify

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// ErrInternal is returned for a destination whose address lies within one's own network.
var ErrInternal = errors.New("is an internal address, to which nothing is sent unless the operator allows it")

// Guard keeps connections from going where they must not. The zero value lets nothing into internal networks.
type Guard struct {
	Allow []netip.Prefix // internal networks that are allowed
}

// internal lists what is not the public internet beyond what netip knows: special-purpose registries of IANA, and ways of
// writing an IPv4 address within an IPv6 one.
func internal() []netip.Prefix {
	var out []netip.Prefix
	for _, s := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
		"2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
	} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// Check returns ErrInternal unless an address is of the public internet or allowed.
func (g Guard) Check(ip netip.Addr) error {
	ip = ip.Unmap().WithZone("")
	for _, p := range g.Allow {
		if p.Contains(ip) {
			return nil
		}
	}
	public := ip.IsGlobalUnicast() && !ip.IsPrivate()
	for _, p := range internal() {
		public = public && !p.Contains(ip)
	}
	if !public {
		return fmt.Errorf("%s %w", ip, ErrInternal)
	}
	return nil
}

// Dialer returns what makes connections. It looks at the address that is really dialled, after the name was resolved: so
// neither a name that changes nor a redirect leads inside.
func (g Guard) Dialer() *net.Dialer {
	return &net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("%s: %w", address, ErrInternal)
		}
		return g.Check(at.Addr())
	}}
}

// Client returns an HTTP client that dials by the guard, without any proxy, which would dial in its stead.
func (g Guard) Client() *http.Client {
	return &http.Client{
		Timeout: 20 * time.Second,
		Transport: &http.Transport{
			DialContext: g.Dialer().DialContext, TLSHandshakeTimeout: 10 * time.Second, ForceAttemptHTTP2: true,
			MaxIdleConns: 20, IdleConnTimeout: time.Minute, ResponseHeaderTimeout: 15 * time.Second,
		},
	}
}
