package handlers

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
	"tidegate/outbox"
)

// Limits of what one call may carry. Texts are bounded by the body.
const (
	maxParticipants = 500
	maxItems        = 500
)

// apiMeetingBody is a meeting as the host product sends one.
type apiMeetingBody struct {
	Title        string                         `json:"title"`
	Source       string                         `json:"source"`
	Status       string                         `json:"status"`
	StartsAt     string                         `json:"starts_at"`
	EndsAt       string                         `json:"ends_at"`
	Organizer    string                         `json:"organizer_email"`
	Participants []gateway.Participant          `json:"participants"`
	Purpose      string                         `json:"purpose"`
	Outcome      string                         `json:"outcome"`
	Notes        string                         `json:"notes"`
	Summary      string                         `json:"summary"`
	ActionItems  []gateway.ActionItem           `json:"action_items"`
	KeyMoments   []gateway.KeyMoment            `json:"key_moments"`
	Topics       map[string][]gateway.TopicNote `json:"topics"`
	RecordingURL string                         `json:"recording_url"`
	Transcript   string                         `json:"transcript"`
	Properties   gateway.Fields                 `json:"properties"`
	Agent        string                         `json:"agent"`
}

// apiMeeting makes or updates a meeting by the product's own id; repeating the
// call changes nothing.
func apiMeeting(c *call) error {
	id := c.Params("external_id")
	if err := checkExternalID(id); err != nil {
		return err
	}
	var in apiMeetingBody
	if err := c.input(&in); err != nil {
		return err
	}
	m, err := in.meeting(id)
	if err != nil {
		return err
	}
	receipts, err := c.s.Outbox.SubmitMeeting(c.UserContext(), c.key.Workspace, m)
	if err != nil {
		return err
	}
	return c.said(gateway.KindMeeting, id, receipts)
}

// meeting checks the body and returns the noun; the error names the field.
func (in apiMeetingBody) meeting(id string) (gateway.Meeting, error) {
	m := gateway.Meeting{
		ExternalID: id, Title: strings.TrimSpace(in.Title), Source: cmp.Or(in.Source, gateway.FromCalendar),
		Status: gateway.MeetingStatus(cmp.Or(in.Status, string(gateway.MeetingScheduled))), Purpose: strings.TrimSpace(in.Purpose),
		Outcome: strings.TrimSpace(in.Outcome), Notes: in.Notes, Summary: in.Summary, KeyMoments: in.KeyMoments,
		Topics: in.Topics, Transcript: in.Transcript, Properties: in.Properties, Agent: strings.TrimSpace(in.Agent),
	}
	if m.Title == "" {
		return m, gateway.InvalidField("title", "A meeting needs a title.")
	}
	if m.Source != gateway.FromCalendar && m.Source != gateway.Impromptu {
		return m, gateway.InvalidField("source", "source must be “calendar” or “impromptu”.")
	}
	switch m.Status {
	case gateway.MeetingScheduled, gateway.MeetingCompleted, gateway.MeetingCancelled:
	case "canceled":
		m.Status = gateway.MeetingCancelled
	default:
		return m, gateway.InvalidField("status", "status must be “scheduled”, “completed” or “cancelled”.")
	}
	var err error
	if m.StartsAt, err = instant("starts_at", in.StartsAt); err != nil {
		return m, err
	}
	if m.EndsAt, err = instant("ends_at", in.EndsAt); err != nil {
		return m, err
	}
	if !m.EndsAt.After(m.StartsAt) {
		return m, gateway.InvalidField("ends_at", "ends_at must be after starts_at.")
	}
	if m.Organizer, err = address("organizer_email", in.Organizer); err != nil {
		return m, err
	}
	if m.RecordingURL, err = webAddress("recording_url", in.RecordingURL); err != nil {
		return m, err
	}
	if m.Participants, err = participants(in.Participants); err != nil {
		return m, err
	}
	m.ActionItems, err = actionItems(in.ActionItems)
	return m, err
}

// instant reads a moment with its zone, to the millisecond that Salesforce
// keeps.
func instant(field, text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || at.Year() < 1700 || at.Year() > 4000 {
		return time.Time{}, gateway.InvalidField(field, "%s must be a date with time and zone, such as 2026-05-31T14:30:00Z.", field)
	}
	return at.UTC().Truncate(time.Millisecond), nil
}

// address reads an e-mail address that may be left out.
func address(field, text string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", nil
	}
	email, err := CheckEmail(text)
	if err != nil {
		return "", gateway.InvalidField(field, "%s must be an e-mail address such as ann@example.com.", field)
	}
	return email, nil
}

// webAddress reads an address of the web that may be left out. Others, such as
// javascript:, would be dangerous in a link.
func webAddress(field, text string) (string, error) {
	text = strings.TrimSpace(text)
	if text != "" && !strings.HasPrefix(text, "https://") && !strings.HasPrefix(text, "http://") || len(text) > 2000 || strings.ContainsAny(text, " \n\r\t<>\"") {
		return "", gateway.InvalidField(field, "%s must be a web address that begins with https:// and has at most 2,000 characters.", field)
	}
	return text, nil
}

func participants(in []gateway.Participant) ([]gateway.Participant, error) {
	if len(in) > maxParticipants {
		return nil, gateway.InvalidField("participants", "A meeting has at most %d participants.", maxParticipants)
	}
	out := make([]gateway.Participant, 0, len(in))
	seen := map[string]bool{}
	for _, p := range in {
		p.Name, p.Phone = strings.TrimSpace(p.Name), strings.TrimSpace(p.Phone)
		var err error
		if p.Email, err = address("participants", p.Email); err != nil {
			return nil, gateway.InvalidField("participants", "A participant's email must be an e-mail address such as ann@example.com, or left out.")
		}
		if p == (gateway.Participant{}) || p.Email != "" && seen[p.Email] {
			continue // nobody, or the same person once more
		}
		seen[p.Email] = true
		out = append(out, p)
	}
	return out, nil
}

func actionItems(in []gateway.ActionItem) ([]gateway.ActionItem, error) {
	if len(in) > maxItems {
		return nil, gateway.InvalidField("action_items", "A meeting has at most %d action items.", maxItems)
	}
	out := make([]gateway.ActionItem, 0, len(in))
	for _, item := range in {
		if item.Text = strings.TrimSpace(item.Text); item.Text == "" {
			return nil, gateway.InvalidField("action_items", "An action item needs a text.")
		}
		if _, err := time.Parse(time.DateOnly, item.DueOn); item.DueOn != "" && err != nil {
			return nil, gateway.InvalidField("action_items", "due_on must be a day such as 2026-05-31.")
		}
		var err error
		if item.Owner, err = address("action_items", item.Owner); err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	return out, nil
}

// apiWrite is one part of what was said, as the API tells of it.
type apiWrite struct {
	Part   string `json:"part"`
	Object string `json:"object"`
	ID     string `json:"id,omitempty"`
	State  string `json:"state"` // written, queued, needs_you or omitted
	Reason string `json:"reason"`
	Log    any    `json:"log"`
}

// said delivers what one call owes Salesforce as far as it gets in time, and
// answers with every part of it.
func (c *call) said(kind, id string, receipts []outbox.Receipt) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), deliverFor)
	defer cancel()
	results, err := c.s.Outbox.DeliverAll(ctx, c.key.Workspace, receipts)
	if err != nil {
		// It is durable and the dispatcher goes on.
		c.s.Logger.Info("what was said waits for the dispatcher", "kind", kind, "code", string(gateway.CodeOf(err)))
	}
	state, reason, needsYou := outbox.Written, "", false
	for i, r := range receipts {
		d := outbox.Result{State: outbox.Queued, Why: "Saved here; Salesforce has not answered yet."}
		if i < len(results) {
			d = results[i]
		}
		if d.State == outbox.Written || r.State == outbox.Unchanged {
			continue
		}
		needsYou = needsYou || d.State == outbox.NeedsYou
		state, reason = outbox.Queued, cmp.Or(reason, d.Why)
	}
	writes, links, err := c.writes(kind, id)
	if err != nil {
		return err
	}
	for _, w := range writes { // one that waited for a person already is no success
		if w.State == outbox.NeedsYou && state == outbox.Written {
			state, reason, needsYou = outbox.Queued, w.Reason, true
		}
	}
	body := fiber.Map{"state": state, "reason": reason, "links": links, "writes": writes}
	if needsYou {
		body["needs_you"] = true
	}
	return c.JSON(fiber.Map{"external_id": id, "salesforce": body})
}

// writes tells what something said here has become.
func (c *call) writes(kind, id string) ([]apiWrite, []apiLink, error) {
	all, err := c.ws.Writings(c.UserContext(), kind, id)
	if err != nil {
		return nil, nil, err
	}
	writes, links := []apiWrite{}, []apiLink{}
	for _, w := range all {
		out := apiWrite{Part: w.Part, Object: w.Key.Object, ID: w.Key.ID, State: outbox.Written, Reason: w.Reason, Log: logRef(w.LogID)}
		switch pending, owed, err := c.ws.Pending(c.UserContext(), w.Key); {
		case err != nil:
			return nil, nil, err
		case w.Omitted != "":
			out.State, out.Reason = "omitted", w.Omitted
		case owed && pending.State == gateway.StateParked:
			out.State, out.Reason = outbox.NeedsYou, pending.Problem.What
		case owed || w.Key.Local():
			out.State = outbox.Queued
			if pending.Problem.What != "" {
				out.Reason = pending.Problem.What
			}
		default:
			links = append(links, apiLink{
				Kind: kind, ExternalID: id, Role: w.Part, Object: w.Key.Object, ID: w.Key.ID, State: string(gateway.LinkActive), Reason: w.Reason, At: w.At.UTC(),
			})
		}
		if w.Key.Local() {
			out.ID = ""
		}
		writes = append(writes, out)
	}
	return writes, links, nil
}
