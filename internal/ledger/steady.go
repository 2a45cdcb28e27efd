package ledger

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A cluster that is electing a leader leaves questions unanswered. So a question is put again when it has waited for
// answerTimeout, until its context ends or answerLimit is over. Questions change nothing; what writes is repeated here only
// if twice is the same as once.
const (
	answerTimeout = 2 * time.Second
	answerLimit   = 20 * time.Second
)

// steadily asks until there is an answer.
func steadily[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	for attempt := 0; ; attempt++ {
		once, end := context.WithTimeout(ctx, answerTimeout)
		answer, err := ask(once)
		end()
		if err == nil || !leaderless(err) || ctx.Err() != nil {
			return answer, err
		}
		if pause(ctx, attempt) != nil {
			return answer, err
		}
	}
}

// leaderless tells whether a question met a cluster that is gathering or electing a leader.
func leaderless(err error) bool {
	if api, ok := errors.AsType[*jetstream.APIError](err); ok {
		return api.Code == 503
	}
	for _, unanswered := range []error{
		nats.ErrNoResponders, jetstream.ErrNoStreamResponse, context.DeadlineExceeded, nats.ErrTimeout,
	} {
		if errors.Is(err, unanswered) {
			return true
		}
	}
	return false
}

// steady is JetStream that outlives elections, as far as questions go.
type steady struct{ jetstream.JetStream }

// Stream implements jetstream.JetStream.
func (s steady) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	stream, err := steadily(ctx, func(ctx context.Context) (jetstream.Stream, error) { return s.JetStream.Stream(ctx, name) })
	if err != nil {
		return nil, err
	}
	return steadyStream{stream}, nil
}

// CreateStream implements jetstream.JetStream.
func (s steady) CreateStream(ctx context.Context, cfg jetstream.StreamConfig) (jetstream.Stream, error) {
	stream, err := s.JetStream.CreateStream(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return steadyStream{stream}, nil
}

// KeyValue implements jetstream.JetStream.
func (s steady) KeyValue(ctx context.Context, bucket string) (jetstream.KeyValue, error) {
	kv, err := steadily(ctx, func(ctx context.Context) (jetstream.KeyValue, error) { return s.JetStream.KeyValue(ctx, bucket) })
	if err != nil {
		return nil, err
	}
	return steadyBucket{kv}, nil
}

// CreateConsumer implements jetstream.JetStream. One that nobody heard of being created is forgotten by the server.
func (s steady) CreateConsumer(ctx context.Context, stream string, cfg jetstream.ConsumerConfig) (jetstream.Consumer, error) {
	return steadily(ctx, func(ctx context.Context) (jetstream.Consumer, error) {
		return s.JetStream.CreateConsumer(ctx, stream, cfg)
	})
}

// steadyStream is a stream that outlives elections, as far as questions go.
type steadyStream struct{ jetstream.Stream }

// Info implements jetstream.Stream.
func (s steadyStream) Info(ctx context.Context, opts ...jetstream.StreamInfoOpt) (*jetstream.StreamInfo, error) {
	return steadily(ctx, func(ctx context.Context) (*jetstream.StreamInfo, error) { return s.Stream.Info(ctx, opts...) })
}

// GetMsg implements jetstream.Stream.
func (s steadyStream) GetMsg(ctx context.Context, seq uint64, opts ...jetstream.GetMsgOpt) (*jetstream.RawStreamMsg, error) {
	return steadily(ctx, func(ctx context.Context) (*jetstream.RawStreamMsg, error) { return s.Stream.GetMsg(ctx, seq, opts...) })
}

// GetLastMsgForSubject implements jetstream.Stream.
func (s steadyStream) GetLastMsgForSubject(ctx context.Context, subject string) (*jetstream.RawStreamMsg, error) {
	return steadily(ctx, func(ctx context.Context) (*jetstream.RawStreamMsg, error) {
		return s.Stream.GetLastMsgForSubject(ctx, subject)
	})
}

// CreateConsumer implements jetstream.Stream. One that nobody heard of being created is forgotten by the server.
func (s steadyStream) CreateConsumer(ctx context.Context, cfg jetstream.ConsumerConfig) (jetstream.Consumer, error) {
	return steadily(ctx, func(ctx context.Context) (jetstream.Consumer, error) { return s.Stream.CreateConsumer(ctx, cfg) })
}

// steadyBucket is a bucket that outlives elections, as far as questions go.
type steadyBucket struct{ jetstream.KeyValue }

// Get implements jetstream.KeyValue.
func (b steadyBucket) Get(ctx context.Context, key string) (jetstream.KeyValueEntry, error) {
	return steadily(ctx, func(ctx context.Context) (jetstream.KeyValueEntry, error) { return b.KeyValue.Get(ctx, key) })
}
