package fetch

import (
	"context"
	"fmt"
	"io/fs"
	"net/netip"
	"syscall"
)

// guard looks at an address when a connection to it is about to be made: it is what the name has just been resolved to.
func (c *Client) guard(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address: %w", fs.ErrPermission)
	}
	at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	if public(at.Addr()) && at.Port() == 443 || c.cfg.Allow != nil && c.cfg.Allow(at) {
		return nil
	}
	return fmt.Errorf("%s is no public address: %w", at, fs.ErrPermission)
}

// public tells whether an address can be that of somebody else's server.
func public(a netip.Addr) bool {
	if a.Zone() != "" || !a.IsGlobalUnicast() || a.IsPrivate() {
		return false // global unicast leaves out loopback, link-local, multicast and unspecified addresses
	}
	for _, p := range inside() {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// inside lists networks that are global by form and lead inside, or nowhere (IANA's special-purpose registries): shared
// address space, benchmarks, examples, and IPv6 forms that carry an IPv4 address which nothing here could look at.
func inside() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),
		netip.MustParsePrefix("100.64.0.0/10"),
		netip.MustParsePrefix("192.0.0.0/24"),
		netip.MustParsePrefix("192.0.2.0/24"),
		netip.MustParsePrefix("192.88.99.0/24"),
		netip.MustParsePrefix("198.18.0.0/15"),
		netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("203.0.113.0/24"),
		netip.MustParsePrefix("240.0.0.0/4"),
		netip.MustParsePrefix("::/96"),
		netip.MustParsePrefix("64:ff9b::/96"),
		netip.MustParsePrefix("64:ff9b:1::/48"),
		netip.MustParsePrefix("100::/64"),
		netip.MustParsePrefix("2001::/23"),
		netip.MustParsePrefix("2001:db8::/32"),
		netip.MustParsePrefix("2002::/16"),
		netip.MustParsePrefix("3fff::/20"),
		netip.MustParsePrefix("fec0::/10"),
	}
}
