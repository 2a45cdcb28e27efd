package ledger

import (
	"sync"

	"github.com/nats-io/nats.go"

	"milemarker/events"
)

// call is one Append that waits. Its fields but gone and finished belong to the queue.
type call struct {
	gone     <-chan struct{}  // closed when the caller no longer waits
	finished chan struct{}    // closed when every event is answered
	receipts []events.Receipt // by the event's index
	open     int              // events not answered yet
	err      error            // why the outcome of one of them is unknown
}

// entry is one event on its way into the stream.
type entry struct {
	call      *call
	index     int // of the event in the call
	id        string
	digest    string
	msg       *nats.Msg
	followers []*entry // events of the same id that came later: judged by the same original
}

// queue holds the events that have no outcome yet. At most one event of an id is ever waiting or in flight.
type queue struct {
	max  int           // entries unanswered at a time
	wake chan struct{} // holds a token when something may wait

	mu      sync.Mutex
	waiting []*entry // oldest first; the entries of a call stand together
	leading map[string]*entry
	seen    *memory
	pending int // entries not answered yet, followers included
	closed  bool
}

func newQueue(limit int) *queue {
	return &queue{max: limit, wake: make(chan struct{}, 1), leading: make(map[string]*entry), seen: newMemory(remembered)}
}

// push takes all entries of a call, or none. A queue that holds nothing takes a call of any size.
func (q *queue) push(entries []*entry) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrClosed
	}
	if q.pending > 0 && q.pending+len(entries) > q.max {
		return ErrBusy
	}
	q.pending += len(entries)
	for _, e := range entries {
		q.enlist(e)
	}
	return nil
}

// enlist answers the entry when its id is known; else it makes it wait, or follow the one that leads its id.
func (q *queue) enlist(e *entry) {
	if o, ok := q.seen.recall(e.id); ok {
		q.answer(e, o.judge(e.digest), o.position, nil)
		return
	}
	if leader, ok := q.leading[e.id]; ok {
		leader.followers = append(leader.followers, e)
		return
	}
	q.leading[e.id] = e
	q.waiting = append(q.waiting, e)
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take removes the next group to send: at most count entries and about size bytes, and no call in part unless the call
// alone is larger. Entries whose caller has gone are dropped.
func (q *queue) take(count, size int) []*entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	var group []*entry
	first := 0 // index of the last call's first entry
	for len(q.waiting) > 0 {
		e := q.waiting[0]
		if isClosed(e.call.gone) {
			q.waiting = q.waiting[1:]
			q.abandon(e, errGone)
			continue
		}
		opens := len(group) == 0 || group[len(group)-1].call != e.call
		if size -= len(e.msg.Data); len(group) == count || (size < 0 && len(group) > 0) {
			if !opens && first > 0 { // leave the whole call to the next group
				q.waiting = append(group[first:len(group):len(group)], q.waiting...)
				group = group[:first]
			}
			break
		}
		if opens {
			first = len(group)
		}
		q.waiting = q.waiting[1:]
		group = append(group, e)
	}
	return group
}

// appended answers an entry that now stands in the ledger, and those that follow it.
func (q *queue) appended(e *entry, at events.Position) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(e, events.Appended, original{position: at, digest: e.digest})
}

// repeated answers an entry whose id stood in the ledger already, and those that follow it.
func (q *queue) repeated(e *entry, o original) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.settle(e, o.judge(e.digest), o)
}

func (q *queue) settle(e *entry, outcome events.Outcome, o original) {
	delete(q.leading, e.id)
	q.seen.remember(e.id, o)
	q.answer(e, outcome, o.position, nil)
	for _, f := range e.followers {
		q.answer(f, o.judge(f.digest), o.position, nil)
	}
}

// failed answers an entry whose outcome stays unknown.
func (q *queue) failed(e *entry, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.abandon(e, err)
}

// abandon answers the entry alone: those that followed it set out themselves.
func (q *queue) abandon(e *entry, err error) {
	delete(q.leading, e.id)
	q.answer(e, "", 0, err)
	for _, f := range e.followers {
		if q.closed {
			q.answer(f, "", 0, err)
		} else {
			q.enlist(f)
		}
	}
}

// alive returns the entries whose caller still waits; the others are abandoned.
func (q *queue) alive(group []*entry) []*entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	kept := group[:0]
	for _, e := range group {
		if isClosed(e.call.gone) {
			q.abandon(e, errGone)
			continue
		}
		kept = append(kept, e)
	}
	return kept
}

func (q *queue) answer(e *entry, outcome events.Outcome, at events.Position, err error) {
	c := e.call
	if err != nil {
		c.err = err
	} else {
		c.receipts[e.index].Outcome = outcome
		c.receipts[e.index].Position = at
	}
	q.pending--
	if c.open--; c.open == 0 {
		close(c.finished)
	}
}

// forget drops what is known of the ledger. It is called when the connection is lost: a server that comes back from a
// power failure without having synced may have lost what it acknowledged, and must be asked again.
func (q *queue) forget() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.seen.forget()
}

// close refuses new calls and answers all that wait. Those in flight are answered by their flight.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for _, e := range q.waiting {
		q.abandon(e, ErrClosed)
	}
	q.waiting = nil
}

func isClosed(ch <-chan struct{}) bool {
	select {
	case <-ch:
		return true
	default:
		return false
	}
}
