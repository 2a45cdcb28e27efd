package ledger

import (
	"context"
	"maps"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"

	"milemarker/events"
)

// The headers of an atomic batch. The server stages its messages and writes them at the last one, all or none, with one
// sync of the disk.
const (
	batchIDHeader     = "Nats-Batch-Id"
	batchSeqHeader    = "Nats-Batch-Sequence"
	batchCommitHeader = "Nats-Batch-Commit"
)

// sendBatch writes the group as one atomic batch and returns the position of its first event; the others follow without
// a gap. A *jetstream.APIError means that nothing was written; after any other error that is unknown.
func (l *Ledger) sendBatch(ctx context.Context, group []*entry) (events.Position, error) {
	id := nuid.Next()
	last := len(group) - 1
	for i, e := range group[:last] {
		if err := l.nc.PublishMsg(inBatch(e.msg, id, i+1)); err != nil {
			return 0, err
		}
	}
	msg := inBatch(group[last].msg, id, len(group))
	msg.Header[batchCommitHeader] = []string{"1"}
	future, err := l.js.PublishMsgAsync(msg)
	if err != nil {
		return 0, err
	}
	ack, err := acknowledgement(ctx, future)
	if err != nil {
		return 0, err
	}
	return events.Position(ack.Sequence - uint64(last)), nil
}

// inBatch returns the message with its place in a batch. The entry's own message stays fit to be published singly.
func inBatch(m *nats.Msg, id string, seq int) *nats.Msg {
	header := make(nats.Header, len(m.Header)+3)
	maps.Copy(header, m.Header)
	header[batchIDHeader] = []string{id}
	header[batchSeqHeader] = []string{strconv.Itoa(seq)}
	return &nats.Msg{Subject: m.Subject, Header: header, Data: m.Data}
}
