package outbox

import (
	"context"
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// SubmitCall is SubmitMeeting for a call.
func (o *Outbox) SubmitCall(ctx context.Context, ws gateway.WorkspaceID, c gateway.Call) ([]Receipt, error) {
	o.people.Lock()
	defer o.people.Unlock()
	l := loading{outbox: o, w: o.db.In(ws)}
	in := outbound.CallInput{Call: c, Surroundings: o.surroundings(ws, "")}
	l.settings(ctx, c.Agent, &in.Surroundings)
	l.about(ctx, &in.Surroundings, ws, slices.Contains(in.Settings.Notes.CallNotes, "note"), c.Topics)
	in.Attendees = []outbound.Attendee{l.other(ctx, c.Person, gateway.Participant{Phone: c.Number()}, in.Settings.Contacts)}
	l.around(ctx, &in.Surroundings, gateway.KindCall, c.ExternalID, c.Agent)
	if l.err != nil {
		return nil, l.err
	}
	plan := outbound.PlanCall(in)
	return o.submitPlan(ctx, ws, planned{
		kind: gateway.KindCall, id: c.ExternalID, rule: "Call", label: "Call", owed: plan.Owed, omitted: plan.Omitted, schemas: in.Schemas,
		save: func(ctx context.Context, tx *store.Tx) error { return tx.SaveCall(ctx, c) },
	})
}

// SubmitConversation is SubmitMeeting for a conversation with messages that are
// new or were corrected; those that came before stay.
func (o *Outbox) SubmitConversation(ctx context.Context, ws gateway.WorkspaceID, c gateway.Conversation, messages []gateway.Message) ([]Receipt, error) {
	o.people.Lock()
	defer o.people.Unlock()
	l := loading{outbox: o, w: o.db.In(ws)}
	in := outbound.ConversationInput{Conversation: c, Surroundings: o.surroundings(ws, o.page("/conversations/", c.ExternalID))}
	l.settings(ctx, "", &in.Surroundings)
	l.about(ctx, &in.Surroundings, ws, c.Channel == gateway.ChannelChat, nil)
	in.Messages = l.messages(ctx, c.ExternalID, messages)
	in.Attendees = []outbound.Attendee{l.other(ctx, c.Person, gateway.Participant{}, in.Settings.Contacts)}
	l.around(ctx, &in.Surroundings, gateway.KindConversation, c.ExternalID)
	if l.err != nil {
		return nil, l.err
	}
	plan := outbound.PlanConversation(in)
	return o.submitPlan(ctx, ws, planned{
		kind: gateway.KindConversation, id: c.ExternalID, rule: "Conversation", label: "Conversation", owed: plan.Owed, omitted: plan.Omitted, schemas: in.Schemas,
		save: func(ctx context.Context, tx *store.Tx) error { return tx.SaveConversation(ctx, c, messages) },
	})
}

// SubmitEmail is SubmitMeeting for an e-mail.
func (o *Outbox) SubmitEmail(ctx context.Context, ws gateway.WorkspaceID, e gateway.Email) ([]Receipt, error) {
	o.people.Lock()
	defer o.people.Unlock()
	l := loading{outbox: o, w: o.db.In(ws)}
	in := outbound.EmailInput{Email: e, Surroundings: o.surroundings(ws, "")}
	l.settings(ctx, e.From, &in.Surroundings)
	l.about(ctx, &in.Surroundings, ws, false, e.Topics)
	for _, address := range append([]string{e.From}, e.To...) {
		in.Attendees = append(in.Attendees, l.attendee(ctx, gateway.Participant{Email: address}, in.Settings.Contacts))
	}
	l.around(ctx, &in.Surroundings, gateway.KindEmail, e.ExternalID, e.From)
	if l.err != nil {
		return nil, l.err
	}
	plan := outbound.PlanEmail(in)
	return o.submitPlan(ctx, ws, planned{
		kind: gateway.KindEmail, id: e.ExternalID, rule: "E-mail", label: e.Subject, owed: plan.Owed, omitted: plan.Omitted, schemas: in.Schemas,
		save: func(ctx context.Context, tx *store.Tx) error { return tx.SaveEmail(ctx, e) },
	})
}

// about reads the schemas and mappings that a plan needs.
func (l *loading) about(ctx context.Context, in *outbound.Surroundings, ws gateway.WorkspaceID, notes bool, topics map[string][]gateway.TopicNote) {
	l.schemas(ctx, in.Schemas, "Event", "Task")
	if notes {
		in.NotesOff = l.noteSchemas(ctx, ws, in.Schemas)
	}
	if len(topics) > 0 {
		l.schemas(ctx, in.Schemas, "Opportunity", "Account", "Contact", "Lead")
		in.Mappings = l.mappings(ctx)
	}
	in.Settings.Contacts.AutoCreate = false // people come by their own call here
}

// around reads what surrounds the people that were recognized.
func (l *loading) around(ctx context.Context, in *outbound.Surroundings, kind, id string, emails ...string) {
	in.Opportunities = l.opportunities(ctx, in.Attendees)
	l.users(ctx, in.Users, emails...)
	in.Written, in.Gone = l.written(ctx, kind, id)
}

// other recognizes the other side: by the link of the person that the product
// names, else as a participant. The link of somebody who is still being created
// leads to a local id, which is translated when it is sent.
func (l *loading) other(ctx context.Context, person string, p gateway.Participant, s gateway.ContactsSettings) outbound.Attendee {
	if person == "" {
		return l.attendee(ctx, p, s)
	}
	known, err := l.w.Person(ctx, person)
	if l.did("a person", err) {
		p.Name, p.Email = strings.TrimSpace(known.FirstName+" "+known.LastName), known.Email
		if p.Phone == "" {
			p.Phone = known.Phone
		}
	}
	link, err := l.w.LinkOf(ctx, linkPerson, person)
	if !l.did("a person's link", err) || !link.Holds() {
		return l.attendee(ctx, p, s)
	}
	r, err := l.w.Record(ctx, link.Key)
	if !l.did("a person's record", err) {
		r = gateway.Record{Key: link.Key}
	}
	a := outbound.Attendee{Participant: p, Matches: []gateway.Record{r}, Evidence: link.Reason}
	a.Account = l.account(ctx, a)
	return a
}

// messages returns those of before with the new ones laid over them.
func (l *loading) messages(ctx context.Context, id string, fresh []gateway.Message) []gateway.Message {
	all, err := l.w.Messages(ctx, id)
	l.did("messages", err)
	for _, m := range fresh {
		i := slices.IndexFunc(all, func(o gateway.Message) bool { return o.ExternalID == m.ExternalID })
		if i < 0 {
			all = append(all, m)
			continue
		}
		all[i] = m
	}
	slices.SortStableFunc(all, func(a, b gateway.Message) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.ExternalID, b.ExternalID)
	})
	return all
}
