package outbox

import (
	"context"

	"tidegate/gateway"
	"tidegate/rules/match"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// agents are those of the terms that are looked at, else those saved.
func (l *loading) agents(ctx context.Context) []gateway.Agent {
	if l.looking != nil {
		return l.looking.terms.agents
	}
	all, err := l.w.Agents(ctx)
	l.did("the agents", err)
	return all
}

// conversationAgent is the agent that a conversation goes by. A chat of none
// that is known goes by the default one; a thread of texts is with one of us
// unless it names an agent.
func conversationAgent(all []gateway.Agent, c gateway.Conversation) gateway.Agent {
	if c.Channel == gateway.ChannelChat {
		return gateway.AgentOf(all, c.Agent)
	}
	return gateway.AgentNamed(all, c.Agent)
}

// recorded reads what planning the records of an agent needs.
func (l *loading) recorded(ctx context.Context, in *outbound.Surroundings, by gateway.Agent) {
	if by.ID == "" {
		return
	}
	in.Agent = by
	l.schemas(ctx, in.Schemas, gateway.AgentObjects[:]...)
	in.Mappings = l.mappings(ctx)
	if by.Writes("Account") && by.AccountMatchField != "" {
		in.Settings.Contacts.AccountMatchField = by.AccountMatchField
	}
}

// beside looks for the records of attendees that only an agent asks for: the
// account of somebody's domain, and the contact beside his lead.
func (l *loading) beside(ctx context.Context, in *outbound.Surroundings) {
	for i := range in.Attendees {
		a, s := &in.Attendees[i], in.Settings.Contacts
		if in.Agent.Writes("Account") && a.Account == nil {
			a.Account, a.Unsure = l.employer(ctx, a.Email, s.AccountMatchField)
		}
		if in.Agent.Writes("Contact") && len(a.Matches) == 1 && a.Matches[0].Key.Object == "Lead" {
			who := a.Person
			who.Email, who.Phone = a.Email, a.Phone
			found, err := match.Chain(match.Subject{Person: who, Steps: s.Chain, Objects: []string{"Contact"}, Find: finder(ctx, l.w)})
			l.did("whom an agent talked to", err)
			a.Also = found.Matches
		}
	}
}

// employer returns the only account with the domain of an address. unsure says
// why none of several is chosen.
func (l *loading) employer(ctx context.Context, email, field string) (account *gateway.Record, unsure string) {
	var found []gateway.Record
	e, err := match.EmployerOf(email, l.outbox.opts.PublicDomain, field, func(domain string) (_ []gateway.Record, err error) {
		if field == "Website" { // whose domains are kept as keys
			found, err = l.w.RecordsByKey(ctx, store.KeyDomain, domain)
		} else {
			found, err = l.w.RecordsByField(ctx, field, domain, "Account")
		}
		return found, err
	})
	l.did("an attendee's account", err)
	accounts := 0
	for i := range found {
		if found[i].Key.Object == "Account" && !found[i].Deleted {
			accounts++
		}
		if found[i].Key == e.Key {
			account = &found[i]
		}
	}
	if account == nil && accounts > 1 {
		unsure = e.Reason
	} else if account == nil {
		unsure = l.unreadYet(ctx)
	}
	return account, unsure
}
