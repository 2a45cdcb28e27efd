package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
)

// Read returns at most limit events from position from on, in order, of the given partitions or of all. Fewer than
// limit means that there were no more at the time of the call.
func (l *Ledger) Read(ctx context.Context, from events.Position, limit int, partitions ...int) ([]events.Frame, error) {
	ctx, cancel := l.link.bind(ctx)
	defer cancel()
	msgs, err := l.read(ctx, l.stream, from, limit, filters(partitions, nil))
	if err != nil {
		return nil, fmt.Errorf("read from %d: %w", from, reason(ctx, err))
	}
	frames := make([]events.Frame, len(msgs))
	for i, m := range msgs {
		frames[i] = events.Frame{Position: m.position, Subject: m.msg.Subject(), Body: m.msg.Data()}
	}
	return frames, nil
}

// Get returns the event at a position and the time when the server stored it. It fails with fs.ErrNotExist when there
// is none yet.
func (l *Ledger) Get(ctx context.Context, at events.Position) (events.Frame, time.Time, error) {
	ctx, cancel := l.link.bind(ctx)
	defer cancel()
	msg, err := l.stream.GetMsg(ctx, uint64(at))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		err = fs.ErrNotExist
	}
	if err != nil {
		return events.Frame{}, time.Time{}, fmt.Errorf("get %d: %w", at, reason(ctx, err))
	}
	return events.Frame{Position: at, Subject: msg.Subject, Body: msg.Data}, msg.Time, nil
}

// Quiet returns the position of the newest event if no event of the given partitions stands behind its checkpoint, else 0:
// up to there nothing of them is left to be read.
func (l *Ledger) Quiet(ctx context.Context, checkpoints map[int]events.Position) (events.Position, error) {
	last, err := l.Last(ctx) // first: what comes meanwhile stands behind it
	if err != nil {
		return 0, err
	}
	ctx, cancel := l.link.bind(ctx)
	defer cancel()
	for p, reached := range checkpoints {
		msg, err := l.stream.GetLastMsgForSubject(ctx, fmt.Sprintf("ledger.%02d.>", p))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("newest of partition %d: %w", p, reason(ctx, err))
		}
		if events.Position(msg.Sequence) > reached {
			return 0, nil
		}
	}
	return last, nil
}

// filters returns the subjects of the given types in the given partitions; none given stands for all. No subject at all
// means the whole stream: a server that need not compare subjects reads it several times as fast.
func filters(partitions []int, types []string) []string {
	every := len(partitions) == 0 || len(partitions) == events.Partitions
	if every && len(types) == 0 {
		return nil
	}
	lanes := []string{"ledger.*."}
	if !every {
		lanes = lanes[:0]
		for _, p := range partitions {
			lanes = append(lanes, fmt.Sprintf("ledger.%02d.", p))
		}
	}
	if len(types) == 0 {
		types = []string{">"}
	}
	subjects := make([]string, 0, len(lanes)*len(types))
	for _, lane := range lanes {
		for _, t := range types {
			if t != ">" {
				t = "*." + t
			}
			subjects = append(subjects, lane+t)
		}
	}
	return subjects
}

// stored is a message with its place in the stream.
type stored struct {
	position events.Position
	msg      jetstream.Msg
}

// read fetches what stands in a stream now, by a consumer that lives for this call only. The server tells beforehand
// how many there are, so that a slow answer is never taken for the end.
func (l *Ledger) read(
	ctx context.Context, stream jetstream.Stream, from events.Position, limit int, subjects []string,
) ([]stored, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	cons, err := stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       max(uint64(from), 1),
		FilterSubjects:    subjects,
		AckPolicy:         jetstream.AckNonePolicy,
		MemoryStorage:     true,
		Replicas:          1,
		InactiveThreshold: readTimeout,
	})
	if err != nil {
		return nil, err
	}
	info := cons.CachedInfo()
	defer func() { _ = stream.DeleteConsumer(context.WithoutCancel(ctx), info.Name) }() // else it ends by itself
	want := min(limit, int(info.NumPending))
	if want <= 0 {
		return nil, nil
	}
	batch, err := cons.Fetch(want, jetstream.FetchContext(ctx))
	if err != nil {
		return nil, err
	}
	msgs := make([]stored, 0, want)
	for msg := range batch.Messages() {
		meta, err := msg.Metadata()
		if err != nil {
			return nil, err
		}
		msgs = append(msgs, stored{events.Position(meta.Sequence.Stream), msg})
	}
	if err := batch.Error(); err != nil {
		return nil, err
	}
	if len(msgs) < want {
		return nil, fmt.Errorf("%d of %d messages: %w", len(msgs), want, errCutShort)
	}
	return msgs, nil
}

// readTimeout bounds one read.
const readTimeout = 30 * time.Second

// errCutShort is returned when the connection was lost in the middle of a read.
var errCutShort = errors.New("read cut short")
