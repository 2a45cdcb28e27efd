package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// sideWindow is the window of deduplication of streams other than LEDGER, which have no use for it: the server's own.
const sideWindow = 2 * time.Minute

// The names of the streams.
const (
	ledgerStream     = "LEDGER"
	quarantineStream = "QUARANTINE"
)

// ledgerConfig is the immutable stream: no limit may ever make room by deleting, and no header may.
func ledgerConfig(cfg Config) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:               ledgerStream,
		Description:        "Every event, for ever.",
		Subjects:           []string{"ledger.>"},
		Storage:            jetstream.FileStorage,
		Compression:        jetstream.S2Compression,
		Retention:          jetstream.LimitsPolicy,
		Discard:            jetstream.DiscardNew,
		DenyDelete:         true,
		DenyPurge:          true,
		MaxConsumers:       -1,
		MaxMsgs:            -1,
		MaxBytes:           -1,
		MaxMsgsPerSubject:  -1,
		MaxMsgSize:         -1,
		Replicas:           cfg.Replicas,
		Duplicates:         cfg.DuplicateWindow,
		AllowDirect:        cfg.Replicas == 1, // of several copies only the leader's is never behind
		AllowAtomicPublish: true,
	}
}

// quarantineConfig differs in that an operator may delete what has been dealt with.
func quarantineConfig(cfg Config) jetstream.StreamConfig {
	c := ledgerConfig(cfg)
	c.Name, c.Description = quarantineStream, "Ledger messages that could not be read."
	c.Subjects = []string{"quarantine.>"}
	c.Duplicates = sideWindow
	c.DenyDelete, c.DenyPurge, c.AllowAtomicPublish = false, false, false
	return c
}

// ensure is ensureStream, again and again while the cluster has no leader or too few nodes.
func (l *Ledger) ensure(ctx context.Context, want jetstream.StreamConfig) (jetstream.Stream, error) {
	for attempt := 0; ; attempt++ {
		// A node that does not know the leader yet leaves a request unanswered.
		trying, cancel := context.WithTimeout(ctx, ensureTimeout)
		stream, err := ensureStream(trying, l.js, want)
		cancel()
		if err == nil || !leaderless(err) && !hasCode(err, errCodeNoPeers) || ctx.Err() != nil {
			return stream, err
		}
		if attempt == 0 {
			l.log.WarnContext(ctx, "stream cannot be opened yet", "stream", want.Name, "error", err)
		}
		if pause(ctx, attempt) != nil {
			return nil, err
		}
	}
}

// ensureTimeout bounds one attempt to open a stream.
const ensureTimeout = 3 * time.Second

// errCodeNoPeers is the server's answer when fewer nodes are there than a stream is to have copies.
const errCodeNoPeers jetstream.ErrorCode = 10005

// ensureStream creates the stream when there is none, and returns a *DriftError when the one there is another.
func ensureStream(ctx context.Context, js jetstream.JetStream, want jetstream.StreamConfig) (jetstream.Stream, error) {
	stream, err := js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		// The server answers with the stream that stands when it was created alike in the meantime.
		stream, err = js.CreateStream(ctx, want)
	}
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", want.Name, err)
	}
	return stream, checkDrift(want, stream.CachedInfo().Config)
}

// checkDrift compares field by field. Description, placement and metadata (where the server notes its own version)
// change no promise and are the operator's.
func checkDrift(want, found jetstream.StreamConfig) error {
	for _, c := range []*jetstream.StreamConfig{&want, &found} {
		c.Description, c.Placement, c.Metadata = "", nil, nil
	}
	expected, err := settings(want)
	if err != nil {
		return err
	}
	actual, err := settings(found)
	if err != nil {
		return err
	}
	drift := &DriftError{Stream: want.Name}
	for field := range expected {
		if _, ok := actual[field]; !ok {
			actual[field] = nil
		}
	}
	for field, value := range actual {
		if !reflect.DeepEqual(value, expected[field]) {
			drift.Fields = append(drift.Fields, Drift{Field: field, Expected: show(expected[field]), Found: show(value)})
		}
	}
	if len(drift.Fields) == 0 {
		return nil
	}
	slices.SortFunc(drift.Fields, func(a, b Drift) int { return strings.Compare(a.Field, b.Field) })
	return drift
}

// settings returns the configuration under the server's own field names.
func settings(cfg jetstream.StreamConfig) (map[string]any, error) {
	b, err := json.Marshal(cfg)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", cfg.Name, err)
	}
	var fields map[string]any
	if err := json.Unmarshal(b, &fields); err != nil {
		return nil, fmt.Errorf("stream %s: %w", cfg.Name, err)
	}
	return fields, nil
}

// show renders a setting; one that is absent is off.
func show(value any) string {
	if value == nil {
		return "unset"
	}
	b, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(b)
}
