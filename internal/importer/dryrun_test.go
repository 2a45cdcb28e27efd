package importer

import (
	"bytes"
	"flag"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestDryRun(t *testing.T) {
	for _, c := range []struct{ golden, csv, mapping string }{
		{"crm.golden", "sales_pipeline.csv", "../../docs/examples/crm-opportunities/mapping.yaml"},
		{"everything.golden", "calls.csv", "testdata/everything.yaml"},
	} {
		t.Run(c.golden, func(t *testing.T) {
			var out bytes.Buffer
			cfg := Config{
				CSV: filepath.Join("testdata", c.csv), Mapping: c.mapping, DryRun: true,
				Out: &out, Err: io.Discard, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
			}
			report, err := Run(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, c.golden, out.String()+report.String()+"\n")
			if left, _ := filepath.Glob(cfg.CSV + ".*"); left != nil {
				t.Errorf("a dry run left files: %q", left)
			}
		})
	}
}

// golden compares got with a file of testdata; -update writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}
