package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"milemarker/internal/boot"
	"milemarker/internal/embedded/clickhouse"
	"milemarker/internal/embedded/natsd"
)

// engineOptions say where the engines keep their data and whether others may reach them.
type engineOptions struct {
	Data               string `default:"data" type:"path" env:"MILEMARKER_DATA" help:"Data folder."`
	EngineLib          string `env:"MILEMARKER_ENGINE_LIB" help:"Path of libchdb.so; found by itself after 'make engine'."`
	NATSListen         string `name:"nats-listen" env:"MILEMARKER_NATS_LISTEN" help:"Also listen for NATS clients, host:port; needs a token."`
	NATSToken          string `name:"nats-token" env:"MILEMARKER_NATS_TOKEN" help:"Token for NATS clients."`
	ClickHouseListen   string `name:"clickhouse-listen" env:"MILEMARKER_CLICKHOUSE_LISTEN" help:"Also listen as ClickHouse's HTTP interface, host:port; needs a password."`
	ClickHousePassword string `name:"clickhouse-password" env:"MILEMARKER_CLICKHOUSE_PASSWORD" help:"Password of user milemarker on that interface."`
}

// engines are the two embedded engines, running.
type engines struct {
	nats       *natsd.Server
	clickhouse *clickhouse.Engine
	listener   *http.Server // ClickHouse's HTTP interface, nil when it is off
}

// start starts both engines on the data folder.
func (o engineOptions) start(ctx context.Context, logger *slog.Logger) (_ *engines, err error) {
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	e := &engines{}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.stop())
		}
	}()
	cfg := natsd.Config{StoreDir: filepath.Join(o.Data, "nats"), Token: o.NATSToken, Logger: logger}
	if o.NATSListen != "" {
		if cfg.Host, cfg.Port, err = hostPort(o.NATSListen); err != nil {
			return nil, fmt.Errorf("--nats-listen: %w", err)
		}
	}
	if e.nats, err = natsd.Start(ctx, cfg); err != nil {
		return nil, err
	}
	e.clickhouse, err = clickhouse.Open(ctx, clickhouse.Config{Path: filepath.Join(o.Data, "clickhouse"), Library: o.EngineLib})
	if err != nil {
		return nil, err
	}
	return e, o.listen(ctx, e, logger)
}

// listen opens ClickHouse's HTTP interface if it is wanted.
func (o engineOptions) listen(ctx context.Context, e *engines, logger *slog.Logger) error {
	if o.ClickHouseListen == "" {
		return nil
	}
	if o.ClickHousePassword == "" {
		return errors.New("--clickhouse-listen needs --clickhouse-password (or MILEMARKER_CLICKHOUSE_PASSWORD)")
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", o.ClickHouseListen)
	if err != nil {
		return fmt.Errorf("--clickhouse-listen: %w", err)
	}
	e.listener = &http.Server{
		Handler: e.clickhouse.Handler("milemarker", o.ClickHousePassword), ReadHeaderTimeout: 10 * time.Second,
	}
	go func() {
		if err := e.listener.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			logger.ErrorContext(ctx, "ClickHouse interface ended", "error", err)
		}
	}()
	logger.InfoContext(ctx, "ClickHouse interface", "address", l.Addr().String())
	return nil
}

// stop ends the engines, the one started last first.
func (e *engines) stop() error {
	var errs []error
	if e.listener != nil {
		errs = append(errs, e.listener.Close())
	}
	if e.clickhouse != nil {
		errs = append(errs, e.clickhouse.Close())
	}
	if e.nats != nil {
		e.nats.Stop()
	}
	return errors.Join(errs...)
}

func hostPort(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	if port, err = strconv.Atoi(text); err != nil {
		return "", 0, fmt.Errorf("port %q: want a number", text)
	}
	if port == 0 {
		port = -1 // any free port
	}
	return host, port, nil
}

// enginesCmd runs the engines alone.
type enginesCmd struct {
	boot.Log
	engineOptions
}

// Run serves until ctx is done.
func (c *enginesCmd) Run(ctx context.Context) error {
	logger := c.Logger(os.Stderr)
	if c.NATSListen == "" || c.ClickHouseListen == "" {
		return errors.New("engines alone are of use only with --nats-listen and --clickhouse-listen")
	}
	e, err := c.start(ctx, logger)
	if err != nil {
		return err
	}
	fmt.Println("Engines are ready: NATS", e.nats.ClientURL(), "and ClickHouse http://"+c.ClickHouseListen)
	<-ctx.Done()
	return e.stop()
}
