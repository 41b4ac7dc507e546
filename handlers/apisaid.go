package handlers

import (
	"cmp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"tidegate/gateway"
)

// apiCallBody is a call as the host product sends one.
type apiCallBody struct {
	Direction    string                         `json:"direction"`
	From         string                         `json:"from"`
	To           string                         `json:"to"`
	StartedAt    string                         `json:"started_at"`
	Seconds      int                            `json:"duration_seconds"`
	Disposition  string                         `json:"disposition"`
	Notes        string                         `json:"notes"`
	Topics       map[string][]gateway.TopicNote `json:"topics"`
	RecordingURL string                         `json:"recording_url"`
	Person       string                         `json:"person_external_id"`
	Agent        string                         `json:"agent_email"`
	RecordedBy   string                         `json:"agent"`
}

// apiCall makes or updates a call by the product's own id.
func apiCall(c *call) error {
	id := c.Params("external_id")
	if err := checkExternalID(id); err != nil {
		return err
	}
	var in apiCallBody
	if err := c.input(&in); err != nil {
		return err
	}
	out := gateway.Call{
		ExternalID: id, Direction: in.Direction, From: strings.TrimSpace(in.From), To: strings.TrimSpace(in.To), Seconds: in.Seconds,
		Disposition: strings.TrimSpace(in.Disposition), Notes: in.Notes, Topics: in.Topics, Person: in.Person,
		RecordedBy: strings.TrimSpace(in.RecordedBy),
	}
	switch in.Direction {
	case "inbound", "outbound", "internal":
	default:
		return gateway.InvalidField("direction", "direction must be “inbound”, “outbound” or “internal”.")
	}
	if in.Seconds < 0 || in.Seconds > 7*24*3600 {
		return gateway.InvalidField("duration_seconds", "duration_seconds is 0 or more, and less than a week.")
	}
	if out.Number() == "" && in.Person == "" {
		return gateway.InvalidField(map[bool]string{true: "from", false: "to"}[in.Direction == "inbound"], "A call needs the number of the other side, or the external id of the person.")
	}
	var err error
	if out.StartedAt, err = instant("started_at", in.StartedAt); err != nil {
		return err
	}
	if out.RecordingURL, err = webAddress("recording_url", in.RecordingURL); err != nil {
		return err
	}
	if out.Agent, err = address("agent_email", in.Agent); err != nil {
		return err
	}
	receipts, err := c.s.Outbox.SubmitCall(c.UserContext(), c.key.Workspace, out)
	if err != nil {
		return err
	}
	return c.said(gateway.KindCall, id, receipts)
}

// apiMessageBody is one message of a conversation.
type apiMessageBody struct {
	ExternalID string `json:"external_id"`
	Direction  string `json:"direction"`
	Author     string `json:"author"`
	Text       string `json:"text"`
	At         string `json:"at"`
}

// apiMessagesBody is one message, or several.
type apiMessagesBody struct {
	apiMessageBody
	Messages []apiMessageBody `json:"messages"`
}

// apiConversationBody is a conversation as the host product sends one.
type apiConversationBody struct {
	Channel   string           `json:"channel"`
	Agent     string           `json:"agent"`
	Person    string           `json:"person_external_id"`
	Answers   gateway.Fields   `json:"answers"`
	StartedAt string           `json:"started_at"`
	Messages  []apiMessageBody `json:"messages"`
}

// apiConversation makes or updates a conversation by the product's own id.
// Messages that came before stay.
func apiConversation(c *call) error {
	id := c.Params("external_id")
	if err := checkExternalID(id); err != nil {
		return err
	}
	var in apiConversationBody
	if err := c.input(&in); err != nil {
		return err
	}
	out := gateway.Conversation{ExternalID: id, Channel: cmp.Or(in.Channel, gateway.ChannelChat), Agent: strings.TrimSpace(in.Agent), Person: in.Person, Answers: in.Answers}
	if out.Channel != gateway.ChannelChat && out.Channel != gateway.ChannelSMS {
		return gateway.InvalidField("channel", "channel must be “chat” or “sms”.")
	}
	messages, err := texts(in.Messages)
	if err != nil {
		return err
	}
	if out.StartedAt, err = c.began(id, in.StartedAt, messages); err != nil {
		return err
	}
	return c.conversation(out, messages)
}

// began returns when a conversation began: as told, as it was told before, or
// with its first message.
func (c *call) began(id, told string, messages []gateway.Message) (time.Time, error) {
	if told != "" {
		return instant("started_at", told)
	}
	before, err := c.ws.Conversation(c.UserContext(), id)
	if err == nil || gateway.CodeOf(err) != gateway.CodeNotFound {
		return before.StartedAt, err
	}
	at := c.s.Now().UTC().Truncate(time.Millisecond)
	for _, m := range messages {
		if m.At.Before(at) {
			at = m.At
		}
	}
	return at, nil
}

// apiMessages adds messages to a conversation that is there.
func apiMessages(c *call) error {
	conversation, err := c.ws.Conversation(c.UserContext(), c.Params("external_id"))
	if err != nil {
		return err
	}
	var in apiMessagesBody
	if err := c.input(&in); err != nil {
		return err
	}
	if in.ExternalID != "" {
		in.Messages = append(in.Messages, in.apiMessageBody)
	}
	messages, err := texts(in.Messages)
	if err != nil {
		return err
	}
	if len(messages) == 0 {
		return gateway.InvalidField("messages", "Send one message, or a list of them as “messages”.")
	}
	return c.conversation(conversation, messages)
}

func (c *call) conversation(out gateway.Conversation, messages []gateway.Message) error {
	receipts, err := c.s.Outbox.SubmitConversation(c.UserContext(), c.key.Workspace, out, messages)
	if err != nil {
		return err
	}
	return c.said(gateway.KindConversation, out.ExternalID, receipts)
}

const maxTexts = 5000

func texts(in []apiMessageBody) ([]gateway.Message, error) {
	if len(in) > maxTexts {
		return nil, gateway.InvalidField("messages", "One call takes at most %d messages.", maxTexts)
	}
	out := make([]gateway.Message, 0, len(in))
	for _, m := range in {
		if err := checkExternalID(m.ExternalID); err != nil {
			return nil, gateway.InvalidField("messages", "Each message needs an external_id of 1 to 200 characters.")
		}
		if m.Direction != "inbound" && m.Direction != "outbound" {
			return nil, gateway.InvalidField("messages", "The direction of a message must be “inbound” or “outbound”.")
		}
		at, err := instant("messages", m.At)
		if err != nil {
			return nil, gateway.InvalidField("messages", "at must be a date with time and zone, such as 2026-05-31T14:30:00Z.")
		}
		out = append(out, gateway.Message{ExternalID: m.ExternalID, Direction: m.Direction, Author: strings.TrimSpace(m.Author), Text: m.Text, At: at})
	}
	return out, nil
}

// apiEmailBody is an e-mail as the host product sends one.
type apiEmailBody struct {
	MessageID string                         `json:"message_id"`
	From      string                         `json:"from"`
	To        []string                       `json:"to"`
	Subject   string                         `json:"subject"`
	Text      string                         `json:"text"`
	SentAt    string                         `json:"sent_at"`
	Topics    map[string][]gateway.TopicNote `json:"topics"`
}

// apiEmail makes or updates an e-mail by the product's own id.
func apiEmail(c *call) error {
	id := c.Params("external_id")
	if err := checkExternalID(id); err != nil {
		return err
	}
	var in apiEmailBody
	if err := c.input(&in); err != nil {
		return err
	}
	out := gateway.Email{ExternalID: id, MessageID: strings.TrimSpace(in.MessageID), Subject: strings.TrimSpace(in.Subject), Text: in.Text, Topics: in.Topics}
	var err error
	if out.From, err = address("from", in.From); err != nil || out.From == "" {
		return gateway.InvalidField("from", "from must be an e-mail address such as ann@example.com.")
	}
	for _, text := range in.To {
		to, err := address("to", text)
		if err != nil || to == "" {
			return gateway.InvalidField("to", "to must be e-mail addresses such as ann@example.com.")
		}
		out.To = append(out.To, to)
	}
	if len(out.To) == 0 || len(out.To) > maxParticipants {
		return gateway.InvalidField("to", "An e-mail goes to 1 to %d addresses.", maxParticipants)
	}
	if out.SentAt, err = instant("sent_at", in.SentAt); err != nil {
		return err
	}
	receipts, err := c.s.Outbox.SubmitEmail(c.UserContext(), c.key.Workspace, out)
	if err != nil {
		return err
	}
	return c.said(gateway.KindEmail, id, receipts)
}

// apiCustomBody is a record of a kind that only the product has.
type apiCustomBody struct {
	Properties gateway.Fields `json:"properties"`
	Person     string         `json:"person_external_id"`
	Meeting    string         `json:"meeting_external_id"`
	Deal       string         `json:"opportunity_id"`
	Owner      string         `json:"owner_email"`
}

const (
	maxProperties   = 200
	maxPropertyName = 100 // characters
)

// apiCustom makes or updates a record of a kind that only the product has. It
// becomes a record of each object of which a field is filled from that kind.
func apiCustom(c *call) error {
	kind, id := c.Params("kind"), c.Params("external_id")
	if err := checkExternalID(id); err != nil {
		return err
	}
	if !customKind(kind) {
		return gateway.InvalidField("kind", "A kind has 1 to 60 lower-case letters, digits, “-” or “_”.")
	}
	var in apiCustomBody
	if err := c.input(&in); err != nil {
		return err
	}
	out := gateway.CustomRecord{Kind: kind, ExternalID: id, Properties: in.Properties, Person: in.Person, Meeting: in.Meeting}
	if len(in.Properties) > maxProperties {
		return gateway.InvalidField("properties", "A record has at most %d properties.", maxProperties)
	}
	for name := range in.Properties {
		if n := utf8.RuneCountInString(name); n == 0 || n > maxPropertyName || strings.ContainsFunc(name, unicode.IsControl) {
			return gateway.InvalidField("properties", "The name of a property has 1 to %d characters, none of them a control character.", maxPropertyName)
		}
	}
	var err error
	if out.Owner, err = address("owner_email", in.Owner); err != nil {
		return err
	}
	if in.Deal != "" {
		deal, ok := gateway.NormalizeID(in.Deal)
		if !ok {
			return gateway.InvalidField("opportunity_id", "opportunity_id is the Salesforce id of an opportunity: 15 or 18 characters.")
		}
		out.Deal = deal
	}
	receipts, err := c.s.Outbox.SubmitCustom(c.UserContext(), c.key.Workspace, out)
	if err != nil {
		return err
	}
	if len(receipts) > 0 {
		return c.said(out.SaidKind(), id, receipts)
	}
	writes, links, err := c.writes(out.SaidKind(), id)
	if err != nil {
		return err
	}
	reason := "Kept here."
	if len(writes) > 0 {
		reason = writes[0].Reason
	}
	return c.JSON(fiber.Map{"external_id": id, "salesforce": fiber.Map{"state": "local", "reason": reason, "links": links, "writes": writes}})
}

func customKind(kind string) bool {
	n := utf8.RuneCountInString(kind)
	return n > 0 && n <= 60 && strings.Trim(kind, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}
