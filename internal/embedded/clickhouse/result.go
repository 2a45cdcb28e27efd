package clickhouse

import (
	"context"
	"io"

	"milemarker/internal/embedded/clickhouse/libchdb"
)

// ahead is how many pieces of a result, of at most some 65,000 rows each, the
// engine may be ahead of the reader. Smaller results free their session at once,
// however slowly they are read.
const ahead = 16

// A result carries a statement's output from the goroutine that runs it to the
// one that reads the answer.
//
// The runner calls write for each piece, and end once. The reader calls begin
// once, then, unless that was an error, Read and Close as of any body.
type result struct {
	ctx    context.Context //nolint:containedctx // the request's; Close ends it too
	cancel context.CancelFunc
	req    *request

	pieces  chan []byte // closed by end
	encoder encoder     // the runner's
	begun   bool        // the runner's: a piece is on its way

	// Set by the runner before the piece or the closing that tells of them.
	stats libchdb.Stats
	err   error

	unread []byte // the reader's
	empty  bool   // the reader's: there was no piece at all
}

func newResult(ctx context.Context, req *request) *result {
	ctx, cancel := context.WithCancel(ctx)
	return &result{
		ctx:     ctx,
		cancel:  cancel,
		req:     req,
		pieces:  make(chan []byte, ahead),
		encoder: newEncoder(req),
	}
}

// write hands over a piece of output. It blocks while the reader is too far
// behind, and fails when the reader has gone.
func (r *result) write(piece []byte) error {
	if len(piece) == 0 {
		return nil
	}
	encoded, err := r.encoder.block(piece)
	if err != nil {
		return err
	}
	return r.put(encoded)
}

func (r *result) put(piece []byte) error {
	select {
	case r.pieces <- piece:
		r.begun = true
		return nil
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}

// end says that no more will come. An error after the first piece travels in
// the body, for the status line has gone.
func (r *result) end(err error) {
	defer close(r.pieces)
	if !r.begun {
		r.err = err
		return
	}
	var tail []byte
	if err != nil {
		tail = r.encoder.raw(exceptionFrame(err))
	}
	tail = append(tail, r.encoder.close()...)
	if len(tail) > 0 && r.put(tail) != nil {
		r.err = context.Cause(r.ctx)
	}
}

// begin waits for the first piece, or for the end of a statement without any.
func (r *result) begin() error {
	select {
	case piece, ok := <-r.pieces:
		r.unread, r.empty = piece, !ok
		if !ok {
			r.cancel()
			return r.err
		}
		return nil
	case <-r.ctx.Done():
		r.cancel()
		return r.ctx.Err()
	}
}

// Read gives the output away. It fails when the request's context ends.
func (r *result) Read(p []byte) (int, error) {
	for len(r.unread) == 0 {
		if r.empty {
			return 0, io.EOF
		}
		select {
		case piece, ok := <-r.pieces:
			r.unread, r.empty = piece, !ok
			if !ok && r.err != nil {
				return 0, r.err
			}
		case <-r.ctx.Done():
			return 0, r.ctx.Err()
		}
	}
	n := copy(p, r.unread)
	r.unread = r.unread[n:]
	return n, nil
}

// Close lets go of the statement, killing it when it has not ended.
func (r *result) Close() error {
	r.cancel()
	return nil
}
