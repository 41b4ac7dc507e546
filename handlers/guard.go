package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/compress"

	"tidegate/gateway"
	"tidegate/static"
)

// originGuard refuses state changes that another site sends (S-01). It reads
// Sec-Fetch-Site and Origin, so no token has to be stored or rendered. Every
// browser that we support sends one of them with a POST; a request that has
// neither, but a session, is not one of ours.
type originGuard struct{ p *http.CrossOriginProtection }

var errNoOrigin = errors.New("a signed-in request without Origin and Sec-Fetch-Site")

func newOriginGuard() *originGuard { return &originGuard{http.NewCrossOriginProtection()} }

func (g *originGuard) check(c *fiber.Ctx) error {
	h := http.Header{}
	for _, name := range [...]string{"Sec-Fetch-Site", "Origin"} {
		if value := c.Get(name); value != "" {
			h.Set(name, value)
		}
	}
	safe := c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead || c.Method() == fiber.MethodOptions
	if len(h) == 0 && !safe && c.Cookies(sessionCookie) != "" {
		return errNoOrigin
	}
	return g.p.Check(&http.Request{
		Method: c.Method(), Host: string(c.Request().Host()), Header: h, URL: &url.URL{Path: c.Path()},
	})
}

// contentPolicy allows our own files and nothing else: no inline script or
// style, no foreign host, no frame (S-27, S-43).
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// harden sets the headers that every answer carries, also those that Fiber
// gives before a route is looked for.
func (s *Server) harden(c *fiber.Ctx) {
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
}

// secure hardens the answer and refuses what comes from another site.
func (s *Server) secure(c *fiber.Ctx) error {
	s.harden(c)
	if c.Method() == fiber.MethodTrace || c.Method() == fiber.MethodConnect {
		return fiber.ErrMethodNotAllowed
	}
	if c.Get(fiber.HeaderContentEncoding) != "" {
		return fiber.ErrUnsupportedMediaType // a packed body could be of any size (S-25)
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

// shrink compresses pages and API answers. Assets are compressed ahead of time,
// and the stream must arrive at once. No page holds a secret beside what its
// reader sent: forms are guarded by where a request comes from, not by a token.
var shrink = compress.New(compress.Config{
	Level: compress.LevelBestSpeed,
	Next: func(c *fiber.Ctx) bool {
		return c.Path() == eventsPath || strings.HasPrefix(c.Path(), static.Prefix)
	},
})
