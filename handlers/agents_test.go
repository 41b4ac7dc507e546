package handlers

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

func (w *world) agent(id string) gateway.Agent {
	w.t.Helper()
	a, err := w.db.In(home).Agent(w.t.Context(), id)
	must(w.t, err)
	return a
}

// setLine gives a field of an object's mapping in a form a source and a
// default; a field that has no line yet takes the first empty one.
func setLine(form map[string][]string, object, field, source, standard string) {
	names := form[object+"_field"]
	i := slices.Index(names, field)
	if i < 0 {
		i = slices.Index(names, "")
	}
	names[i], form[object+"_source"][i], form[object+"_default"][i] = field, source, standard
}

func TestEveryControlOfAnAgentIsSaved_AIM08_AIM19(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorldOn(t, url)
		admin := w.as(home, gateway.RoleAdmin)
		form := admin.get(agentsBase).want(http.StatusOK, "Default agent", "Lead-first: Lead only", "Everything is sent").form(agentsBase)
		form.Set("name", "Web chat")
		form.Set("id", "web.chat-1")
		own := agentsBase + "/web.chat-1"
		admin.post(agentsBase, form).want(http.StatusSeeOther).wantLocation(own + "?saved=agent")

		form = admin.get(own).want(http.StatusOK, "Fields of Lead", "Fields of Contact", "Not in force while Contact is not written").form(own)
		form["objects"] = []string{"Lead", "Contact"}
		setLine(form, "Lead", "Company", "answer.firm", "Unknown")
		setLine(form, "Lead", "Title", "", "") // emptied: left out
		setLine(form, "Contact", "Department", "capture.unit", "")
		form["filter_source"][0], form["filter_op"][0], form["filter_object"][0] = "answer.budget", "set", "Lead"
		admin.review(own, form).want(http.StatusSeeOther).wantLocation(own + "?saved=changed")
		a := w.agent("web.chat-1")
		if !slices.Equal(a.Objects, []string{"Contact", "Lead"}) || !slices.Contains(a.Fields["Lead"], gateway.AgentField{Field: "Company", Source: "answer.firm", Default: "Unknown"}) ||
			slices.ContainsFunc(a.Fields["Lead"], func(l gateway.AgentField) bool { return l.Field == "Title" }) ||
			!slices.Contains(a.Fields["Contact"], gateway.AgentField{Field: "Department", Source: "capture.unit"}) || a.By != "Ada Admin" ||
			!slices.Equal(a.Filters, []gateway.Filter{{Object: "Lead", Source: "answer.budget", Op: "set"}}) {
			t.Errorf("agent %+v", a)
		}
		if d := w.agent(gateway.DefaultAgent); d.Revision != 0 || len(d.Filters) != 0 {
			t.Errorf("AIM-19 the other agent changed: %+v", d)
		}
		admin.get(agentsBase).want(http.StatusOK, "Contact, then Lead", "1 condition")
		if !w.audited(home, "changed the agent Web chat web.chat-1") {
			t.Error("not audited")
		}

		w.saveOrg(gateway.TabObjects, func(s *gateway.Settings) { delete(s.Objects.Writeback, "Contact") })
		admin.get(own).want(http.StatusOK, "“Sync to Salesforce” is off for Contact on the Objects tab, so the agent writes none.") // AIM-02

		again := admin.get(own).form(own)
		if again.Get("revision") != "2" || len(again["Lead_field"]) != len(a.Fields["Lead"])+2 {
			t.Errorf("the form shows %v", again)
		}
		form.Set("name", "Older form") // rests on the revision before
		admin.post(own, form).want(http.StatusUnprocessableEntity, "Ada Admin saved this agent meanwhile")
		off(again, "enabled", "on")
		again["objects"] = nil
		admin.review(own, again).want(http.StatusSeeOther)
		admin.get(agentsBase).want(http.StatusOK, "Off", "Nothing is sent")
		admin.get(agentsBase + "/unheard-of").want(http.StatusNotFound)
	})
}

func TestImpossibleAgentsAreRefusedAndStayInTheForm_AIM20(t *testing.T) {
	w := newWorld(t)
	admin := w.as(home, gateway.RoleAdmin)
	own := agentsBase + "/" + gateway.DefaultAgent
	for _, tt := range []struct {
		name, says string
		turn       func(map[string][]string)
	}{
		{"AIM-20 no match field", "Choose the Account Match Field", func(f map[string][]string) {
			f["objects"], f["account_match_field"] = []string{"Account"}, []string{""}
		}},
		{"no object", "Choose at least one object", func(f map[string][]string) { f["objects"] = nil }},
		{"odd source", "“firm” is no source", func(f map[string][]string) { setLine(f, "Lead", "Company", "firm", "") }},
		{"new without source", "neither a source nor a default", func(f map[string][]string) { setLine(f, "Contact", "Department", "", "") }},
		{"filter without value", "needs a value", func(f map[string][]string) { f["filter_source"][0] = "person.email" }},
		{"no name", "Give the agent a name", func(f map[string][]string) { f["name"] = []string{" "} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			form := admin.get(own).form(own)
			tt.turn(form)
			got := admin.post(own, form).want(http.StatusUnprocessableEntity, tt.says, "Nothing was saved")
			if again := got.form(own); strings.Join(again["Lead_source"], ",") != strings.Join(form["Lead_source"], ",") && tt.name != "new without source" {
				t.Errorf("typed %v, shown %v", form["Lead_source"], again["Lead_source"])
			}
		})
	}
	for id, says := range map[string]string{"default": "listed already", "a b": "product’s own"} {
		form := admin.get(agentsBase).form(agentsBase)
		form.Set("name", "Another")
		form.Set("id", id)
		if got := admin.post(agentsBase, form); got.status != http.StatusUnprocessableEntity || !strings.Contains(strings.ReplaceAll(got.words(), "'", "’"), says) {
			t.Errorf("%q: %d", id, got.status)
		}
	}
	if a := w.agent(gateway.DefaultAgent); a.Revision != 0 {
		t.Errorf("a refused agent was saved: %+v", a)
	}
}

// Issue 4 point 9: what saving an agent would write is said before, and is what
// then happens. Going back keeps what was typed.
func TestAnAgentIsReviewedBeforeItIsSaved(t *testing.T) {
	w := newWorld(t)
	w.onceTold(gateway.Person{ExternalID: "p1", Email: "new@elsewhere.example", LastName: "Newman", Kind: "lead"})
	must(t, w.db.In(home).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveConversation(ctx, gateway.Conversation{
			ExternalID: "v1", Channel: gateway.ChannelChat, Agent: "default", Person: "p1", StartedAt: time.Unix(1_800_000_000, 0), Answers: gateway.Fields{"firm": gateway.Text("Elsewhere")},
		}, nil)
	}))
	admin := w.as(home, gateway.RoleAdmin)
	own := agentsBase + "/" + gateway.DefaultAgent
	form := admin.get(own).form(own)
	setLine(form, "Lead", "Company", "answer.firm", "unknown")
	review := admin.post(own, form).want(http.StatusOK, "Nothing is saved yet.", "Lead.Company", "from answer.firm, else “unknown”", "1 record would be created").form(own)
	if w.agent(gateway.DefaultAgent).Revision != 0 {
		t.Error("a review saves")
	}
	back := url.Values{}
	for name, values := range review {
		back[name] = values
	}
	back.Set("step", "edit")
	again := admin.post(own, back).want(http.StatusOK).form(own)
	if !slices.Contains(again["Lead_source"], "answer.firm") {
		t.Errorf("typed values went: %v", again["Lead_source"])
	}
	admin.post(own, agreed(review)).want(http.StatusSeeOther).wantLocation(own + "?saved=changed")
	w.replanned()
	all, err := w.db.In(home).Changes(t.Context(), gateway.RecordKey{}, 10)
	must(t, err)
	if len(all) != 1 || all[0].Key.Object != "Lead" || all[0].Fields["Company"] != gateway.Text("Elsewhere") {
		t.Errorf("owed %+v", all)
	}
	admin.post(own, admin.get(own).form(own)).want(http.StatusSeeOther).wantLocation(own + "?saved=nothing")
}
