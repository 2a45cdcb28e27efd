package telemetry

import (
	"context"

	"milemarker/events"
)

// Recorder is the door into the ledger.
type Recorder interface {
	Record(ctx context.Context, org string, drafts []events.Draft) ([]events.Receipt, error)
	RecordTogether(ctx context.Context, org string, drafts []events.Draft) ([]events.Receipt, error)
	Digest(ctx context.Context, org string, d events.Draft) (string, error)
}

// CountedRecorder is a recorder whose outcomes are counted.
type CountedRecorder struct {
	Recorder
	metrics *Metrics
}

// Recorder returns a recorder that does what next does, and is counted.
func (m *Metrics) Recorder(next Recorder) *CountedRecorder { return &CountedRecorder{next, m} }

// Record implements Recorder.
func (r *CountedRecorder) Record(ctx context.Context, org string, drafts []events.Draft) ([]events.Receipt, error) {
	receipts, err := r.Recorder.Record(ctx, org, drafts)
	r.count(receipts, err)
	return receipts, err
}

// RecordTogether implements Recorder.
func (r *CountedRecorder) RecordTogether(ctx context.Context, org string, drafts []events.Draft) ([]events.Receipt, error) {
	receipts, err := r.Recorder.RecordTogether(ctx, org, drafts)
	r.count(receipts, err)
	return receipts, err
}

func (r *CountedRecorder) count(receipts []events.Receipt, err error) {
	if err != nil {
		r.metrics.failures.Inc()
		return
	}
	r.metrics.recorded.Observe(float64(len(receipts)))
	for _, receipt := range receipts {
		r.metrics.outcomes.WithLabelValues(string(receipt.Outcome)).Inc()
	}
}
