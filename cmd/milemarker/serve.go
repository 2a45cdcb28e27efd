package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"milemarker/internal/assembly"
	"milemarker/internal/boot"
	"milemarker/internal/ledger"
	"milemarker/internal/vault"
	"milemarker/internal/warehouse"
)

// serveCmd runs every role in one process on embedded engines.
type serveCmd struct {
	boot.Log
	boot.HTTP
	boot.Alerts
	boot.Webhooks
	boot.Public
	engineOptions
	Org       string `default:"main" env:"MILEMARKER_ORG" help:"Org of the first admin key, made at the first start."`
	AuditKey  string `env:"MILEMARKER_AUDIT_KEY" help:"Key that signs checkpoints of the ledger; by default the file audit.key in the data folder."`
	MasterKey string `env:"MILEMARKER_MASTER_KEY" help:"Master key, 32 bytes in base64; by default the file master.key in the data folder."`
}

// Run serves until ctx is done, then stops everything in reverse order.
func (c *serveCmd) Run(ctx context.Context) (err error) {
	logger := c.Logger(os.Stderr)
	master, err := c.master()
	if err != nil {
		return err
	}
	e, err := c.start(ctx, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.stop()) }()
	background, cancel := context.WithCancel(context.WithoutCancel(ctx)) // outlives the roles
	defer cancel()
	l, err := ledger.Open(ctx, ledger.Config{Options: e.nats.ClientOptions(), Logger: logger})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	w, err := warehouse.Open(ctx, warehouse.Config{Transport: e.clickhouse.Transport()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	services, err := assembly.NewServices(background, l, master, time.Now)
	if err != nil {
		return err
	}
	if err := erasePending(ctx, c.Data, services); err != nil {
		return err
	}
	if err := services.FirstKey(ctx, boot.FirstKey{Data: c.Data, Org: c.Org}); err != nil {
		return err
	}
	assembly.Measure(services.Metrics, l, w)
	if err := services.Guard(c.Data, c.AuditKey, l, logger, time.Now); err != nil {
		return err
	}
	web, err := boot.Listen(ctx, c.Listen, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, web.Close()) }()
	if err := writeAddress(c.Data, web.URL()); err != nil {
		return err
	}
	services.Webhooks, err = services.OpenWebhooks(background, l, c.DeliveriesKeep, cmp.Or(c.URL, web.URL()), time.Now)
	if err != nil {
		return err
	}
	return boot.RunRoles(ctx, func() { announce(ctx, c.Data, web.URL(), services) },
		assembly.Guards(services),
		assembly.Projector(l, w, nil, logger, time.Now, services.Metrics),
		assembly.Alerts(services, l, w, c.Alerts, logger, time.Now),
		assembly.Forecaster(services, l, w, logger, time.Now),
		assembly.API(services, l, w, web, logger, time.Now),
		assembly.Ingest(services, web, logger, time.Now),
		assembly.Translator(services, services.Webhooks, c.Webhooks, logger, time.Now),
		assembly.Hooks(services.Webhooks, web, c.Webhooks, logger, time.Now),
		web.Role(),
	)
}

// master returns the master key. It makes one on an empty data folder only: beside data, a missing key is a loss that a
// new one would hide.
func (c *serveCmd) master() ([]byte, error) {
	if c.MasterKey != "" {
		return vault.ParseMasterKey(c.MasterKey)
	}
	path := filepath.Join(c.Data, "master.key")
	_, missing := os.Stat(path)
	if _, err := os.Stat(filepath.Join(c.Data, "nats")); err == nil && errors.Is(missing, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing, and the data beside it can be read with it only: put it back, or give it as MILEMARKER_MASTER_KEY", path)
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	return vault.LoadOrCreateMasterKey(path)
}

// announce prints the one line that says where the product is, with a login link if the first key is still good.
func announce(ctx context.Context, data, base string, s *assembly.Services) {
	token, err := adminToken(data)
	if err == nil {
		caller, link := "", ""
		if who, authErr := s.Access.Authenticate(ctx, token); authErr == nil {
			caller = who.KeyID
		}
		if link, err = s.Access.NewLogin(ctx, caller); err == nil {
			fmt.Println("Milemarker is ready:", base+"/login?token="+url.QueryEscape(link))
			return
		}
	}
	fmt.Println("Milemarker is ready:", base)
}

// The files in the data folder by which this program's other commands find a running server.
const (
	addressFile = "address"
	adminFile   = "admin.key"
)

func writeAddress(data, base string) error {
	if err := os.WriteFile(filepath.Join(data, addressFile), []byte(base+"\n"), 0o600); err != nil {
		return fmt.Errorf("address file: %w", err)
	}
	return nil
}

func adminToken(data string) (string, error) {
	b, err := os.ReadFile(filepath.Join(data, adminFile))
	return strings.TrimSpace(string(b)), err
}
