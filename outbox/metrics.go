package outbox

import (
	"github.com/prometheus/client_golang/prometheus"

	"tidegate/gateway"
)

// Metrics counts what goes out. cmd registers it.
type Metrics struct {
	records *prometheus.CounterVec
	pending *prometheus.GaugeVec
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
		words: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tidegate_summary_questions_total", Help: "Questions to the language model about topics of deals, by what became of the answer.",
		}, []string{"outcome"}),
	}
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	m.records.Describe(ch)
	m.pending.Describe(ch)
	m.words.Describe(ch)
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	m.records.Collect(ch)
	m.pending.Collect(ch)
	m.words.Collect(ch)
}

func (m *Metrics) settled(c gateway.Change, state gateway.ChangeState) {
	outcome := map[gateway.ChangeState]string{"": "written", gateway.StateWaiting: "retry", gateway.StateParked: "parked"}[state]
	m.records.WithLabelValues(c.Key.Object, string(c.Op), outcome).Inc()
}

func (m *Metrics) worded(outcome string) { m.words.WithLabelValues(outcome).Inc() }
