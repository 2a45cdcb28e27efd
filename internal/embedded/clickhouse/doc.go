// Package clickhouse runs the real ClickHouse engine inside the process and
// offers it as ClickHouse's HTTP interface: as an http.RoundTripper, behind
// which clickhouse-go works without a socket, and as an http.Handler for
// everybody else (the roles of a split installation, curl, Grafana).
//
//	engine, err := clickhouse.Open(ctx, clickhouse.Config{Path: "data/clickhouse"})
//	conn, err := driver.Open(&driver.Options{
//		Protocol: driver.HTTP,
//		TransportFunc: func(*http.Transport) (http.RoundTripper, error) {
//			return engine.Transport(), nil
//		},
//	})
//
// A request is a session of its own, as with a server: database and settings
// come with it and are forgotten after it, USE, SET and temporary tables
// included. Named sessions (session_id) and external tables are refused.
//
// SELECTs stream: a result is read from the engine in blocks, a bounded number
// ahead of the reader, so large results need little memory. All other output
// is collected whole. INSERTs stream from the request's body.
//
// A cancelled request returns at once; its statement is killed, and its place
// in the pool is free again when the engine has let go of it.
//
// The engine is no sandbox: whoever may run statements may also read and write
// files with the rights of the process (table functions file, url, s3).
//
// The package must never import other packages of ours, except libchdb, which
// holds the C binding.
package clickhouse
