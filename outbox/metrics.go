package outbox

import (
	"cmp"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tidegate/gateway"
)

// Metrics counts what goes out. cmd registers it.
type Metrics struct {
	records *prometheus.CounterVec
	pending *prometheus.GaugeVec
	lag     *prometheus.HistogramVec
	words   *prometheus.CounterVec
}

// NewMetrics returns metrics that are not yet registered.
func NewMetrics() *Metrics {
	return &Metrics{
		records: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tidegate_outbound_records_total", Help: "Records sent to Salesforce, by what became of the attempt.",
		}, []string{"object", "op", "outcome"}),
		pending: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tidegate_writes_pending", Help: "Changes that Salesforce is still owed.",
		}, []string{"connection"}),
		lag: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tidegate_outbound_lag_seconds", Help: "From durable here to written in Salesforce, by who asked for it.",
			Buckets: []float64{.05, .1, .25, .5, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 1800, 7200, 86400},
		}, []string{"by"}),
		words: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tidegate_summary_questions_total", Help: "Questions to the language model about topics of deals, by what became of the answer.",
		}, []string{"outcome"}),
	}
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	m.records.Describe(ch)
	m.pending.Describe(ch)
	m.lag.Describe(ch)
	m.words.Describe(ch)
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	m.records.Collect(ch)
	m.pending.Collect(ch)
	m.lag.Collect(ch)
	m.words.Collect(ch)
}

// settled counts an attempt; what was written is measured from when it was asked
// for (DEM-18).
func (m *Metrics) settled(c gateway.Change, state gateway.ChangeState, now time.Time) {
	if state == "" {
		by := map[int]string{0: "person", laneSaid: "product"}[c.Lane]
		m.lag.WithLabelValues(cmp.Or(by, "planned")).Observe(now.Sub(c.EnqueuedAt).Seconds())
	}
	outcome := map[gateway.ChangeState]string{"": "written", gateway.StateWaiting: "retry", gateway.StateParked: "parked"}[state]
	m.records.WithLabelValues(c.Key.Object, string(c.Op), outcome).Inc()
}

func (m *Metrics) worded(outcome string) { m.words.WithLabelValues(outcome).Inc() }
