package libchdb

import (
	"errors"
	"unsafe"
)

// Insert starts an INSERT whose rows follow through Write, in format. The
// statement names the table, and columns and SETTINGS if any, but no FORMAT and
// no data. The insert must be finished or cancelled; until then its connection
// accepts nothing else.
func (c *Conn) Insert(sql, format string, params []Param) (*Insert, error) {
	a := newArguments(sql, format, params)
	defer a.release()
	handle := c.lib.insertWithParams(c.value, a.sql, a.sqlLen, a.format, a.formatLen, a.names, a.nameLens, a.values, a.valueLens, a.count)
	if message := c.lib.insertError(handle); message != "" {
		c.lib.insertDestroy(handle)
		return nil, engineError(message)
	}
	return &Insert{lib: c.lib, handle: handle}, nil
}

// An Insert takes the rows of a running INSERT.
type Insert struct {
	lib    *Library
	handle uintptr
}

// ErrInsertFailed is returned by Write when the engine has given the insert up.
var ErrInsertFailed = errors.New("insert failed")

// Write hands over rows, cut anywhere; the engine copies them and blocks when it
// cannot keep up. After ErrInsertFailed, Finish tells the reason.
func (i *Insert) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if i.lib.insertAppend(i.handle, unsafe.SliceData(p), uint(len(p))) != 0 {
		return 0, ErrInsertFailed
	}
	return len(p), nil
}

// Finish ends the rows and waits until they are written. A nil error means that
// the engine has stored every row. Blocks stored before an error stay.
func (i *Insert) Finish() (Stats, error) {
	defer i.lib.insertDestroy(i.handle)
	_, stats, err := i.lib.take(i.lib.insertDone(i.handle))
	return stats, err
}

// Cancel gives the insert up. Blocks already stored stay.
func (i *Insert) Cancel() {
	i.lib.insertCancel(i.handle)
	i.lib.insertDestroy(i.handle)
}
