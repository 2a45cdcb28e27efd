package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
)

const (
	snapshotChunk = 256 << 10       // bytes of a message that carries a part of a copy out
	restoreChunk  = 8 << 10         // in: the server must be done with a part within 5 s, and writes message by message
	snapshotStall = 2 * time.Minute // without a message, after which a copy counts as broken off
	snapshotTries = 100             // at a moment when no atomic batch is half written
)

// The headers of a message that was written in an atomic batch. The last of a batch carries both.
const (
	batchHeader  = "Nats-Batch-Id"
	commitHeader = "Nats-Batch-Commit"
)

// errTorn says that a copy would end in the middle of an atomic batch.
var errTorn = errors.New("in the middle of an atomic batch")

// form is what the server needs to know of a copy to make a stream of it. Its own words are kept as they are.
type form struct {
	Config json.RawMessage `json:"config"`
	State  json.RawMessage `json:"state"`
}

// extent is what a stream holds.
type extent struct {
	Messages uint64 `json:"messages"`
	First    uint64 `json:"first_seq"`
	Last     uint64 `json:"last_seq"`
}

// Streams returns the names of all streams: the ledger, the quarantine, and one for each bucket, KV_ and its name.
func (l *Ledger) Streams(ctx context.Context) ([]string, error) {
	ctx, cancel := l.link.bind(ctx)
	defer cancel()
	var names []string
	list := l.js.StreamNames(ctx)
	for name := range list.Name() {
		names = append(names, name)
	}
	if err := list.Err(); err != nil {
		return nil, fmt.Errorf("list streams: %w", reason(ctx, err))
	}
	return names, nil
}

// Snapshot writes a copy of a stream as it stands at the time of the call, in a format of the server's own that keeps
// every position, time and header. It returns what Restore needs to know beside the copy, and the position of the last
// message in it. What is written meanwhile is not in it, and nobody waits. It never ends within an atomic batch. It fails
// with fs.ErrNotExist when there is no such stream; after an error the copy is of no use.
func (l *Ledger) Snapshot(ctx context.Context, stream string, w io.Writer) (
	shape json.RawMessage, last events.Position, err error,
) {
	ctx, cancel := l.link.bind(ctx)
	defer cancel()
	for try := 0; ; try++ {
		shape, last, err = l.snapshot(ctx, stream, w)
		if !errors.Is(err, errTorn) || try == snapshotTries {
			break
		}
		if err = pause(ctx, 0); err != nil {
			break
		}
	}
	if err != nil {
		return nil, 0, fmt.Errorf("copy %s: %w", stream, reason(ctx, err))
	}
	return shape, last, nil
}

func (l *Ledger) snapshot(ctx context.Context, stream string, w io.Writer) (json.RawMessage, events.Position, error) {
	inbox := l.nc.NewRespInbox()
	parts, err := l.nc.SubscribeSync(inbox)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = parts.Unsubscribe() }() // the server stops when nobody listens
	request := map[string]any{"deliver_subject": inbox, "no_consumers": true, "chunk_size": snapshotChunk}
	var shape form
	if err := l.ask(ctx, "STREAM.SNAPSHOT."+stream, request, &shape); err != nil {
		return nil, 0, err
	}
	var end extent
	if err := json.Unmarshal(shape.State, &end); err != nil {
		return nil, 0, err
	}
	if stream == ledgerStream && end.Last > 0 {
		if err := l.whole(ctx, end.Last); err != nil {
			return nil, 0, err
		}
	}
	if err := receive(ctx, parts, w); err != nil {
		return nil, 0, err
	}
	kept, err := json.Marshal(shape)
	return kept, events.Position(end.Last), err
}

// whole returns errTorn when more of the same atomic batch is to come behind a position.
func (l *Ledger) whole(ctx context.Context, last uint64) error {
	msg, err := l.stream.GetMsg(ctx, last)
	if err != nil {
		return err
	}
	if msg.Header.Get(batchHeader) != "" && msg.Header.Get(commitHeader) == "" {
		return errTorn
	}
	return nil
}

// receive writes the parts of a copy until the server says that this was the last.
func receive(ctx context.Context, parts *nats.Subscription, w io.Writer) error {
	for {
		waiting, cancel := context.WithTimeout(ctx, snapshotStall)
		part, err := parts.NextMsgWithContext(waiting)
		cancel()
		if err != nil {
			return err
		}
		if len(part.Data) == 0 {
			if status := part.Header.Get("Status"); status != "" && status != "204" {
				return fmt.Errorf("broken off: %s", part.Header.Get("Description"))
			}
			return nil
		}
		if _, err := w.Write(part.Data); err != nil {
			return err
		}
		if part.Reply != "" {
			if err := part.Respond(nil); err != nil { // makes room for one more
				return err
			}
		}
	}
}

// ask calls the server's JetStream API.
func (l *Ledger) ask(ctx context.Context, subject string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	answer, err := l.nc.RequestWithContext(ctx, "$JS.API."+subject, body)
	if err != nil {
		return err
	}
	return parse(answer.Data, out)
}

// parse reads an answer of the JetStream API, which may be that it refuses.
func parse(answer []byte, out any) error {
	var refused struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(answer, &refused); err != nil {
		return err
	}
	if refused.Error != nil {
		if refused.Error.ErrorCode == jetstream.JSErrCodeStreamNotFound {
			return fs.ErrNotExist
		}
		return refused.Error
	}
	return json.Unmarshal(answer, out)
}

// Restorer makes streams of copies, on a server that has none yet.
type Restorer struct{ ledger *Ledger }

// OpenRestorer connects to a server as Open does, but creates no stream there. Close ends the connection.
func OpenRestorer(ctx context.Context, cfg Config) (*Restorer, error) {
	log := cfg.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	link := newLink()
	nc, err := connect(ctx, cfg, log, link.broken)
	if err != nil {
		return nil, fmt.Errorf("open restorer: %w", err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		nc.Close()
		return nil, fmt.Errorf("open restorer: %w", err)
	}
	return &Restorer{&Ledger{cfg: cfg, nc: nc, link: link, js: steady{js}, log: log}}, nil
}

// Close ends the connection.
func (r *Restorer) Close() { r.ledger.nc.Close() }

// Restore creates a stream from a copy and from what Snapshot told of it, with as many copies in the cluster as the
// restorer's configuration says, and returns an error unless it then holds what the original held. A stream of that name
// must not exist.
func (r *Restorer) Restore(ctx context.Context, stream string, shape json.RawMessage, content io.Reader) error {
	ctx, cancel := r.ledger.link.bind(ctx)
	defer cancel()
	if err := r.restore(ctx, stream, shape, content); err != nil {
		return fmt.Errorf("restore %s: %w", stream, reason(ctx, err))
	}
	return nil
}

func (r *Restorer) restore(ctx context.Context, stream string, shape json.RawMessage, content io.Reader) error {
	var known form
	var want extent
	if err := json.Unmarshal(shape, &known); err != nil {
		return err
	}
	if err := json.Unmarshal(known.State, &want); err != nil {
		return err
	}
	var door struct {
		Subject string `json:"deliver_subject"`
	}
	config, err := copies(known.Config, max(r.ledger.cfg.Replicas, 1))
	if err != nil {
		return err
	}
	if err := r.ledger.ask(ctx, "STREAM.RESTORE."+stream, form{config, known.State}, &door); err != nil {
		return err
	}
	if err := r.send(ctx, door.Subject, content); err != nil {
		return err
	}
	made, err := r.ledger.js.Stream(ctx, stream)
	if err != nil {
		return err
	}
	state := made.CachedInfo().State
	found := extent{state.Msgs, state.FirstSeq, state.LastSeq}
	if found.Messages == 0 && want.Messages == 0 {
		found.First = want.First // of nothing, it depends on whether something was ever there
	}
	if found != want {
		return fmt.Errorf("holds %+v, want %+v", found, want)
	}
	return nil
}

// copies returns a stream's configuration with another number of replicas, and what follows from it; see ledgerConfig. All
// else stays in the server's own words.
func copies(config json.RawMessage, replicas int) (json.RawMessage, error) {
	var settings map[string]json.RawMessage
	if err := json.Unmarshal(config, &settings); err != nil {
		return nil, err
	}
	settings["num_replicas"] = json.RawMessage(strconv.Itoa(replicas))
	settings["allow_direct"] = json.RawMessage(strconv.FormatBool(replicas == 1))
	return json.Marshal(settings)
}

// send hands a copy over, part by part. An empty part says that this was all.
func (r *Restorer) send(ctx context.Context, subject string, content io.Reader) error {
	part := make([]byte, restoreChunk)
	for {
		n, err := io.ReadFull(content, part)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		waiting, cancel := context.WithTimeout(ctx, snapshotStall)
		answer, err := r.ledger.nc.RequestWithContext(waiting, subject, part[:n])
		cancel()
		if err != nil {
			return err
		}
		if len(answer.Data) > 0 {
			if err := parse(answer.Data, &struct{}{}); err != nil {
				return err
			}
		}
		if n == 0 {
			return nil
		}
	}
}
