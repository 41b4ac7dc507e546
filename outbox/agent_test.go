package outbox

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/effect"
	"tidegate/store"
	"tidegate/store/storetest"
)

// proposeAgent is propose for the default agent.
func (w *world) proposeAgent(t *testing.T, turn func(*gateway.Agent)) (*effect.Effect, map[string]int) {
	t.Helper()
	ctx := w.t.Context()
	all, err := w.db.In(ws).Agents(ctx)
	must(w.t, err)
	a := gateway.AgentOf(all, gateway.DefaultAgent)
	turn(&a)
	for i := range all {
		if all[i].ID == a.ID {
			all[i] = a
		}
	}
	said, err := w.box.Preview(ctx, ws, Proposal{Settings: w.inForce(), Agents: all})
	must(w.t, err)
	before := len(w.org.calls)
	must(w.t, w.db.In(ws).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.SaveAgent(ctx, a); err != nil {
			return err
		}
		return BeginReplan(ctx, tx, said.Total, "an agent changed", "Ada", "ada")
	}))
	must(w.t, w.box.Replanner().look(ctx))
	for range 5 { // an account goes before its contact
		w.clock.forward(time.Minute)
		w.round()
	}
	same(t, "all is sent", w.idle(), true)
	made := map[string]int{}
	for _, call := range w.org.calls[before:] {
		for _, c := range call {
			made[string(c.Op)+" "+c.Key.Object]++
		}
	}
	return said, made
}

// AIM-05, AIM-12, AIM-16, AIM-19, AIM-23: what an agent's objects, mapping and
// filters lead to is what their review said, and telling it again makes nothing
// twice.
func TestPreviewSaysWhatAnAgentsConversationsThenBecome(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		in := w.inForce()
		in.Objects.Writeback["Account"] = true // AIM-02
		w.saveTab(in, gateway.TabObjects)
		must(t, w.db.In(ws).SaveSchemas(t.Context(), []gateway.Schema{agentSchema("Lead", "Company", "Budget__c"), agentSchema("Account", "Name", "Website"), agentSchema("Contact", "AccountId"), {
			Object: "ContentDocumentLink", Fields: []gateway.Field{{Name: "ContentDocumentId", Createable: true}, {Name: "LinkedEntityId", Createable: true}, {Name: "ShareType", Createable: true}},
		}}))
		must(t, w.db.In(ws).SavePerson(t.Context(), gateway.Person{ExternalID: "p1", Kind: "lead", Email: "ida@acme.example", LastName: "Ferrow", Company: "Acme"}))
		chat := gateway.Conversation{ExternalID: "v1", Channel: gateway.ChannelChat, Person: "p1", StartedAt: start, Answers: gateway.Fields{"budget": gateway.Text("10k")}}
		turned := func(turn func(*gateway.Agent)) func(*gateway.Agent) {
			return func(a *gateway.Agent) {
				a.Filters = []gateway.Filter{{Source: "answer.budget", Op: "set"}}
				turn(a)
			}
		}
		said, made := w.proposeAgent(t, turned(func(a *gateway.Agent) { a.Enabled = false }))
		saw(t, said, made, map[string]int{"create Lead": 1}) // the person himself
		_, err := w.box.SubmitConversation(t.Context(), ws, chat, []gateway.Message{{ExternalID: "1", Direction: "inbound", Text: "Hello", At: start}})
		must(t, err)
		same(t, "an agent that is off writes nothing", w.idle(), true)

		said, made = w.proposeAgent(t, turned(func(a *gateway.Agent) {
			a.Enabled, a.Objects = true, []string{"Account", "Contact", "Lead"}
			a.Fields["Lead"] = append(a.Fields["Lead"], gateway.AgentField{Field: "Budget__c", Source: "answer.budget"})
		}))
		saw(t, said, made, map[string]int{"create Account": 1, "create Contact": 1, "update Lead": 1, "create ContentNote": 1, "create ContentDocumentLink": 3})
		var contact gateway.Fields
		for _, call := range w.org.calls {
			for _, c := range call {
				if c.Key.Object == "Contact" && c.Op == gateway.OpCreate {
					contact = c.Fields
				}
			}
		}
		if id := contact["AccountId"].String(); id == "" || (gateway.RecordKey{ID: id}).Local() {
			t.Errorf("AIM-16 the contact is of account %q", id)
		}
		said, made = w.proposeAgent(t, turned(func(*gateway.Agent) {}))
		saw(t, said, made, map[string]int{})

		chat.Answers = gateway.Fields{"budget": gateway.Text("20k")}
		_, err = w.box.SubmitConversation(t.Context(), ws, chat, nil)
		must(t, err)
		w.clock.forward(time.Minute)
		w.round()
		same(t, "AIM-11 the latest answer arrives", w.org.get(w.link("p1").Key.ID)["Budget__c"], gateway.Text("20k"))
	})
}

// AIM-01, AVC-10: somebody whom only a chat tells of becomes the agent's
// object, and is that record from then on.
func TestAnAgentLinksWhomItMakes(t *testing.T) {
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"))
	must(t, w.db.In(ws).SaveSchemas(t.Context(), []gateway.Schema{agentSchema("Lead", "Company")}))
	must(t, w.db.In(ws).SavePerson(t.Context(), gateway.Person{ExternalID: "p1", Email: "ida@acme.example", LastName: "Ferrow"}))
	_, err := w.box.SubmitConversation(t.Context(), ws, gateway.Conversation{ExternalID: "v1", Channel: gateway.ChannelChat, Agent: "Web", Person: "p1", StartedAt: start}, nil)
	must(t, err)
	if l := w.link("p1"); l.Key.Object != "Lead" || l.Reason != "created for this person by the agent “Default agent”" {
		t.Fatalf("link %+v", l)
	}
	w.round()
	l := w.link("p1")
	same(t, "the link got its id", l.Key.Local(), false)
	w.person(gateway.Person{ExternalID: "p1", Email: "ida@acme.example", LastName: "Ferrow", Company: "Acme"})
	w.clock.forward(time.Minute)
	w.round()
	same(t, "AVC-10 still that record", w.link("p1").Key, l.Key)
	same(t, "one record", len(w.org.made), 1)
}

func agentSchema(object string, more ...string) gateway.Schema {
	s := contactSchema(false)
	s.Object = object
	for _, name := range more {
		s.Fields = append(s.Fields, gateway.Field{Name: name, Label: name, Type: "string", Length: 80, Createable: true, Updateable: true, Nillable: true})
	}
	return s
}
