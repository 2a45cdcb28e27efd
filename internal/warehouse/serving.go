package warehouse

import (
	"context"
	"sync/atomic"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"milemarker/projections"
)

// serving is a connection to whichever generation serves at the moment of a question.
type serving struct{ now atomic.Pointer[servingConn] }

type servingConn struct {
	connection

	number int
}

func (s *serving) conn() (connection, error) {
	if c := s.now.Load(); c != nil {
		return c, nil
	}
	return nil, projections.RebuildingError{}
}

// Query implements connection.
func (s *serving) Query(ctx context.Context, query string, args ...any) (driver.Rows, error) {
	c, err := s.conn()
	if err != nil {
		return nil, err
	}
	return c.Query(ctx, query, args...)
}

// Exec implements connection.
func (s *serving) Exec(ctx context.Context, query string, args ...any) error {
	c, err := s.conn()
	if err != nil {
		return err
	}
	return c.Exec(ctx, query, args...)
}

// PrepareBatch implements connection.
func (s *serving) PrepareBatch(
	ctx context.Context, query string, opts ...driver.PrepareBatchOption,
) (driver.Batch, error) {
	c, err := s.conn()
	if err != nil {
		return nil, err
	}
	return c.PrepareBatch(ctx, query, opts...)
}

// Ping implements connection.
func (s *serving) Ping(ctx context.Context) error {
	c, err := s.conn()
	if err != nil {
		return err
	}
	return c.Ping(ctx)
}

// Close implements connection: the generations' own connections are closed one by one.
func (s *serving) Close() error { return nil }

// ServingNumber returns the number of the generation that answers, -1 while none does.
func (w *Warehouse) ServingNumber() int {
	if c := w.serving.now.Load(); c != nil {
		return c.number
	}
	return -1
}
