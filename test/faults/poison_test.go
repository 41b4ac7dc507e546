package faults

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
)

// A validation rule of the org refuses one record: it waits for somebody and is
// not tried again by itself, its neighbors and what comes later are written, and
// the next edit of it tries again.
func TestRecordThatARuleRefusesHoldsUpNobody(t *testing.T) { // F-54
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		ids := w.contacts(8)
		poison := ids[3]
		w.sim(http.MethodPost, "/validations", map[string]any{"name": "No_Pirates", "object": "Contact", "formula": `Title = "Pirate"`, "message": "No pirates.", "field": "Title"}, nil)
		w.halt(time.Now())
		for _, id := range ids[:6] { // one call for all of them
			w.queued(id, map[string]any{"Department": "Crew", "Title": map[bool]string{true: "Pirate", false: "Sailor"}[id == poison]})
		}
		w.halt(time.Time{})
		lines := w.stuck(1)
		if p := lines[0].Problem; lines[0].RecordID != poison || p == nil || !strings.Contains(p.Said, "No pirates.") || !strings.Contains(p.What, "No pirates") || p.Who == "" {
			t.Errorf("F-54: the line of %s says %+v", lines[0].RecordID, p)
		}
		if n, _ := w.having("Contact", "Department", "Crew"); n != 5 {
			t.Errorf("F-54: %d neighbors are in the org, want 5", n)
		}
		w.sim(http.MethodDelete, "/calls", nil, nil)
		for _, id := range ids[6:] {
			if state := w.patch(id, map[string]any{"Department": "Crew"}); state == "refused" {
				t.Errorf("F-54: a later record is %s", state)
			}
		}
		w.stuck(1)
		w.crash() // nor does a new process try it
		w.listening()
		w.patch(ids[6], map[string]any{"Title": "Cook"})
		w.stuck(1)
		if n, _ := w.having("Contact", "Department", "Crew"); n != 7 {
			t.Errorf("F-54: %d records are in the org, want 7", n)
		}
		if r := w.truth("Contact")[poison]; r.text("Title") == "Pirate" || r.text("Department") == "Crew" {
			t.Errorf("F-54: refused and written all the same: %q", r.text("Title"))
		}
		if n := w.calls(http.MethodPatch, "/services/data"); n != 3 {
			t.Errorf("F-54: %d calls for three edits: the refused one was tried by itself", n)
		}
		if state := w.patch(poison, map[string]any{"Title": "Captain"}); state != "written" && state != "queued" {
			t.Errorf("F-54: the next edit is %s", state)
		}
		w.quiet()
		w.mirrorEqualsOrg()
		if r := w.truth("Contact")[poison]; r.text("Title") != "Captain" || r.text("Department") != "Crew" {
			t.Errorf("F-54: after the next edit: %q of %q", r.text("Title"), r.text("Department"))
		}
		w.sentOnce(poison)
	})
}

// A duplicate rule of the org finds a contact that ours do not recognize: no
// second one is made, not even where a header would let it pass, the one that
// there is is offered, and whoever takes it gets what the product tells filled
// in there; meetings follow.
func TestExistingRecordIsOfferedAndLinked(t *testing.T) { // F-56
	engines(t, func(t *testing.T, db string) {
		w := newWorld(t, db, options{})
		w.anchor()
		w.setting(gateway.TabNotes, `{"auto_events":true}`)
		there := w.contacts(1)[0]
		w.set(there, map[string]any{"LastName": "Doppel", "Email": "old@people.example", "MobilePhone": nil})
		w.mirrorEqualsOrg()
		w.fault(map[string]any{"kind": "duplicate_rule", "object": "Contact", "field": "LastName", "mode": "allow"})
		for range 2 { // told twice, refused twice
			if state := w.person("twin", map[string]any{"email": "new@people.example", "last_name": "Doppel", "kind": "contact", "mobile_phone": "+1 415 555 0123"}); state != "queued" {
				t.Errorf("F-56: the create is %s", state)
			}
		}
		w.meets("with-twin", nil, "new@people.example")
		lines := w.stuck(1)
		if p := lines[0].Problem; p == nil || !strings.Contains(p.Who, there) || !strings.Contains(p.Said, "DUPLICATES_DETECTED") {
			t.Errorf("F-56: the line says %+v", p)
		}
		if all := w.named("Doppel"); len(all) != 1 {
			t.Fatalf("F-56: %d records, want the one that there was", len(all))
		}
		a := w.admin()
		line := "/sync/log/" + lines[0].ID
		if page := a.reads(line); !strings.Contains(page, "Doppel instead") || !strings.Contains(page, "this write ends with it") {
			t.Errorf("F-56: the page does not offer the record: %s", page)
		}
		if answer, page := a.post(line+"/link", url.Values{}); answer.StatusCode >= http.StatusBadRequest {
			t.Fatalf("F-56: linking: %s: %.2000s", answer.Status, page)
		}
		if answer, _ := a.post(line+"/link", url.Values{}); answer.StatusCode != http.StatusConflict {
			t.Errorf("F-56: linking a second time: %s", answer.Status)
		}
		if l := w.leads("twin", there, "active"); !strings.Contains(l.Reason, "chosen by") {
			t.Errorf("F-56: the link says %q", l.Reason)
		}
		eventually(t, func() string { // what was empty there
			if got := w.truth("Contact")[there].text("MobilePhone"); !strings.Contains(got, "0123") {
				return "F-56: the mobile phone there is " + got
			}
			if n, event := w.having("Event", "Subject", "Meeting with-twin"); n != 1 || event.text("WhoId") != there {
				return "F-56: the Event names " + event.text("WhoId")
			}
			return ""
		})
		w.quiet()
		w.mirrorEqualsOrg()
		if r := w.truth("Contact")[there]; r.text("Email") != "old@people.example" || len(w.named("Doppel")) != 1 {
			t.Errorf("F-56: the address that stood there is now %q", r.text("Email"))
		}
	})
}
