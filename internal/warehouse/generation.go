package warehouse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"milemarker/events"
	"milemarker/projections"
)

// Generations of the read models lie in databases of their own: number 0 in the one that was configured, number N in the
// one named <database>_gN. The table generations_v1 of the configured database is a journal of their states. A rebuild adds
// "building", and in the end one row with "serving": so readers change over at one instant, and a process that was killed
// finds where it was. A state is never taken back, and a position never falls, so no clock is needed to tell the last one.
const createGenerations = `CREATE TABLE IF NOT EXISTS generations_v1
(
    generation UInt32,
    version    UInt32,
    state      Enum8('building' = 1, 'serving' = 2, 'dropped' = 3),
    note       String,
    changed    DateTime64(6, 'UTC') DEFAULT now64(6),
    model      LowCardinality(String) COMMENT 'the read model that is folded from the first message on; empty: all',
    onward     UInt64 COMMENT 'the others were copied, and are folded from this position on; 0: not yet'
)
ENGINE = MergeTree
ORDER BY (generation, state)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`

// extendGenerations brings a journal up to date that was begun before one read model could be rebuilt by itself.
const extendGenerations = `ALTER TABLE generations_v1
    ADD COLUMN IF NOT EXISTS model LowCardinality(String) COMMENT 'the read model that is folded from the first message on; empty: all',
    ADD COLUMN IF NOT EXISTS onward UInt64 COMMENT 'the others were copied, and are folded from this position on; 0: not yet'`

// open connects to the configured database, in which the journal lies, and to the generation that serves.
func (w *Warehouse) open(ctx context.Context, cluster string) error {
	err := w.join(ctx, cluster)
	if err != nil {
		return err
	}
	if err := w.createDatabase(ctx, w.options); err != nil {
		return fmt.Errorf("create database %s: %w", w.options.Auth.Database, err)
	}
	if w.journal, err = clickhouse.Open(&w.options); err != nil {
		return err
	}
	for _, s := range []projections.Statement{
		{Name: "create generations", SQL: createGenerations}, {Name: "extend generations", SQL: extendGenerations},
	} {
		for _, s := range w.cluster.Spread(s, w.options.Auth.Database) {
			if err := w.journal.Exec(ctx, s.SQL); err != nil {
				return fmt.Errorf("%s: %w", s.Name, err)
			}
		}
	}
	all, err := w.Generations(ctx)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		if err := w.enter(ctx, projections.Generation{Number: 0, Version: projections.Version, State: projections.Serving}); err != nil {
			return err
		}
	}
	return w.Refresh(ctx)
}

// Generations returns all that were ever begun, in the order of their numbers.
func (w *Warehouse) Generations(ctx context.Context) (all []projections.Generation, err error) {
	rows, err := w.journal.Query(ctx, "SELECT generation, max(version), toString(max(state)),"+
		" toString(max(model)), max(onward), max(note) FROM generations_v1 GROUP BY generation ORDER BY generation")
	if err != nil {
		return nil, fmt.Errorf("generations: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var number, version uint32
		var onward uint64
		var state, projection, note string
		if err := rows.Scan(&number, &version, &state, &projection, &onward, &note); err != nil {
			return nil, err
		}
		all = append(all, projections.Generation{
			Number: int(number), Version: int(version), State: projections.State(state),
			Projection: projections.ReadModel(projection), Onward: events.Position(onward), Note: note,
		})
	}
	return all, rows.Err()
}

func (w *Warehouse) enter(ctx context.Context, g projections.Generation) error {
	const insert = "INSERT INTO generations_v1 (generation, version, state, model, onward, note)" +
		" SELECT {number:UInt32}, {version:UInt32}, {state:String}, {model:String}, {onward:UInt64}, {note:String}"
	err := w.journal.Exec(w.quorum(ctx, projections.Statement{SQL: insert}), insert,
		clickhouse.Named("number", uint64(g.Number)), clickhouse.Named("version", uint64(g.Version)),
		clickhouse.Named("state", string(g.State)), clickhouse.Named("model", string(g.Projection)),
		clickhouse.Named("onward", uint64(g.Onward)), clickhouse.Named("note", g.Note))
	if err != nil {
		return fmt.Errorf("generation %d %s: %w", g.Number, g.State, err)
	}
	return nil
}

// Serve makes a generation the one that answers. Readers change over when it reflects all that the one before reflects.
func (w *Warehouse) Serve(ctx context.Context, g projections.Generation) error {
	g.State = projections.Serving
	if err := w.enter(ctx, g); err != nil {
		return err
	}
	return w.Refresh(ctx)
}

// Drop removes a generation for good.
func (w *Warehouse) Drop(ctx context.Context, g projections.Generation) error {
	g.State = projections.Dropped
	if err := w.enter(ctx, g); err != nil {
		return err
	}
	if g.Number > 0 {
		return w.journal.Exec(ctx, w.cluster.DropDatabase(w.databaseOf(g)))
	}
	for _, s := range w.cluster.Drops() { // the journal lies in the same database
		if err := w.journal.Exec(ctx, s.SQL); err != nil {
			return err
		}
	}
	return nil
}

func (w *Warehouse) databaseOf(g projections.Generation) string {
	if g.Number == 0 {
		return w.options.Auth.Database
	}
	return w.options.Auth.Database + "_g" + strconv.Itoa(g.Number)
}

// Generation returns a warehouse of one generation, whether it serves or not, with its tables created where they are
// missing. A generation that is being built takes one thread and 1 GiB for each statement, so that it is in nobody's way.
func (w *Warehouse) Generation(ctx context.Context, g projections.Generation) (*Warehouse, error) {
	opt := w.options
	opt.Auth.Database = w.databaseOf(g)
	if g.State == projections.Building {
		opt.Settings = clickhouse.Settings{"max_threads": 1, "max_insert_threads": 1, "max_memory_usage": 1 << 30}
		maps.Copy(opt.Settings, w.options.Settings)
	}
	if err := w.createDatabase(ctx, opt); err != nil {
		return nil, fmt.Errorf("warehouse: create database %s: %w", opt.Auth.Database, err)
	}
	conn, err := clickhouse.Open(&opt)
	if err != nil {
		return nil, fmt.Errorf("warehouse: %w", err)
	}
	one := &Warehouse{conn: conn, cluster: w.cluster}
	for _, t := range w.cluster.Tables(opt.Auth.Database) {
		if err := conn.Exec(ctx, t.SQL); err != nil {
			return nil, errors.Join(fmt.Errorf("warehouse: %s: %w", t.Name, err), one.Close())
		}
	}
	return one, nil
}

// refreshEvery is how often a warehouse looks whether another generation serves.
const refreshEvery = time.Second

// keepFresh looks for a new generation until ctx is done.
func (w *Warehouse) keepFresh(ctx context.Context) {
	ticks := time.NewTicker(refreshEvery)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
			_ = w.Refresh(ctx) // the next tick tries again; until then the present one answers
		}
	}
}

// Refresh changes over to the generation that serves, once it reflects all that the present one reflects: so whoever has
// read something never reads less afterwards.
func (w *Warehouse) Refresh(ctx context.Context) error {
	w.refreshing.Lock()
	defer w.refreshing.Unlock()
	all, err := w.Generations(ctx)
	if err != nil {
		return err
	}
	serving, ok := projections.ServingOf(all)
	present := w.serving.now.Load()
	if !ok || !serving.Readable() || present != nil && present.number == serving.Number {
		return nil
	}
	one, err := w.Generation(ctx, serving)
	if err != nil {
		return err
	}
	if present != nil {
		if level, err := one.level(ctx, present); err != nil || !level {
			return errors.Join(err, one.Close())
		}
	}
	w.serving.now.Store(&servingConn{one.conn, serving.Number})
	w.opened = append(w.opened, one)
	return nil
}

// level tells whether a generation reflects all that the present one shows. Folding into the present one ended before this
// one was made to serve: so this comes true.
func (w *Warehouse) level(ctx context.Context, present *servingConn) (bool, error) {
	shown, err := collect(ctx, &Warehouse{conn: present}, projections.ReachQuery{}.Select(), func(r driver.Rows) (uint64, error) {
		var at uint64
		return at, r.Scan(&at)
	})
	if err != nil {
		return false, err
	}
	reflects, err := w.Checkpoints(ctx)
	for p := range events.Partitions {
		if uint64(reflects[p]) < shown[0] {
			return false, err
		}
	}
	return true, err
}

// connection is what statements and questions need of a database.
type connection interface {
	Query(ctx context.Context, query string, args ...any) (driver.Rows, error)
	Exec(ctx context.Context, query string, args ...any) error
	PrepareBatch(ctx context.Context, query string, opts ...driver.PrepareBatchOption) (driver.Batch, error)
	Ping(ctx context.Context) error
	Close() error
}
