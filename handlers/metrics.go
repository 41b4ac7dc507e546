package handlers

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// httpMetrics times requests by route, never by address: an address may hold
// a name, and would make the series endless.
type httpMetrics struct {
	seconds *prometheus.HistogramVec
	// hooks counts deliveries by kind of the webhook, never by webhook.
	hooks *prometheus.CounterVec
}

func newHTTPMetrics(r prometheus.Registerer) *httpMetrics {
	m := &httpMetrics{
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tidegate_http_request_duration_seconds", Help: "Time to answer a request.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 3, 10},
		}, []string{"method", "route", "status"}),
		hooks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tidegate_hook_deliveries_total", Help: "Deliveries at webhooks by what became of them.",
		}, []string{"kind", "outcome"}),
	}
	if r != nil {
		r.MustRegister(m.seconds, m.hooks)
	}
	return m
}

func (s *Server) instrument(c *fiber.Ctx) error {
	start := time.Now()
	err := c.Next()
	if err != nil {
		// The error handler runs here, so that the status that is counted is
		// the one that is sent.
		if err := s.fail(c, err); err != nil {
			return err
		}
	}
	s.metrics.seconds.WithLabelValues(c.Method(), c.Route().Path, strconv.Itoa(c.Response().StatusCode())).
		Observe(time.Since(start).Seconds())
	return nil
}
