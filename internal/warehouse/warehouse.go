// Package warehouse executes the statements and questions of package projections on ClickHouse. It is the only package
// that speaks ClickHouse, embedded or remote, and knows nothing of what the statements mean.
package warehouse

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"sync"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

	"milemarker/projections"
)

// Config says where the database is.
type Config struct {
	URL       string            // clickhouse://user:password@host:9000/database, http://... or https://...
	Transport http.RoundTripper // the embedded engine in place of a network; URL then needs only the database
	Database  string            // overrides the database of URL; default "milemarker"
	Cluster   string            // of servers over which the read models are spread, as named in their remote_servers; "" for one server
}

// Warehouse is an open database with the tables of the read models. It is safe for concurrent use.
//
// The one that Open returns answers from the generation that serves, and changes over by itself when another one does;
// see Generation. Whoever writes opens the generation to be written.
type Warehouse struct {
	conn    connection
	cluster projections.Cluster

	// The rest is of the warehouse that Open returned.
	options    clickhouse.Options // of the configured database
	journal    driver.Conn        // to the configured database, where generations_v1 lies
	serving    serving
	refreshing sync.Mutex   // guards opened
	opened     []*Warehouse // the generations that served, by now or before
	stop       context.CancelFunc
	stopped    chan struct{}
}

var databaseName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// Open connects, creates the database and the tables where they are missing, and returns when both stand.
func Open(ctx context.Context, cfg Config) (*Warehouse, error) {
	opt, err := cfg.options()
	if err != nil {
		return nil, fmt.Errorf("warehouse: %w", err)
	}
	w := &Warehouse{options: *opt, stopped: make(chan struct{})}
	w.conn = &w.serving
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	w.stop = stop
	if err := w.open(ctx, cfg.Cluster); err != nil {
		close(w.stopped)
		return nil, errors.Join(fmt.Errorf("warehouse: %w", err), w.Close())
	}
	go func() {
		defer close(w.stopped)
		w.keepFresh(background)
	}()
	return w, nil
}

func (c Config) options() (*clickhouse.Options, error) {
	opt := &clickhouse.Options{Protocol: clickhouse.HTTP, Addr: []string{"127.0.0.1:8123"}}
	if c.URL != "" {
		var err error
		if opt, err = clickhouse.ParseDSN(c.URL); err != nil {
			return nil, fmt.Errorf("CLICKHOUSE_URL: %w", err)
		}
	} else if c.Transport == nil {
		return nil, errors.New("no ClickHouse: set CLICKHOUSE_URL, such as http://user:password@127.0.0.1:8123/milemarker")
	}
	if c.Transport != nil {
		opt.TransportFunc = func(*http.Transport) (http.RoundTripper, error) { return c.Transport, nil }
	}
	if c.Database != "" {
		opt.Auth.Database = c.Database
	}
	if opt.Auth.Database == "" {
		opt.Auth.Database = "milemarker"
	}
	if !databaseName.MatchString(opt.Auth.Database) {
		return nil, fmt.Errorf("database name %q: want letters, digits and underscores", opt.Auth.Database)
	}
	if opt.Settings == nil {
		opt.Settings = clickhouse.Settings{}
	}
	// A key never changes its partition (both follow the day), and an import may span any number of months.
	opt.Settings["do_not_merge_across_partitions_select_final"] = 1
	opt.Settings["max_partitions_per_insert_block"] = 0
	return opt, nil
}

// createDatabase creates the database of opt over a connection that does not need it yet.
func (w *Warehouse) createDatabase(ctx context.Context, opt clickhouse.Options) error {
	return outside(opt, func(conn driver.Conn) error { return conn.Exec(ctx, w.cluster.CreateDatabase(opt.Auth.Database)) })
}

// outside calls fn with a connection that needs no database of ours.
func outside(opt clickhouse.Options, fn func(driver.Conn) error) (err error) {
	opt.Auth.Database = "default"
	conn, err := clickhouse.Open(&opt)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return fn(conn)
}

// Ready returns nil while the database answers.
func (w *Warehouse) Ready(ctx context.Context) error {
	if err := w.conn.Ping(ctx); err != nil {
		return fmt.Errorf("warehouse: %w", err)
	}
	return nil
}

// Close ends the connections. What Run returned nil for is durable.
func (w *Warehouse) Close() error {
	if w.stop == nil {
		return w.conn.Close()
	}
	w.stop()
	<-w.stopped
	var errs []error
	for _, one := range w.opened {
		errs = append(errs, one.Close())
	}
	if w.journal != nil {
		errs = append(errs, w.journal.Close())
	}
	return errors.Join(errs...)
}
