package boot

import (
	"fmt"
	"net/netip"
	"strings"
)

// Networks is a list of networks, read from text such as "10.1.0.0/16,192.168.7.9".
type Networks []netip.Prefix

// UnmarshalText reads networks and single addresses, separated by commas; nothing means none.
func (n *Networks) UnmarshalText(b []byte) error {
	*n = nil
	for part := range strings.SplitSeq(string(b), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		p, err := netip.ParsePrefix(part)
		if err != nil {
			address, addressErr := netip.ParseAddr(part)
			if addressErr != nil {
				return fmt.Errorf("networks %q: want addresses and networks such as 10.1.0.0/16", part)
			}
			p = netip.PrefixFrom(address, address.BitLen())
		}
		*n = append(*n, p.Masked())
	}
	return nil
}
