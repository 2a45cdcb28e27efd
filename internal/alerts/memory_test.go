package alerts

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/notify"
	"milemarker/projections"
)

// errCrash is what happens when the fuse blows: whoever sees it starts anew.
var errCrash = errors.New("crash")

// fuse blows once, at the n-th durable step, before or after it is done.
type fuse struct {
	left  int // steps until then; 0: never
	after bool
	steps int
}

func (f *fuse) step(do func() error) error {
	f.steps++
	blows := f.left > 0 && f.steps == f.left
	if blows && !f.after {
		return errCrash
	}
	if err := do(); err != nil {
		return err
	}
	if blows {
		return errCrash
	}
	return nil
}

// bucket keeps values in memory.
type bucket struct {
	mu       sync.Mutex
	fuse     *fuse
	values   map[string][]byte
	watchers []func(string, []byte)
}

func (b *bucket) put(key string, value []byte, create bool) error {
	do := func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		if _, ok := b.values[key]; ok && create {
			return fs.ErrExist
		}
		if b.values == nil {
			b.values = map[string][]byte{}
		}
		if b.values[key] = value; value == nil {
			delete(b.values, key)
		}
		for _, fn := range b.watchers {
			fn(key, value)
		}
		return nil
	}
	if b.fuse == nil {
		return do()
	}
	return b.fuse.step(do)
}

func (b *bucket) Get(_ context.Context, key string) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	value, ok := b.values[key]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return value, nil
}

func (b *bucket) Create(_ context.Context, key string, value []byte) error {
	return b.put(key, value, true)
}

func (b *bucket) Put(_ context.Context, key string, value []byte) error {
	return b.put(key, value, false)
}
func (b *bucket) Delete(_ context.Context, key string) error { return b.put(key, nil, false) }

func (b *bucket) Watch(_ context.Context, fn func(string, []byte)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, value := range b.values {
		fn(key, value)
	}
	b.watchers = append(b.watchers, fn)
	return nil
}

// world is an org's ledger and what is known of it, at once and in memory, with a clock that is set by hand.
type world struct {
	t       *testing.T
	now     time.Time
	records []events.Record
	byID    map[string]string
	waiting int
	fuse    *fuse
	sent    []sending
	refuse  func(notify.Destination) error

	states, destinations, rules, deliveries *bucket
	keeper                                  *keeper
}

// sending is one try to hand a message over.
type sending struct {
	at time.Time
	to string
	notify.Message
}

func newWorld(t *testing.T, now string) *world {
	t.Helper()
	f := &fuse{}
	w := &world{
		t: t, now: instant(t, now), byID: map[string]string{}, fuse: f,
		states: &bucket{fuse: f}, destinations: &bucket{}, rules: &bucket{}, deliveries: &bucket{fuse: f},
	}
	w.restart()
	if _, err := w.keeper.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// restart begins a new instance over what the last one left behind.
func (w *world) restart() {
	w.t.Helper()
	ctx, clock := w.t.Context(), func() time.Time { return w.now }
	destinations, err := notify.OpenDestinations(ctx, w.destinations, plainSealer{}, clock)
	if err != nil {
		w.t.Fatal(err)
	}
	rules, err := notify.OpenRules(ctx, w.rules)
	if err != nil {
		w.t.Fatal(err)
	}
	outbox, err := notify.OpenOutbox(ctx, w.deliveries)
	if err != nil {
		w.t.Fatal(err)
	}
	w.keeper, err = newKeeper(ctx, Config{}.withDefaults(), Deps{
		Known: w, Recorder: w, Ledger: w, Quarantine: w, States: w.states, Destinations: destinations, Rules: rules, Outbox: outbox,
		Sender: w, Logger: slog.New(slog.DiscardHandler), Clock: clock,
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// destination adds one whose address is its name.
func (w *world) destination(name, rep string) notify.Destination {
	w.t.Helper()
	d, err := w.keeper.deps.Destinations.Add(w.t.Context(), "acme", notify.Destination{Name: name, Kind: notify.Chat, Rep: rep}, notify.Secret{})
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

func (w *world) rule(r notify.Rule) {
	w.t.Helper()
	if _, err := w.keeper.deps.Rules.Add(w.t.Context(), "acme", r); err != nil {
		w.t.Fatal(err)
	}
}

// happened records an event of a rep.
func (w *world) happened(typ, at, rep, data string) {
	w.t.Helper()
	e := events.Event{
		ID: typ + "/" + number(len(w.records)), Source: "/test", Type: typ, Org: "acme", Rep: rep, Time: instant(w.t, at),
		RecordedAt: w.now, DataVersion: 1, Data: json.RawMessage(data),
	}
	if _, err := events.Facts(e); err != nil {
		w.t.Fatal(err)
	}
	w.records = append(w.records, events.Record{Position: events.Position(len(w.records) + 1), Event: e})
}

// step looks, dispatches and posts, as the role does, and starts anew after a crash.
func (w *world) step() {
	w.t.Helper()
	for {
		err := w.keeper.ask(w.t.Context(), w.now)
		if err == nil {
			err = w.keeper.look(w.t.Context(), "acme", w.now)
		}
		if err == nil {
			err = w.dispatch()
		}
		if err == nil {
			err = w.keeper.post(w.t.Context())
		}
		if !errors.Is(err, errCrash) {
			if err != nil {
				w.t.Fatal(err)
			}
			return
		}
		w.restart()
	}
}

// dispatch hands over the records that came since the cursor.
func (w *world) dispatch() error {
	from, err := w.keeper.begin(w.t.Context())
	if err != nil {
		return err
	}
	var frames []events.Frame
	for _, r := range w.records[from:] {
		if r.Event.Type == events.TypePaceChanged || r.Event.Type == events.TypeAlertRaised {
			wire, err := events.Encode(r.Event)
			if err != nil {
				return err
			}
			frames = append(frames, events.Frame{Position: r.Position, Subject: events.Subject("acme", r.Event.Type), Body: wire})
		}
	}
	if len(frames) == 0 {
		return nil
	}
	m := message.NewMessage("1", events.EncodeBatch(frames))
	m.SetContext(w.t.Context())
	return w.keeper.dispatched(m)
}

// until steps to an instant: every half hour by day, every two hours at night and at weekends.
func (w *world) until(at string) {
	w.t.Helper()
	for end := instant(w.t, at); w.now.Before(end); {
		w.step()
		pause := 30 * time.Minute
		if h, d := w.now.Hour(), w.now.Weekday(); h < 7 || h >= 20 || d == time.Saturday || d == time.Sunday {
			pause = 2 * time.Hour
		}
		if w.now = w.now.Add(pause).Truncate(15 * time.Minute); w.now.After(end) {
			w.now = end
		}
	}
}

func (w *world) Send(_ context.Context, d notify.Destination, _ notify.Secret, m notify.Message) error {
	return w.fuse.step(func() error {
		if w.refuse != nil {
			if err := w.refuse(d); err != nil {
				return err
			}
		}
		w.sent = append(w.sent, sending{w.now, d.Name, m})
		return nil
	})
}

func (w *world) Record(_ context.Context, org string, drafts []events.Draft) ([]events.Receipt, error) {
	var out []events.Receipt
	for _, d := range drafts {
		d, found := d.Check()
		before, known := w.byID[d.ID]
		switch {
		case len(found) > 0:
			out = append(out, events.Receipt{ID: d.ID, Outcome: events.Rejected, Violations: found})
			w.t.Errorf("rejected %s: %+v", d.ID, found)
			continue
		case known && before == string(d.Canonical()):
			out = append(out, events.Receipt{ID: d.ID, Outcome: events.Duplicate})
			continue
		case known:
			out = append(out, events.Receipt{ID: d.ID, Outcome: events.Conflict})
			w.t.Errorf("conflict %s", d.ID)
			continue
		}
		err := w.fuse.step(func() error {
			w.byID[d.ID] = string(d.Canonical())
			w.records = append(w.records, events.Record{Position: events.Position(len(w.records) + 1), Event: events.Event{
				ID: d.ID, Source: d.Source, Type: d.Type, Org: org, Rep: d.Rep, Team: d.Team, Time: d.Time, RecordedAt: w.now,
				DataVersion: 1, Data: d.Data,
			}})
			return nil
		})
		if err != nil {
			return nil, err
		}
		out = append(out, events.Receipt{ID: d.ID, Outcome: events.Appended})
	}
	return out, nil
}

func (w *world) Follow([]string, events.Position) message.Subscriber { return nil } // handed over by dispatch

func (w *world) Last(context.Context) (events.Position, error) {
	return events.Position(len(w.records)), nil
}

func (w *world) Waiting(context.Context) (map[string]int, error) {
	return map[string]int{"acme": w.waiting}, nil
}

func (w *world) Orgs(context.Context) ([]string, error) { return []string{"acme"}, nil }

func (w *world) Position(context.Context, string) (events.Position, error) {
	return events.Position(len(w.records)), nil
}

func (w *world) Declarations(_ context.Context, q projections.DeclarationQuery) ([]events.Record, error) {
	var out []events.Record
	for _, r := range w.records {
		if slices.Contains(q.Types, r.Event.Type) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (w *world) matches(e events.Event, where map[projections.Dimension][]string) bool {
	for d, values := range where {
		if !slices.Contains(values, dimension(e, d)) {
			return false
		}
	}
	return true
}

func dimension(e events.Event, d projections.Dimension) string {
	f, _ := events.Facts(e) // was checked
	switch d {
	case projections.ByType:
		return e.Type
	case projections.ByOutcome:
		return f.Outcome
	case projections.ByRep:
		return e.Rep
	case projections.BySource:
		return f.Source
	case projections.ByCurrency:
		return f.Currency
	default:
		return ""
	}
}

func (w *world) Metrics(_ context.Context, q projections.MetricQuery) ([]projections.MetricRow, error) {
	return w.sum(q.Where, q.GroupBy, func(e events.Event) (calendar.Day, bool) {
		b := utc().Bucket(q.Grain, utc().DayOf(e.Time))
		return b, b >= q.From && b < q.To
	}), nil
}

func (w *world) Tally(_ context.Context, q projections.TallyQuery) ([]projections.MetricRow, error) {
	return w.sum(q.Where, projections.TallyGroup(), func(e events.Event) (calendar.Day, bool) {
		return utc().DayOf(e.Time), !e.Time.Before(q.From) && e.Time.Before(q.Until)
	}), nil
}

func (w *world) Amounts(context.Context, projections.AmountQuery) ([]events.Decimal, error) {
	return nil, nil
}

func (w *world) sum(
	where map[projections.Dimension][]string, groupBy []projections.Dimension, bucket func(events.Event) (calendar.Day, bool),
) []projections.MetricRow {
	rows := map[string]*projections.MetricRow{}
	var order []string
	for _, r := range w.records {
		day, in := bucket(r.Event)
		if !in || !w.matches(r.Event, where) {
			continue
		}
		group := make([]string, len(groupBy))
		for i, d := range groupBy {
			group[i] = dimension(r.Event, d)
		}
		key := day.String() + strings.Join(group, "\x00")
		if rows[key] == nil {
			rows[key] = &projections.MetricRow{Bucket: day, Group: group}
			order = append(order, key)
		}
		f, _ := events.Facts(r.Event)
		rows[key].Count++
		rows[key].Seconds += f.Seconds
	}
	var out []projections.MetricRow
	for _, key := range order {
		out = append(out, *rows[key])
	}
	return out
}

func (w *world) Events(_ context.Context, q projections.EventQuery) ([]projections.EventRow, error) {
	var out []projections.EventRow
	for _, r := range slices.Backward(w.records) {
		day := utc().DayOf(r.Event.Time)
		if w.matches(r.Event, q.Where) && day >= q.From && day < q.To && len(out) < q.Limit {
			out = append(out, projections.EventRow{Record: r, Day: day})
		}
	}
	return out, nil
}

func (w *world) Sources(_ context.Context, q projections.SourceQuery) ([]projections.SourceDay, error) {
	found := map[string]*projections.SourceDay{}
	for _, r := range w.records {
		if f, _ := events.Facts(r.Event); r.Event.Type == events.TypeLeadCaptured && utc().DayOf(r.Event.Time) >= q.From {
			day := utc().DayOf(r.Event.Time)
			key := f.Source + day.String()
			if found[key] == nil {
				found[key] = &projections.SourceDay{Kind: projections.LeadSource, Name: f.Source, Day: day}
			}
			found[key].N++
			found[key].Last = r.Event.Time
		}
	}
	var out []projections.SourceDay
	for _, d := range found {
		out = append(out, *d)
	}
	slices.SortFunc(out, func(x, y projections.SourceDay) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Day, y.Day))
	})
	return out, nil
}

func (w *world) Appointments(context.Context, projections.AppointmentQuery) ([]events.Event, error) {
	var out []events.Event
	for _, r := range w.records {
		if events.KindOf(r.Event.Type) == events.KindAppointment {
			out = append(out, r.Event)
		}
	}
	return out, nil
}

// recorded lists the alerts that were recorded: day and hour, kind or status.
func (w *world) recorded(types ...string) []string {
	var out []string
	for _, r := range w.records {
		if !slices.Contains(types, r.Event.Type) {
			continue
		}
		a, err := notify.AlertOf(r)
		if err != nil {
			w.t.Fatal(err)
		}
		out = append(out, a.Recorded.Format("01-02 15:04 ")+a.Kind+" "+a.Status+a.Rep)
	}
	return out
}

type plainSealer struct{}

func (plainSealer) Seal(_ context.Context, _, _, _ string, private []byte) (string, error) {
	return string(private), nil
}

func (plainSealer) Open(_ context.Context, _, _, _, sealed string) ([]byte, error) {
	return []byte(sealed), nil
}
func (plainSealer) Erase(context.Context, string, string) error { return nil }

func utc() calendar.Calendar { return projections.DefaultOrgSettings().Calendar() }

func instant(tb testing.TB, s string) time.Time {
	tb.Helper()
	if len(s) == len("2026-01-05 09:00") {
		s = strings.Replace(s, " ", "T", 1) + ":00Z"
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func number(n int) string { b, _ := json.Marshal(n); return string(b) }
