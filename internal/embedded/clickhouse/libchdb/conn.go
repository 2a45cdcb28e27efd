package libchdb

import (
	"fmt"
	"io"
	"regexp"
	"runtime"
	"strconv"
	"unsafe"
)

// A Conn is a session of the engine: current database, settings and temporary
// tables are its own. It runs one statement at a time; calls must not overlap.
type Conn struct {
	lib    *Library
	handle *uintptr // what the engine closes
	value  uintptr  // what every other call wants: the pointer behind handle
}

// Close ends the session. Closing the last one of the process stops the engine.
func (c *Conn) Close() {
	c.lib.closeConn(c.handle)
}

// A Param is the value of a {name:Type} placeholder, as escaped text: what a
// field of the TabSeparated format would hold.
type Param struct{ Name, Value string }

// Stats tell what a statement did.
type Stats struct {
	RowsRead     uint64 // rows of the result
	RowsWritten  uint64 // rows inserted, those of materialized views included
	BytesWritten uint64
}

// An Error is what the engine says about a statement that went wrong.
type Error struct {
	Code    int    // ClickHouse's error code, 0 when the message carries none
	Message string // the whole text, "Code: 60. DB::Exception: ..."
}

func (e *Error) Error() string { return e.Message }

var errorCode = regexp.MustCompile(`Code: (\d+)\.`)

func engineError(message string) error {
	e := &Error{Message: message}
	if m := errorCode.FindStringSubmatch(message); m != nil {
		e.Code, _ = strconv.Atoi(m[1])
	}
	return e
}

// Query runs a statement and returns its whole output in format, unless the
// statement names another. Errors of the engine are of type *Error.
func (c *Conn) Query(sql, format string, params []Param) ([]byte, Stats, error) {
	a := newArguments(sql, format, params)
	defer a.release()
	result := c.lib.queryWithParams(c.value, a.sql, a.sqlLen, a.format, a.formatLen, a.names, a.nameLens, a.values, a.valueLens, a.count)
	return c.lib.take(result)
}

// Stream starts a SELECT whose output is fetched piece by piece; the engine
// refuses every other statement. The stream must be closed.
func (c *Conn) Stream(sql, format string, params []Param) (*Stream, error) {
	a := newArguments(sql, format, params)
	defer a.release()
	handle := c.lib.streamWithParams(c.value, a.sql, a.sqlLen, a.format, a.formatLen, a.names, a.nameLens, a.values, a.valueLens, a.count)
	if message := c.lib.resultError(handle); message != "" {
		c.lib.resultDestroy(handle)
		return nil, engineError(message)
	}
	return &Stream{conn: c, handle: handle}, nil
}

// A Stream is the running output of a SELECT. It occupies its connection until
// closed.
type Stream struct {
	conn   *Conn
	handle uintptr
	ended  bool
}

// Next returns the next piece: whole blocks in the format asked for. The error
// is io.EOF at the end, *Error when the engine gave up.
func (s *Stream) Next() ([]byte, error) {
	if s.ended {
		return nil, io.EOF
	}
	piece, _, err := s.conn.lib.take(s.conn.lib.streamFetch(s.conn.value, s.handle))
	if err != nil {
		s.ended = true
		return nil, err
	}
	if len(piece) == 0 {
		s.ended = true
		return nil, io.EOF
	}
	return piece, nil
}

// Close ends the stream, cancelling what has not been fetched.
func (s *Stream) Close() {
	if !s.ended {
		s.ended = true
		s.conn.lib.streamCancel(s.conn.value, s.handle)
	}
	s.conn.lib.resultDestroy(s.handle)
}

// A Class says what a statement does to what outlives it.
type Class uint32

// The classes, by rising severity.
const (
	ReadOnly       Class = iota // SELECT, SHOW, DESCRIBE, EXPLAIN, EXISTS
	Mutating                    // changes a database
	MutatingGlobal              // changes functions, users, the system database
	Control                     // USE, SET, SYSTEM, KILL, ATTACH: session or process
	Unknown                     // does not parse
)

// analysis is chdb_query_analysis_v1.
type analysis struct {
	size       uint32 // of this struct, in bytes
	statements uint32
	_          uint32 // flags
	class      uint32
}

// Classify parses sql without running it and tells how many statements it holds
// and the severest of their classes. Text that does not parse is Unknown.
func (c *Conn) Classify(sql string) (Class, int, error) {
	a := newArguments(sql, "", nil)
	defer a.release()
	out := analysis{size: uint32(unsafe.Sizeof(analysis{}))}
	if state := c.lib.classify(c.value, a.sql, a.sqlLen, nil, 0, &out); state != 0 {
		return Unknown, 0, fmt.Errorf("classify statement: state %d", state)
	}
	return Class(out.class), int(out.statements), nil
}

// take turns a result of the engine into Go memory and destroys it.
func (l *Library) take(result uintptr) ([]byte, Stats, error) {
	defer l.resultDestroy(result)
	if message := l.resultError(result); message != "" {
		return nil, Stats{}, engineError(message)
	}
	stats := Stats{
		RowsRead:     l.resultRowsRead(result),
		RowsWritten:  l.resultRowsWritten(result),
		BytesWritten: l.resultBytesWritten(result),
	}
	length := l.resultLength(result)
	if length == 0 {
		return nil, stats, nil
	}
	data := make([]byte, length)
	copy(data, unsafe.Slice(l.resultBuffer(result), length))
	return data, stats, nil
}

// arguments are a statement in the shape that the C functions want. The memory
// is pinned until release.
type arguments struct {
	sql, format         *byte
	sqlLen, formatLen   uint
	names, values       **byte
	nameLens, valueLens *uint
	count               uint

	pins runtime.Pinner
}

func newArguments(sql, format string, params []Param) *arguments {
	a := &arguments{sqlLen: uint(len(sql)), formatLen: uint(len(format)), count: uint(len(params))}
	a.sql, a.format = a.pin(sql), a.pin(format)
	if len(params) == 0 {
		return a
	}
	names, values := make([]*byte, len(params)), make([]*byte, len(params))
	nameLens, valueLens := make([]uint, len(params)), make([]uint, len(params))
	for i, p := range params {
		names[i], nameLens[i] = a.pin(p.Name), uint(len(p.Name))
		values[i], valueLens[i] = a.pin(p.Value), uint(len(p.Value))
	}
	a.names, a.nameLens = unsafe.SliceData(names), unsafe.SliceData(nameLens)
	a.values, a.valueLens = unsafe.SliceData(values), unsafe.SliceData(valueLens)
	a.pins.Pin(a.names)
	a.pins.Pin(a.nameLens)
	a.pins.Pin(a.values)
	a.pins.Pin(a.valueLens)
	return a
}

// pin returns the address of s, never nil: the engine refuses NULL even where
// the length is zero.
func (a *arguments) pin(s string) *byte {
	if s == "" {
		s = "\x00"
	}
	p := unsafe.StringData(s)
	a.pins.Pin(p)
	return p
}

func (a *arguments) release() { a.pins.Unpin() }
