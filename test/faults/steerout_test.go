package faults

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tidegate/gateway"
)

// A meeting becomes an Event while the switch is on, an impromptu one with
// somebody from outside too, and one of colleagues never; without a place chosen
// its notes stay here. Purposes and outcomes go to fields of the Event and of the
// Task, each to its own.
func TestSwitchesOfMeetingsHoldInTheOrg_AVM10_AVM11_AVM12_AVM13_AVM42_AVM43(t *testing.T) {
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{prepare: func(w *world) {
		for object, field := range map[string]string{"Event": "Why_Held__c", "Task": "Why_Done__c"} {
			w.sim(http.MethodPost, "/fields", map[string]any{"op": "add", "object": object, "field": map[string]any{"name": field, "label": field, "type": "string", "length": 80}}, nil)
		}
	}})
	w.anchor()
	a := w.admin()
	a.described("Event", "Why_Held__c")
	a.described("Task", "Why_Done__c")
	c := w.company("switches", map[string]any{})
	w.setting(gateway.TabContacts, `{"own_domains":["ours.example"]}`)
	calendar, impromptu := map[string]any{"source": "calendar", "status": "scheduled"}, map[string]any{"source": "impromptu"}
	events := func(title string) int {
		t.Helper()
		w.quiet()
		n, _ := w.having("Event", "Subject", "Meeting "+title)
		return n
	}
	w.setting(gateway.TabNotes, `{"auto_events":false,"meeting_notes":[],"call_notes":[]}`)
	w.sim(http.MethodDelete, "/calls", nil, nil)
	w.meets("off", calendar, c.email)
	w.meets("off-impromptu", impromptu, c.email)
	if n := events("off") + events("off-impromptu"); n != 0 || w.calls(http.MethodPost, "/sobjects/Event") != 0 {
		t.Errorf("AVM-10, AVM-11: %d Events with the switch off", n)
	}
	w.setting(gateway.TabNotes, `{"auto_events":true,"meeting_notes":[],"call_notes":[]}`)
	w.meets("on", calendar, c.email)
	w.meets("on-impromptu", impromptu, c.email)
	w.meets("inside", impromptu, "colleague@ours.example", "another@ours.example")
	if events("on") != 1 || events("on-impromptu") != 1 || events("inside") != 0 {
		t.Errorf("AVM-10, AVM-11: %d of the calendar, %d impromptu, %d of colleagues", events("on"), events("on-impromptu"), events("inside"))
	}
	if places, attached := w.said("Said in on"); len(places)+len(attached) != 0 {
		t.Errorf("AVM-13: without a place the notes are in %v, attached to %v", places, attached)
	}

	w.setting(gateway.TabNotes, `{"auto_events":true,"meeting_notes":["event","task"],"call_notes":[]}`)
	w.setting(gateway.TabAdvanced, `{"purpose_field":{"event":"Why_Held__c","task":"Why_Done__c"},"purposes":[{"name":"CSM","event":"Caring","task":"Care"}],"outcome_field":{"event":"","task":""}}`)
	_, before := w.having("Event", "Subject", "Meeting on")
	w.meets("on", map[string]any{"source": "calendar", "purpose": "CSM"}, c.email)
	w.quiet()
	n, event := w.having("Event", "Subject", "Meeting on")
	if n != 1 || event.text("Id") != before.text("Id") || event.text("Why_Held__c") != "Caring" {
		t.Errorf("AVM-12, AVM-42: %d Events, %s and before %s, purpose %q", n, event.text("Id"), before.text("Id"), event.text("Why_Held__c"))
	}
	if n, task := w.having("Task", "Subject", "Meeting: Meeting on"); n != 1 || task.text("Why_Done__c") != "Care" {
		t.Errorf("AVM-43: %d Tasks, purpose %q", n, task.text("Why_Done__c"))
	}
	if places, _ := w.said("Said in on"); !slices.Equal(slices.Compact(slices.Sorted(slices.Values(places))), []string{"Event", "Task"}) {
		t.Errorf("AVM-13: the notes are in %v", places)
	}
	w.mirrorEqualsOrg()
}

// Contacts come from meetings of the chosen teams, for people from outside who are
// neither a contact nor a lead, and not of public domains but for those allowed.
func TestWhoBecomesAContactInTheOrg_AVM31_AVM32_AVM33_AVM34(t *testing.T) {
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.anchor()
	c := w.company("becomes", map[string]any{})
	for email, team := range map[string]string{"sam@ours.example": "Sales", "pia@ours.example": "Product"} {
		w.withInput("another long password", "user", "add", "--workspace", string(workspace), "--email", email, "--name", team, "--role", "rep", "--team", team, "--password")
	}
	w.setting(gateway.TabContacts, `{"auto_create":true,"teams":["Sales","Customer Success"],"exclude_public_domains":true,"allow_domains":["known@gmail.com"],"own_domains":["ours.example"],"chain":[{"by":"email"}]}`)
	leads := len(w.truth("Lead"))
	by := func(who string) map[string]any { return map[string]any{"organizer_email": who} }
	w.meets("sales", by("sam@ours.example"), c.email, c.leadEmail, "new@client.example", "some@gmail.com", "known@gmail.com", "mate@ours.example")
	w.meets("sales-again", by("sam@ours.example"), "NEW@client.example")
	w.meets("product", by("pia@ours.example"), "other@client.example")
	w.quiet()
	for email, want := range map[string]int{
		c.email: 1, c.leadEmail: 0, "new@client.example": 1, "some@gmail.com": 0, "known@gmail.com": 1, "mate@ours.example": 0, "other@client.example": 0,
	} {
		n := 0
		for _, r := range w.truth("Contact") {
			if !r.deleted && strings.EqualFold(r.text("Email"), email) {
				n++
			}
		}
		if n != want {
			t.Errorf("AVM-31 to AVM-34: %d contacts have %s, want %d", n, email, want)
		}
	}
	if n := len(w.truth("Lead")); n != leads {
		t.Errorf("AVM-34: %d leads, before %d", n, leads)
	}
	w.mirrorEqualsOrg()
}

// What is told of a person fills what is empty in the record that he is, and no
// more; mapped fields of his own are overwritten; whatever is said with him is one
// closed Task each.
func TestPersonFillsAndActivitiesAreClosedTasksInTheOrg_AVC03_AVC08_AVC23_AVC24_AVC25_AVC26_AVC28(t *testing.T) {
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.anchor()
	c := w.company("fills", map[string]any{})
	w.change(map[string]any{"object": "Contact", "op": "update", "id": c.contact, "values": map[string]any{"FirstName": "Theirs", "Email": nil, "MobilePhone": nil, "Department": "Old"}})
	w.mirrorEqualsOrg()
	w.setting(gateway.TabContacts, `{"chain":[{"by":"phone"}],"phone_region":"US"}`)
	for field, source := range map[string]string{"Department": "", "AssistantName": "person.company"} {
		if err := w.store().SaveMapping(t.Context(), gateway.Mapping{Object: "Contact", Field: field, Source: source, Editable: true, Imported: true, FieldType: "string"}); err != nil {
			t.Fatal(err)
		}
	}
	told := func(more map[string]any) {
		body := map[string]any{"kind": "contact", "phone": "(202) 555-0143", "first_name": "Ours", "last_name": "Ours", "email": "ours@fills.example", "mobile_phone": "+12025550177", "company": "Ours Inc", "properties": map[string]any{"Department": "New"}}
		for name, v := range more {
			body[name] = v
		}
		w.person("p-1", body)
		w.quiet()
	}
	told(nil)
	want := map[string]string{"FirstName": "Theirs", "LastName": "Ann fills", "Phone": "+12025550143", "Email": "ours@fills.example", "MobilePhone": "+12025550177", "Department": "New", "AssistantName": "Ours Inc"}
	check := func(rows string) {
		t.Helper()
		got := w.truth("Contact")[c.contact]
		for field, v := range want {
			if got.text(field) != v {
				t.Errorf("%s: %s is %q, want %q", rows, field, got.text(field), v)
			}
		}
	}
	check("AVC-08, AVC-23, AVC-25")
	want["Department"] = "Newer"
	told(map[string]any{"email": "later@fills.example", "first_name": "Later", "properties": map[string]any{"Department": "Newer"}})
	check("AVC-24, AVC-25, AVC-26, AVC-28")

	tasks := len(w.truth("Task"))
	w.api(http.MethodPut, "/calls/in", map[string]any{"direction": "inbound", "from": "+12025550143", "to": "+12025550100", "started_at": "2026-05-04T10:00:00Z", "duration_seconds": 60, "person_external_id": "p-1"}, new(any))
	w.api(http.MethodPut, "/calls/out", map[string]any{"direction": "outbound", "from": "+12025550100", "to": "+12025550143", "started_at": "2026-05-04T11:00:00Z", "duration_seconds": 60, "person_external_id": "p-1"}, new(any))
	w.api(http.MethodPut, "/conversations/sms", map[string]any{"channel": "sms", "person_external_id": "p-1", "messages": []map[string]any{
		{"external_id": "1", "direction": "inbound", "text": "One", "at": "2026-05-04T12:00:00Z"}, {"external_id": "2", "direction": "outbound", "text": "Two", "at": "2026-05-04T12:01:00Z"},
	}}, new(any))
	w.quiet()
	closed := 0
	for _, r := range w.truth("Task") {
		if r.text("WhoId") == c.contact && r.text("IsClosed") == "true" {
			closed++
		}
	}
	if n := len(w.truth("Task")) - tasks; n != 4 || closed != 4 {
		t.Errorf("AVC-03: %d new Tasks, %d closed ones with the contact, want 4", n, closed)
	}
	w.mirrorEqualsOrg()
}

// An edit reaches the org only where the object is synced, the field is editable,
// and there is a field to write to; else it is refused with the reason, and no call
// is made.
func TestEditNeedsAllThreeInTheOrg_STA09_STA10_STA12_STA13(t *testing.T) {
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.anchor()
	id := w.contacts(1)[0]
	for _, object := range []string{"false", "true"} {
		w.setting(gateway.TabObjects, `{"writeback":{"Contact":`+object+`}}`)
		for _, editable := range []bool{false, true} {
			for field, there := range map[string]bool{"Department": true, "Gone__c": false} {
				if err := w.store().SaveMapping(t.Context(), gateway.Mapping{Object: "Contact", Field: field, Editable: editable, Imported: true, FieldType: "string", Revision: w.revision("Contact", field)}); err != nil {
					t.Fatal(err)
				}
				text := "By " + object + field + map[bool]string{true: " editable"}[editable]
				w.sim(http.MethodDelete, "/calls", nil, nil)
				code, body := w.call(http.MethodPatch, "/records/Contact/"+id, map[string]any{"fields": map[string]any{field: text}})
				w.quiet()
				all := object == "true" && editable && there
				if ok := code == http.StatusOK; ok != all {
					t.Errorf("STA-13: synced %s, editable %t, %s: %d %s", object, editable, field, code, body)
				}
				if got := w.truth("Contact")[id].text(field); (got == text) != all {
					t.Errorf("STA-13: synced %s, editable %t, %s: the org has %q", object, editable, field, got)
				}
				if n := w.calls(http.MethodPatch, ""); (n > 0) != all {
					t.Errorf("STA-13: synced %s, editable %t, %s: %d calls wrote", object, editable, field, n)
				}
			}
		}
	}
	w.mirrorEqualsOrg()
}

// revision is that of a mapping, 0 for one that is not there.
func (w *world) revision(object, field string) int64 {
	w.t.Helper()
	all, err := w.store().Mappings(w.t.Context(), object)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range all {
		if m.Field == field {
			return m.Revision
		}
	}
	return 0
}
