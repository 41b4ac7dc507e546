package handlers

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// deliver tries to write inside the request.
func (c *call) deliver(receipt outbox.Receipt) outbox.Result {
	ctx, cancel := context.WithTimeout(c.UserContext(), deliverFor)
	defer cancel()
	d, err := c.s.Outbox.Deliver(ctx, c.key.Workspace, receipt)
	if err != nil {
		// It is durable and the dispatcher goes on: the caller must not send it
		// again because of this.
		c.s.Logger.Info("an edit waits for the dispatcher", "object", receipt.Key.Object, "code", string(gateway.CodeOf(err)))
		d = outbox.Result{State: outbox.Queued, Why: "Saved here; Salesforce has not answered yet."}
	}
	return d
}

// refusal is why a write waits for a person, as an error.
func refusal(d outbox.Result) *gateway.Error {
	e := gateway.Errorf(gateway.Code(d.Problem.Code), "%s", d.Why)
	e.Said, e.Fields = d.Problem.Said, d.Problem.Fields
	if e.Code == "" {
		e.Code = gateway.CodeConflict
	}
	return e
}

// apiSkipped is a field that was left out, with the reason.
type apiSkipped struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

func skipped(fields []outbound.Skipped) []apiSkipped {
	out := make([]apiSkipped, 0, len(fields))
	for _, f := range fields {
		out = append(out, apiSkipped{f.Field, f.Reason})
	}
	return out
}

// apiPersonBody is a person as the host product sends one.
type apiPersonBody struct {
	Email       string         `json:"email"`
	Phone       string         `json:"phone"`
	MobilePhone string         `json:"mobile_phone"`
	FirstName   string         `json:"first_name"`
	LastName    string         `json:"last_name"`
	Company     string         `json:"company"`
	Title       string         `json:"title"`
	Rating      string         `json:"rating"`
	Kind        string         `json:"kind"`
	OwnerEmail  string         `json:"owner_email"`
	Agent       string         `json:"agent"`
	Properties  gateway.Fields `json:"properties"`
}

// apiPerson makes or updates a person by the product's own id; repeating the
// call changes nothing.
func apiPerson(c *call) error {
	var in apiPersonBody
	if err := c.input(&in); err != nil {
		return err
	}
	if in.Kind == "" {
		in.Kind = "contact"
	}
	if in.Kind != "contact" && in.Kind != "lead" {
		return gateway.InvalidField("kind", "kind must be “contact” or “lead”.")
	}
	if in.Email != "" {
		email, err := CheckEmail(in.Email)
		if err != nil {
			return err
		}
		in.Email = email
	}
	id := c.Params("external_id")
	if err := checkExternalID(id); err != nil {
		return err
	}
	receipt, err := c.s.Outbox.SubmitPerson(c.UserContext(), c.key.Workspace, gateway.Person{
		ExternalID: id, Kind: in.Kind, Email: in.Email, Phone: in.Phone, MobilePhone: in.MobilePhone,
		FirstName: in.FirstName, LastName: in.LastName, Company: in.Company, Title: in.Title, Rating: in.Rating,
		OwnerEmail: in.OwnerEmail, Agent: in.Agent, Properties: in.Properties, UpdatedAt: c.s.Now(),
	})
	if err != nil {
		return err
	}
	d := c.deliver(receipt)
	state := fiber.Map{"state": d.State, "reason": d.Why, "log": logRef(receipt.LogID), "links": []apiLink{}}
	if d.State == outbox.NeedsYou { // durable here, owed there: queued until somebody decides
		state["state"], state["needs_you"], state["code"] = outbox.Queued, true, refusal(d).Code
	}
	all, err := c.ws.LinksOf(c.UserContext(), "person", id)
	if err != nil {
		return err
	}
	links := make([]apiLink, 0, len(all))
	for _, l := range all {
		links = append(links, linkWords(l))
	}
	state["links"] = links
	return c.JSON(fiber.Map{"external_id": id, "salesforce": state})
}

// checkExternalID refuses ids that would not come back as they were sent.
func checkExternalID(id string) error {
	if strings.TrimSpace(id) != id || id == "" || utf8.RuneCountInString(id) > 200 || strings.ContainsFunc(id, unicode.IsControl) {
		return gateway.InvalidField("external_id", "external_id has 1 to 200 characters, none of them a control character, and no spaces at its ends.")
	}
	return nil
}

// linkPage is how many links one answer has at most.
const linkPage = 200

func apiLinks(c *call) error {
	links, err := c.ws.AllLinks(c.UserContext(), c.Query("after"), linkPage+1)
	if err != nil {
		return err
	}
	body := fiber.Map{"next": nil}
	if len(links) > linkPage {
		links = links[:linkPage]
		body["next"] = withQuery(c.Ctx, map[string]string{"after": store.LinkToken(links[linkPage-1])})
	}
	out := make([]apiLink, 0, len(links))
	for _, l := range links {
		out = append(out, linkWords(l))
	}
	body["links"] = out
	return c.JSON(body)
}

// apiLogLine is one line of the sync log.
type apiLogLine struct {
	ID        int64          `json:"id,string"`
	At        time.Time      `json:"at"`
	Direction string         `json:"direction"`
	Object    string         `json:"object"`
	RecordID  string         `json:"record_id"`
	Label     string         `json:"label"`
	What      string         `json:"what"`
	Rule      string         `json:"rule"`
	State     string         `json:"state"`
	Attempt   int            `json:"attempt"`
	By        string         `json:"by"`
	Outcome   string         `json:"outcome,omitempty"`
	Problem   *apiProblem    `json:"problem,omitempty"`
	Fields    gateway.Fields `json:"fields"`
	Before    gateway.Fields `json:"before"`
}

type apiProblem struct {
	Code string `json:"code"`
	What string `json:"what"`
	Who  string `json:"who"`
	Said string `json:"salesforce_said"`
	// Fields are those that Salesforce named, for those who sort such lines.
	Fields []string `json:"fields,omitempty"`
}

func apiLog(c *call) error {
	limit := c.QueryInt("limit", 50)
	if limit < 1 || limit > 500 {
		return gateway.InvalidField("limit", "limit must be 1 to 500.")
	}
	q := store.LogQuery{
		Direction: c.Query("direction"), Object: c.Query("object"), RecordID: c.Query("record"), State: c.Query("state"),
		Search: c.Query("q"), Limit: limit, Within: logWithin,
	}
	q.After, _ = strconv.ParseInt(c.Query("after"), 10, 64) // no number is no token: the first page
	page, err := c.ws.Log(c.UserContext(), q)
	if err != nil {
		return err
	}
	lines := make([]apiLogLine, 0, len(page.Entries))
	for _, l := range page.Entries {
		lines = append(lines, logWords(l))
	}
	body := fiber.Map{"lines": lines, "total": page.Total, "counts": page.Counts, "more": page.More, "next": nil, "searched_to": nil}
	if !page.Searched.IsZero() {
		body["searched_to"] = page.Searched
	}
	if page.Next != 0 {
		body["next"] = withQuery(c.Ctx, map[string]string{"after": strconv.FormatInt(page.Next, 10)})
	}
	return c.JSON(body)
}

func logWords(l store.LogLine) apiLogLine {
	e := l.Entry
	out := apiLogLine{
		ID: e.ID, At: e.At.UTC(), Direction: e.Direction, Object: e.Key.Object, RecordID: e.Key.ID, Label: e.Label, What: e.What,
		Rule: e.Rule, State: string(e.State), Attempt: e.Attempt, By: e.By, Fields: e.Fields, Before: e.Before,
	}
	if l.Inbound != nil {
		out.Outcome = string(l.Inbound.Outcome)
	}
	if e.Problem.What != "" {
		out.Problem = &apiProblem{e.Problem.Code, e.Problem.What, e.Problem.Who, e.Problem.Said, e.Problem.Fields}
	}
	return out
}

// apiStatus is the state of the workspace's connection and objects.
func apiStatus(c *call) error {
	conn, err := c.ws.Connection(c.UserContext())
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return err
	}
	if conn.ID == "" {
		conn.State = gateway.StateDisconnected
	}
	objects, err := c.ws.ObjectStatuses(c.UserContext())
	if err != nil {
		return err
	}
	pending, err := c.ws.PendingByObject(c.UserContext())
	if err != nil {
		return err
	}
	loads, err := c.ws.Backfills(c.UserContext())
	if err != nil {
		return err
	}
	proofs, err := c.ws.Proofs(c.UserContext())
	if err != nil {
		return err
	}
	proven := map[string]any{}
	lately := map[string]gateway.Proof{}
	for _, s := range proofs {
		proven[s.Object], lately[s.Object] = apiProof(s), s.Last
	}
	backfilled := map[string]string{}
	for _, b := range loads {
		backfilled[b.Object] = b.State
	}
	continuity, err := c.continuityStatus()
	if err != nil {
		return err
	}
	rows := make([]fiber.Map, 0, len(objects))
	for _, o := range objects {
		row := fiber.Map{
			"object": o.Object, "transport": o.Transport, "why": o.Reason, "rows_here": o.RowsHere,
			"rows_in_salesforce": nil, "counted_at": nil, // until they were counted
			"lag_seconds": o.Lag.Seconds(), "last_event": o.LastEvent.UTC(), "backfill": backfilled[o.Object],
			"pending": pending[o.Object].Waiting, "needs_you": pending[o.Object].Parked, "proof": proven[o.Object],
		}
		if there, at := lastCount(o, lately[o.Object]); there >= 0 {
			row["rows_in_salesforce"], row["counted_at"] = there, at.UTC()
		}
		if o.LastEvent.IsZero() {
			row["last_event"], row["lag_seconds"] = nil, nil
		}
		rows = append(rows, row)
	}
	var owed store.PendingCounts // also of what is not mirrored, such as notes and relations
	for _, n := range pending {
		owed.Waiting, owed.Parked = owed.Waiting+n.Waiting, owed.Parked+n.Parked
	}
	return c.JSON(fiber.Map{
		"pending": owed.Waiting, "needs_you": owed.Parked,
		"state": conn.State, "reason": conn.StateReason, "environment": conn.Environment, "org": conn.OrgName, "transport": conn.Transport,
		"transport_why": conn.TransportWhy, "api_used": conn.APIUsed, "api_max": conn.APIMax, "objects": rows, "continuity": continuity,
		"budget": apiLanes(conn, c.s.Now()),
	})
}
