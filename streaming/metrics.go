package streaming

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tidegate/gateway"
)

// Metrics counts what comes in. The zero value counts nothing; NewMetrics
// returns one that is registered.
type Metrics struct {
	events *prometheus.CounterVec
	lag    prometheus.Histogram
	age    *ages
	proven *prometheus.CounterVec
	equal  *prometheus.GaugeVec
}

// NewMetrics registers the inbound metrics of the contract.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tidegate_inbound_events_total", Help: "Observed changes by what became of them.",
		}, []string{"object", "change", "outcome"}),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tidegate_inbound_lag_seconds", Help: "From the commit in Salesforce to durable here.",
			// Commit times have whole seconds, so below one second this shows
			// mostly their rounding.
			Buckets: []float64{.05, .1, .25, .5, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 1800, 7200, 86400},
		}),
		age: &ages{of: map[string]func() time.Duration{}},
		proven: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tidegate_proof_records_total", Help: "Records compared with Salesforce, differing and repaired.",
		}, []string{"object", "outcome"}),
		equal: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tidegate_proof_timestamp_seconds", Help: "When an object was last proven equal, or made equal.",
		}, []string{"connection", "object"}),
	}
	for _, c := range []prometheus.Collector{m.events, m.lag, m.age, m.proven, m.equal} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

type countKey struct {
	object  string
	change  gateway.ChangeType
	outcome gateway.Outcome
}

// outcomeUnreadable counts events in quarantine; they have no other outcome.
const outcomeUnreadable gateway.Outcome = "unreadable"

func (m *Metrics) count(counts map[countKey]int, lags []time.Duration) {
	if m == nil || m.events == nil {
		return
	}
	for k, n := range counts {
		m.events.WithLabelValues(k.object, string(k.change), string(k.outcome)).Add(float64(n))
	}
	for _, lag := range lags {
		m.lag.Observe(lag.Seconds())
	}
}

// proved counts what one slice of a proof added to it.
func (m *Metrics) proved(connection string, before, now gateway.Proof, done bool) {
	if m == nil || m.proven == nil || now.Object == "" {
		return
	}
	for outcome, n := range map[string]int{
		"compared": now.Compared - before.Compared, "differing": now.Records - before.Records, "repaired": now.Repaired - before.Repaired,
	} {
		m.proven.WithLabelValues(now.Object, outcome).Add(float64(max(n, 0)))
	}
	if done && now.Settled() {
		m.equal.WithLabelValues(connection, now.Object).Set(float64(now.AsOf.Unix()))
	}
}

// follow reports the age of a connection's position until the returned
// function is called.
func (m *Metrics) follow(connection string, age func() time.Duration) (stop func()) {
	if m == nil || m.age == nil {
		return func() {}
	}
	m.age.mu.Lock()
	defer m.age.mu.Unlock()
	m.age.of[connection] = age
	return func() {
		m.age.mu.Lock()
		defer m.age.mu.Unlock()
		delete(m.age.of, connection)
	}
}

// ages collects tidegate_cursor_age_seconds, computed when asked: how long ago
// the stream was last known to be complete.
type ages struct {
	mu sync.Mutex
	of map[string]func() time.Duration
}

var ageDesc = prometheus.NewDesc("tidegate_cursor_age_seconds",
	"How long ago the stream was last known to be complete.", []string{"connection"}, nil)

func (a *ages) Describe(out chan<- *prometheus.Desc) { out <- ageDesc }

func (a *ages) Collect(out chan<- prometheus.Metric) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for connection, age := range a.of {
		out <- prometheus.MustNewConstMetric(ageDesc, prometheus.GaugeValue, age().Seconds(), connection)
	}
}
