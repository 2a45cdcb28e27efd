package api

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/notify"
)

// The pauses of the hub.
const (
	settleLive = 250 * time.Millisecond // between two tellings of an org's numbers, and between looks at how far the read models are
	bufferLive = 64                     // messages that wait for one listener; who is behind further comes back and hears what was missed
)

// hub hands what is new to those who listen. It reads the ledger once for all of them, and an org's numbers once for all
// listeners of the org. Memory is bounded: by listener a few messages, by org what the read models do not show yet.
type hub struct {
	server *server

	mu        sync.Mutex
	open      bool
	ctx       context.Context                   //nolint:containedctx // the hub's life: listeners end with it
	listeners map[string]map[*listener]struct{} // by org
	news      map[string]*news                  // by org, of those with listeners
	wake      chan struct{}
}

// news is what is to be told to an org once the read models show it.
type news struct {
	upTo    events.Position
	records []events.Record // changes of pace and alerts
}

// maxNews bounds the alerts that wait for the read models; beyond it listeners come back and read them there.
const maxNews = 1000

type listener struct {
	org  string
	out  chan streamMessage
	ctx  context.Context //nolint:containedctx // ends when the listener is let go of
	stop context.CancelFunc
}

func newHub(s *server) *hub {
	return &hub{server: s, listeners: map[string]map[*listener]struct{}{}, news: map[string]*news{}, wake: make(chan struct{}, 1)}
}

// join takes in a listener; ok is false while the hub does not run, and when the org has too many.
func (h *hub) join(org string) (l *listener, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.open || len(h.listeners[org]) >= maxListeners {
		return nil, false
	}
	l = &listener{org: org, out: make(chan streamMessage, bufferLive)}
	l.ctx, l.stop = context.WithCancel(h.ctx)
	if h.listeners[org] == nil {
		h.listeners[org] = map[*listener]struct{}{}
	}
	h.listeners[org][l] = struct{}{}
	return l, true
}

func (h *hub) leave(l *listener) {
	l.stop()
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.listeners[l.org], l)
	if len(h.listeners[l.org]) == 0 {
		delete(h.listeners, l.org)
		delete(h.news, l.org)
	}
}

// run tells the news until ctx ends, and lets go of all listeners then.
func (h *hub) run(ctx context.Context) {
	ctx, stop := context.WithCancel(ctx)
	h.mu.Lock()
	h.open, h.ctx = true, ctx
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		h.open = false
		h.mu.Unlock()
		stop()
	}()
	var reading sync.WaitGroup
	defer reading.Wait()
	defer stop()
	reading.Go(func() { h.read(ctx) })
	pause := time.NewTicker(settleLive)
	defer pause.Stop()
	for {
		select {
		case <-h.wake:
		case <-ctx.Done():
			return
		}
		for h.tell(ctx) {
			select {
			case <-pause.C:
			case <-ctx.Done():
				return
			}
		}
	}
}

// read follows the ledger from its present end on. It begins anew when it cannot be told where that is.
func (h *hub) read(ctx context.Context) {
	feed := h.server.deps.Notices.Feed
	for ctx.Err() == nil {
		last, err := feed.Last(ctx)
		if err == nil {
			feed.Follow(ctx, last+1, func(f events.Frame) bool { h.heard(f); return ctx.Err() == nil })
			continue
		}
		timer := time.NewTimer(time.Second)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// heard notes a new message of the ledger, if anybody of its org listens.
func (h *hub) heard(f events.Frame) {
	parts := strings.SplitN(f.Subject, ".", 4) // ledger.<partition>.<org>.<type>
	if len(parts) < 4 {
		return
	}
	org, typ := parts[2], parts[3]
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.listeners[org]) == 0 {
		return
	}
	n := h.news[org]
	if n == nil {
		n = &news{}
		h.news[org] = n
	}
	n.upTo = f.Position
	if alerting(typ) && len(n.records) < maxNews {
		if e, err := events.Decode(f.Body); err == nil {
			n.records = append(n.records, events.Record{Position: f.Position, Event: e})
		}
	}
	select {
	case h.wake <- struct{}{}:
	default: // is awake
	}
}

func alerting(typ string) bool {
	return slices.Contains(notify.AlertTypes(), typ)
}

// tell tells what the read models show by now, and returns whether anything is left.
func (h *hub) tell(ctx context.Context) (left bool) {
	h.mu.Lock()
	var orgs []string
	for org := range h.news {
		orgs = append(orgs, org)
	}
	h.mu.Unlock()
	for _, org := range orgs {
		if err := h.tellOrg(ctx, org); err != nil && ctx.Err() == nil {
			h.server.deps.Logger.WarnContext(ctx, "numbers not told", "org", org, "error", err)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.news) > 0
}

// tellOrg tells an org's listeners the alerts that the read models show, and its numbers.
func (h *hub) tellOrg(ctx context.Context, org string) error {
	s := h.server
	position, err := s.deps.Warehouse.Position(ctx, org)
	if err != nil {
		return err
	}
	h.mu.Lock()
	n := h.news[org]
	if n == nil {
		h.mu.Unlock()
		return nil
	}
	shown := 0
	for shown < len(n.records) && n.records[shown].Position <= position {
		shown++
	}
	records := n.records[:shown:shown]
	n.records = n.records[shown:]
	reached := n.upTo <= position
	if reached {
		delete(h.news, org)
	}
	h.mu.Unlock()
	if !reached && shown == 0 {
		return nil
	}
	a := ask{caller: access.Caller{Org: org}, position: position, now: s.deps.Clock(), context: ctx}
	if a.settings, err = s.deps.Warehouse.Settings(ctx, org); err != nil {
		return err
	}
	a.calendar = a.settings.Calendar()
	messages := s.messagesOf(a, records)
	if reached {
		m, err := s.numbersNow(a)
		if err != nil {
			return err
		}
		messages = append(messages, m)
	}
	h.hand(org, messages)
	return nil
}

// hand gives messages to all listeners of an org. One whose buffer is full is let go of.
func (h *hub) hand(org string, messages []streamMessage) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.listeners[org] {
		for _, m := range messages {
			select {
			case l.out <- m:
			default:
				l.stop()
			}
		}
	}
}
