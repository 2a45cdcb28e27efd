// Package libchdb binds the C interface of libchdb, the ClickHouse engine as a
// shared library, without cgo. It knows nothing of HTTP, of settings or of
// pools: a Library makes connections, a Conn runs one statement at a time.
// All unsafe code of the embedded engine lives here. It must never import
// another package of ours.
//
// The library is loaded only when Load is called. It stays loaded for the life
// of the process; loading the same path again is cheap and gives the same code.
package libchdb

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// ErrRefused is returned by Connect when the engine gives no connection. It
// tells no reason: usual ones are a data folder that another process holds, or
// another data folder already open in this process.
var ErrRefused = errors.New("engine refused the connection")

// A Library is the loaded engine. Its fields are the C functions in use, named
// after them.
type Library struct {
	setSignalHandlersEnabled func(enabled int32)
	connect                  func(argc int32, argv **byte) *uintptr
	closeConn                func(conn *uintptr)

	queryWithParams  func(conn uintptr, sql *byte, sqlLen uint, format *byte, formatLen uint, names **byte, nameLens *uint, values **byte, valueLens *uint, count uint) uintptr
	streamWithParams func(conn uintptr, sql *byte, sqlLen uint, format *byte, formatLen uint, names **byte, nameLens *uint, values **byte, valueLens *uint, count uint) uintptr
	streamFetch      func(conn, stream uintptr) uintptr
	streamCancel     func(conn, stream uintptr)

	insertWithParams func(conn uintptr, sql *byte, sqlLen uint, format *byte, formatLen uint, names **byte, nameLens *uint, values **byte, valueLens *uint, count uint) uintptr
	insertAppend     func(insert uintptr, data *byte, length uint) int32
	insertDone       func(insert uintptr) uintptr
	insertError      func(insert uintptr) string
	insertCancel     func(insert uintptr)
	insertDestroy    func(insert uintptr)

	resultBuffer       func(result uintptr) *byte
	resultLength       func(result uintptr) uint
	resultError        func(result uintptr) string
	resultRowsRead     func(result uintptr) uint64
	resultRowsWritten  func(result uintptr) uint64
	resultBytesWritten func(result uintptr) uint64
	resultDestroy      func(result uintptr)

	classify func(conn uintptr, sql *byte, sqlLen uint, database *byte, databaseLen uint, out *analysis) int32

	sigaction func(signal int32, action, old *byte) int32
}

// Load opens the shared library at path and takes its signal handlers out of
// the way: Go's own stay in force, so a nil dereference in Go is still a panic.
// It fails when the file is no library or lacks a function that is needed.
func Load(path string) (*Library, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", path, err)
	}
	var l Library
	for name, fn := range map[string]any{
		"chdb_set_signal_handlers_enabled": &l.setSignalHandlersEnabled,
		"chdb_connect":                     &l.connect,
		"chdb_close_conn":                  &l.closeConn,
		"chdb_query_with_params_n":         &l.queryWithParams,
		"chdb_stream_query_with_params_n":  &l.streamWithParams,
		"chdb_stream_fetch_result":         &l.streamFetch,
		"chdb_stream_cancel_query":         &l.streamCancel,
		"chdb_stream_insert_with_params_n": &l.insertWithParams,
		"chdb_stream_append":               &l.insertAppend,
		"chdb_stream_done":                 &l.insertDone,
		"chdb_stream_insert_error":         &l.insertError,
		"chdb_stream_cancel_insert":        &l.insertCancel,
		"chdb_destroy_insert_stream":       &l.insertDestroy,
		"chdb_result_buffer":               &l.resultBuffer,
		"chdb_result_length":               &l.resultLength,
		"chdb_result_error":                &l.resultError,
		"chdb_result_rows_read":            &l.resultRowsRead,
		"chdb_result_rows_written":         &l.resultRowsWritten,
		"chdb_result_bytes_written":        &l.resultBytesWritten,
		"chdb_destroy_query_result":        &l.resultDestroy,
		"chdb_classify_query_n":            &l.classify,
	} {
		symbol, err := purego.Dlsym(handle, name)
		if err != nil {
			return nil, fmt.Errorf("load %s: %w", path, err)
		}
		purego.RegisterFunc(fn, symbol)
	}
	if err := l.bindSigaction(); err != nil {
		return nil, fmt.Errorf("load %s: %w", path, err)
	}
	l.setSignalHandlersEnabled(0)
	return &l, nil
}

// Boot opens the first connection and with it the engine, guarding the
// process's signal handlers meanwhile. Arguments are those of the clickhouse
// program, without its name: "--path=DIR", "--config-file=FILE", settings.
// The engine lives until its last connection is closed.
func (l *Library) Boot(args ...string) (*Conn, error) {
	restore := l.keepSignals()
	defer restore()
	return l.Connect(args...)
}

// Connect opens one more connection to the engine that Boot started. Arguments
// that name a setting hold for this connection alone; other arguments must
// repeat those of Boot. It returns ErrRefused when there is no connection.
func (l *Library) Connect(args ...string) (*Conn, error) {
	var pins runtime.Pinner
	defer pins.Unpin()
	argv := make([]*byte, len(args)+2) // the program's name first, NULL last
	for i, arg := range append([]string{"clickhouse"}, args...) {
		argv[i] = unsafe.SliceData(append([]byte(arg), 0))
		pins.Pin(argv[i])
	}
	handle := l.connect(int32(len(args)+1), unsafe.SliceData(argv))
	runtime.KeepAlive(argv)
	if handle == nil {
		return nil, ErrRefused
	}
	return &Conn{lib: l, handle: handle, value: *handle}, nil
}
