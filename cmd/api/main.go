// Command api runs the api role alone, against external NATS and ClickHouse servers.
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
)

func main() {
	var options boot.API
	kong.Parse(&options, kong.Name("api"), kong.Description("The api role of Milemarker."))
	ctx, stop := boot.Signals()
	defer stop()
	if err := run(ctx, options); err != nil {
		fmt.Fprintln(os.Stderr, "api:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o boot.API) (err error) {
	logger := o.Logger(os.Stderr)
	background, cancel := context.WithCancel(context.WithoutCancel(ctx)) // outlives the role
	defer cancel()
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
	services, err := assembly.SplitServices(background, l, o.Secrets, time.Now)
	if err != nil {
		return err
	}
	if err := services.FirstKey(ctx, o.FirstKey); err != nil {
		return err
	}
	assembly.Measure(services.Metrics, l, w)
	if err := services.Guard(o.Data, o.AuditKey, l, logger, time.Now); err != nil {
		return err
	}
	if services.Webhooks, err = services.OpenWebhooks(background, l, 0, o.Public.URL, time.Now); err != nil {
		return err
	}
	web, err := boot.Listen(ctx, o.Listen, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, web.Close()) }()
	return boot.RunRoles(ctx, func() { fmt.Println("api is ready:", web.URL()) },
		assembly.Guards(services), assembly.API(services, l, w, web, logger, time.Now),
		assembly.AlertsInTurn(services, l, w, o.Alerts, logger, time.Now),
		assembly.ForecasterInTurn(services, l, w, logger, time.Now), web.Role())
}
