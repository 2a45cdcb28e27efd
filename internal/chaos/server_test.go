package chaos

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
	"milemarker/internal/assembly"
	"milemarker/internal/boot"
	"milemarker/internal/embedded/clickhouse"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/ledger"
	"milemarker/internal/vault"
	"milemarker/internal/warehouse"
)

// The environment by which a test tells its server what to do.
const (
	envRole   = "CHAOS_ROLE"
	envData   = "CHAOS_DATA"
	envListen = "CHAOS_LISTEN"
	envStep   = "CHAOS_STEP"   // the step to die at
	envPass   = "CHAOS_PASS"   // at its n-th pass
	envClock  = "CHAOS_CLOCK"  // "steps": the clock jumps
	envWindow = "CHAOS_WINDOW" // for how long the ledger remembers an id

	envShuffle = "CHAOS_SHUFFLE" // events come to the projector out of order; the file that is told how often
	envGarbage = "CHAOS_GARBAGE" // so many messages lie in the ledger that cannot be read
)

// serve runs all roles in this process on embedded engines, as the all-in-one does, and dies at a step.
func serve(ctx context.Context) (err error) {
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	data := os.Getenv(envData)
	h := &hook{step: os.Getenv(envStep)}
	pass, _ := strconv.Atoi(os.Getenv(envPass)) // 0 = never
	h.left.Store(int64(pass))
	now := time.Now
	if os.Getenv(envClock) == "steps" {
		now = stepping()
	}
	window, _ := time.ParseDuration(os.Getenv(envWindow)) // 0 = as shipped

	master, err := vault.LoadOrCreateMasterKey(filepath.Join(data, "master.key"))
	if err != nil {
		return err
	}
	queue, err := natsd.Start(ctx, natsd.Config{StoreDir: filepath.Join(data, "nats"), Logger: logger})
	if err != nil {
		return err
	}
	defer queue.Stop()
	engine, err := clickhouse.Open(ctx, clickhouse.Config{Path: filepath.Join(data, "clickhouse")})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	l, err := ledger.Open(ctx, ledger.Config{
		Options:         []nats.Option{nats.InProcessServer(wire{queue.InProcess(), h, os.Getenv(envShuffle)})},
		DuplicateWindow: window, Logger: logger,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if err := litter(ctx, queue.InProcess()); err != nil {
		return err
	}
	w, err := warehouse.Open(ctx, warehouse.Config{Transport: statements{engine.Transport(), h}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	services, err := assembly.NewServices(ctx, l, master, now)
	if err != nil {
		return err
	}
	services.Recorder.Recorder = door{services.Recorder.Recorder, h}
	if err := services.FirstKey(ctx, boot.FirstKey{Data: data, Org: "main"}); err != nil {
		return err
	}
	web, err := boot.Listen(ctx, os.Getenv(envListen), logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, web.Close()) }()
	return boot.RunRoles(ctx, func() { fmt.Println("ready: " + web.URL()) },
		assembly.Projector(l, w, nil, logger, now, services.Metrics),
		assembly.API(services, l, w, web, logger, now),
		assembly.Ingest(services, web, logger, now),
		web.Role(),
	)
}

// litter puts messages into the ledger that cannot be read, as a faulty program would, unless they lie there already.
func litter(ctx context.Context, server nats.InProcessConnProvider) error {
	n, _ := strconv.Atoi(os.Getenv(envGarbage)) // 0 = none
	nc, err := nats.Connect("", nats.InProcessServer(server))
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	for i := range n {
		m := &nats.Msg{Subject: events.Subject("main", "call.completed"), Data: []byte("{")}
		if _, err := js.PublishMsg(ctx, m, jetstream.WithMsgID(fmt.Sprint("main/garbage-", i))); err != nil {
			return err
		}
	}
	return nil
}

// stepping returns a clock that jumps an hour ahead, an hour back and a day back, again and again.
func stepping() func() time.Time {
	steps := []time.Duration{0, time.Hour, -time.Hour, -26 * time.Hour}
	var calls atomic.Int64
	return func() time.Time {
		return time.Now().Add(steps[int(calls.Add(1)/40)%len(steps)])
	}
}
