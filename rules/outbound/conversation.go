package outbound

import (
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/note"
)

// ConversationInput is everything that PlanConversation looks at. Attendees has
// the person whom it is with; Messages are in their order.
type ConversationInput struct {
	Surroundings
	Conversation gateway.Conversation
	Messages     []gateway.Message
}

// messagePrefix begins the part of one text, see gateway.Writing.
const messagePrefix = "message:"

// PlanConversation decides what becomes of a chat or a thread of texts: one
// note that grows with a chat (AIM-06, AIM-07), a closed Task for each text
// (AVC-03).
func PlanConversation(in ConversationInput) SaidPlan {
	c := in.Conversation
	noun := "Chat transcript"
	if c.Channel == gateway.ChannelSMS {
		noun = "Texts"
	}
	p := &planning{
		Surroundings: in.Surroundings, kind: gateway.KindConversation, id: c.ExternalID, noun: noun, title: conversationTitle(in), at: c.StartedAt,
		places: []string{"note", "task"}, text: transcript(in.Messages), facts: conversationFacts(c), held: true,
		answers: c.Answers, channel: c.Channel,
	}
	why := p.outside(func(name string) (string, bool) { return conversationSource(c, name) })
	if why == "" {
		why = p.agentRefuses()
	}
	if why != "" {
		p.omit(PartAll, "", why)
		return p.plan
	}
	if len(in.Messages) == 0 && in.Agent.ID == "" || !p.known(c.Person) || len(in.Messages) == 0 {
		return p.plan
	}
	if c.Channel == gateway.ChannelSMS {
		p.texts(in.Messages)
		return p.plan
	}
	p.note(p.text)
	p.leave()
	return p.plan
}

func (p *planning) texts(messages []gateway.Message) {
	for _, m := range messages {
		way := map[string]string{"inbound": "Text from ", "outbound": "Text to "}[m.Direction]
		part := messagePrefix + m.ExternalID
		p.at, p.text = m.At, note.Text(m.Text)
		fields := p.closedTask(way+p.title, "Task")
		fields["Description"] = p.description("Task", p.local("Task", part).ID, true)
		p.owe(part, p.local("Task", part), fields, "Each text becomes a closed Task.")
	}
}

func conversationTitle(in ConversationInput) string {
	for _, a := range in.Attendees {
		if words := a.Words(); words != "" {
			return words
		}
	}
	return in.Conversation.Person
}

// transcript has a line for each message: when, who, what.
func transcript(messages []gateway.Message) (d note.Doc) {
	for _, m := range messages {
		who := m.Author
		if who == "" {
			who = map[string]string{"inbound": "Visitor", "outbound": "We"}[m.Direction]
		}
		d = append(d, note.Block{Spans: []note.Span{
			{Text: m.At.UTC().Format("2006-01-02 15:04 UTC") + " "}, {Text: who + ": ", Bold: true}, {Text: m.Text},
		}})
	}
	return d
}

func conversationFacts(c gateway.Conversation) string {
	lines := []string{}
	if c.Agent != "" {
		lines = append(lines, "Agent: "+c.Agent)
	}
	for _, name := range c.Answers.Names() {
		if text := c.Answers[name].String(); text != "" {
			lines = append(lines, topicTitle(name)+": "+text)
		}
	}
	return strings.Join(lines, "\n")
}

func conversationSource(c gateway.Conversation, name string) (string, bool) {
	if answer, ok := strings.CutPrefix(name, "answer."); ok {
		return c.Answers[answer].String(), true
	}
	switch name {
	case "conversation.channel":
		return c.Channel, true
	case "conversation.agent":
		return c.Agent, true
	}
	return "", false
}

// EmailInput is everything that PlanEmail looks at. Attendees are the people
// from outside among sender and recipients.
type EmailInput struct {
	Surroundings
	Email gateway.Email
	// Logged is the EmailMessage that has its Message-ID, the zero key for none.
	Logged gateway.RecordKey
}

// PlanEmail decides what becomes of an e-mail: an EmailMessage or a closed Task
// on whom it was exchanged with, as the settings say, and the fields that its
// topics are mapped to.
func PlanEmail(in EmailInput) SaidPlan {
	e := in.Email
	p := &planning{
		Surroundings: in.Surroundings, kind: gateway.KindEmail, id: e.ExternalID, noun: "E-mail", title: e.Subject, at: e.SentAt,
		owner: e.From, places: []string{"task"}, topicsOf: e.Topics, text: note.Read(e.Text), held: true,
		facts: "From: " + e.From + "\nTo: " + strings.Join(e.To, ", "),
	}
	if why := p.outside(func(string) (string, bool) { return "", false }); why != "" {
		p.omit(PartAll, "", why)
		return p.plan
	}
	if !p.known(strings.Join(slices.Concat([]string{e.From}, e.To), ", ")) {
		return p.plan
	}
	if p.asMessage() {
		p.message(in)
	} else {
		p.owe(PartTask, p.local("Task", PartTask), p.closedTask("Email: "+e.Subject, "Email"), "Each e-mail becomes a closed Task.")
		p.taskPeople()
	}
	p.topics()
	p.leave()
	return p.plan
}
