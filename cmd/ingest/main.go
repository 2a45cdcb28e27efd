// Command ingest runs what takes things in, against an external NATS server: the roles ingest, hooks and translator.
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
	var options boot.Ingest
	kong.Parse(&options, kong.Name("ingest"), kong.Description("The ingest role of Milemarker."))
	ctx, stop := boot.Signals()
	defer stop()
	if err := run(ctx, options); err != nil {
		fmt.Fprintln(os.Stderr, "ingest:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o boot.Ingest) (err error) {
	logger := o.Logger(os.Stderr)
	background, cancel := context.WithCancel(context.WithoutCancel(ctx)) // outlives the role
	defer cancel()
	l, err := assembly.Ledger(ctx, o.NATS, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	services, err := assembly.SplitServices(background, l, o.Secrets, time.Now)
	if err != nil {
		return err
	}
	if services.Webhooks, err = services.OpenWebhooks(background, l, o.DeliveriesKeep, "", time.Now); err != nil {
		return err
	}
	web, err := boot.Listen(ctx, o.Listen, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, web.Close()) }()
	return boot.RunRoles(ctx, func() { fmt.Println("ingest is ready:", web.URL()) },
		assembly.Health(web, l), assembly.Scrape(web, services.Metrics, services.Access), assembly.Ingest(services, web, logger, time.Now),
		assembly.TranslatorInTurn(services, services.Webhooks, o.Webhooks, logger, time.Now),
		assembly.Hooks(services.Webhooks, web, o.Webhooks, logger, time.Now), web.Role())
}
