package translator_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/internal/deliveries"
	"milemarker/internal/translator"
)

// crashFolder and crashStep turn the test binary into a translator on that folder that is killed at a step.
const (
	crashFolder = "TRANSLATOR_TEST_CRASH_FOLDER"
	crashStep   = "TRANSLATOR_TEST_CRASH_STEP"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashFolder); dir != "" {
		os.Exit(translateUntilKilled(dir))
	}
	os.Exit(m.Run())
}

// bomb kills the process, as a power failure would, at its n-th durable step: odd ones before it, even ones behind it.
type bomb struct{ left atomic.Int64 }

func (b *bomb) around(step func() error) error {
	b.tick()
	defer b.tick()
	return step()
}

func (b *bomb) tick() {
	if b.left.Add(-1) == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL) // it cannot fail
		select {}
	}
}

type armedRecorder struct {
	translator.Recorder

	bomb *bomb
}

func (r armedRecorder) Record(ctx context.Context, org string, d []events.Draft) (out []events.Receipt, err error) {
	err = r.bomb.around(func() error { out, err = r.Recorder.Record(ctx, org, d); return err })
	return out, err
}

func (r armedRecorder) RecordTogether(ctx context.Context, org string, d []events.Draft) (out []events.Receipt, err error) {
	err = r.bomb.around(func() error { out, err = r.Recorder.RecordTogether(ctx, org, d); return err })
	return out, err
}

type armedBucket struct {
	deliveries.Bucket

	bomb *bomb
}

func (b armedBucket) Put(ctx context.Context, key string, value []byte) error {
	return b.bomb.around(func() error { return b.Bucket.Put(ctx, key, value) })
}

func (b armedBucket) Delete(ctx context.Context, key string) error {
	return b.bomb.around(func() error { return b.Bucket.Delete(ctx, key) })
}

// crashDeliveries are a call, its amendment, a thread of two, a call whose details are missing, and a dead letter. Then the
// call is corrected by hand, and its provider amends it once more: crashLast.
var crashDeliveries = []string{
	call("1", 10),
	`{"id":"1","kind":"call","seconds":20,"user":"7","amends":true}`,
	`{"id":"2","kind":"call","thread":"t","parts":{"a":1}}`,
	`{"id":"2","kind":"call","thread":"t","parts":{"b":2}}`,
	`{"id":"3","kind":"thin"}`,
	`{"id":"4","kind":"panic"}`,
}

const crashLast = `{"id":"1","kind":"call","seconds":30,"user":"7","amends":true}`

var crashStands = []string{"call.completed 21 ann", "call.completed 3 unknown", "call.completed 0 unknown"}

// playCrash does what was not done yet, up to the outcome of the last delivery, and returns all outcomes.
func playCrash(h *house) (outcomes []string) {
	for i, body := range append(slices.Clone(crashDeliveries), crashLast) {
		at := events.Position(i + 1)
		if at > events.Position(len(crashDeliveries)) {
			h.correct("call.completed", 20, 21)
		}
		if at > h.posted() {
			h.post("c_one", body)
		}
		if i >= len(crashDeliveries)-1 { // the first ones are there together
			for next := events.Position(len(outcomes)) + 1; next <= at; next++ {
				outcomes = append(outcomes, h.outcome(next))
			}
		}
	}
	return outcomes
}

// translateUntilKilled returns 0 when it was not killed: there are fewer steps.
func translateUntilKilled(dir string) int {
	ctx := context.Background()
	step, err := strconv.Atoi(os.Getenv(crashStep))
	if err != nil {
		panic(err)
	}
	h, end, err := open(ctx, nil, dir, 0)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer end()
	h.tb = &testing.T{} // nobody looks at it
	b := &bomb{}
	b.left.Store(int64(step))
	h.deps.Recorder = armedRecorder{h.deps.Recorder, b}
	for _, bucket := range []*deliveries.Bucket{
		&h.deps.Buckets.Outcomes, &h.deps.Buckets.Threads, &h.deps.Buckets.Told, &h.deps.Buckets.Retries,
		&h.deps.Buckets.Corrected, &h.deps.Buckets.Marks,
	} {
		*bucket = armedBucket{*bucket, b}
	}
	h.deps.Log = deliveries.NewLog(stream{h.kept}, h.deps.Buckets.Buckets, h.now)
	h.log = h.deps.Log
	h.run()
	playCrash(h)
	h.end()
	return 0
}

// A translator that is killed between any two of its durable steps loses nothing and doubles nothing.
func TestKilledBetweenAnyTwoSteps(t *testing.T) {
	for step := 1; ; step++ {
		dir := t.TempDir()
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), crashFolder+"="+dir, crashStep+"="+strconv.Itoa(step))
		cmd.Stderr = os.Stderr
		err := cmd.Run()
		var exit *exec.ExitError
		if err != nil && (!errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL) {
			t.Fatalf("step %d: %v", step, err)
		}
		afterCrash(t, step, dir)
		if err == nil {
			if step < 30 {
				t.Errorf("only %d steps were taken", step)
			}
			t.Logf("killed at each of %d steps", step-1)
			return
		}
	}
}

func afterCrash(t *testing.T, step int, dir string) {
	t.Helper()
	h, end, err := open(t.Context(), t, dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	h.run()
	defer h.end()
	var got []string
	for _, outcome := range playCrash(h) {
		status, _, _ := strings.Cut(outcome, " ")
		got = append(got, status)
	}
	want := []string{"translated", "translated", "translated", "translated", "pending", "failed", "translated"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("killed at step %d: %s", step, diff)
	}
	if r := h.replay(deliveries.Replay{From: 1, UpTo: events.Position(len(crashDeliveries) + 1)}); r.Changed != 0 {
		t.Errorf("killed at step %d: a replay changes %d events", step, r.Changed)
	}
	if diff := cmp.Diff(sorted(crashStands), sorted(h.stands())); diff != "" {
		t.Errorf("killed at step %d: %s", step, diff)
	}
}
