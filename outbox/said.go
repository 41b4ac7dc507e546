package outbox

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// SubmitCall is SubmitMeeting for a call.
func (o *Outbox) SubmitCall(ctx context.Context, ws gateway.WorkspaceID, c gateway.Call) ([]Receipt, error) {
	return o.submitSaid(ctx, ws, store.Said{Kind: gateway.KindCall, Call: c}, func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveCall(ctx, c)
	})
}

// PreviewCall says what a call would become under other settings, as if
// nothing of it had been written yet. Nothing is saved.
func (o *Outbox) PreviewCall(ctx context.Context, ws gateway.WorkspaceID, c gateway.Call, s gateway.Settings) (outbound.SaidPlan, error) {
	l := loading{outbox: o, w: o.db.In(ws)}
	in := l.callInput(ctx, c)
	l.asLooked(ctx, &in.Surroundings, s)
	return outbound.PlanCall(in), l.err
}

func (l *loading) planCall(ctx context.Context, c gateway.Call) planned {
	in := l.callInput(ctx, c)
	return planOf(gateway.KindCall, c.ExternalID, "Call", "Call"+with(in.Attendees), outbound.PlanCall(in), in.Surroundings).noted(len(c.Topics))
}

// callInput reads all that PlanCall looks at.
func (l *loading) callInput(ctx context.Context, c gateway.Call) outbound.CallInput {
	in := outbound.CallInput{Call: c, Surroundings: l.outbox.surroundings(l.w.ID(), "")}
	l.settings(ctx, c.Agent, &in.Surroundings)
	l.about(ctx, &in.Surroundings, slices.Contains(in.Settings.Notes.CallNotes, "note"), c.Topics)
	l.recorded(ctx, &in.Surroundings, gateway.AgentNamed(l.agents(ctx), c.RecordedBy))
	in.Attendees = []outbound.Attendee{l.other(ctx, c.Person, gateway.Participant{Phone: c.Number()}, in.Settings.Contacts)}
	if object := cmp.Or(in.Attendees[0].Was.Object, in.Settings.Contacts.ActivityObject); object != "" && c.Person == "" {
		l.schemas(ctx, in.Schemas, object)
		in.Mappings = l.mappings(ctx)
	}
	l.beside(ctx, &in.Surroundings)
	l.around(ctx, &in.Surroundings, gateway.KindCall, c.ExternalID, c.Agent)
	l.deals(ctx, &in.Surroundings, store.Said{Kind: gateway.KindCall, ExternalID: c.ExternalID, Call: c})
	return in
}

// SubmitConversation is SubmitMeeting for a conversation with messages that are
// new or were corrected; those that came before stay.
func (o *Outbox) SubmitConversation(ctx context.Context, ws gateway.WorkspaceID, c gateway.Conversation, messages []gateway.Message) ([]Receipt, error) {
	said := store.Said{Kind: gateway.KindConversation, Conversation: c, Messages: messages}
	return o.submitSaid(ctx, ws, said, func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveConversation(ctx, c, messages)
	})
}

func (l *loading) planConversation(ctx context.Context, c gateway.Conversation, messages []gateway.Message) planned {
	in := outbound.ConversationInput{Conversation: c, Surroundings: l.outbox.surroundings(l.w.ID(), l.outbox.page("/conversations/", c.ExternalID))}
	l.settings(ctx, "", &in.Surroundings)
	l.about(ctx, &in.Surroundings, c.Channel == gateway.ChannelChat, nil)
	l.recorded(ctx, &in.Surroundings, conversationAgent(l.agents(ctx), c))
	in.Messages = l.messages(ctx, c.ExternalID, messages)
	in.Attendees = []outbound.Attendee{l.other(ctx, c.Person, gateway.Participant{}, in.Settings.Contacts)}
	l.beside(ctx, &in.Surroundings)
	l.around(ctx, &in.Surroundings, gateway.KindConversation, c.ExternalID)
	what := map[string]string{gateway.ChannelChat: "Chat", gateway.ChannelSMS: "Texts"}[c.Channel]
	return planOf(gateway.KindConversation, c.ExternalID, "Conversation", what+with(in.Attendees), outbound.PlanConversation(in), in.Surroundings).noted(0)
}

// with names who somebody talked to, where that is known: " with Ann Lee".
func with(all []outbound.Attendee) string {
	for _, a := range all {
		name := a.Words()
		if len(a.Matches) == 1 {
			name = a.Matches[0].Label()
		}
		if name != "" {
			return " with " + name
		}
	}
	return ""
}

// SubmitEmail is SubmitMeeting for an e-mail.
func (o *Outbox) SubmitEmail(ctx context.Context, ws gateway.WorkspaceID, e gateway.Email) ([]Receipt, error) {
	return o.submitSaid(ctx, ws, store.Said{Kind: gateway.KindEmail, Email: e}, func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveEmail(ctx, e)
	})
}

func (l *loading) planEmail(ctx context.Context, e gateway.Email) planned {
	in := outbound.EmailInput{Email: e, Surroundings: l.outbox.surroundings(l.w.ID(), "")}
	l.settings(ctx, e.From, &in.Surroundings)
	l.about(ctx, &in.Surroundings, false, e.Topics)
	for _, address := range append([]string{e.From}, e.To...) {
		in.Attendees = append(in.Attendees, l.attendee(ctx, gateway.Participant{Email: address}, in.Settings.Contacts))
	}
	l.around(ctx, &in.Surroundings, gateway.KindEmail, e.ExternalID, e.From)
	if len(e.To) > 1 {
		l.shared(ctx, in.Schemas)
	}
	if in.Settings.Advanced.EmailsFromMessages {
		l.described(ctx, l.w.ID(), in.Schemas, "EmailMessage")
		l.described(ctx, l.w.ID(), in.Schemas, "EmailMessageRelation")
		in.Logged = l.logged(ctx, e)
	}
	l.deals(ctx, &in.Surroundings, store.Said{Kind: gateway.KindEmail, ExternalID: e.ExternalID, Email: e})
	return planOf(gateway.KindEmail, e.ExternalID, "E-mail", e.Subject, outbound.PlanEmail(in), in.Surroundings).noted(len(e.Topics))
}

// submitSaid makes something that was said durable, with what Salesforce is
// owed for it.
func (o *Outbox) submitSaid(ctx context.Context, ws gateway.WorkspaceID, said store.Said, save func(context.Context, *store.Tx) error) ([]Receipt, error) {
	o.people.Lock()
	defer o.people.Unlock()
	return o.submitUnder(ctx, ws, said, func(p *planned) {
		p.save = func(ctx context.Context, tx *store.Tx) (bool, error) { return true, save(ctx, tx) }
	})
}

// submitUnder plans something that was said and submits it under the settings by
// which it was planned; dress says how.
func (o *Outbox) submitUnder(ctx context.Context, ws gateway.WorkspaceID, said store.Said, dress func(*planned)) (receipts []Receipt, err error) {
	err = o.under(ctx, ws, func(b basis) error {
		l := loading{outbox: o, w: o.db.In(ws)}
		p, err := l.plan(ctx, said)
		if err != nil {
			return err
		}
		p.basis = b
		dress(&p)
		receipts, err = o.submitPlan(ctx, ws, p)
		return err
	})
	return receipts, err
}

// plan is what anything that was said owes Salesforce.
func (l *loading) plan(ctx context.Context, said store.Said) (p planned, err error) {
	switch said.Kind {
	case gateway.KindMeeting:
		p = l.planMeeting(ctx, said.Meeting)
	case gateway.KindCall:
		p = l.planCall(ctx, said.Call)
	case gateway.KindConversation:
		p = l.planConversation(ctx, said.Conversation, said.Messages)
	case gateway.KindEmail:
		p = l.planEmail(ctx, said.Email)
	default:
		p = l.planCustom(ctx, said.Custom)
	}
	return p, l.err
}

// laneSaid is the lane of what the product tells: behind people's edits.
const laneSaid = 1

func planOf(kind, id, rule, label string, plan outbound.SaidPlan, in outbound.Surroundings) planned {
	return planned{
		kind: kind, id: id, rule: rule, label: label, owed: plan.Owed, omitted: plan.Omitted,
		schemas: in.Schemas, written: in.Written, lane: laneSaid, deals: dealsOf(plan), met: plan.Met, revision: in.Revision, waits: plan.Waits,
	}
}

// noted leaves out whose deal it is where nothing was noted under a topic.
func (p planned) noted(topics int) planned {
	if topics == 0 {
		p.deals = nil
	}
	return p
}

// about reads the schemas and mappings that a plan needs.
func (l *loading) about(ctx context.Context, in *outbound.Surroundings, notes bool, topics map[string][]gateway.TopicNote) {
	l.schemas(ctx, in.Schemas, "Event", "Task")
	if notes {
		in.NotesOff = l.noteSchemas(ctx, l.w.ID(), in.Schemas)
	}
	if len(topics) > 0 {
		l.schemas(ctx, in.Schemas, "Opportunity", "Account", "Contact", "Lead")
		in.Mappings, in.Archived = l.mappings(ctx), l.archived(ctx)
	}
	in.Settings.Contacts.AutoCreate = false // people come by their own call here
}

// around reads what surrounds the people that were recognized.
func (l *loading) around(ctx context.Context, in *outbound.Surroundings, kind, id string, emails ...string) {
	in.Written, in.Gone = l.written(ctx, kind, id)
	in.Unsaid = l.unsaid(ctx, kind, id)
	in.Opportunities = l.opportunities(ctx, in.Attendees)
	l.users(ctx, in.Users, emails...)
}

// other recognizes the other side: by the link of the person that the product
// names, else as a participant. The link of somebody who is still being created
// leads to a local id, which is translated when it is sent.
func (l *loading) other(ctx context.Context, person string, p gateway.Participant, s gateway.ContactsSettings) outbound.Attendee {
	if person == "" {
		return l.caller(ctx, p, s)
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
		if link.Key = l.personPlanned(known); link.Key.ID == "" {
			a := l.caller(ctx, p, s)
			a.Person, a.Who = known, gateway.Who{Kind: linkPerson, ID: person}
			if link.Pinned {
				a.Held, a.Broken = held(link).withheld, link.State() == gateway.LinkBroken
			}
			return a
		}
	}
	a := outbound.Attendee{
		Participant: p, Matches: []gateway.Record{l.record(ctx, link.Key)}, Rule: link.Rule, Reason: link.Reason, Person: known,
		Who: gateway.Who{Kind: linkPerson, ID: person}, Was: link.Key,
	}
	a.Account = l.account(ctx, a, s.AccountMatchField)
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

// logged is the EmailMessage that has the Message-ID of an e-mail.
func (l *loading) logged(ctx context.Context, e gateway.Email) gateway.RecordKey {
	if e.MessageID == "" {
		return gateway.RecordKey{}
	}
	key, err := l.w.FiledAs(ctx, e.MessageID)
	l.did("an e-mail's log", err)
	return key
}
