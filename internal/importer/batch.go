package importer

import (
	"context"
	"errors"

	"milemarker/internal/mapping"
)

const (
	batchEvents = 500     // events in one request
	batchBytes  = 3 << 20 // bytes in one request: the server takes 4 MiB
	batchRows   = 20_000  // rows in one batch, so that progress is kept where few rows make events
)

// batch is a run of whole rows with what was made of them.
type batch struct {
	items   []item
	rows    int
	skipped int
	bytes   int   // of its events
	offset  int64 // how far the file is read behind its last row
}

// batcher cuts a file into batches, in order.
type batcher struct {
	mapping *mapping.Mapping
	rows    *rows
	held    []item // of the row that did not fit any more
	err     error  // what ended the file
}

// next returns the next batch; io.EOF after the last. A file that breaks off gives its good rows first, then the error.
func (c *batcher) next(ctx context.Context) (batch, error) {
	b := batch{offset: c.rows.offset()}
	b.add(c.held)
	c.held = nil
	for c.err == nil && b.rows < batchRows {
		var items []item
		r, err := c.rows.next()
		var bad *rowError
		switch {
		case errors.As(err, &bad):
			items = []item{{row: bad.row, reason: bad.reason}}
		case err != nil:
			c.err = err
			continue
		default:
			if items, err = build(ctx, c.mapping, r); err != nil {
				c.err = err
				continue
			}
		}
		if !b.fits(items) {
			c.held = items
			return b, nil
		}
		b.add(items)
		if len(items) == 0 {
			b.rows++
			b.skipped++
		}
		b.offset = c.rows.offset()
	}
	if b.rows == 0 {
		return batch{}, c.err
	}
	return b, nil
}

// fits tells whether one more row's items may join. The first row always may.
func (b *batch) fits(items []item) bool {
	return b.rows == 0 || len(b.items)+len(items) <= batchEvents && b.bytes+size(items) <= batchBytes
}

// add joins one row's items; no items, no row.
func (b *batch) add(items []item) {
	if len(items) == 0 {
		return
	}
	b.rows++
	b.items = append(b.items, items...)
	b.bytes += size(items)
}

func size(items []item) int {
	n := 0
	for _, it := range items {
		n += len(it.event)
	}
	return n
}
