package chaos

import (
	"bytes"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
)

// shuffled is a connection on which events for the projector come out of order, and now and then twice, as after a
// redelivery.
type shuffled struct {
	net.Conn

	report     string // file that is told the number of swaps
	swaps      int
	raw, ready []byte // what was read and is no whole frame yet; what is to be handed on
}

func (c *shuffled) Read(b []byte) (int, error) {
	for len(c.ready) == 0 {
		chunk := make([]byte, 64<<10)
		n, err := c.Conn.Read(chunk)
		if err != nil {
			return 0, err
		}
		c.raw = append(c.raw, chunk[:n]...)
		if err := c.take(); err != nil {
			return 0, err
		}
	}
	n := copy(b, c.ready)
	c.ready = c.ready[n:]
	return n, nil
}

// take hands on all whole frames.
func (c *shuffled) take() error {
	before := c.swaps
	var frames [][]byte
	for {
		n := frameLength(c.raw)
		if n == 0 {
			break
		}
		frames = append(frames, slices.Clone(c.raw[:n]))
		c.raw = c.raw[n:]
	}
	for i := 1; i < len(frames); i++ {
		if isEvent(frames[i-1]) && isEvent(frames[i]) && rand.IntN(50) == 0 {
			frames[i-1], frames[i] = frames[i], frames[i-1]
			c.swaps++
		}
	}
	for _, f := range frames {
		c.ready = append(c.ready, f...)
		if isEvent(f) && rand.IntN(200) == 0 {
			c.ready = append(c.ready, f...)
		}
	}
	if c.swaps == before {
		return nil
	}
	return os.WriteFile(c.report, strconv.AppendInt(nil, int64(c.swaps), 10), 0o600)
}

// isEvent tells whether a frame brings an event that is to be folded.
func isEvent(frame []byte) bool {
	line, _, _ := bytes.Cut(frame, []byte("\r\n"))
	return bytes.HasPrefix(line, []byte("HMSG ledger.")) && bytes.Contains(line, []byte(" $JS.ACK.LEDGER."))
}

// frameLength returns the length of the first frame of the NATS protocol in b, 0 if it is not whole.
func frameLength(b []byte) int {
	end := bytes.Index(b, []byte("\r\n"))
	if end < 0 {
		return 0
	}
	head := end + len("\r\n")
	fields := bytes.Fields(b[:end])
	if len(fields) == 0 || string(fields[0]) != "MSG" && string(fields[0]) != "HMSG" {
		return head
	}
	size, err := strconv.Atoi(string(fields[len(fields)-1]))
	if total := head + size + len("\r\n"); err == nil && total <= len(b) {
		return total
	}
	return 0
}
