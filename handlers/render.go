package handlers

import (
	"bytes"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/static"
	"tidegate/store"
)

// render writes a page. It is built in memory first, so that a template that
// fails gives a clean error instead of half a page.
func render(c *fiber.Ctx, page templ.Component) error {
	var b bytes.Buffer
	if err := page.Render(c.UserContext(), &b); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/html; charset=utf-8")
	return c.Send(b.Bytes())
}

// asset serves an embedded file. Names carry a hash of the content, so that a
// browser may keep them for ever; anything that is not in the list is 404,
// which leaves nothing to traverse (S-45).
func (s *Server) asset(c *fiber.Ctx) error {
	file, ok := static.Lookup(c.Path())
	if !ok {
		return fiber.ErrNotFound
	}
	c.Set(fiber.HeaderContentType, file.Type)
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	content, encoding := file.Encoded(c.Get(fiber.HeaderAcceptEncoding))
	if encoding != "" {
		c.Set(fiber.HeaderContentEncoding, encoding)
	}
	return c.Send(content)
}

func (s *Server) alive(c *fiber.Ctx) error { return c.SendString("alive\n") }

func (s *Server) ready(c *fiber.Ctx) error {
	if err := s.DB.Ready(c.UserContext()); err != nil {
		return c.Status(fiber.StatusServiceUnavailable).SendString("not ready: the database is away or its migrations are not current\n")
	}
	return c.SendString("ready\n")
}

// audit writes down an act. The act has happened by then, so that a failing
// audit is only logged.
func (s *Server) audit(v *visit, what, target string) {
	s.write(v.ws, v.Ctx, gateway.AuditEntry{By: v.member.Name, What: what, Target: target})
}

func (s *Server) write(ws *store.Workspace, c *fiber.Ctx, e gateway.AuditEntry) {
	e.At, e.IP = s.Now(), c.IP()
	if err := ws.Audit(c.UserContext(), e); err != nil {
		s.Logger.Error("writing the audit log failed", "err", err)
	}
}

// auditRefusal writes down a refusal where somebody is known; who is not
// leaves a line in the log.
func (s *Server) auditRefusal(c *fiber.Ctx, what string) {
	v := s.visit(c)
	if known, err := s.recognize(v); err != nil || !known {
		s.Logger.Warn("refused a request", "reason", what, "method", c.Method(), "route", c.Route().Path)
		return
	}
	s.audit(v, what, c.Method()+" "+c.Path())
}
