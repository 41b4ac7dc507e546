package faults

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tidegate/gateway"
)

// An agent makes what it is set to: at first a Lead alone, whose one note grows
// with the chat and leads back to it; later the account of the domain and its
// contact as well. Whoever is there by his address is not made again.
func TestAgentWritesWhatItIsSetTo_AIM01_AIM03_AIM04_AIM05_AIM06_AIM07_AIM11_AIM14_AIM15_AIM16_AIM24(t *testing.T) {
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.anchor()
	c := w.company("agents", map[string]any{})
	w.setting(gateway.TabContacts, `{"chain":[{"by":"email"}]}`)
	counts := func() (n [3]int) {
		for i, object := range [...]string{"Account", "Contact", "Lead"} {
			for _, r := range w.truth(object) {
				if !r.deleted {
					n[i]++
				}
			}
		}
		return n
	}
	before := counts()
	chat := func(id, email string, more map[string]any, texts ...string) {
		t.Helper()
		w.person("p-"+id, map[string]any{"kind": "lead", "email": email, "last_name": "Ferrow", "company": "Newco"})
		messages := []map[string]any{}
		for i, text := range texts {
			messages = append(messages, map[string]any{"external_id": string(rune('a' + i)), "direction": "inbound", "author": "A visitor", "text": text, "at": "2026-05-04T10:00:00Z"})
		}
		body := map[string]any{"channel": "chat", "person_external_id": "p-" + id, "messages": messages}
		for name, v := range more {
			body[name] = v
		}
		w.api(http.MethodPut, "/conversations/"+id, body, new(any))
		w.quiet()
	}
	note := func(id string) (key, body string) {
		t.Helper()
		all, err := w.store().Writings(t.Context(), gateway.KindConversation, id)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range all {
			if one.Part == "note" {
				key = one.Key.ID
			}
		}
		text, err := base64.StdEncoding.DecodeString(w.truth("ContentNote")[key].text("Content"))
		if err != nil {
			t.Fatal(err)
		}
		return key, string(text)
	}
	chat("v1", "ida@newco.example", nil, "Hello there")
	if n := counts(); n != [3]int{before[0], before[1], before[2] + 1} {
		t.Errorf("AIM-01, AIM-03: %v accounts, contacts and leads, before %v", n, before)
	}
	first, text := note("v1")
	chat("v1", "ida@newco.example", nil, "Hello there", "And one more")
	second, grown := note("v1")
	if first == "" || second != first || !strings.Contains(text, "Hello there") || !strings.Contains(grown, "Hello there") || !strings.Contains(grown, "And one more") {
		t.Errorf("AIM-06: note %s says %q, then %s %q", first, text, second, grown)
	}
	if !strings.Contains(grown, "/conversations/v1") {
		t.Errorf("AIM-07: the note does not lead to the conversation: %q", grown)
	}

	w.setting(gateway.TabObjects, `{"writeback":{"Account":true,"Contact":true,"Lead":true},"create_missing":{"Contact":true,"Lead":true}}`)
	agents := gateway.DefaultAgents()
	agents[0].Objects = []string{"Account", "Contact", "Lead"}
	agents[0].Fields["Lead"] = append(agents[0].Fields["Lead"], gateway.AgentField{Field: "Description", Source: "answer.budget"})
	if err := w.store().SaveAgent(t.Context(), agents[0]); err != nil {
		t.Fatal(err)
	}
	for _, budget := range []string{"10k", "20k"} {
		chat("v2", "kai@other.example", map[string]any{"answers": map[string]any{"budget": budget}}, "Good day")
		if _, lead := w.having("Lead", "Email", "kai@other.example"); lead.text("Description") != budget {
			t.Errorf("AIM-11: the lead says %q, want %s", lead.text("Description"), budget)
		}
	}
	n, contact := w.having("Contact", "Email", "kai@other.example")
	account := w.truth("Account")[contact.text("AccountId")]
	if n != 1 || !strings.Contains(account.text("Website"), "other.example") {
		t.Errorf("AIM-04, AIM-05, AIM-16: %d contacts of the account %q: %v", n, contact.text("AccountId"), account.fields)
	}

	was := counts()
	chat("v3", c.leadEmail, nil, "It is me")
	if n, _ := w.having("Lead", "Email", c.leadEmail); n != 1 {
		t.Errorf("AIM-14: %d leads have the address", n)
	}
	chat("v4", c.email, nil, "Me too")
	if n, _ := w.having("Contact", "Email", c.email); n != 1 {
		t.Errorf("AIM-15: %d contacts have the address", n)
	}
	if n := counts(); n[0] != was[0] {
		t.Errorf("AIM-24: %d accounts, before %d: that of the domain was there", n[0], was[0])
	}
	w.mirrorEqualsOrg()
}

// A record's fields come from what is known of the visitor, from his answers, from
// what was captured, else from their defaults (AIM-09, AIM-10); which objects are
// made is the admin's choice alone (AIM-13); whoever does not match the filters is
// not sent at all, and the pages say why (AIM-23).
func TestAgentFillsAndFilters_AIM09_AIM10_AIM13_AIM23(t *testing.T) {
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.anchor()
	w.setting(gateway.TabContacts, `{"chain":[{"by":"email"}]}`)
	agent := gateway.DefaultAgents()[0]
	agent.Filters = []gateway.Filter{{Source: "answer.budget", Op: "contains", Value: "k"}}
	said := []gateway.AgentField{{Field: "Description", Source: "answer.budget"}, {Field: "Title", Source: "capture.color"}}
	agent.Fields["Lead"] = append(agent.Fields["Lead"], said...)
	agent.Fields["Contact"] = append(append(agent.Fields["Contact"], said...), gateway.AgentField{Field: "Department", Source: "answer.team", Default: "Unsaid"})
	chat := func(id, budget string, objects ...string) {
		t.Helper()
		on := map[string]bool{}
		for _, object := range objects {
			on[object] = true
		}
		body, err := json.Marshal(map[string]any{"writeback": on, "create_missing": on, "filters": []gateway.Filter{{Object: "Lead", Source: "person.company", Op: "differs", Value: "Rival"}}})
		if err != nil {
			t.Fatal(err)
		}
		w.setting(gateway.TabObjects, string(body))
		agent.Objects = objects
		if err := w.store().SaveAgent(t.Context(), agent); err != nil {
			t.Fatal(err)
		}
		agent.Revision++
		w.person("p-"+id, map[string]any{
			"kind": "lead", "email": id + "@" + id + ".example", "last_name": "Ferrow", "company": map[bool]string{true: "Rival", false: "Newco"}[id == "rival"],
			"properties": map[string]any{"color": "Blue"},
		})
		w.api(http.MethodPut, "/conversations/"+id, map[string]any{
			"channel": "chat", "person_external_id": "p-" + id, "answers": map[string]any{"budget": budget},
			"messages": []map[string]any{{"external_id": "1", "direction": "inbound", "author": "A visitor", "text": "Hello", "at": "2026-05-04T10:00:00Z"}},
		}, new(any))
		w.quiet()
	}
	found := func(id string) (objects []string, r row) {
		t.Helper()
		for _, object := range [...]string{"Contact", "Lead"} {
			if n, one := w.having(object, "Email", id+"@"+id+".example"); n > 0 {
				objects, r = append(objects, object), one
			}
		}
		return objects, r
	}
	for id, objects := range map[string][]string{"leadfirst": {"Lead"}, "contactbased": {"Contact"}, "accountbased": {"Account", "Contact"}} {
		chat(id, "20k", objects...)
		made, r := found(id)
		want := objects[len(objects)-1]
		if !slices.Equal(made, []string{want}) || (r.text("AccountId") != "") != (len(objects) > 1) {
			t.Errorf("AIM-13: %s made %v, of the account %q", id, made, r.text("AccountId"))
		}
		if r.text("Description") != "20k" || r.text("Title") != "Blue" || want == "Contact" && r.text("Department") != "Unsaid" {
			t.Errorf("AIM-09, AIM-10: %s says %q, %q, %q", id, r.text("Description"), r.text("Title"), r.text("Department"))
		}
	}
	w.sim(http.MethodDelete, "/calls", nil, nil)
	chat("small", "900", "Contact")
	chat("rival", "30k", "Lead")
	a := w.admin()
	for id, why := range map[string]string{"small": "A filter of the agent", "rival": "A filter of the Objects tab"} {
		if made, _ := found(id); len(made) != 0 {
			t.Errorf("AIM-23: of %s were made %v", id, made)
		}
		if page := a.reads("/conversations/" + id); !strings.Contains(page, why) {
			t.Errorf("AIM-23: the page does not say why nothing was sent: %.2000s", page)
		}
	}
	if n := w.writesSoFar(); n != 0 {
		t.Errorf("AIM-23: %d calls wrote", n)
	}

	// Who is told of by himself is held back by the agent's filters about people
	// alike, until they let him pass; the log says why.
	agent.Filters = []gateway.Filter{{Source: "person.title", Op: "contains", Value: "Chief"}}
	if err := w.store().SaveAgent(t.Context(), agent); err != nil {
		t.Fatal(err)
	}
	tell := func(title string) {
		w.person("p-alone", map[string]any{"kind": "lead", "email": "alone@alone.example", "last_name": "Ferrow", "company": "Newco", "title": title})
		w.quiet()
	}
	w.sim(http.MethodDelete, "/calls", nil, nil)
	tell("Clerk")
	if made, _ := found("alone"); len(made) != 0 || w.writesSoFar() != 0 {
		t.Errorf("AIM-23: of whom the filter keeps were made %v", made)
	}
	if page := a.reads("/sync/log"); !strings.Contains(page, "A filter of the agent “Default agent” keeps him here: person.title contains Chief") {
		t.Errorf("AIM-23: the log does not say why: %.1500s", page)
	}
	tell("Chief Clerk")
	if made, _ := found("alone"); !slices.Equal(made, []string{"Lead"}) {
		t.Errorf("AIM-23: of whom the filter lets pass were made %v", made)
	}
	w.mirrorEqualsOrg()
}

// What was held is a completed Event with its length, its people and its outcome;
// what was agreed is an open Task; the recording, the summary and the key moments
// stand in a note on the deal and the contact. What was cancelled is not logged as
// held.
func TestWhatWasHeldIsLoggedInTheOrg_DEM09_DEM10_DEM11_DEM27(t *testing.T) {
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.anchor()
	c := w.company("held", map[string]any{})
	w.setting(gateway.TabNotes, `{"auto_events":true,"meeting_notes":["note"],"call_notes":[]}`)
	more := map[string]any{
		"source": "calendar", "outcome": "Next meeting agreed", "summary": "They summed it up", "recording_url": "https://rec.example/1",
		"action_items": []map[string]any{{"text": "Send the offer", "due_on": "2030-05-09"}}, "key_moments": []map[string]any{{"text": "Price is fine", "at_seconds": 83}},
	}
	w.meets("held", more, c.email)
	w.meets("off", map[string]any{"source": "calendar", "status": "cancelled"}, c.email)
	w.quiet()
	_, event := w.having("Event", "Subject", "Meeting held")
	for _, words := range []string{"30 minutes", c.email, "Next meeting agreed"} {
		if !strings.Contains(event.text("Description"), words) {
			t.Errorf("DEM-09: the Event does not say %q: %q", words, event.text("Description"))
		}
	}
	if event.text("WhatId") != c.deals[0] {
		t.Errorf("DEM-09: the Event is about %q, want the deal", event.text("WhatId"))
	}
	for _, r := range w.truth("Task") {
		if strings.Contains(r.text("Subject"), "Meeting off") {
			t.Errorf("DEM-09: what was cancelled is logged: %q", r.text("Subject"))
		}
	}
	for _, words := range []string{"They summed it up", "Price is fine", "Send the offer", "https://rec.example/1"} {
		_, attached := w.said(words)
		if !strings.Contains(strings.Join(attached, " "), c.deals[0]) || !strings.Contains(strings.Join(attached, " "), c.contact) {
			t.Errorf("DEM-10, DEM-11: %q is attached to %v", words, attached)
		}
	}
	if n, task := w.having("Task", "Subject", "Send the offer"); n != 1 || task.text("IsClosed") != "false" || task.text("ActivityDate") != "2030-05-09" {
		t.Errorf("DEM-27: %d Tasks, closed %q, due %q", n, task.text("IsClosed"), task.text("ActivityDate"))
	}
	w.mirrorEqualsOrg()
}
