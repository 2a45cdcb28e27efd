package held

import (
	"cmp"
	"container/heap"
	"strings"
	"time"

	"milemarker/events"
)

// Action is an event that is to be recorded for an org.
type Action struct {
	Org   string
	Draft events.Draft
}

// name names an appointment, or an event, of an org.
type name struct{ org, id string }

// Book knows the appointments of all orgs. It is not safe for concurrent use.
type Book struct {
	cfg    Config
	facts  map[name][]fact // by appointment
	of     map[name]name   // the appointment that an event is about
	voided map[name]bool   // events that were taken back; a void may come before its event
	denied map[name]bool   // those of them that somebody else took back: it was not held
	asked  map[name]bool   // ids of drafts handed out that have not come back
	fresh  map[name]bool   // appointments of which something was added since the last Due
	queue  queue           // appointments that may come due
}

// New returns an empty book.
func New(cfg Config) *Book {
	cfg.Grace = cmp.Or(cfg.Grace, 12*time.Hour)
	cfg.Length = cmp.Or(cfg.Length, time.Hour)
	return &Book{
		cfg: cfg, facts: map[name][]fact{}, of: map[name]name{}, voided: map[name]bool{}, denied: map[name]bool{}, asked: map[name]bool{},
		fresh: map[name]bool{},
	}
}

// Add takes in an event that stands in the ledger. The same event twice is the same as once.
func (b *Book) Add(r events.Record) {
	f, p, ok := read(r, b.cfg.Length)
	if !ok {
		return
	}
	id := name{r.Event.Org, r.Event.ID}
	delete(b.asked, id)
	switch {
	case r.Event.Type == events.TypeEventVoided:
		b.void(name{id.org, p.Event}, own(r.Event))
	case p.Appointment != "":
		if _, known := b.of[id]; known {
			return
		}
		appointment := name{id.org, p.Appointment}
		b.of[id] = appointment
		b.facts[appointment] = append(b.facts[appointment], f)
		b.fresh[appointment] = true
	}
}

func (b *Book) void(id name, own bool) {
	b.voided[id] = true
	if !own && strings.HasPrefix(id.id, inferredID) {
		b.denied[id] = true
	}
	if appointment, ok := b.of[id]; ok {
		b.fresh[appointment] = true
	}
}

// Due returns what is to be recorded at a time. Each is handed out once: Again takes one back that could not be recorded.
func (b *Book) Due(now time.Time) []Action {
	for len(b.queue) > 0 && !b.queue[0].at.After(now) {
		b.fresh[heap.Pop(&b.queue).(entry).name] = true
	}
	var actions []Action
	for appointment := range b.fresh {
		delete(b.fresh, appointment)
		for _, d := range b.judge(appointment, now) {
			if id := (name{appointment.org, d.ID}); !b.asked[id] {
				b.asked[id] = true
				actions = append(actions, Action{appointment.org, d})
			}
		}
	}
	return actions
}

// Again has an action come due once more.
func (b *Book) Again(a Action, at time.Time) {
	delete(b.asked, name{a.Org, a.Draft.ID})
	for appointment := range b.concerned(a) {
		heap.Push(&b.queue, entry{at, appointment})
	}
}

// concerned yields the appointments that an action may be about: that of its void, or its own.
func (b *Book) concerned(a Action) map[name]bool {
	_, p, _ := read(events.Record{Event: events.Event{Data: a.Draft.Data}}, 0)
	if p.Appointment != "" {
		return map[name]bool{{a.Org, p.Appointment}: true}
	}
	return map[name]bool{b.of[name{a.Org, p.Event}]: true}
}

// Next returns when something may come due next, the zero time for never.
func (b *Book) Next() time.Time {
	if len(b.queue) == 0 {
		return time.Time{}
	}
	return b.queue[0].at
}

// judge says what is missing about one appointment, and has it come again when that depends on the time.
func (b *Book) judge(appointment name, now time.Time) []events.Draft {
	var stand, inferred []fact
	taken := map[int64]int{}   // by end: inferred ones that were taken back
	denied := map[int64]bool{} // by end: somebody took one back
	for _, f := range b.facts[appointment] {
		switch gone := b.voided[name{appointment.org, f.id}]; {
		case gone && f.inferred:
			taken[f.time.UnixMicro()]++
			if b.denied[name{appointment.org, f.id}] {
				denied[f.time.UnixMicro()] = true
			}
		case gone:
		case f.inferred:
			inferred = append(inferred, f)
		default:
			stand = append(stand, f)
		}
	}
	s, ok := slot(stand)
	due := s.ends.Add(b.cfg.Grace)
	wanted := ok && !settled(stand) && !s.recorded.After(due) && !denied[s.ends.UnixMicro()]
	var drafts []events.Draft
	found := false
	for _, f := range inferred {
		if wanted && f.time.Equal(s.ends) && !found {
			found = true
		} else {
			drafts = append(drafts, void(f.id))
		}
	}
	switch {
	case !wanted || found:
	case due.After(now):
		heap.Push(&b.queue, entry{due, appointment})
	default:
		drafts = append(drafts, draft(appointment.id, s, taken[s.ends.UnixMicro()]))
	}
	return drafts
}

// entry is an appointment that may come due at a time.
type entry struct {
	at   time.Time
	name name
}

// queue is a heap of entries, the earliest first. An appointment that was moved is in it more than once, which does no
// harm: it is judged anew each time.
type queue []entry

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].at.Before(q[j].at) }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *queue) Push(x any) { *q = append(*q, x.(entry)) }

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	*q = (*q)[:last]
	return e
}
