package assembly

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"milemarker/events"
	"milemarker/internal/boot"
	"milemarker/internal/ledger"
	"milemarker/internal/vault"
	"milemarker/internal/warehouse"
)

// Ledger connects a single-role program to its NATS server; ctx ends the attempt, not the connection.
func Ledger(ctx context.Context, o boot.NATS, logger *slog.Logger) (*ledger.Ledger, error) {
	return ledger.Open(ctx, ledger.Config{URL: o.URL, Token: o.Token, Replicas: o.Replicas, Logger: logger})
}

// Warehouse connects a single-role program to its ClickHouse server.
func Warehouse(ctx context.Context, o boot.ClickHouse) (*warehouse.Warehouse, error) {
	return warehouse.Open(ctx, warehouse.Config{URL: o.URL, Cluster: o.Cluster})
}

// SplitServices opens the key stores for a single-role program.
func SplitServices(ctx context.Context, l *ledger.Ledger, o boot.Secrets, now func() time.Time) (*Services, error) {
	master, err := vault.ParseMasterKey(o.MasterKey)
	if err != nil {
		return nil, err
	}
	return NewServices(ctx, l, master, now)
}

// Checker is a part that can say whether it works.
type Checker interface {
	Ready(ctx context.Context) error
}

// Health returns a role that answers GET /healthz: 200 while every part works, 503 with the reason while one does not.
func Health(web *boot.Web, parts ...Checker) boot.Role {
	return boot.Role{Name: "health", Run: func(ctx context.Context, ready func()) error {
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for _, p := range parts {
				if err := p.Ready(r.Context()); err != nil {
					http.Error(w, err.Error(), http.StatusServiceUnavailable)
					return
				}
			}
			_, _ = w.Write([]byte("ok\n"))
		})
		return web.For(ready).Serve(ctx, h, "GET /healthz")
	}}
}

// FirstKey makes the operator's key, if there is no key yet, and writes it into its folder.
func (s *Services) FirstKey(ctx context.Context, o boot.FirstKey) error {
	if !events.ValidOrg(o.Org) {
		return fmt.Errorf("org %q: want 1 to 63 of a-z, 0-9 and inner hyphens", o.Org)
	}
	if err := os.MkdirAll(o.Data, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	_, err := s.Access.Bootstrap(ctx, o.Data, o.Org)
	return err
}
