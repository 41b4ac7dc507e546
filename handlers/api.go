package handlers

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/store"
)

// call is one request of the host product, with its key's workspace.
type call struct {
	request
	s   *Server
	key gateway.APIKey
	ws  *store.Workspace
}

// api mounts the host product's JSON API.
func (s *Server) api(g fiber.Router) {
	g.Get("/openapi.json", s.openAPI)
	for _, r := range apiRoutes {
		handle := r.handle
		if r.writes() {
			handle = repeatable(handle)
		}
		g.Add(r.method, r.path, s.authorized(r.scope(), handle))
	}
}

// authorized lets a call in that carries a live key with the scope.
func (s *Server) authorized(scope string, next func(*call) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		token, ok := strings.CutPrefix(c.Get(fiber.HeaderAuthorization), "Bearer ")
		if !ok || token == "" {
			return gateway.Errorf(gateway.CodeUnauthorized, "Send an API key as “Authorization: Bearer tg_…”. An admin makes keys under Keys.")
		}
		key, err := s.DB.KeyByHash(c.UserContext(), tokenHash(token))
		if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
			return err
		}
		if err != nil || key.Revoked {
			return gateway.Errorf(gateway.CodeUnauthorized, "This API key is not known or was revoked. An admin makes a new one under Keys.")
		}
		if !slices.Contains(key.Scopes, scope) {
			return gateway.Errorf(gateway.CodeForbidden, "This API key may not %s. Use one that has the scope “%s”.", scope, scope)
		}
		ws := s.DB.In(key.Workspace)
		if s.Now().Sub(key.LastUsed) > time.Minute { // one write a minute is enough to see that it lives
			if err := ws.TouchKey(c.UserContext(), key.ID); err != nil {
				return err
			}
		}
		err = next(&call{request: request{Ctx: c}, s: s, key: key, ws: ws})
		if e, ok := gatewayError(err); ok && e.Code == gateway.CodeNotFound {
			s.write(ws, c, gateway.AuditEntry{By: key.Name, What: "asked for something that is not here", Target: c.Method() + " " + c.Path()})
		}
		return err
	}
}

// problem answers the API in application/problem+json with a stable code.
func (s *Server) problem(c *fiber.Ctx, f failure) error {
	body := map[string]any{
		"type": "about:blank", "title": http.StatusText(f.status), "status": f.status, "code": f.err.Code, "detail": f.err.Message,
	}
	if len(f.err.Fields) > 0 {
		body["fields"] = f.err.Fields
	}
	if f.number != "" {
		body["incident"] = f.number
	}
	if f.err.Said != "" {
		body["salesforce"] = f.err.Said
	}
	if f.status == http.StatusUnauthorized && !strings.HasPrefix(c.Path(), hooksPath) {
		c.Set(fiber.HeaderWWWAuthenticate, "Bearer")
	}
	c.Status(f.status)
	return c.JSON(body, problemJSON)
}

const problemJSON = "application/problem+json"

// logRef is the id of a log line, nil where nothing was written down. It is
// text, because JavaScript would round the number.
func logRef(id int64) any {
	if id == 0 {
		return nil
	}
	return strconv.FormatInt(id, 10)
}

// refused answers an edit that will not reach Salesforce as it stands: a
// problem that also says the state and, once it is durable here, its log line.
func (c *call) refused(e *gateway.Error, status int, logID int64) error {
	body := fiber.Map{
		"type": "about:blank", "title": http.StatusText(status), "status": status, "code": e.Code, "detail": e.Message,
		"state": "refused", "reason": e.Message, "fields": e.Fields,
	}
	if e.Said != "" {
		body["salesforce"] = e.Said
	}
	if logID != 0 {
		body["log"] = logRef(logID)
	}
	return c.Status(status).JSON(body, problemJSON)
}

// input decodes a JSON body strictly: a misspelled field is an error, not a
// silent loss.
func (c *call) input(into any) error {
	d := json.NewDecoder(strings.NewReader(string(c.Body())))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if _, more := d.Token(); err == nil && !errors.Is(more, io.EOF) {
		err = errors.New("there is more after its end")
	}
	if err != nil {
		return gateway.Errorf(gateway.CodeInvalid, "The body is not the JSON that this call takes: %s.", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// apiMade is a record as the API shows it.
type apiMade struct {
	ID      string         `json:"id"`
	Object  string         `json:"object"`
	Fields  gateway.Fields `json:"fields"`
	Deleted bool           `json:"deleted"`
	AsOf    time.Time      `json:"as_of"`
	Links   []apiLink      `json:"links"`
}

type apiLink struct {
	Kind       string    `json:"kind"`
	ExternalID string    `json:"external_id"`
	Role       string    `json:"role"` // "" = is the thing itself
	Object     string    `json:"object"`
	ID         string    `json:"id"`
	State      string    `json:"state"` // active, moved, broken, unlinked
	Reason     string    `json:"reason"`
	Rule       string    `json:"rule,omitempty"`
	Pinned     bool      `json:"pinned"`
	By         string    `json:"by,omitempty"`
	Broken     string    `json:"broken,omitempty"`
	Moved      *apiMoved `json:"moved,omitempty"`
	At         time.Time `json:"at"`
}

// apiMoved says which record was linked first, and why another is now.
type apiMoved struct {
	Object string    `json:"from_object"`
	ID     string    `json:"from_id"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

func (c *call) made(r gateway.Record) (apiMade, error) {
	links, err := c.ws.Links(c.UserContext(), r.Key)
	if err != nil {
		return apiMade{}, err
	}
	out := apiMade{ID: r.Key.ID, Object: r.Key.Object, Fields: r.Fields, Deleted: r.Deleted, AsOf: r.Version.Time(), Links: []apiLink{}}
	for _, l := range links {
		out.Links = append(out.Links, linkWords(l))
	}
	return out, nil
}

func linkWords(l gateway.Link) apiLink {
	out := apiLink{
		Kind: l.Kind, ExternalID: l.ExternalID, Role: string(l.Role), Object: l.Key.Object, ID: l.Key.ID, State: string(l.State()),
		Reason: l.Reason, Rule: l.Rule, Pinned: l.Pinned, By: l.By, Broken: l.Broken, At: l.At.UTC(),
	}
	if l.Moved != "" {
		out.Moved = &apiMoved{l.Chosen.Object, l.Chosen.ID, l.Moved, l.MovedAt.UTC()}
	}
	return out
}

func apiRecords(c *call) error {
	q := store.RecordQuery{Object: c.Params("object"), After: c.Query("after"), Search: c.Query("q"), Limit: c.QueryInt("limit", 50), IncludeDeleted: true}
	if q.Limit < 1 || q.Limit > 500 {
		return gateway.InvalidField("limit", "limit must be 1 to 500.")
	}
	objects, err := mirrored(c.UserContext(), c.ws)
	if err != nil {
		return err
	}
	if !slices.Contains(objects, q.Object) {
		return gateway.Errorf(gateway.CodeNotFound, "%q is not mirrored. Mirrored objects: %s.", q.Object, list(objects))
	}
	if after := c.Query("updated_after"); after != "" {
		at, err := time.Parse(time.RFC3339Nano, after)
		if err != nil {
			return gateway.InvalidField("updated_after", "updated_after must be a time such as 2026-05-01T07:25:37Z.")
		}
		q.UpdatedAfter = at
	}
	leaving, err := c.ws.Leaving(c.UserContext(), q.Object)
	if err != nil {
		return err
	}
	page, err := c.ws.Records(c.UserContext(), q)
	if err != nil {
		return err
	}
	records := make([]apiMade, 0, len(page.Records))
	for _, r := range page.Records {
		one, err := c.made(r)
		if err != nil {
			return err
		}
		one.Deleted = one.Deleted || leaving[one.ID]
		records = append(records, one)
	}
	body := fiber.Map{"records": records, "next": nil}
	if page.Next != "" {
		body["next"] = withQuery(c.Ctx, map[string]string{"after": page.Next})
	}
	return c.JSON(body)
}

// record reads the record of the address; leaving reports that it was deleted
// here and Salesforce is not told yet.
func (c *call) record() (r gateway.Record, leaving bool, err error) {
	id, ok := gateway.NormalizeID(c.Params("id"))
	if !ok {
		return r, false, gateway.Errorf(gateway.CodeNotFound, "%q is not a Salesforce record id.", c.Params("id"))
	}
	r, owed, waits, err := c.ws.RecordOwed(c.UserContext(), gateway.RecordKey{Object: c.Params("object"), ID: id})
	return r, waits && owed.Op == gateway.OpDelete, err
}

func apiRecord(c *call) error {
	r, leaving, err := c.record()
	if err != nil {
		return err
	}
	if c.Query("as_of") != "" {
		return c.pastRecord(r)
	}
	one, err := c.made(r)
	if err != nil {
		return err
	}
	// What was deleted from here stays away from the first moment on, whatever
	// Salesforce says of it meanwhile (F-47).
	one.Deleted = one.Deleted || leaving
	return c.JSON(one)
}

// apiRemove deletes a record in Salesforce; the answer says how far it got.
func apiRemove(c *call) error {
	r, _, err := c.record()
	if err != nil {
		return err
	}
	receipt, err := c.s.Outbox.Remove(c.UserContext(), c.key.Workspace, r.Key,
		gateway.Cause{Kind: "edit", Rule: "Delete through the API", By: c.key.ID, Name: c.key.Name})
	if err == nil {
		c.s.write(c.ws, c.Ctx, gateway.AuditEntry{By: c.key.Name, What: "deleted a record in Salesforce through the API", Target: r.Key.Object + " " + r.Key.ID})
	}
	return c.delivered(receipt, err, fiber.Map{})
}

// delivered answers with how far a write of a record got, and with more beside
// it. err is the outbox's refusal, if it took nothing.
func (c *call) delivered(receipt outbox.Receipt, err error, more fiber.Map) error {
	if e, ok := gatewayError(err); ok && e.Code == gateway.CodeForbidden {
		return c.refused(e, http.StatusForbidden, 0)
	}
	if err != nil {
		return err
	}
	d := c.deliver(receipt)
	if d.State == outbox.NeedsYou {
		return c.refused(refusal(d), http.StatusUnprocessableEntity, receipt.LogID)
	}
	more["state"], more["reason"], more["log"] = d.State, d.Why, logRef(receipt.LogID)
	return c.JSON(more)
}

// apiEditBody are the fields of a record that get other values.
type apiEditBody struct {
	Fields gateway.Fields `json:"fields"`
}

// apiEdit edits a record through the gateway; the answer says how far it got.
func apiEdit(c *call) error {
	var in apiEditBody
	if err := c.input(&in); err != nil {
		return err
	}
	if len(in.Fields) == 0 {
		return gateway.InvalidField("fields", "fields must name at least one field with its new value.")
	}
	r, _, err := c.record()
	if err != nil {
		return err
	}
	receipt, err := c.s.Outbox.Submit(c.UserContext(), c.key.Workspace, outbox.Edit{
		Key: r.Key, Fields: in.Fields, Cause: gateway.Cause{Kind: "edit", Rule: "Edit through the API", By: c.key.ID, Name: c.key.Name},
	})
	return c.delivered(receipt, err, fiber.Map{"skipped": skipped(receipt.Skipped)})
}
