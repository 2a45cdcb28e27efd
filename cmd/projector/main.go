// Command projector runs the projector role alone, against external NATS and ClickHouse servers.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"milemarker/internal/assembly"
	"milemarker/internal/boot"
	"milemarker/internal/telemetry"
)

func main() {
	var options boot.Projector
	kong.Parse(&options, kong.Name("projector"), kong.Description("The projector role of Milemarker."))
	ctx, stop := boot.Signals()
	defer stop()
	if err := run(ctx, options); err != nil {
		fmt.Fprintln(os.Stderr, "projector:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o boot.Projector) (err error) {
	logger := o.Logger(os.Stderr)
	l, err := assembly.Ledger(ctx, o.NATS, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	w, err := assembly.Warehouse(ctx, o.ClickHouse)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	web, err := boot.Listen(ctx, o.Listen, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, web.Close()) }()
	metrics := telemetry.New(time.Now)
	assembly.Measure(metrics, l, w)
	return boot.RunRoles(ctx, func() { fmt.Println("projector is ready:", web.URL()) },
		assembly.Health(web, l, w), assembly.Scrape(web, metrics, nil), assembly.ProjectorOf(l, w, o, logger, time.Now, metrics), web.Role())
}
