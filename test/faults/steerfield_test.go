package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"tidegate/gateway"
)

// partOf is what a person reads of the part of a page with that id.
func partOf(t testing.TB, page, id string) string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if attribute(n, "id") == id {
			return textOf(n)
		}
	}
	t.Fatalf("the page has no part %s", id)
	return ""
}

// Which way a field travels is told on its line and kept to in the org: Outbound
// where a Smart Topic is mapped, one topic to several fields; Inbound where
// Salesforce lets nobody write, whatever the form says; else both ways, unless the
// admin chose another.
func TestDirectionsOfFieldsHoldInTheOrg_AVM22_AVM23_AVM24_AVM25(t *testing.T) {
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.anchor()
	a, page := w.admin(), tabs+"objects/Opportunity"
	for _, f := range []map[string]any{
		{"name": "Agreed__c", "label": "Agreed", "type": "textarea", "length": 4000},
		{"name": "Both__c", "label": "Both", "type": "string", "length": 80},
		{"name": "In__c", "label": "Only in", "type": "string", "length": 80},
	} {
		w.sim(http.MethodPost, "/fields", map[string]any{"op": "add", "object": "Opportunity", "field": f}, nil)
	}
	a.described("Opportunity", "Pain_Points__c", "Competitor__c", "Agreed__c", "Both__c", "In__c")
	direction := func(field, want string) {
		t.Helper()
		if line := partOf(t, a.get(page+"?show=all&q="+field), "field-"+field); !strings.Contains(line, want) {
			t.Errorf("the line of %s does not say %s: %s", field, want, line)
		}
	}
	a.saves(page+"?show=all", url.Values{"direction_NextStep": {"inbound"}, "editable_Both__c": {"on"}, "editable_In__c": {"on"}, "direction_In__c": {"inbound"}, "switch_writeback": {"on"}, "switch_update_fields": {"on"}})
	direction("NextStep", "Inbound")
	direction("Both__c", "Bidirectional")
	offered := a.get(page + "?show=all&q=NextStep")
	for _, topic := range []string{"Action Items", "Pain Points", "Competitors"} {
		if !strings.Contains(partOf(t, offered, "field-NextStep"), topic) {
			t.Errorf("AVM-25: the list of the field does not offer %s", topic)
		}
	}
	a.saves(page+"?show=all", url.Values{
		"product_NextStep": {"topic:action-items"}, "product_Agreed__c": {"topic:action-items"}, "product_Pain_Points__c": {"topic:pain-points"}, "product_Competitor__c": {"topic:competitors"},
		// No control of the page says these: Salesforce calculates the one and sets the other.
		"direction_IsClosed": {"outbound"}, "editable_IsClosed": {"on"}, "direction_CreatedDate": {"bidirectional"}, "editable_CreatedDate": {"on"},
	})
	for _, field := range []string{"NextStep", "Agreed__c", "Pain_Points__c", "Competitor__c"} {
		direction(field, "Outbound")
	}
	direction("IsClosed", "Inbound")
	direction("CreatedDate", "Inbound")

	c := w.company("ways", map[string]any{"NextStep": nil})
	deal := c.deals[0]
	w.meets("ways", map[string]any{"topics": map[string]any{
		"action-items": []map[string]any{{"text": "Send the offer"}}, "pain-points": []map[string]any{{"text": "Slow quotes"}},
		"competitors": []map[string]any{{"text": "Rival Inc"}}, "objections": []map[string]any{{"text": "true"}},
	}}, c.email)
	w.quiet()
	truth := w.truth("Opportunity")[deal]
	for field, want := range map[string]string{"NextStep": "Send the offer", "Agreed__c": "Send the offer", "Pain_Points__c": "Slow quotes", "Competitor__c": "Rival Inc", "IsClosed": "false"} {
		if got := truth.text(field); got != want {
			t.Errorf("AVM-25: %s is %q, want %q", field, got, want)
		}
	}
	edit := func(field, value string) int {
		code, _ := w.call(http.MethodPatch, "/records/Opportunity/"+deal, map[string]any{"fields": map[string]any{field: value}})
		w.quiet()
		return code
	}
	w.sim(http.MethodDelete, "/calls", nil, nil)
	for field, value := range map[string]string{"IsClosed": "true", "CreatedDate": "2020-01-01T00:00:00Z", "In__c": "From here"} {
		if code := edit(field, value); code < 400 || w.calls(http.MethodPatch, "") != 0 {
			t.Errorf("AVM-23: an edit of %s: %d, %d calls", field, code, w.calls(http.MethodPatch, ""))
		}
	}
	if code := edit("Both__c", "From here"); code != http.StatusOK || w.truth("Opportunity")[deal].text("Both__c") != "From here" {
		t.Errorf("AVM-24: an edit of an unmapped field: %d, the org has %q", code, w.truth("Opportunity")[deal].text("Both__c"))
	}
	w.change(map[string]any{"object": "Opportunity", "op": "update", "id": deal, "values": map[string]any{"Both__c": "From there", "In__c": "From there", "StageName": "Closed Won"}})
	w.mirrorEqualsOrg() // all of them come in
	a.saves(page, url.Values{"direction_Both__c": {"inbound"}})
	direction("Both__c", "Inbound")
	if code := edit("Both__c", "From here again"); code < 400 || w.truth("Opportunity")[deal].text("Both__c") != "From there" {
		t.Errorf("AVM-24: an edit after the choice of Inbound: %d, the org has %q", code, w.truth("Opportunity")[deal].text("Both__c"))
	}
	w.mirrorEqualsOrg()
}

// A field of the org's own is mapped by its API name, and gets what the product
// says under it; what names no field of Salesforce stays here (AVC-27, STA-11). The
// switch of an object says that writeback is on, and is what lets anything out of it
// (STA-08). Whoever was identified always leads to his record, by its kind (AVC-09).
func TestOwnFieldsGoByTheirKeyInTheOrg_AVC09_AVC27_STA08_STA11(t *testing.T) {
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.anchor()
	w.setting(gateway.TabContacts, `{"chain":[{"by":"email"}]}`)
	a := w.admin()
	for object, name := range map[string]string{"Contact": "MyCustomField__c", "Lead": "MyCustomField__c"} {
		w.sim(http.MethodPost, "/fields", map[string]any{"op": "add", "object": object, "field": map[string]any{"name": name, "label": "My custom field", "type": "string", "length": 80}}, nil)
		a.described(object, name)
		a.saves(tabs+"objects/"+object+"?show=all", url.Values{"editable_" + name: {"on"}, "switch_writeback": nil, "switch_update_fields": {"on"}})
	}
	c := w.company("own", nil)
	told := func(value string) {
		t.Helper()
		w.person("p-contact", map[string]any{"kind": "contact", "email": c.email, "properties": map[string]any{"MyCustomField__c": value, "Favorite color": value, "Unheard__c": value}})
		w.person("p-lead", map[string]any{"kind": "lead", "email": c.leadEmail, "properties": map[string]any{"MyCustomField__c": value}})
		w.quiet()
	}
	has := func(contact, lead string) {
		t.Helper()
		if x, y := w.truth("Contact")[c.contact].text("MyCustomField__c"), w.truth("Lead")[c.lead].text("MyCustomField__c"); x != contact || y != lead {
			t.Errorf("AVC-27, STA-08: the contact has %q, the lead %q, want %q and %q", x, y, contact, lead)
		}
	}
	w.sim(http.MethodDelete, "/calls", nil, nil)
	told("Off")
	if has("", ""); w.writesSoFar() != 0 {
		t.Errorf("STA-08: %d calls wrote while the switch is off", w.writesSoFar())
	}
	on := tabs + "objects/Contact?show=all"
	a.saves(on, url.Values{"switch_writeback": {"on"}})
	if page := a.reads(tabs + "objects/Contact?saved=writeback"); !strings.Contains(page, "Writeback is enabled") {
		t.Errorf("STA-08: the switch is not confirmed: %.1500s", page)
	}
	told("On")
	has("On", "")
	a.saves(tabs+"objects/Lead?show=all", url.Values{"switch_writeback": {"on"}})
	told("On too")
	has("On too", "On too")
	for name, v := range w.truth("Contact")[c.contact].fields {
		if (name == "Unheard__c" || name == "Favorite color") && string(v) != "null" {
			t.Errorf("STA-11: %s is in the org: %s", name, v)
		}
	}
	p, err := w.store().Person(t.Context(), "p-contact")
	if err != nil || p.Properties["Favorite color"].String() != "On too" || p.Properties["Unheard__c"].String() != "On too" {
		t.Errorf("STA-11: what names no field is not here: %+v, %v", p.Properties, err)
	}

	for who, record := range map[string]gateway.RecordKey{"p-contact": {Object: "Contact", ID: c.contact}, "p-lead": {Object: "Lead", ID: c.lead}} {
		w.api(http.MethodPut, "/conversations/"+who, map[string]any{"channel": "chat", "person_external_id": who, "messages": []map[string]any{
			{"external_id": "1", "direction": "inbound", "author": "A visitor", "text": "Hello", "at": "2026-05-04T10:00:00Z"},
		}}, new(any))
		w.api(http.MethodPut, "/calls/"+who, map[string]any{"direction": "inbound", "from": "+12025550188", "to": "+12025550100", "started_at": "2026-05-04T10:00:00Z", "duration_seconds": 60, "person_external_id": who}, new(any))
		w.meets(who, nil, w.truth(record.Object)[record.ID].text("Email"))
		w.quiet()
		identified := func(record gateway.RecordKey) {
			t.Helper()
			var said struct {
				Links []struct{ Object, ID, State string }
			}
			w.api(http.MethodGet, "/records/"+record.Object+"/"+record.ID, nil, &said)
			if len(said.Links) == 0 || said.Links[0].Object != record.Object || said.Links[0].ID != record.ID {
				t.Errorf("AVC-09: the API says %+v of %v", said.Links, record)
			}
			own := map[string]string{"Contact": "/contacts/", "Lead": "/leads/"}[record.Object] + record.ID
			for _, path := range []string{"/conversations/" + who, "/calls/" + who, "/meetings/" + who, own} {
				page := a.get(path)
				if !strings.Contains(page, w.org.URL+"/"+record.ID) || !strings.Contains(page, own) || !strings.Contains(wordsOf(t, page), record.Object) {
					t.Errorf("AVC-09: %s does not lead to the %s %s: %.1500s", path, record.Object, record.ID, wordsOf(t, page))
				}
			}
		}
		identified(record)
		if record.Object == "Lead" {
			w.change(map[string]any{"object": "Lead", "op": "convert", "id": c.lead})
			w.mirrorEqualsOrg()
			identified(gateway.RecordKey{Object: "Contact", ID: w.truth("Lead")[c.lead].text("ConvertedContactId")})
		}
	}
	w.mirrorEqualsOrg()
}

// What an agent fills of a Lead, a Contact and an Account is chosen for each alone,
// and changing one changes no other (AIM-08). Where it makes all three, the account
// is first, then the contact in it, then the lead (AIM-12).
func TestAgentFillsEachObjectAloneAndInOrder_AIM08_AIM12(t *testing.T) {
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.anchor()
	a := w.admin()
	w.setting(gateway.TabContacts, `{"chain":[{"by":"email"}],"account_match_field":"Website","create_accounts":true}`)
	agent := gateway.DefaultAgents()[0]
	agent.Objects = []string{"Lead", "Contact", "Account"}
	for _, object := range agent.Objects {
		agent.Fields[object] = append(agent.Fields[object], gateway.AgentField{Field: "Description", Source: "answer." + strings.ToLower(object)})
	}
	if err := w.store().SaveAgent(t.Context(), agent); err != nil {
		t.Fatal(err)
	}
	before := map[string]string{}
	chat := func(id string) map[string]row {
		t.Helper()
		w.setting(gateway.TabObjects, `{"writeback":{"Lead":false},"create_missing":{"Lead":false}}`) // so that telling of her alone makes nothing
		w.person("p-"+id, map[string]any{"kind": "lead", "email": "ida@" + id + ".example", "last_name": "Ferrow", "company": "Firm " + id})
		w.setting(gateway.TabObjects, `{"writeback":{"Account":true,"Contact":true,"Lead":true},"create_missing":{"Contact":true,"Lead":true},"update_fields":{"Account":true,"Contact":true,"Lead":true}}`)
		w.api(http.MethodPut, "/conversations/"+id, map[string]any{
			"channel": "chat", "person_external_id": "p-" + id, "answers": map[string]any{"lead": "Of the lead", "contact": "Of the contact", "account": "Of the account", "other": "Of another"},
			"messages": []map[string]any{{"external_id": "1", "direction": "inbound", "author": "A visitor", "text": "Hello", "at": "2026-05-04T10:00:00Z"}},
		}, new(any))
		w.quiet()
		out := map[string]row{}
		_, out["Contact"] = w.having("Contact", "Email", "ida@"+id+".example")
		_, out["Lead"] = w.having("Lead", "Email", "ida@"+id+".example")
		out["Account"] = w.truth("Account")[out["Contact"].text("AccountId")]
		return out
	}
	made := chat("first")
	for _, object := range agent.Objects {
		if before[object] = made[object].text("Description"); before[object] != "Of the "+strings.ToLower(object) {
			t.Errorf("AIM-08: the %s says %q", object, before[object])
		}
	}
	var order []string
	for _, line := range slices.Backward(w.log("direction=out&conversation=first")) {
		if line.State == string(gateway.LogDone) && slices.Contains(agent.Objects, line.Object) {
			order = append(order, line.Object)
		}
	}
	if !slices.Equal(order, []string{"Account", "Contact", "Lead"}) || made["Contact"].text("AccountId") == "" || made["Account"].text("Id") != made["Contact"].text("AccountId") {
		t.Errorf("AIM-12: made in the order %v; the contact is of %q", order, made["Contact"].text("AccountId"))
	}

	form := asks(t, a.get("/settings/agents/"+agent.ID), "/settings/agents/"+agent.ID)
	i := slices.Index(form["Contact_field"], "Description")
	if i < 0 {
		t.Fatalf("AIM-08: the form has %v", form["Contact_field"])
	}
	sources := slices.Clone(form["Contact_source"])
	sources[i] = "answer.other"
	a.saves("/settings/agents/"+agent.ID, url.Values{"Contact_source": sources})
	later := chat("second")
	for object, want := range map[string]string{"Lead": "Of the lead", "Contact": "Of another", "Account": "Of the account"} {
		if got := later[object].text("Description"); got != want {
			t.Errorf("AIM-08: after the change of Contact the %s says %q, want %q", object, got, want)
		}
	}
	w.mirrorEqualsOrg()
}

// What was parked is synced again by hand from the sync log, all that it lists, and
// each is in the org once (DEM-21). What was held is a closed Task where Events are
// off, with its length, its people and its outcome; what was cancelled is none
// (DEM-09).
func TestHeldMeetingIsAClosedTaskAndIsSyncedAgainByHand_DEM09_DEM21(t *testing.T) {
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.anchor()
	a := w.admin()
	c := w.company("held", map[string]any{})
	w.setting(gateway.TabNotes, `{"auto_events":false,"meeting_notes":["task"],"call_notes":[]}`)
	held := map[string]any{"source": "calendar", "outcome": "Next meeting agreed"}
	w.meets("held", held, c.email)
	w.meets("off", map[string]any{"source": "calendar", "status": "cancelled"}, c.email)
	w.meets("ahead", map[string]any{"source": "calendar", "status": "scheduled", "notes": ""}, c.email)
	w.quiet()
	closed := func(title string) (n int, task row) {
		n, task = w.having("Task", "Subject", "Meeting: Meeting "+title)
		return n, task
	}
	n, task := closed("held")
	if n != 1 || task.text("IsClosed") != "true" || task.text("Status") != "Completed" || task.text("WhoId") != c.contact || task.text("WhatId") != c.deals[0] {
		t.Errorf("DEM-09: %d Tasks, closed %q, %q, with %q about %q", n, task.text("IsClosed"), task.text("Status"), task.text("WhoId"), task.text("WhatId"))
	}
	for _, words := range []string{"30 minutes", c.email, "Next meeting agreed"} {
		if !strings.Contains(task.text("Description"), words) {
			t.Errorf("DEM-09: the Task does not say %q: %q", words, task.text("Description"))
		}
	}
	for _, title := range []string{"off", "ahead"} {
		if n, _ := closed(title); n != 0 {
			t.Errorf("DEM-09: %d Tasks of a meeting that was not held: %s", n, title)
		}
	}

	w.fault(map[string]any{"kind": "validation_rule", "object": "Task", "count": 3})
	for i := range 3 {
		w.meets(fmt.Sprint("parked-", i), held, c.email)
	}
	eventually(t, func() string {
		if s := w.status(); s.NeedsYou != 3 {
			return fmt.Sprintf("DEM-21: %d need somebody", s.NeedsYou)
		}
		return ""
	})
	log := a.get("/sync/log?state=needs_you")
	if !strings.Contains(log, "/sync/again?check=1") {
		t.Fatalf("DEM-21: the log does not lead to syncing again: %.1500s", wordsOf(t, log))
	}
	check := a.get("/sync/again?check=1&lines=1&state=needs_you")
	if words := wordsOf(t, check); !strings.Contains(words, "3") || !strings.Contains(words, "Sync these again now") {
		t.Errorf("DEM-21: the check says %.1500s", words)
	}
	w.sim(http.MethodDelete, "/calls", nil, nil)
	if answer, body := a.post("/sync/again", asks(t, check, "/sync/again")); answer.StatusCode != http.StatusSeeOther {
		t.Fatalf("DEM-21: %s %.500s", answer.Status, body)
	}
	w.quiet()
	for i := range 3 {
		if n, task := closed(fmt.Sprint("parked-", i)); n != 1 || task.text("IsClosed") != "true" {
			t.Errorf("DEM-21: %d Tasks of parked-%d", n, i)
		}
	}
	if n, _ := closed("held"); n != 1 {
		t.Errorf("DEM-21: %d Tasks of what was there before", n)
	}
	eventually(t, func() string {
		r, err := w.store().Replan(t.Context(), gateway.ReplanAsked)
		if err != nil || r.Open() || r.Total != 3 {
			text, _ := json.Marshal(r)
			return fmt.Sprintf("DEM-21: the batch is %s, %v", text, err)
		}
		return ""
	})
	w.mirrorEqualsOrg()
}
