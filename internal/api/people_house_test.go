package api

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"milemarker/events"
	"milemarker/internal/recorder"
	"milemarker/internal/vault"
	"milemarker/projections"
)

// newPeopleHouse is a house whose recorder and vault are real, over stores in memory.
func newPeopleHouse(tb testing.TB) *house {
	tb.Helper()
	h := newHouse(tb)
	clock := func() time.Time { return h.now }
	v, err := vault.Open(tb.Context(), &secrets{}, &store{}, make([]byte, 32), vault.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	door := recorder.New(v, appended{h.warehouse}, clock)
	known := bonds{h.warehouse}
	web := httptest.NewServer(newServer(Config{MaxWait: 50 * time.Millisecond, MaxPage: 500}.withDefaults(), Deps{
		Warehouse: h.warehouse, Recorder: door, Seals: door, People: known, Reps: known, Keys: h.access, Clock: clock,
		Logger: slog.New(slog.DiscardHandler),
	}).handler())
	tb.Cleanup(web.Close)
	h.url, h.recorder = web.URL, door
	return h
}

// tell records events of org acme through the door: id, type and data of each.
func (h *house) tell(door Recorder, told ...[3]string) {
	h.tb.Helper()
	for _, t := range told {
		d, found := events.ParseStructured([]byte(`{"specversion":"1.0","source":"/test","id":"` + t[0] + `","type":"` + t[1] + `","data":` + t[2] + `}`))
		if len(found) > 0 {
			h.tb.Fatalf("%s: %+v", t[0], found)
		}
		receipts, err := door.Record(h.tb.Context(), "acme", []events.Draft{d})
		if err != nil || receipts[0].Outcome != events.Appended {
			h.tb.Fatalf("%s: %+v %v", t[0], receipts, err)
		}
	}
}

// secrets is a store that can be read and from which values vanish.
type secrets struct{ store }

func (s *secrets) Get(_ context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.values[key]; ok && v != nil {
		return v, nil
	}
	return nil, fs.ErrNotExist
}

func (s *secrets) CreateAll(ctx context.Context, keys []string, values [][]byte) ([]bool, error) {
	created := make([]bool, len(keys))
	for i := range keys {
		err := s.Create(ctx, keys[i], values[i])
		if created[i] = err == nil; err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	return created, nil
}

// appended is the house's warehouse as a ledger: what is appended is known at once.
type appended struct{ *warehouse }

func (l appended) Append(_ context.Context, evs []events.Event) ([]events.Receipt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []events.Receipt
	for _, e := range evs {
		i := slices.IndexFunc(l.rows, func(r projections.Row) bool { return r.Event.ID == e.ID && r.Event.Org == e.Org })
		switch {
		case i >= 0 && l.rows[i].Event.Digest == e.Digest:
			out = append(out, events.Receipt{ID: e.ID, Outcome: events.Duplicate, Position: l.rows[i].Position})
			continue
		case i >= 0:
			out = append(out, events.Receipt{ID: e.ID, Outcome: events.Conflict, Position: l.rows[i].Position})
			continue
		}
		if err := l.add(e); err != nil {
			return nil, err
		}
		if t, ok, _ := projections.TargetOf(e); ok {
			l.voided[e.Org+" "+t.ID] = e.ID
		}
		out = append(out, events.Receipt{ID: e.ID, Outcome: events.Appended, Position: events.Position(len(l.rows))})
	}
	return out, nil
}

func (l appended) AppendTogether(ctx context.Context, evs []events.Event) ([]events.Receipt, error) {
	return l.Append(ctx, evs)
}

func (l appended) Get(_ context.Context, at events.Position) (events.Frame, time.Time, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	body, err := events.Encode(l.rows[at-1].Event)
	return events.Frame{Position: at, Body: body}, time.Time{}, err
}

// bonds is what the house's events say about who is one person.
type bonds struct{ *warehouse }

// rowsOf returns the links of an org that stand.
func (w bonds) rowsOf(org string) (out []projections.LinkRow) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.rows {
		found, _ := projections.LinksOf(r.Event)
		for _, l := range found {
			if r.Event.Org == org && (w.voided[org+" "+r.Event.ID] == "" || l.Kind == projections.LinkErased) {
				out = append(out, projections.LinkRow{Link: l, Event: r.Event.ID, Position: uint64(r.Position)})
			}
		}
	}
	slices.Reverse(out)
	return out
}

func (w bonds) all(org string) []projections.Person {
	ids, beside, between := map[string]projections.Standing{}, map[[2]string]bool{}, map[[2]string]projections.Bond{}
	for _, l := range w.rowsOf(org) {
		key := [2]string{l.A, l.B}
		b := between[key]
		b.A, b.B = l.A, l.B
		for _, id := range key {
			s := ids[id]
			s.Shared = s.Shared || l.Kind == projections.LinkShared
			if l.Kind == projections.LinkSeen && !beside[key] {
				s.Beside++
			}
			ids[id] = s
		}
		beside[key] = beside[key] || l.Kind == projections.LinkSeen
		b.Seen, b.Told = b.Seen || l.Kind == projections.LinkSeen, b.Told || l.Kind == projections.LinkTold
		b.Parted = b.Parted || l.Kind == projections.LinkParted
		between[key] = b
	}
	var list []projections.Bond
	for _, b := range between {
		list = append(list, b)
	}
	return projections.Persons(ids, list)
}

func (w bonds) Persons(_ context.Context, q projections.PersonQuery) (out []projections.Person, _ error) {
	all, leads := w.all(q.Org), map[string]bool{}
	for _, p := range all {
		if slices.Contains(q.Prospects, p.Prospect) {
			leads[p.Person] = true
		}
	}
	for _, p := range all {
		if leads[p.Person] {
			out = append(out, p)
		}
	}
	return out, nil
}

func (w bonds) Apart(_ context.Context, q projections.ApartQuery) (out []projections.Person, _ error) {
	for _, p := range w.all(q.Org) {
		if p.Apart != projections.ApartNot {
			out = append(out, p)
		}
	}
	return out, nil
}

func (w bonds) Links(_ context.Context, q projections.LinkQuery) (out []projections.LinkRow, _ error) {
	for _, l := range w.rowsOf(q.Org) {
		if (slices.Contains(q.Prospects, l.A) || slices.Contains(q.Prospects, l.B)) && (len(q.Kinds) == 0 || slices.Contains(q.Kinds, l.Kind)) {
			out = append(out, l)
		}
	}
	return out, nil
}

func (w bonds) Journey(ctx context.Context, q projections.JourneyQuery) (out []projections.JourneyRow, _ error) {
	persons, _ := w.Persons(ctx, projections.PersonQuery{Org: q.Org, Prospects: []string{q.Person}})
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.rows {
		mine := r.Event.Prospect == q.Person || slices.ContainsFunc(persons, func(p projections.Person) bool { return p.Prospect == r.Event.Prospect })
		if stage := projections.Stage(r.Event.Type, r.Fact.Outcome); stage != "" && mine && r.Event.Org == q.Org {
			out = append(out, projections.JourneyRow{Stage: stage, At: r.Event.Time.UnixMicro(), Event: r.Event.ID, Rep: r.Event.Rep})
		}
	}
	return out, nil
}

func (w bonds) Erased(_ context.Context, q projections.ErasedQuery) (map[string]string, error) {
	out := map[string]string{}
	for _, l := range w.rowsOf(q.Org) {
		if l.Kind == projections.LinkErased && slices.Contains(q.Prospects, l.A) {
			out[l.A] = l.Event
		}
	}
	return out, nil
}

func (w bonds) Declarations(_ context.Context, q projections.DeclarationQuery) (out []events.Record, _ error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.rows {
		if r.Event.Org == q.Org && slices.Contains(q.Types, r.Event.Type) {
			out = append(out, r.Record)
		}
	}
	return out, nil
}

// about tells whether an event is about one of some prospects.
func about(e events.Event, prospects []string) bool {
	return len(prospects) == 0 || slices.Contains(prospects, e.Prospect) ||
		slices.ContainsFunc(e.Aliases, func(a string) bool { return slices.Contains(prospects, a) })
}

// spoken lists which of some texts are found in an answer.
func spoken(body string, secrets ...string) (found []string) {
	for _, s := range secrets {
		if strings.Contains(body, s) {
			found = append(found, s)
		}
	}
	return found
}
