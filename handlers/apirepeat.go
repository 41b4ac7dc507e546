package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/store"
)

const (
	repeatHeader   = "Idempotency-Key"
	replayedHeader = "Idempotency-Replayed"
	maxRepeatKey   = 255             // characters
	settleFor      = 5 * time.Second // to keep the answer, also when the request's own time is over
)

// repeatable makes a call that carries an Idempotency-Key safe to send again:
// for a day the same request gets the first answer, without a second effect.
func repeatable(next func(*call) error) func(*call) error {
	return func(c *call) error {
		key := c.Get(repeatHeader)
		if key == "" {
			return next(c)
		}
		if len(key) > maxRepeatKey || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
			return gateway.InvalidField(repeatHeader, "Idempotency-Key has 1 to %d ASCII characters; a random UUID for each write does.", maxRepeatKey)
		}
		request := digest(c.Method(), c.OriginalURL(), string(c.Body()))
		a, mine, err := c.ws.ClaimAnswer(c.UserContext(), digest(c.key.ID, key), request)
		switch {
		case err != nil:
			return err
		case mine:
			return c.firstAnswer(a, next)
		case a.Request != request:
			return gateway.Errorf(gateway.CodeKeyReused,
				"This Idempotency-Key came with another request before. Send each new request with a new key, and a repeated one exactly as it was.")
		case a.Status == 0:
			c.Set(fiber.HeaderRetryAfter, "1")
			return gateway.Errorf(gateway.CodeKeyRunning, "The call with this Idempotency-Key is still running. Send it again in a few seconds to get its answer.")
		}
		c.Set(replayedHeader, "true")
		c.Set(fiber.HeaderContentType, answerType(a.Status))
		return c.Status(a.Status).SendString(a.Body)
	}
}

// firstAnswer runs the call and keeps its answer. What failed on our side is
// not kept: the same call may be tried again with the same key.
func (c *call) firstAnswer(a store.Answer, next func(*call) error) error {
	kept := false
	defer func() { // also after a panic
		if !kept {
			c.settle(a, c.ws.ReleaseAnswer)
		}
	}()
	err := next(c)
	if err != nil {
		e, ok := gatewayError(err)
		if !ok || statusOf[e.Code] == 0 || statusOf[e.Code] >= http.StatusInternalServerError {
			return err
		}
		if err := c.s.fail(c.Ctx, err); err != nil {
			return err
		}
	}
	if a.Status, a.Body = c.Response().StatusCode(), string(c.Response().Body()); a.Status < http.StatusInternalServerError {
		kept = c.settle(a, c.ws.SaveAnswer)
	}
	return err
}

// settle ends a repeatable call, also when the request's own time is over, and
// reports whether that went well. Where it did not, the call was done all the
// same; a repetition waits for the lease and does it again, which the product's
// own ids make harmless.
func (c *call) settle(a store.Answer, how func(context.Context, store.Answer) error) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.UserContext()), settleFor)
	defer cancel()
	err := how(ctx, a)
	if err != nil {
		c.s.Logger.Warn("the answer of a repeatable call was not kept", "code", string(gateway.CodeOf(err)))
	}
	return err == nil
}

// answerType is the type of an answer of the API: what went wrong is a problem.
func answerType(status int) string {
	if status >= http.StatusBadRequest {
		return problemJSON
	}
	return fiber.MIMEApplicationJSON
}

// digest is one hash of several texts.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		sum := sha256.Sum256([]byte(p))
		h.Write(sum[:]) // never fails
	}
	return hex.EncodeToString(h.Sum(nil))
}
