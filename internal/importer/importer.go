package importer

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// Config says what to import, and where to.
type Config struct {
	CSV      string        // path of the file; the progress and rejected files stand beside it
	Mapping  string        // path of the mapping document
	Server   string        // base address, such as http://127.0.0.1:8080
	Key      string        // API key with the scope ingest
	DryRun   bool          // map and validate everything, send nothing, write no file
	Patience time.Duration // how long a server may be away or busy; 0 is two minutes

	Client *http.Client     // nil: one that follows no redirects
	Out    io.Writer        // where a dry run shows its first events and faults
	Err    io.Writer        // where progress shows, if it is a terminal
	Now    func() time.Time // the clock
	Logger *slog.Logger
}

// Validate reports everything that is missing.
func (c Config) Validate() error {
	var errs []error
	need := func(ok bool, what string) {
		if !ok {
			errs = append(errs, errors.New(what+" is needed"))
		}
	}
	need(c.CSV != "", "a CSV file")
	need(c.Mapping != "", "a mapping document")
	need(c.Out != nil && c.Err != nil, "a writer for output and one for progress")
	need(c.Now != nil, "a clock")
	need(c.Logger != nil, "a logger")
	if !c.DryRun {
		need(c.Key != "", "an API key")
		if _, err := endpoint(c.Server); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Run imports a file and returns what became of it.
//
// It may be repeated at will: ids come from the rows, so what is there already counts as duplicate. Rows that cannot be
// imported are no error: they are counted and written to <csv>.rejected.csv. On error, or when ctx ends, the report
// counts what was confirmed and the same call goes on from there by <csv>.progress.
func Run(ctx context.Context, cfg Config) (Report, error) {
	if err := cfg.Validate(); err != nil {
		return Report{}, err
	}
	in, err := open(cfg)
	if err != nil {
		return Report{}, err
	}
	defer func() { _ = in.file.Close() }() // only read
	if cfg.DryRun {
		return dryRun(ctx, in, cfg.Out)
	}
	return transfer(ctx, cfg, in)
}
