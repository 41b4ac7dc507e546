package handlers

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
)

// httpMetrics times requests by route, never by address: an address may hold
// a name, and would make the series endless.
type httpMetrics struct{ seconds *prometheus.HistogramVec }

func newHTTPMetrics(r prometheus.Registerer) *httpMetrics {
	m := &httpMetrics{prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "tidegate_http_request_duration_seconds", Help: "Time to answer a request.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 3, 10},
	}, []string{"method", "route", "status"})}
	if r != nil {
		r.MustRegister(m.seconds)
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
