package importer_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/internal/access"
	"milemarker/internal/assembly"
	"milemarker/internal/boot"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/importer"
	"milemarker/internal/ledger"
)

// TestRunAgainstTheServer imports the example into a real ledger through the real ingest role.
func TestRunAgainstTheServer(t *testing.T) {
	l, url, key := serve(t)
	folder := t.TempDir()
	for _, name := range []string{"sales_pipeline.csv", "sales_teams.csv"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(folder, name), text, 0o600))
	}
	cfg := importer.Config{
		CSV: filepath.Join(folder, "sales_pipeline.csv"), Mapping: "../../docs/examples/crm-opportunities/mapping.yaml",
		Server: url, Key: key, Out: io.Discard, Err: io.Discard, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	}
	want := importer.Report{
		Rows: 9, Skipped: 1, Events: 10, Appended: 10, Rejected: 4, LastPosition: 10,
		ByType: map[string]int{"proposal.sent": 6, "signup.completed": 3, "proposal.declined": 1},
	}
	report, err := importer.Run(t.Context(), cfg)
	must(t, err)
	if diff := cmp.Diff(want, report); diff != "" {
		t.Errorf("first run (-want +got):\n%s", diff)
	}
	want.Appended, want.Duplicate = 0, 10
	report, err = importer.Run(t.Context(), cfg)
	must(t, err)
	if diff := cmp.Diff(want, report); diff != "" {
		t.Errorf("second run (-want +got):\n%s", diff)
	}

	frames, err := l.Read(t.Context(), 1, 100)
	must(t, err)
	if len(frames) != 10 {
		t.Fatalf("%d events in the ledger, want 10", len(frames))
	}
	for _, f := range frames {
		e, err := events.Decode(f.Body)
		must(t, err)
		if e.Org != "acme" || e.Rep == "" || e.Prospect == "" || e.TimeInferred {
			t.Errorf("recorded as %+v", e)
		}
		if bytes.Contains(f.Body, []byte("Northwind")) {
			t.Errorf("an account's name stands in the ledger: %s", f.Body)
		}
	}

	// The same id with other content is a conflict, and its row is kept.
	text, err := os.ReadFile(cfg.CSV)
	must(t, err)
	must(t, os.WriteFile(cfg.CSV, bytes.Replace(text, []byte(`"$1,054.00"`), []byte("1055"), 1), 0o600))
	want.Duplicate, want.Conflict = 9, 1
	report, err = importer.Run(t.Context(), cfg)
	must(t, err)
	if diff := cmp.Diff(want, report); diff != "" {
		t.Errorf("changed file (-want +got):\n%s", diff)
	}
}

// serve runs the ingest role on a ledger of its own and returns its address and a key of the org acme.
func serve(t *testing.T) (l *ledger.Ledger, url, key string) {
	t.Helper()
	logger := slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	server, err := natsd.Start(ctx, natsd.Config{StoreDir: t.TempDir()})
	must(t, err)
	t.Cleanup(server.Stop)
	l, err = ledger.Open(ctx, ledger.Config{Options: server.ClientOptions(), Logger: logger})
	must(t, err)
	t.Cleanup(func() { must(t, l.Close()) })
	services, err := assembly.NewServices(ctx, l, make([]byte, 32), time.Now)
	must(t, err)
	key, _, err = services.Access.Add(ctx, "acme", "import", access.ScopeIngest)
	must(t, err)
	web, err := boot.Listen(ctx, "127.0.0.1:0", logger)
	must(t, err)
	t.Cleanup(func() { must(t, web.Close()) })

	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- boot.RunRoles(ctx, func() { close(ready) },
			assembly.Ingest(services, web, logger, time.Now), web.Role())
	}()
	t.Cleanup(func() {
		cancel()
		must(t, <-ended)
	})
	select {
	case <-ready:
	case err := <-ended:
		t.Fatalf("ended at once: %v", err)
	}
	return l, web.URL(), key
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
