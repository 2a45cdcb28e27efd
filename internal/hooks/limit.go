package hooks

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxLimiters is how many limiters are remembered at least, once there were so many; at most it is twice as many.
const maxLimiters = 1 << 15

// limiters are rate limits by name. Those that nobody used for long are forgotten: from time to time the older half.
type limiters struct {
	limit rate.Limit
	burst int

	mu         sync.Mutex
	young, old map[string]*rate.Limiter
}

func newLimiters(limit rate.Limit, burst int) *limiters {
	return &limiters{limit: limit, burst: burst, young: map[string]*rate.Limiter{}}
}

// wait returns how long it takes until there is one to take, 0 if there is one. It makes no limiter.
func (l *limiters) wait(name string, now time.Time) time.Duration {
	one := l.find(name, false)
	if one == nil {
		return 0
	}
	missing := 1 - one.TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return max(time.Duration(missing/float64(l.limit)*float64(time.Second)), 1)
}

// take takes one if there is one, and returns how long it takes until there is otherwise.
func (l *limiters) take(name string, now time.Time) time.Duration {
	if l.find(name, true).AllowN(now, 1) {
		return 0
	}
	return l.wait(name, now)
}

func (l *limiters) find(name string, create bool) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one := l.young[name]; one != nil {
		return one
	}
	one := l.old[name]
	if one == nil {
		if !create {
			return nil
		}
		one = rate.NewLimiter(l.limit, l.burst)
	}
	if len(l.young) >= maxLimiters {
		l.young, l.old = map[string]*rate.Limiter{}, l.young
	}
	l.young[name] = one
	return one
}

// places are the requests that may be worked on at a time, and how many of them may be of one address: so nobody who
// sends slowly keeps all others out.
type places struct {
	most, mostOfOne int

	mu    sync.Mutex
	all   int
	taken map[string]int
}

func newPlaces(most, mostOfOne int) *places {
	return &places{most: most, mostOfOne: mostOfOne, taken: map[string]int{}}
}

func (p *places) enter(address string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all >= p.most || p.taken[address] >= p.mostOfOne {
		return false
	}
	p.all++
	p.taken[address]++
	return true
}

func (p *places) leave(address string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all--
	if p.taken[address]--; p.taken[address] == 0 {
		delete(p.taken, address)
	}
}

// remoteOf returns the address that a request came from. X-Forwarded-For counts as far as proxies that are trusted wrote
// it: from its end on, the first address that is none of them.
func remoteOf(r *http.Request, trusted []netip.Prefix) string {
	remote := hostOf(r.RemoteAddr)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && isTrusted(remote, trusted); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		remote = hop.Unmap().String()
	}
	return remote
}

func hostOf(address string) string {
	if at, err := netip.ParseAddrPort(address); err == nil {
		return at.Addr().Unmap().WithZone("").String()
	}
	return address
}

func isTrusted(address string, trusted []netip.Prefix) bool {
	at, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	for _, p := range trusted {
		if p.Contains(at) {
			return true
		}
	}
	return false
}

// group is what counts as one sender: an address, or the network that one subscriber is given of IPv6.
func group(address string) string {
	at, err := netip.ParseAddr(address)
	if err != nil || at.Is4() {
		return address
	}
	network, err := at.Prefix(64)
	if err != nil {
		return address
	}
	return network.String()
}
