// Package telemetry measures what the parts do, for Prometheus: it wraps the recorder and the projector's source, and asks
// for the rest when it is scraped. The parts know nothing of it.
//
// No metric names an org, a person or a rep. The package imports events and no other package of ours.
package telemetry

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"milemarker/events"
)

// Metrics are those of one process.
type Metrics struct {
	registry *prometheus.Registry
	now      func() time.Time
	outcomes *prometheus.CounterVec
	failures prometheus.Counter
	recorded prometheus.Histogram
	folded   prometheus.Histogram
	flushes  prometheus.Histogram
}

// New returns metrics of nothing yet, besides those of the process itself.
func New(now func() time.Time) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		now:      now,
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "milemarker_events_total", Help: "Events handed in, by what became of them.",
		}, []string{"outcome"}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "milemarker_record_failures_total", Help: "Calls whose outcome is unknown, because the ledger did not answer.",
		}),
		recorded: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "milemarker_record_batch_events", Help: "Events handed in by one call.",
			Buckets: []float64{1, 2, 5, 10, 50, 100, 500, 1000, 5000, 10_000},
		}),
		folded: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "milemarker_projector_batch_events", Help: "Messages folded by one flush.",
			Buckets: []float64{1, 10, 100, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000},
		}),
		flushes: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "milemarker_projector_flush_seconds", Help: "From the delivery of a batch until it was folded and durable.",
			Buckets: []float64{0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 10, 60},
		}),
	}
	m.registry.MustRegister(
		m.outcomes, m.failures, m.recorded, m.folded, m.flushes,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	for _, o := range []events.Outcome{events.Appended, events.Duplicate, events.Conflict, events.Rejected} {
		m.outcomes.WithLabelValues(string(o)) // shown as 0 until there is one
	}
	return m
}

// Handler answers a scrape.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}

// sampleTimeout bounds what a scrape may wait for a value.
const sampleTimeout = 2 * time.Second

// Sample adds a gauge whose value is asked for at every scrape. While ask fails there is no value.
func (m *Metrics) Sample(name, help string, ask func(ctx context.Context) (float64, error)) {
	m.registry.MustRegister(&sample{
		desc: prometheus.NewDesc(name, help, nil, nil),
		ask: func(ctx context.Context) (map[string]float64, error) {
			v, err := ask(ctx)
			return map[string]float64{"": v}, err
		},
	})
}

// SamplePositions is Sample for a position of each partition.
func (m *Metrics) SamplePositions(name, help string, ask func(ctx context.Context) (map[int]events.Position, error)) {
	m.registry.MustRegister(&sample{
		desc: prometheus.NewDesc(name, help, []string{"partition"}, nil),
		ask: func(ctx context.Context) (map[string]float64, error) {
			positions, err := ask(ctx)
			values := map[string]float64{}
			for partition, p := range positions {
				values[strconv.Itoa(partition)] = float64(p)
			}
			return values, err
		},
	})
}

// sample is a gauge that is asked for, with one label or none.
type sample struct {
	desc *prometheus.Desc
	ask  func(ctx context.Context) (map[string]float64, error)
}

// Describe implements prometheus.Collector.
func (s *sample) Describe(to chan<- *prometheus.Desc) { to <- s.desc }

// Collect implements prometheus.Collector.
func (s *sample) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), sampleTimeout)
	defer cancel()
	values, err := s.ask(ctx)
	if err != nil {
		return // a gap in the graph says so; a scrape with the other values is worth more than none
	}
	for label, v := range values {
		var labels []string
		if label != "" {
			labels = []string{label}
		}
		to <- prometheus.MustNewConstMetric(s.desc, prometheus.GaugeValue, v, labels...)
	}
}
