package connections_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/internal/connections"
	"milemarker/internal/providers"
)

// shelf keeps values in memory and tells all who watch.
type shelf struct {
	mu       sync.Mutex
	values   map[string][]byte
	watchers []func(string, []byte)
	fail     error
}

func (s *shelf) Get(_ context.Context, key string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.values[key]; ok {
		return v, s.fail
	}
	return nil, errors.Join(s.fail, fs.ErrNotExist)
}

func (s *shelf) Put(_ context.Context, key string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	if s.values == nil {
		s.values = map[string][]byte{}
	}
	s.values[key] = value
	for _, fn := range s.watchers {
		fn(key, value)
	}
	return nil
}

func (s *shelf) Create(ctx context.Context, key string, value []byte) error {
	return s.Put(ctx, key, value)
}

func (s *shelf) Watch(_ context.Context, fn func(string, []byte)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, value := range s.values {
		fn(key, value)
	}
	s.watchers = append(s.watchers, fn)
	return nil
}

// wrapper turns every bit around, and binds to the name.
type wrapper struct{}

func (wrapper) Wrap(name string, secret []byte) ([]byte, error) {
	out := []byte(name + "|")
	for _, c := range secret {
		out = append(out, ^c)
	}
	return out, nil
}

func (wrapper) Unwrap(name string, wrapped []byte) ([]byte, error) {
	rest, ok := bytes.CutPrefix(wrapped, []byte(name+"|"))
	if !ok {
		return nil, errors.New("another's")
	}
	out := bytes.Clone(rest)
	for i := range out {
		out[i] = ^out[i]
	}
	return out, nil
}

// clock is set by hand.
type clock struct{ now time.Time }

func (c *clock) time() time.Time { return c.now }

func open(t *testing.T, s *shelf, c *clock) *connections.Connections {
	t.Helper()
	all, err := connections.Open(t.Context(), s, wrapper{}, c.time)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSecretsRotate(t *testing.T) {
	c := &clock{time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)}
	s := &shelf{}
	here, elsewhere := open(t, s, c), open(t, s, c)
	one, err := here.Add(t.Context(), "https://hooks.example.com/", connections.Connection{Org: "acme", Provider: "test", Token: "t0ken"}, "first")
	if err != nil {
		t.Fatal(err)
	}
	if one.URL != "https://hooks.example.com/hooks/"+one.ID || len(one.ID) != 28 {
		t.Errorf("%+v", one)
	}
	live := func() providers.Secrets {
		t.Helper()
		got, ok := elsewhere.Get(one.ID) // another process hears of it
		if !ok || got.Token != "t0ken" {
			t.Fatalf("%+v", got)
		}
		return got.Live(c.now)
	}
	for _, step := range []struct {
		after   time.Duration
		rotate  string
		overlap time.Duration
		want    providers.Secrets
	}{
		{0, "", 0, providers.Secrets{"first"}},
		{time.Minute, "second", 2 * time.Hour, providers.Secrets{"second", "first"}},
		{time.Minute, "third", 10 * time.Hour, providers.Secrets{"third", "second", "first"}},
		{2 * time.Hour, "", 0, providers.Secrets{"third", "second"}},
		{time.Hour, "fourth", 0, providers.Secrets{"fourth"}},
	} {
		c.now = c.now.Add(step.after)
		if step.rotate != "" {
			if _, err := here.Rotate(t.Context(), "acme", one.ID, step.rotate, step.overlap); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(step.want, live()); diff != "" {
			t.Errorf("after rotating to %q: %s", step.rotate, diff)
		}
	}
	for _, secret := range []string{"first", "second", "fourth", "t0ken"} {
		if bytes.Contains(s.values[one.ID], []byte(secret)) {
			t.Errorf("%q is stored in clear", secret)
		}
	}
	if again, ok := open(t, s, c).Get(one.ID); !ok || again.Live(c.now)[0] != "fourth" {
		t.Errorf("after a restart: %+v", again)
	}
}

func TestStates(t *testing.T) {
	c := &clock{time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)}
	all := open(t, &shelf{}, c)
	one, err := all.Add(t.Context(), "http://x", connections.Connection{Org: "acme", Provider: "test"}, "")
	if err != nil || len(one.Live(c.now)) != 0 {
		t.Fatalf("%+v, %v", one, err)
	}
	if _, err := all.Pause(t.Context(), "other", one.ID); !errors.Is(err, connections.ErrUnknown) {
		t.Errorf("pause of another org's: %v", err)
	}
	paused := c.now
	for range 2 { // pausing twice keeps since when
		if _, err := all.Pause(t.Context(), "acme", one.ID); err != nil {
			t.Fatal(err)
		}
		c.now = c.now.Add(time.Hour)
	}
	if _, since, err := all.Resume(t.Context(), "acme", one.ID); err != nil || !since.Equal(paused) {
		t.Errorf("resumed: %v since %v", err, since)
	}
	changed, err := all.Change(t.Context(), "acme", one.ID, func(x *connections.Connection) {
		x.Name, x.Zone, x.Org, x.URL, x.State = "new", "Europe/Berlin", "other", "http://y", connections.Deleted
	})
	if err != nil || changed.Name != "new" || changed.Org != "acme" || changed.URL != one.URL || changed.State != connections.Active ||
		changed.Location().String() != "Europe/Berlin" {
		t.Errorf("%+v, %v", changed, err)
	}
	if err := all.Delete(t.Context(), "acme", one.ID); err != nil {
		t.Fatal(err)
	}
	if got, ok := all.Get(one.ID); !ok || got.State != connections.Deleted || len(got.Secrets) > 0 {
		t.Errorf("deleted: %+v", got)
	}
	if _, err := all.Of("acme", one.ID); !errors.Is(err, connections.ErrUnknown) || len(all.List("acme")) > 0 {
		t.Errorf("a deleted one is found: %v", err)
	}
}

func TestTally(t *testing.T) {
	s := &shelf{}
	intake, translation := connections.NewTally(s, connections.PartIntake), connections.NewTally(s, connections.PartTranslation)
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	s.fail = errors.New("down")
	for i := range 12 {
		intake.Refuse("c_1", connections.Refusal{Time: at.Add(time.Duration(i) * time.Second), Why: strings.Repeat("x", i+1)})
	}
	if err := intake.Flush(t.Context()); err == nil {
		t.Error("a store that is down was written to")
	}
	s.fail = nil
	intake.Refuse("c_1", connections.Refusal{Time: at.Add(time.Hour), Why: "last"})
	translation.Add("c_1", connections.Counts{Translated: 2, Failed: 1, LastError: "oh", LastErrorAt: at})
	for _, tally := range []*connections.Tally{intake, translation, intake} {
		if err := tally.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	got, err := connections.ReadCounts(t.Context(), s, "c_1")
	if err != nil || got.Refused != 13 || got.Translated != 2 || got.Failed != 1 || got.LastError != "oh" {
		t.Errorf("%+v, %v", got, err)
	}
	if len(got.Refusals) != 10 || got.Refusals[0].Why != "last" || len(got.Refusals[1].Why) != 12 {
		t.Errorf("refusals, the newest first: %+v", got.Refusals)
	}
	if none, err := connections.ReadCounts(t.Context(), s, "c_2"); err != nil || none.Refused != 0 || none.Refusals == nil {
		t.Errorf("%+v, %v", none, err)
	}
}

func TestNewSecret(t *testing.T) {
	a, b := connections.NewSecret(), connections.NewSecret()
	if a == b || len(a) != 52 || strings.Trim(a, "abcdefghijklmnopqrstuvwxyz234567") != "" {
		t.Errorf("%q and %q", a, b)
	}
}
