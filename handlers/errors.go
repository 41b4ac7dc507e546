package handlers

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/views"
)

// statusOf is the third table of the error type: code → HTTP status. Codes
// that are missing here are our own fault: 500.
var statusOf = map[gateway.Code]int{
	gateway.CodeInvalid:       http.StatusUnprocessableEntity,
	gateway.CodeNotFound:      http.StatusNotFound,
	gateway.CodeForbidden:     http.StatusForbidden,
	gateway.CodeTooMany:       http.StatusTooManyRequests,
	gateway.CodeUnauthorized:  http.StatusUnauthorized,
	gateway.CodeConflict:      http.StatusConflict,
	gateway.CodeKeyReused:     http.StatusUnprocessableEntity,
	gateway.CodeKeyRunning:    http.StatusConflict,
	gateway.CodeUnavailable:   http.StatusServiceUnavailable,
	gateway.CodeSFDown:        http.StatusBadGateway,
	gateway.CodeSFBusy:        http.StatusServiceUnavailable,
	gateway.CodeSFLimit:       http.StatusServiceUnavailable,
	gateway.CodeSFAuth:        http.StatusBadGateway,
	gateway.CodeSFPolicy:      http.StatusBadGateway,
	gateway.CodeSFValidation:  http.StatusUnprocessableEntity,
	gateway.CodeSFField:       http.StatusUnprocessableEntity,
	gateway.CodeSFPermission:  http.StatusForbidden,
	gateway.CodeSFGone:        http.StatusConflict,
	gateway.CodeSFDuplicate:   http.StatusConflict,
	gateway.CodeSFConverted:   http.StatusConflict,
	gateway.CodeSFOwner:       http.StatusUnprocessableEntity,
	gateway.CodeSFUnavailable: http.StatusUnprocessableEntity,
	gateway.CodeSFOther:       http.StatusBadGateway,
	gateway.CodeSFRequest:     http.StatusBadGateway,
	gateway.CodeSFStale:       http.StatusConflict,
}

// failure is an error in the words that leave the house.
type failure struct {
	status int
	err    *gateway.Error
	number string // incident number, for what is our own fault
}

// fail is Fiber's error handler: the one place where an error becomes an
// answer. A page gets a page, the API gets problem+json.
func (s *Server) fail(c *fiber.Ctx, err error) error {
	s.harden(c)
	f := s.describe(c, err)
	switch {
	case strings.HasPrefix(c.Path(), "/api/"):
		return s.problem(c, f)
	case strings.HasPrefix(c.Path(), hooksPath):
		return s.hookFailure(c, f)
	}
	return s.errorPage(c, f)
}

func (s *Server) describe(c *fiber.Ctx, err error) failure {
	if e, ok := errors.AsType[*fiber.Error](err); ok {
		return failure{status: e.Code, err: fiberError(e)}
	}
	if e, ok := errors.AsType[*gateway.Error](err); ok {
		if status, known := statusOf[e.Code]; known {
			if status >= http.StatusInternalServerError {
				s.Logger.Warn("could not answer", "code", string(e.Code), "method", c.Method(), "route", c.Route().Path, "err", err)
			}
			return failure{status: status, err: e}
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return failure{status: http.StatusServiceUnavailable, err: gateway.Errorf(gateway.CodeUnavailable,
			"This took too long and was stopped. Nothing that was saved before is lost. Try again.")}
	}
	number := incident()
	s.Logger.Error("answered with an internal error", "incident", number, "method", c.Method(), "route", c.Route().Path, "err", err)
	return failure{status: http.StatusInternalServerError, number: number, err: gateway.Errorf(gateway.CodeInternal,
		"Something failed here. What was saved before is safe. Try again; if it stays, give your admin incident %s.", number)}
}

// fiberError gives words to the framework's own refusals.
func fiberError(e *fiber.Error) *gateway.Error {
	switch e.Code {
	case http.StatusNotFound:
		return gateway.Errorf(gateway.CodeNotFound, "There is nothing at this address. Check it, or start from Health.")
	case http.StatusMethodNotAllowed:
		return gateway.Errorf(gateway.CodeInvalid, "This address cannot be called this way.")
	case http.StatusRequestEntityTooLarge:
		return gateway.Errorf(gateway.CodeInvalid, "This is larger than the %d MB that one request may carry. Send it in parts.", maxBody>>20)
	case http.StatusUnsupportedMediaType:
		return gateway.Errorf(gateway.CodeInvalid, "Send the body as it is, without Content-Encoding.")
	case http.StatusRequestTimeout:
		return gateway.Errorf(gateway.CodeInvalid, "The request did not arrive in time. Send it again.")
	default:
		return gateway.Errorf(gateway.CodeInvalid, "The request was not understood (%d). Check it and send it again.", e.Code)
	}
}

func incident() string {
	var b [4]byte
	rand.Read(b[:]) // never fails since Go 1.24
	return strings.ToUpper(hex.EncodeToString(b[:]))
}

func (s *Server) errorPage(c *fiber.Ctx, f failure) error {
	again := "/"
	if c.Method() == http.MethodGet {
		again = localPath(withQuery(c, nil))
	}
	page := views.ErrorPage{Empty: errorWords(f, again), Number: f.number}
	page.Shell.Title = page.Empty.Title
	// The shell is drawn only for somebody who is signed in; a failing store
	// must not fail the page that says so.
	v := s.visit(c)
	if f.status != http.StatusServiceUnavailable {
		if known, err := s.recognize(v); err == nil && known {
			page.Shell = s.shell(v, page.Empty.Title, "")
		}
	}
	c.Status(f.status)
	return render(c, views.Error(page))
}
