package translator

import "sync"

// lanes keep two from working on one connection at a time, whether its deliveries come, come again or are replayed.
type lanes struct {
	mu   sync.Mutex
	busy map[string]*lane
}

type lane struct {
	sync.Mutex

	users int
}

// enter waits for its turn and returns what gives it back.
func (l *lanes) enter(connection string) (leave func()) {
	l.mu.Lock()
	one := l.busy[connection]
	if one == nil {
		one = &lane{}
		l.busy[connection] = one
	}
	one.users++
	l.mu.Unlock()
	one.Lock()
	return func() {
		one.Unlock()
		l.mu.Lock()
		defer l.mu.Unlock()
		if one.users--; one.users == 0 {
			delete(l.busy, connection)
		}
	}
}
