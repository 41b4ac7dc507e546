package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
)

// originGuard refuses state changes that another site sends (S-01). It reads
// Sec-Fetch-Site and Origin, so no token has to be stored or rendered.
type originGuard struct{ p *http.CrossOriginProtection }

func newOriginGuard() *originGuard { return &originGuard{http.NewCrossOriginProtection()} }

func (g *originGuard) check(c *fiber.Ctx) error {
	h := http.Header{}
	for _, name := range [...]string{"Sec-Fetch-Site", "Origin"} {
		if value := c.Get(name); value != "" {
			h.Set(name, value)
		}
	}
	return g.p.Check(&http.Request{
		Method: c.Method(), Host: string(c.Request().Host()), Header: h, URL: &url.URL{Path: c.Path()},
	})
}

// contentPolicy allows our own files and nothing else: no inline script or
// style, no foreign host, no frame (S-27, S-43).
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// secure sets the headers that every answer carries and refuses what comes
// from another site.
func (s *Server) secure(c *fiber.Ctx) error {
	h := &c.Response().Header
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Cache-Control", "no-store") // record pages must not stay in a cache
	if s.https() {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	if c.Method() == fiber.MethodTrace || c.Method() == fiber.MethodConnect {
		return fiber.ErrMethodNotAllowed
	}
	if err := s.guard.check(c); err != nil {
		s.auditRefusal(c, "refused a request from another site")
		return gateway.Errorf(gateway.CodeForbidden,
			"This request came from another site, so nothing was changed. Open Tidegate in its own tab and try again.")
	}
	return c.Next()
}

func (s *Server) recoverPanic(c *fiber.Ctx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.Logger.Error("recovered a panic in a handler", "path", c.Route().Path, "stack", string(debug.Stack()))
			err = fmt.Errorf("recovered a panic in a handler: %v", r)
		}
	}()
	return c.Next()
}
