package outbound

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/note"
)

// CallInput is everything that PlanCall looks at. Attendees has the other side.
type CallInput struct {
	Surroundings
	Call gateway.Call
}

// PlanCall decides what becomes of a call: a closed Task on the lead or contact
// (AVC-03), and its notes where the settings say (AVM-17, AVM-18).
func PlanCall(in CallInput) SaidPlan {
	c := in.Call
	title := callTitle(c)
	p := &planning{
		Surroundings: in.Surroundings, kind: gateway.KindCall, id: c.ExternalID, noun: "Call notes", title: title, at: c.StartedAt,
		owner: c.Agent, places: in.Settings.Notes.CallNotes, topicsOf: c.Topics, text: append(note.Read(c.Notes), topicSections(c.Topics)...),
		facts: callFacts(c), held: true, channel: gateway.KindCall,
	}
	why := p.outside(func(name string) (string, bool) { return callSource(c, name) })
	if why == "" {
		why = p.agentRefuses()
	}
	if why != "" {
		p.omit(PartAll, "", why)
		return p.plan
	}
	if !p.known(cmp.Or(c.Number(), c.Person)) {
		return p.plan
	}
	fields := p.closedTask(title, "Call")
	fields["CallType"] = gateway.Text(map[string]string{"inbound": "Inbound", "outbound": "Outbound"}[c.Direction])
	if c.Direction == "internal" {
		fields["CallType"] = gateway.Text("Internal")
	}
	if c.Seconds > 0 {
		fields["CallDurationInSeconds"] = gateway.Number(fmt.Sprint(c.Seconds))
	}
	if c.Disposition != "" {
		text, _ := note.Cut(c.Disposition, subjectLength, "")
		fields["CallDisposition"] = gateway.Text(text)
	}
	p.owe(PartTask, p.local("Task", PartTask), fields, "Each call becomes a closed Task.")
	p.callNotes(c)
	p.topics()
	p.leave()
	return p.plan
}

// callNotes plans the notes of a call that do not go to its Task.
func (p *planning) callNotes(c gateway.Call) {
	if len(p.text) == 0 {
		return
	}
	if len(p.places) == 0 {
		p.omit(PartNote, "", "No destination is chosen for call notes on the Notes tab, so they stay here.")
	}
	if p.chosen("event") {
		key := p.local("Event", PartEvent)
		fields := p.activity("Event", p.title)
		fields["StartDateTime"] = gateway.Instant(c.StartedAt)
		fields["EndDateTime"] = gateway.Instant(c.StartedAt.Add(max(time.Duration(c.Seconds)*time.Second, time.Minute)))
		fields["Description"] = p.description("Event", key.ID, true)
		p.owe(PartEvent, key, fields, "Call notes go to an Event.")
	}
	if p.chosen("note") {
		p.note(p.text)
	}
}

func callTitle(c gateway.Call) string {
	if c.Direction == "inbound" {
		return "Inbound call from " + c.From
	}
	return "Outbound call to " + c.To
}

func callFacts(c gateway.Call) string {
	lines := []string{"From: " + c.From, "To: " + c.To}
	if c.Seconds > 0 {
		lines = append(lines, "Duration: "+clockWords(float64(c.Seconds)))
	}
	if c.Disposition != "" {
		lines = append(lines, "Result: "+c.Disposition)
	}
	if c.RecordingURL != "" {
		lines = append(lines, "Recording: "+c.RecordingURL)
	}
	return strings.Join(lines, "\n")
}

func callSource(c gateway.Call, name string) (string, bool) {
	switch name {
	case "call.direction":
		return c.Direction, true
	case "call.disposition":
		return c.Disposition, true
	}
	return "", false
}

// known finds out who the other side is. Without a record there is nothing to
// put an activity on; that is said, with who can change it.
func (p *planning) known(address string) bool {
	p.recognize()
	p.plan.Omitted = slices.DeleteFunc(p.plan.Omitted, func(o Omission) bool { return strings.HasPrefix(o.Part, contactPrefix) })
	p.relate()
	if p.who.ID != "" || p.what.ID != "" {
		return true
	}
	if !slices.ContainsFunc(p.plan.Omitted, func(o Omission) bool { return !strings.HasPrefix(o.Part, agentPrefix) }) {
		p.omit(PartAll, "", "Nobody in Salesforce is recognized by "+address+". Send the person first, or add the number or address to a Contact or Lead, then send this again.")
	}
	return false
}

// closedTask is what calls, texts and e-mails have in common (AVC-03).
func (p *planning) closedTask(subject, subtype string) gateway.Fields {
	fields := p.activity("Task", subject)
	fields["Status"] = gateway.Text("Completed")
	fields["TaskSubtype"] = gateway.Text(subtype)
	fields["ActivityDate"] = gateway.Text(p.at.In(p.zone()).Format(time.DateOnly))
	fields["Description"] = p.description("Task", p.local("Task", PartTask).ID, p.chosen("task"))
	return fields
}
