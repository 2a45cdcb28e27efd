package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

const (
	shownEvents  = 3  // that a dry run prints in full
	shownRejects = 10 // that a dry run explains
)

// dryRun maps and validates a whole file and prints the first events and the first faults; the report counts them all.
func dryRun(ctx context.Context, in *input, out io.Writer) (Report, error) {
	var report Report
	shown, explained := 0, 0
	for batches := (&batcher{mapping: in.mapping, rows: in.rows}); ; {
		b, err := batches.next(ctx)
		if errors.Is(err, io.EOF) {
			return report, nil
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return report, fmt.Errorf("CSV file: %w", err)
		}
		var text bytes.Buffer
		for _, it := range b.items {
			switch {
			case it.event == nil && explained < shownRejects:
				explained++
				fmt.Fprintf(&text, "line %d rejected: %s\n", it.row.line, it.reason)
			case it.event != nil && shown < shownEvents:
				shown++
				if err := json.Indent(&text, it.event, "", "  "); err != nil {
					return report, err
				}
				text.WriteByte('\n')
			}
		}
		if _, err := out.Write(text.Bytes()); err != nil {
			return report, err
		}
		report.mapped(b)
	}
}
