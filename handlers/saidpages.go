package handlers

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/match"
	"tidegate/rules/note"
	"tidegate/views"
)

var callStates = []saidState{
	{"inbound", views.Chip{Tone: views.Good, Icon: views.IconOK, Text: "Received"}},
	{"outbound", views.Chip{Tone: views.Good, Icon: views.IconOK, Text: "Made"}},
	{"internal", views.Chip{Tone: views.Idle, Icon: views.IconOK, Text: "Internal"}},
}

var conversationStates = []saidState{
	{gateway.ChannelChat, views.Chip{Tone: views.Good, Icon: views.IconOK, Text: "Chat"}},
	{gateway.ChannelSMS, views.Chip{Tone: views.Good, Icon: views.IconOK, Text: "Texts"}},
}

func callTitle(c gateway.Call) string {
	number := cmp.Or(c.Number(), "an unknown number")
	if c.Direction == "inbound" {
		return "Call from " + number
	}
	return "Call to " + number
}

func conversationTitle(c gateway.Conversation, with string) string {
	title := map[string]string{gateway.ChannelChat: "Chat", gateway.ChannelSMS: "Texts"}[c.Channel]
	if with != "" {
		title += " with " + with
	}
	return title
}

func emailTitle(e gateway.Email) string { return cmp.Or(e.Subject, "(no subject)") }

// callPage shows one call.
func callPage(v *visit) error {
	id, err := saidID(v)
	if err != nil {
		return err
	}
	c, err := v.ws.Call(v.UserContext(), id)
	if err != nil {
		return err
	}
	clk := v.clock()
	lead := "Began " + clk.full(c.StartedAt).Text
	if c.Seconds > 0 {
		lead += ", took " + (time.Duration(c.Seconds) * time.Second).String()
	}
	p := views.SaidPage{
		Shell: v.s.shell(v, callTitle(c), views.NavMeetings), TextTitle: "What was said", TextEmpty: "No notes have come yet.",
		Head: views.Head{Crumb: []views.Link{{Text: "Calls", URL: callsBase}}, Title: callTitle(c), Kind: views.KindCall, Lead: lead + "."},
		Text: blocks(note.Read(c.Notes)),
	}
	p.Facts = facts("From", c.From, "To", c.To, "Outcome", c.Disposition, "Who of us", c.Agent, "Recorded by", c.RecordedBy)
	person, err := v.personFact(c.Person)
	if err != nil {
		return err
	}
	if number := match.Participant("", c.Number(), ""); c.Person == "" {
		for i, f := range p.Facts {
			if f.Value == c.Number() && (f.Label == "From" || f.Label == "To") {
				if p.Facts[i], err = v.identified(f, number); err != nil {
					return err
				}
			}
		}
	}
	p.Facts = append(p.Facts, person...)
	if c.RecordingURL != "" {
		p.Facts = append(p.Facts, views.Fact{Label: "Recording", Link: views.Link{Text: "Open the recording", URL: c.RecordingURL, External: true}})
	}
	if _, err := v.said(&p, gateway.KindCall, id); err != nil {
		return err
	}
	return answer(v.Ctx, views.Said(p))
}

// emailPage shows one e-mail.
func emailPage(v *visit) error {
	id, err := saidID(v)
	if err != nil {
		return err
	}
	e, err := v.ws.Email(v.UserContext(), id)
	if err != nil {
		return err
	}
	p := views.SaidPage{
		Shell: v.s.shell(v, emailTitle(e), views.NavMeetings), TextTitle: "What was written", TextEmpty: "It has no text.",
		Head: views.Head{Crumb: []views.Link{{Text: "E-mails", URL: emailsBase}}, Title: emailTitle(e), Kind: views.KindEmail, Lead: "Sent " + v.clock().full(e.SentAt).Text + "."},
		Text: blocks(note.Read(e.Text)), Facts: facts("From", e.From, "To", strings.Join(e.To, ", ")),
	}
	if _, err := v.said(&p, gateway.KindEmail, id); err != nil {
		return err
	}
	return answer(v.Ctx, views.Said(p))
}

// facts pairs labels with values, without those that are empty.
func facts(pairs ...string) (out []views.Fact) {
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] != "" {
			out = append(out, views.Fact{Label: pair[0], Value: pair[1]})
		}
	}
	return out
}
