package handlers

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/rules/hint"
	"tidegate/store"
)

// Where Salesforce tells of changes; the hook's id follows.
const (
	hooksPath    = "/webhooks/"
	outboundPath = hooksPath + "salesforce/" + string(gateway.HookOutbound) + "/"
	signedPath   = hooksPath + "salesforce/" + string(gateway.HookEvents) + "/"
)

// hookCall is one request at a hook.
type hookCall struct {
	request
	s    *Server
	hook gateway.Hook // zero where there is no such hook
	old  bool         // proven by the secret before the last rotation
}

// hookKind is what differs between the kinds of hooks.
type hookKind struct {
	kind gateway.HookKind
	// prove returns which of the secrets the request was made with.
	prove func(c *hookCall, secrets []string, body []byte) (int, error)
	read  func(c *hookCall, body []byte) (hint.Told, error)
	// named is true where a request must name its org.
	named    bool
	unproven string // for the admin who reads the deliveries
	taken    func(c *hookCall, d gateway.HookDelivery) error
}

var hookKinds = map[gateway.HookKind]hookKind{
	gateway.HookOutbound: {
		kind: gateway.HookOutbound, named: true, unproven: "The secret in the address was missing or not right.",
		prove: func(c *hookCall, secrets []string, _ []byte) (int, error) {
			return hint.Shown(secrets, c.Query("secret"))
		},
		read:  func(_ *hookCall, body []byte) (hint.Told, error) { return hint.SOAP(body) },
		taken: func(c *hookCall, _ gateway.HookDelivery) error { return c.soap(http.StatusOK, ackBody) },
	},
	gateway.HookEvents: {
		kind: gateway.HookEvents, unproven: "The signature was missing or not right, or its time was more than five minutes off.",
		prove: func(c *hookCall, secrets []string, body []byte) (int, error) {
			return hint.Verify(secrets, hint.Signed{
				ID: c.Get(hint.HeaderID), Timestamp: c.Get(hint.HeaderTimestamp), Signatures: c.Get(hint.HeaderSignature), Body: body,
			}, c.s.Now())
		},
		read: func(c *hookCall, body []byte) (hint.Told, error) { return hint.JSON(c.Get(hint.HeaderID), body) },
		taken: func(c *hookCall, d gateway.HookDelivery) error {
			return c.Status(http.StatusAccepted).JSON(fiber.Map{"outcome": d.Outcome, "records": len(d.Records), "reason": d.Reason})
		},
	},
}

// receive answers one request at a hook: proven first, on the bytes as they
// came, then read, then made durable, and only then acknowledged (C26, C27).
func (s *Server) receive(k hookKind) fiber.Handler {
	return func(raw *fiber.Ctx) error {
		c := &hookCall{request: request{Ctx: raw}, s: s}
		outcome := gateway.HookRefused
		defer func() { s.metrics.hooks.WithLabelValues(string(k.kind), string(outcome)).Inc() }()
		body := c.BodyRaw() // Body would unpack what claims to be packed
		if err := c.prove(k, body); err != nil {
			return err
		}
		ws := s.DB.In(c.hook.Workspace)
		told, err := c.understand(k, ws, body)
		if err != nil {
			return c.refuse(err)
		}
		known, err := s.prefixes.of(c.UserContext(), ws, s.Now())
		if err != nil {
			return err
		}
		d, err := c.keep(ws, hint.Resolve(told, known))
		if err != nil {
			return err
		}
		outcome = d.Outcome
		return k.taken(c, d)
	}
}

var errUnproven = gateway.Errorf(gateway.CodeUnauthorized,
	"This request is not proven. Compare the address and the secret with those under Settings, Webhooks.")

// prove finds the hook and checks that the sender knows its secret. Whatever
// is wrong, the answer is the same, and so is the work (S-14).
func (c *hookCall) prove(k hookKind, body []byte) error {
	hook, err := c.s.DB.HookByID(c.UserContext(), c.Params("hook"))
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return err
	}
	secrets := []string{c.s.noSecret}
	if err == nil && hook.Kind == k.kind {
		c.hook = hook
		if secrets, err = c.s.hookSecrets(hook); err != nil {
			return err
		}
	}
	which, err := k.prove(c, secrets, body)
	switch {
	case err != nil && c.hook.ID != "":
		c.note(k.unproven)
		return errUnproven
	case err != nil || c.hook.ID == "":
		return errUnproven
	case hook.Disabled:
		return c.refuse(gateway.Errorf(gateway.CodeForbidden, "This webhook is disabled. An admin enables it under Settings, Webhooks."))
	}
	c.old = which > 0
	return nil
}

// hookSecrets opens the secrets in force, the newest first.
func (s *Server) hookSecrets(h gateway.Hook) ([]string, error) {
	sealed := [][]byte{h.Sealed}
	if len(h.OldSealed) > 0 && s.Now().Before(h.OldUntil) {
		sealed = append(sealed, h.OldSealed)
	}
	var secrets []string
	for _, one := range sealed {
		plain, err := s.Vault.Unseal(one, h.Workspace, h.SealedAs())
		if err != nil {
			return nil, &gateway.Error{Code: gateway.CodeUnavailable, Message: "The secret of this webhook cannot be opened with the key of this process.", Cause: err}
		}
		secrets = append(secrets, string(plain))
	}
	return secrets, nil
}

// understand reads a proven request, and checks that it is of our org (S-22).
func (c *hookCall) understand(k hookKind, ws *store.Workspace, body []byte) (hint.Told, error) {
	told, err := k.read(c, body)
	if err != nil {
		return told, err
	}
	if told.Org == "" && !k.named {
		return told, nil // who signs is who we gave the secret to
	}
	conn, err := ws.Connection(c.UserContext())
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return told, err
	}
	org, ok := gateway.NormalizeID(conn.OrgID)
	switch {
	case !ok:
		return told, gateway.Errorf(gateway.CodeUnavailable, "No Salesforce org is connected yet, so the sender cannot be checked. Salesforce sends it again.")
	case org != told.Org:
		return told, gateway.Errorf(gateway.CodeForbidden, "The message is of another Salesforce org than the one that is connected.")
	}
	return told, nil
}

// keep makes everything durable at once: the ids of the messages, the marks of
// the records, and the line in the list of deliveries.
func (c *hookCall) keep(ws *store.Workspace, r hint.Resolved) (d gateway.HookDelivery, err error) {
	ids := make([]string, 0, len(r.Messages))
	for _, m := range r.Messages {
		ids = append(ids, m.ID)
	}
	err = ws.InTx(c.UserContext(), func(ctx context.Context, tx *store.Tx) error {
		if err := tx.HoldHook(ctx, c.hook.ID); err != nil {
			return err
		}
		fresh, err := tx.FreshMessages(ctx, c.hook.ID, ids)
		if err != nil {
			return err
		}
		d = hint.Judge(r, fresh)
		d.HookID, d.OldSecret = c.hook.ID, c.old
		_, err = tx.AddDelivery(ctx, d)
		return err
	})
	if err != nil && gateway.CodeOf(err) == gateway.CodeNotFound {
		return d, errUnproven // deleted just now
	}
	return d, err
}

// refuse notes why a proven request is refused, and answers so.
func (c *hookCall) refuse(err error) error {
	if e, ok := gatewayError(err); ok && errors.Unwrap(e) == nil {
		c.note(e.Message)
	}
	return err
}

// note puts a refusal into the list of deliveries. The request is refused
// whether that works or not.
func (c *hookCall) note(reason string) {
	times, due := c.s.refusals.count(c.hook.ID, c.s.Now())
	if !due {
		return
	}
	d := gateway.HookDelivery{HookID: c.hook.ID, Reason: reason, Times: times, OldSecret: c.old}
	if err := c.s.DB.In(c.hook.Workspace).AddRefusal(c.UserContext(), d); err != nil {
		c.s.Logger.Warn("noting a refused delivery failed", "err", err)
	}
}

// refusals lets one refusal a second and hook be written down, and counts the
// others, so that whoever knows an address cannot keep the database busy.
type refusals struct {
	mu   sync.Mutex
	seen map[string]*tally // by hook; only hooks that exist get here
}

type tally struct {
	last    time.Time
	waiting int
}

func (r *refusals) count(hook string, now time.Time) (times int, due bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.seen[hook]
	if one == nil {
		if r.seen == nil {
			r.seen = map[string]*tally{}
		}
		one = &tally{}
		r.seen[hook] = one
	}
	one.waiting++
	if now.Sub(one.last) < time.Second {
		return 0, false
	}
	times, one.waiting, one.last = one.waiting, 0, now
	return times, true
}

// prefixes remembers how the ids of each workspace's objects begin: reading
// eight describes for every request would be most of its cost.
type prefixes struct {
	mu    sync.Mutex
	known map[gateway.WorkspaceID]knownPrefixes
}

type knownPrefixes struct {
	list []hint.Known
	at   time.Time
}

func (p *prefixes) of(ctx context.Context, ws *store.Workspace, now time.Time) ([]hint.Known, error) {
	p.mu.Lock()
	have := p.known[ws.ID()]
	p.mu.Unlock()
	if now.Sub(have.at) < time.Minute {
		return have.list, nil
	}
	schemas, err := ws.Schemas(ctx)
	if err != nil {
		return nil, err
	}
	have = knownPrefixes{at: now}
	objects, err := mirrored(ctx, ws)
	if err != nil {
		return nil, err
	}
	for _, object := range objects {
		k := hint.Known{Object: object}
		for _, s := range schemas {
			if s.Object == object {
				k.KeyPrefix = s.KeyPrefix
			}
		}
		have.list = append(have.list, k)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		p.known = map[gateway.WorkspaceID]knownPrefixes{}
	}
	p.known[ws.ID()] = have
	return have.list, nil
}

const (
	envelopeOpen  = `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>`
	envelopeClose = `</soapenv:Body></soapenv:Envelope>`
	ackBody       = `<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>`
)

func (r *request) soap(status int, body string) error {
	r.Set(fiber.HeaderContentType, "text/xml; charset=utf-8")
	return r.Status(status).SendString(envelopeOpen + body + envelopeClose)
}

// hookFailure answers a refused request in the sender's own terms. Salesforce
// sends an outbound message again after anything but an Ack, for 24 hours;
// there is no way to tell it not to, so what must not come again is
// acknowledged and what might be mended is refused.
func (s *Server) hookFailure(c *fiber.Ctx, f failure) error {
	if f.err.Code == gateway.CodeInvalid && f.status == http.StatusUnprocessableEntity {
		f.status = http.StatusBadRequest
	}
	if !strings.HasPrefix(c.Path(), outboundPath) {
		return s.problem(c, f)
	}
	who := "Client"
	if f.status >= http.StatusInternalServerError {
		who = "Server"
	}
	return (&request{Ctx: c}).soap(f.status, `<soapenv:Fault><faultcode>soapenv:`+who+`</faultcode><faultstring>`+
		xmlText.Replace(f.err.Message)+`</faultstring></soapenv:Fault>`)
}

var xmlText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
