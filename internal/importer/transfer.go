package importer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"milemarker/events"
)

// inFlight is how many requests are under way at once.
const inFlight = 4

// flight is a batch on its way.
type flight struct {
	batch
	landed chan []events.Receipt // closed without a receipt when it failed
}

// transfer sends a file's events and keeps progress.
func transfer(ctx context.Context, cfg Config, in *input) (Report, error) {
	url, err := endpoint(cfg.Server)
	if err != nil {
		return Report{}, err
	}
	s := &sender{client: cfg.Client, url: url, key: cfg.Key, patience: cfg.Patience, now: cfg.Now, logger: cfg.Logger}
	if s.patience == 0 {
		s.patience = 2 * time.Minute
	}
	if s.client == nil {
		s.client = &http.Client{CheckRedirect: noRedirects}
	}
	k, err := openKeeper(ctx, cfg, in)
	if err != nil {
		return Report{}, err
	}
	err = pump(ctx, s, &batcher{mapping: in.mapping, rows: in.rows}, k)
	return k.progress.Report, k.end(err)
}

// noRedirects refuses to follow the server elsewhere: the key and the data are meant for this one.
func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// pump keeps requests under way and hands their answers to the keeper in file order.
func pump(ctx context.Context, s *sender, batches *batcher, k *keeper) error {
	g, ctx := errgroup.WithContext(ctx)
	// The queue's places and the flight that the keeper waits for make inFlight.
	queue := make(chan flight, inFlight-1)
	g.Go(func() error {
		defer close(queue)
		for {
			b, err := batches.next(ctx)
			if errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return fmt.Errorf("CSV file: %w", err)
			}
			f := flight{b, make(chan []events.Receipt, 1)}
			select {
			case queue <- f:
			case <-ctx.Done():
				return context.Cause(ctx)
			}
			g.Go(func() error {
				defer close(f.landed)
				receipts, err := s.sendBatch(ctx, f.batch)
				if err != nil {
					return fmt.Errorf("send: %w", err)
				}
				f.landed <- receipts
				return nil
			})
		}
	})
	g.Go(func() error {
		for f := range queue {
			receipts, ok := <-f.landed
			if !ok {
				return nil // its sender reports why
			}
			if err := k.confirm(f.batch, receipts); err != nil {
				return err
			}
		}
		return nil
	})
	return g.Wait()
}

// sendBatch posts the batch's valid events; a batch without any needs no request.
func (s *sender) sendBatch(ctx context.Context, b batch) ([]events.Receipt, error) {
	var bodies []json.RawMessage
	for _, it := range b.items {
		if it.event != nil {
			bodies = append(bodies, it.event)
		}
	}
	if len(bodies) == 0 {
		return []events.Receipt{}, nil
	}
	return s.send(ctx, bodies)
}

// keeper writes down what was confirmed, in file order.
type keeper struct {
	path     string // of the progress file
	progress progress
	rejects  *rejects
	bar      *bar
}

// openKeeper finds out where to go on and stands before that row.
func openKeeper(ctx context.Context, cfg Config, in *input) (*keeper, error) {
	k := &keeper{path: cfg.CSV + ".progress"}
	p, stale, err := loadProgress(k.path, in.run)
	if err != nil {
		return nil, err
	}
	if stale {
		cfg.Logger.InfoContext(ctx, "file, mapping or server changed, starting from the first row")
	}
	for range p.Rows {
		var bad *rowError
		if _, err := in.rows.next(); err != nil && !errors.As(err, &bad) {
			return nil, fmt.Errorf("CSV file: %w", err)
		}
	}
	if p.Rows > 0 {
		cfg.Logger.InfoContext(ctx, "going on where the last run stopped", "rows", p.Rows)
	}
	k.progress = p
	k.rejects, err = openRejects(cfg.CSV+".rejected.csv", p.RejectedBytes, in.rows.names.header, in.mapping.CSV())
	if err != nil {
		return nil, err
	}
	k.bar = newBar(cfg.Err, in.size)
	k.bar.reach(in.rows.offset())
	return k, nil
}

// confirm counts one batch and moves the progress file behind it: the rejected file first, so that progress never
// claims a row that is nowhere.
func (k *keeper) confirm(b batch, receipts []events.Receipt) error {
	report := &k.progress.Report
	report.mapped(b)
	next := 0
	for _, it := range b.items {
		reason := it.reason
		if it.event != nil {
			if receipts[next].ID != it.id {
				return fmt.Errorf("the server answered for %q where %q was sent", receipts[next].ID, it.id)
			}
			if reason = report.answered(receipts[next]); reason != "" {
				reason = it.typ + ": " + reason
			}
			next++
		}
		if reason != "" {
			if err := k.rejects.add(it.row, reason); err != nil {
				return err
			}
		}
	}
	size, err := k.rejects.flush()
	if err != nil {
		return err
	}
	k.progress.Rows += b.rows
	k.progress.RejectedBytes = size
	k.bar.reach(b.offset)
	return k.progress.save(k.path)
}

// end closes the files; the progress file goes only when everything is confirmed.
func (k *keeper) end(err error) error {
	k.bar.end()
	err = errors.Join(err, k.rejects.close())
	if err != nil {
		return err
	}
	if err := os.Remove(k.path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("progress: %w", err)
	}
	return nil
}
