package main

import (
	"context"
	"errors"
	"fmt"
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
	engineOptions
	Org       string `default:"main" env:"MILEMARKER_ORG" help:"Org of the first admin key, made at the first start."`
	MasterKey string `env:"MILEMARKER_MASTER_KEY" help:"Master key, 32 bytes in base64; by default the file master.key in the data folder."`
}

// Run serves until ctx is done, then stops everything in reverse order.
func (c *serveCmd) Run(ctx context.Context) (err error) {
	logger := c.Logger(os.Stderr)
	e, err := c.start(ctx, logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.stop()) }()
	background, cancel := context.WithCancel(context.WithoutCancel(ctx)) // outlives the roles
	defer cancel()
	l, err := ledger.Open(background, ledger.Config{Options: e.nats.ClientOptions(), Logger: logger})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	w, err := warehouse.Open(ctx, warehouse.Config{Transport: e.clickhouse.Transport()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	master, err := c.master()
	if err != nil {
		return err
	}
	services, err := assembly.NewServices(background, l, master, time.Now)
	if err != nil {
		return err
	}
	if _, err := services.Access.Bootstrap(ctx, c.Data, c.Org); err != nil {
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
	return boot.RunRoles(ctx, func() { announce(ctx, c.Data, web.URL(), services) },
		web.Role(),
		assembly.Projector(l, w, nil, logger),
		assembly.API(services, l, w, web, logger, time.Now),
		assembly.Ingest(services, web, logger, time.Now),
	)
}

func (c *serveCmd) master() ([]byte, error) {
	if c.MasterKey != "" {
		return vault.ParseMasterKey(c.MasterKey)
	}
	return vault.LoadOrCreateMasterKey(filepath.Join(c.Data, "master.key"))
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
