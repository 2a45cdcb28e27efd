package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"path/filepath"
	"sync/atomic"
	"time"

	"milemarker/internal/access"
	"milemarker/internal/alerts"
	"milemarker/internal/assembly"
	"milemarker/internal/boot"
	"milemarker/internal/embedded/clickhouse"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/ledger"
	"milemarker/internal/warehouse"
)

// clock shows what it was set to.
type clock struct{ now atomic.Pointer[time.Time] }

func (c *clock) set(t time.Time) { c.now.Store(&t) }
func (c *clock) Now() time.Time  { return *c.now.Load() }

// product is all of Milemarker in this process, by a clock that is set by hand.
type product struct {
	url, key string
	drill    *alerts.Drill
}

// withProduct starts the product, hands it to fn, and stops it.
func withProduct(ctx context.Context, c config, folder string, clock *clock, fn func(context.Context, *product) error) (err error) {
	nats, err := natsd.Start(ctx, natsd.Config{StoreDir: filepath.Join(folder, "nats"), Unsynced: true})
	if err != nil {
		return err
	}
	defer nats.Stop()
	engine, err := clickhouse.Open(ctx, clickhouse.Config{Path: filepath.Join(folder, "clickhouse"), Library: c.library})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	l, err := ledger.Open(ctx, ledger.Config{Options: nats.ClientOptions(), Logger: c.logger})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	w, err := warehouse.Open(ctx, warehouse.Config{Transport: engine.Transport()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	open, end := context.WithCancel(context.WithoutCancel(ctx)) // outlives the roles
	defer end()
	services, err := assembly.NewServices(open, l, make([]byte, 32), clock.Now)
	if err != nil {
		return err
	}
	p := &product{}
	if p.key, _, err = services.Access.Add(ctx, "crm", "example", access.ScopeAdmin); err != nil {
		return err
	}
	p.drill, err = assembly.AlertsDrill(open, services, l, w, boot.Alerts{
		Every: time.Minute, Hold: 30 * time.Minute, Internal: boot.Networks{netip.MustParsePrefix("127.0.0.1/32")},
	}, c.logger, clock.Now)
	if err != nil {
		return err
	}
	return p.serve(ctx, services, l, w, c.logger, clock, fn)
}

// serve runs the roles while fn works.
func (p *product) serve(
	ctx context.Context, services *assembly.Services, l *ledger.Ledger, w *warehouse.Warehouse, logger *slog.Logger, clock *clock,
	fn func(context.Context, *product) error,
) error {
	web, err := boot.Listen(ctx, "127.0.0.1:0", logger)
	if err != nil {
		return err
	}
	p.url = web.URL()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	worked := make(chan error, 1)
	err = boot.RunRoles(ctx, func() {
		go func() {
			defer stop()
			worked <- fn(ctx, p)
		}()
	},
		assembly.Projector(l, w, nil, logger, clock.Now, services.Metrics), assembly.API(services, l, w, web, logger, clock.Now),
		assembly.Ingest(services, web, logger, time.Now), web.Role()) // its clock bounds how long a body may take; events get theirs from services
	select {
	case done := <-worked:
		err = errors.Join(done, err)
	default: // a role failed before there was anything to do
	}
	return errors.Join(err, web.Close())
}

// send posts a body and reads the answer into `into`, unless it is nil.
func (p *product) send(ctx context.Context, method, path, contentType string, body []byte, into any) error {
	r, err := http.NewRequestWithContext(ctx, method, p.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Authorization", "Bearer "+p.key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode > http.StatusMultiStatus {
		return fmt.Errorf("%s %s: %d %s", method, path, resp.StatusCode, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

// tell posts events, at most as many at a time as the server takes.
func (p *product) tell(ctx context.Context, told []event) error {
	const most = 500
	for len(told) > 0 {
		n := min(most, len(told))
		batch := make([]json.RawMessage, n)
		for i, e := range told[:n] {
			batch[i] = e.wire
		}
		body, err := json.Marshal(batch)
		if err != nil {
			return err
		}
		var answer struct {
			Results []struct{ ID, Outcome string }
		}
		if err := p.send(ctx, http.MethodPost, "/v1/events", "application/cloudevents-batch+json", body, &answer); err != nil {
			return err
		}
		for _, r := range answer.Results {
			if r.Outcome != "appended" {
				return fmt.Errorf("event %s: %s", r.ID, r.Outcome)
			}
		}
		told = told[n:]
	}
	return nil
}
