package clickhouse

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"

	"milemarker/internal/embedded/clickhouse/libchdb"
)

// Transport answers HTTP requests to ClickHouse in process, whatever their host;
// it asks for no password. Hand it to clickhouse-go by Options.TransportFunc
// with Protocol HTTP.
func (e *Engine) Transport() http.RoundTripper { return transport{e} }

type transport struct{ engine *Engine }

// RoundTrip returns an error only when the request's context has ended or the
// engine is closed; what goes wrong with the statement is an answer.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	return t.engine.do(r)
}

// do runs a request and closes its body, perhaps later. The body of the answer
// must be closed.
func (e *Engine) do(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	req, err := readRequest(r)
	if err != nil {
		closeBody(r)
		return failure(ctx, r, err)
	}
	session, err := e.acquire(ctx)
	if err != nil {
		closeBody(r)
		return nil, err
	}
	out := newResult(ctx, req)
	go func() {
		defer e.renew(session)
		defer closeBody(r)
		tag := "milemarker-" + strconv.FormatUint(e.requests.Add(1), 10)
		unwatch := context.AfterFunc(out.ctx, func() { e.kill(tag) })
		err := run(session, req, tag, out)
		unwatch() // before the reader can see the end, and close
		out.end(err)
	}()
	if err := out.begin(); err != nil {
		return failure(ctx, r, err)
	}
	return out.response(r), nil
}

// failure answers a request that went wrong before its answer began.
func failure(ctx context.Context, r *http.Request, err error) (*http.Response, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return exceptionResponse(r, err), nil
}

// run executes a request on a fresh session. It blocks inside the engine.
func run(session *libchdb.Conn, req *request, tag string, out *result) error {
	if _, _, err := session.Query(req.prelude(tag), "Null", nil); err != nil {
		return err
	}
	if err := out.ctx.Err(); err != nil {
		return err
	}
	if req.rows != nil {
		if req.readOnly {
			return errReadOnly()
		}
		return runInsert(session, req, out)
	}
	class, statements, err := session.Classify(req.sql)
	switch {
	case err != nil:
		return err
	case statements > 1:
		return exception(codeSyntaxError, "Syntax error (Multi-statements are not allowed)")
	case req.readOnly && class != libchdb.ReadOnly && class != libchdb.Unknown:
		return errReadOnly()
	case class == libchdb.ReadOnly && selects(req.statement.verb):
		return runSelect(session, req, out)
	}
	data, stats, err := session.Query(req.sql, req.format, req.params)
	if err != nil {
		return err
	}
	out.stats = stats
	return out.write(data)
}

func errReadOnly() error {
	return exception(codeReadOnly, "Cannot execute query in readonly mode: use POST to change anything")
}

// selects tells the statements that the engine can stream.
func selects(verb string) bool {
	return verb == "SELECT" || verb == "WITH" || verb == "FROM" || verb == "("
}

func runSelect(session *libchdb.Conn, req *request, out *result) error {
	stream, err := session.Stream(req.sql, req.format, req.params)
	if err != nil {
		return err
	}
	defer stream.Close()
	for {
		piece, err := stream.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := out.write(piece); err != nil {
			return err
		}
	}
}

// runInsert hands the rows of the body over to the engine. When the body breaks
// off, or the request is cancelled, the INSERT is given up.
func runInsert(session *libchdb.Conn, req *request, out *result) error {
	insert, err := session.Insert(req.sql, req.statement.format, req.params)
	if err != nil {
		return err
	}
	_, err = io.CopyBuffer(insert, interruptible{req.rows, out.ctx}, make([]byte, maxHead))
	if err != nil && !errors.Is(err, libchdb.ErrInsertFailed) {
		insert.Cancel()
		return bodyError(err)
	}
	out.stats, err = insert.Finish()
	return err
}

// interruptible stops a reader when the context ends.
type interruptible struct {
	io.Reader

	ctx context.Context //nolint:containedctx // lives as long as one copy
}

func (r interruptible) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		_ = r.Body.Close()
	}
}
