package faults

import (
	"encoding/base64"
	"net/http"
	"path/filepath"
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
