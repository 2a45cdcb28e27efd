// Command crm-opportunities goes through a quarter of the data set as if it happened now, and prints which alerts arrived
// when: one line of JSON for each. Everything but the clock is real: the ledger, the read models, the HTTP API, the engine
// of alerts and a receiver of signed webhooks.
//
//	go run ./docs/examples/crm-opportunities FOLDER > told.jsonl
//	python3 docs/examples/crm-opportunities/alerts.py FOLDER told.jsonl
//
// FOLDER holds sales_pipeline.csv and sales_teams.csv; nothing is written into it.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	c := config{logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	from := flag.String("from", "2017-07-01", "first day of the goals")
	to := flag.String("to", "2017-09-30", "last day of the goals")
	flag.StringVar(&c.mapping, "mapping", "docs/examples/crm-opportunities/mapping.yaml", "mapping document")
	flag.StringVar(&c.library, "engine-lib", os.Getenv("MILEMARKER_ENGINE_LIB"), "path of libchdb, if it is not found by itself")
	flag.Parse()
	c.folder = flag.Arg(0)
	if err := run(ctx, c, *from, *to, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "crm-opportunities:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, c config, from, to string, out, note io.Writer) error {
	if c.folder == "" {
		return fmt.Errorf("the folder with sales_pipeline.csv and sales_teams.csv is needed")
	}
	var err error
	if c.from, err = time.ParseInLocation(time.DateOnly, from, newYork()); err != nil {
		return fmt.Errorf("from: %w", err)
	}
	if c.to, err = time.ParseInLocation(time.DateOnly, to, newYork()); err != nil {
		return fmt.Errorf("to: %w", err)
	}
	lines := json.NewEncoder(out)
	c.tell = func(t told) error { return lines.Encode(t) }
	r, err := rehearse(ctx, c)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(note, "%d goals, %d events before; %d steps of the clock, %d messages, %d refused\n", r.goals, r.history, r.steps, r.told, r.refused)
	return err
}

// newYork is the zone of the data set, in which mapping.yaml reads its dates.
func newYork() *time.Location {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		return time.UTC // no machine without the zone can import the file: mapping.yaml names it
	}
	return zone
}
