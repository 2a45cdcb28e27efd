package warehouse

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"milemarker/projections"
)

const (
	// termNoise is the number of random bits in a term: they order those who claim at the same moment.
	termNoise = 24
	// writersPoll is how often it is asked whether earlier statements have ended.
	writersPoll = 20 * time.Millisecond
	// codeThrown is the exception that a statement throws itself.
	codeThrown = 395
)

// Claim takes partitions from whoever had them, and returns when nobody without the new claim writes any more what is
// fenced: statements that come later fail, and those that ran already have ended.
func (w *Warehouse) Claim(ctx context.Context, partitions []int) (projections.Claim, error) {
	highest, err := collect(ctx, w, projections.ClaimQuery{}.Select(), func(r driver.Rows) (uint64, error) {
		var term uint64
		return term, r.Scan(&term)
	})
	if err != nil {
		return projections.Claim{}, fmt.Errorf("claim: %w", err)
	}
	c := projections.Claim{
		Partitions: slices.Clone(partitions),
		Term:       (highest[0]>>termNoise+1)<<termNoise | rand.Uint64N(1<<termNoise),
	}
	if err := w.Run(ctx, projections.InsertClaim(c)); err != nil {
		return c, fmt.Errorf("claim: %w", err)
	}
	return c, w.outlast(ctx)
}

// outlast waits until the statements have ended that write into this database at the time of the call.
func (w *Warehouse) outlast(ctx context.Context) error {
	var wait []string
	for first := true; ; first = false {
		running, err := collect(ctx, w, projections.WriterQuery{Cluster: w.cluster.Name}.Select(), func(r driver.Rows) (string, error) {
			var id string
			return id, r.Scan(&id)
		})
		if err != nil {
			return fmt.Errorf("claim: statements that run: %w", err)
		}
		if first {
			wait = running
		}
		if !slices.ContainsFunc(wait, func(id string) bool { return slices.Contains(running, id) }) {
			return nil
		}
		select {
		case <-time.After(writersPoll):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// fenced tells of a statement's error when it was the lack of a claim.
func fenced(err error) error {
	var thrown *clickhouse.Exception
	if errors.As(err, &thrown) && thrown.Code == codeThrown && strings.Contains(thrown.Message, projections.ErrClaimed.Error()) {
		return projections.ErrClaimed
	}
	return err
}
