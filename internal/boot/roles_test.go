package boot

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
)

// diary notes what happens, in order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) note(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) role(name string, run func(context.Context) error) Role {
	return Role{Name: name, Run: func(ctx context.Context, ready func()) error {
		d.note("start " + name)
		ready()
		err := run(ctx)
		d.note("end " + name)
		return err
	}}
}

func untilDone(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func TestRolesStopInReverseOrder(t *testing.T) {
	var d diary
	ctx, stop := context.WithCancel(t.Context())
	err := RunRoles(ctx, func() { d.note("started"); stop() },
		d.role("a", untilDone), d.role("b", untilDone), d.role("c", untilDone))
	want := []string{"start a", "start b", "start c", "started", "end c", "end b", "end a"}
	if err != nil || !slices.Equal(d.lines, want) {
		t.Errorf("%v: %q, want %q", err, d.lines, want)
	}
}

func TestFailingRoleStopsTheOthers(t *testing.T) {
	var d diary
	broken := errors.New("broken")
	release := make(chan struct{})
	err := RunRoles(t.Context(), func() { close(release) },
		d.role("a", untilDone),
		d.role("b", func(context.Context) error { <-release; return broken }))
	if !errors.Is(err, broken) || d.lines[len(d.lines)-1] != "end a" {
		t.Errorf("%v after %q, want %v and a ended last", err, d.lines, broken)
	}
}

func TestRoleThatCannotStart(t *testing.T) {
	var d diary
	broken := errors.New("broken")
	err := RunRoles(t.Context(), func() { t.Error("started") },
		d.role("a", untilDone),
		Role{Name: "b", Run: func(context.Context, func()) error { return broken }},
		d.role("c", untilDone))
	if !errors.Is(err, broken) || slices.Contains(d.lines, "start c") || !slices.Contains(d.lines, "end a") {
		t.Errorf("%v after %q", err, d.lines)
	}
}

func TestRoleThatEndsEarly(t *testing.T) {
	var d diary
	err := RunRoles(t.Context(), func() {}, d.role("a", func(context.Context) error { return nil }))
	if !errors.Is(err, ErrEndedEarly) {
		t.Errorf("%v, want %v", err, ErrEndedEarly)
	}
}
