package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"milemarker/internal/boot"
	"milemarker/internal/importer"
)

// importCmd imports a CSV file into a running server.
type importCmd struct {
	boot.Log
	remote
	Mapping  string        `required:"" type:"existingfile" help:"Mapping document; docs/examples shows one."`
	DryRun   bool          `help:"Map and validate everything, send nothing."`
	Patience time.Duration `default:"2m" help:"How long the server may be away before the import gives up; run again, it goes on where it was."`
	CSV      string        `arg:"" type:"existingfile" help:"The file to import."`
}

// Run imports the file and prints what became of it. It is an error when some of it did not go in.
func (c *importCmd) Run(ctx context.Context) error {
	if !c.DryRun {
		if err := c.resolve(); err != nil {
			return err
		}
	}
	report, err := importer.Run(ctx, importer.Config{
		CSV: c.CSV, Mapping: c.Mapping, Server: c.Server, Key: c.Key, DryRun: c.DryRun, Patience: c.Patience,
		Out: os.Stdout, Err: os.Stderr, Now: time.Now, Logger: c.Logger(os.Stderr),
	})
	fmt.Println(report)
	if left := report.Rejected + report.Conflict; err == nil && left > 0 && !c.DryRun {
		err = fmt.Errorf("%d rows or events did not go in: mend them in %s.rejected.csv and import that", left, c.CSV)
	} else if err == nil && left > 0 {
		err = fmt.Errorf("%d rows or events would not go in", left)
	}
	return err
}
