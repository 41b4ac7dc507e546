package storetest

import (
	"reflect"
	"testing"

	"tidegate/gateway"
)

func topics(t *testing.T, s *suite) {
	w, other := s.workspace(t), s.db.In("topics-other")
	standard := gateway.DefaultTopics()
	all, err := w.Topics(t.Context())
	ok(t, err)
	if !reflect.DeepEqual(all, standard) {
		t.Errorf("AVC-06 a new workspace has %+v", all)
	}

	own := gateway.Topic{Slug: "zeta", Name: "Zeta", Examples: []string{"“z”"}, Order: 2, By: "Ann"}
	ok(t, w.SaveTopic(t.Context(), own))
	wantCode(t, w.SaveTopic(t.Context(), own), gateway.CodeConflict) // it is no longer new
	changed := standard[0]
	changed.Name, changed.Archived, changed.DateSensitive = "To do", true, false
	ok(t, w.SaveTopic(t.Context(), changed))
	own.Revision, own.At, own.Examples = 1, s.clock.Now(), []string{}
	ok(t, w.SaveTopic(t.Context(), own))
	wantCode(t, w.SaveTopic(t.Context(), own), gateway.CodeConflict)
	own.Revision, changed.Revision, changed.At = 2, 1, s.clock.Now()

	all, err = w.Topics(t.Context())
	ok(t, err)
	if len(all) != len(standard)+1 || !reflect.DeepEqual(all[0], changed) || all[1].Slug != "follow-ups" || !reflect.DeepEqual(all[2], own) {
		t.Errorf("topics %+v", all)
	}
	one, err := w.Topic(t.Context(), "zeta")
	ok(t, err)
	if !reflect.DeepEqual(one, own) {
		t.Errorf("topic %+v", one)
	}
	_, err = other.Topic(t.Context(), "zeta") // AVC-04
	wantCode(t, err, gateway.CodeNotFound)
}

func agents(t *testing.T, s *suite) {
	w, other := s.workspace(t), s.db.In("agents-other")
	standard := gateway.DefaultAgents()
	all, err := w.Agents(t.Context())
	ok(t, err)
	if !reflect.DeepEqual(all, standard) {
		t.Errorf("AVC-06 a new workspace has %+v", all)
	}

	own := gateway.Agent{
		ID: "web", Name: "Aye", Enabled: true, Objects: []string{"Account", "Contact"}, AccountMatchField: "Domain__c", By: "Ann",
		Fields:  map[string][]gateway.AgentField{"Contact": {{Field: "LastName", Source: "person.last_name", Default: "?"}}},
		Filters: []gateway.Filter{{Source: "answer.budget", Op: "set"}},
	}
	ok(t, w.SaveAgent(t.Context(), own))
	wantCode(t, w.SaveAgent(t.Context(), own), gateway.CodeConflict)
	changed := standard[0]
	changed.Name, changed.Enabled = "Bee", false
	ok(t, w.SaveAgent(t.Context(), changed))
	own.Revision, own.At = 1, s.clock.Now()
	own.Objects = []string{"Lead"}
	ok(t, w.SaveAgent(t.Context(), own))
	wantCode(t, w.SaveAgent(t.Context(), own), gateway.CodeConflict)
	own.Revision, changed.Revision, changed.At = 2, 1, s.clock.Now()

	all, err = w.Agents(t.Context())
	ok(t, err)
	if !reflect.DeepEqual(all, []gateway.Agent{own, changed}) {
		t.Errorf("agents %+v", all)
	}
	if got := gateway.AgentOf(all, "web"); got.ID != "web" || !got.Writes("Lead") || got.Writes("Contact") {
		t.Errorf("agent %+v", got)
	}
	if got := gateway.AgentOf(all, "unheard of"); got.ID != gateway.DefaultAgent || got.Writes("Lead") {
		t.Errorf("an unknown agent goes by %+v", got)
	}
	_, err = other.Agent(t.Context(), "web") // AVC-04
	wantCode(t, err, gateway.CodeNotFound)
}
