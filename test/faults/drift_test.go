package faults

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
)

// alter changes the schema of contacts in the org.
func (w *world) alter(op string, field map[string]any) {
	w.t.Helper()
	w.sim(http.MethodPost, "/fields", map[string]any{"op": op, "object": "Contact", "field": field}, nil)
}

// standsStill waits until a mapping of contacts is suspended for a cause.
func (w *world) standsStill(in *store.Workspace, field, cause string) {
	w.t.Helper()
	eventually(w.t, func() string {
		all, err := in.Mappings(context.Background(), "Contact")
		if err != nil {
			return err.Error()
		}
		for _, m := range all {
			if m.Field == field && m.Suspended.Cause == cause {
				return ""
			}
		}
		return fmt.Sprintf("%s is not suspended by %q: %+v", field, cause, all)
	})
}

// A mapped field is removed, comes back with another type, and then as it was:
// its own mapping stands still meanwhile and says why, all others go on, and
// everything else in the mirror equals the org throughout.
func TestDriftSuspendsOneMapping(t *testing.T) { // F-25, F-26
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		in := w.store()
		hull := map[string]any{"name": "Hull__c", "label": "Hull", "type": "string", "length": 40}
		id := w.contacts(1)[0]
		w.alter("add", hull)
		w.set(id, map[string]any{"Hull__c": "steel"})
		eventually(t, func() string { // F-25: it is mirrored and can be imported
			if s, err := in.Schema(t.Context(), "Contact"); err != nil {
				return err.Error()
			} else if _, ok := s.Field("Hull__c"); !ok {
				return "F-25: the new field is not described"
			}
			return ""
		})
		w.mirrorEqualsOrg()
		if err := in.SaveMapping(t.Context(), gateway.Mapping{Object: "Contact", Field: "Hull__c", Editable: true, Imported: true, FieldType: "string"}); err != nil {
			t.Fatal(err)
		}
		w.writes("F-26: before the drift the edit", id, map[string]any{"Hull__c": "oak", "Title": "Pilot"})

		w.alter("remove", hull)
		w.set(id, map[string]any{"Title": "Captain"})
		w.standsStill(in, "Hull__c", "gone")
		code, body := w.call(http.MethodPatch, "/records/Contact/"+id, map[string]any{"fields": map[string]any{"Hull__c": "iron"}})
		if code != http.StatusForbidden || !strings.Contains(body, "no longer shows Hull__c") {
			t.Errorf("F-26: an edit of the suspended field: %d %s", code, body)
		}
		w.writes("F-26: another field's edit", id, map[string]any{"Title": "Master"})
		w.mirrorEqualsOrg()

		w.alter("add", map[string]any{"name": "Hull__c", "label": "Hull", "type": "double", "precision": 8, "scale": 2})
		w.set(id, map[string]any{"Hull__c": 12.5})
		w.standsStill(in, "Hull__c", "retyped")
		w.alter("change", hull)
		w.set(id, map[string]any{"Hull__c": "elm"})
		w.standsStill(in, "Hull__c", "")
		w.writes("F-26: after the field came back the edit", id, map[string]any{"Hull__c": "ash"})
		w.mirrorEqualsOrg()
		said := 0
		for _, l := range w.log("direction=system") {
			if strings.Contains(l.What, "mapping of Hull__c") {
				said++
			}
		}
		if said != 3 {
			t.Errorf("F-26: %d lines about the mapping, want suspended twice and resumed once", said)
		}
	})
}

// The connected user loses the right to write a field: the write goes on without
// it, once, and its mapping turns Inbound, which is no suspension.
func TestFieldThatMayNoLongerBeWrittenTurnsInbound(t *testing.T) { // F-57
	engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url, options{})
		w.anchor()
		id := w.contacts(1)[0]
		w.alter("permit", map[string]any{"name": "Department", "createable": false, "updateable": false})
		w.patch(id, map[string]any{"Department": "Docks", "Title": "Pilot"})
		w.quiet()
		w.mirrorEqualsOrg()
		if told := w.log("direction=in&record=" + id); len(told) != 1 {
			t.Errorf("F-57: the other field was written %d times", len(told))
		}
		truth := w.truth("Contact")[id]
		if truth.text("Title") != "Pilot" || truth.text("Department") == "Docks" {
			t.Errorf("F-57: title %q, department %q", truth.text("Title"), truth.text("Department"))
		}
		eventually(t, func() string {
			code, body := w.call(http.MethodPatch, "/records/Contact/"+id, map[string]any{"fields": map[string]any{"Department": "Quay"}})
			if code != http.StatusForbidden || !strings.Contains(body, "only read it") {
				return fmt.Sprintf("F-57: the next edit: %d %s", code, body)
			}
			return ""
		})
		skipped := 0
		for _, l := range w.log("direction=out&record=" + id) {
			if l.State == string(gateway.LogSkipped) {
				skipped++
			}
		}
		if skipped != 1 {
			t.Errorf("F-57: %d lines about the field that was left out, want one", skipped)
		}
		w.mirrorEqualsOrg()
	})
}

// writes edits a contact and waits until Salesforce has it, also where the
// request could not wait for it.
func (w *world) writes(what, id string, fields map[string]any) {
	w.t.Helper()
	if state := w.patch(id, fields); state != "written" && state != "queued" {
		w.t.Errorf("%s is %s", what, state)
	}
	w.quiet()
	truth := w.truth("Contact")[id]
	for name, value := range fields {
		if truth.text(name) != value {
			w.t.Errorf("%s: %s is %q in Salesforce, want %q", what, name, truth.text(name), value)
		}
	}
}
