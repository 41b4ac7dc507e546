package faults

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
)

// Every property of a meeting goes to the field, custom ones among them, that an
// admin chose for it on the object's page, in the type of that field; where the
// meeting says nothing the default is written (DEM-12, DEM-13, AIM-10).
func TestPropertiesOfMeetingsGoToTheFieldsOfThePage_DEM12_DEM13_AIM10(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.anchor()
	c := w.company("mapped", map[string]any{})
	fields := []map[string]any{
		{"name": "Held__c", "label": "Held as", "type": "string", "length": 80},
		{"name": "Minutes__c", "label": "Minutes", "type": "double", "precision": 6, "scale": 0},
		{"name": "Said__c", "label": "Summed up", "type": "textarea", "length": 4000},
		{"name": "Agreed__c", "label": "Agreed", "type": "textarea", "length": 4000},
		{"name": "Guests__c", "label": "Guests", "type": "textarea", "length": 4000},
		{"name": "Film__c", "label": "Recording", "type": "url"},
		{"name": "Result__c", "label": "Result", "type": "string", "length": 80},
	}
	w.sim(http.MethodPost, "/fields", map[string]any{"op": "add", "object": "Event", "field": fields[5]}, nil)
	for _, f := range fields {
		w.sim(http.MethodPost, "/fields", map[string]any{"op": "add", "object": "Opportunity", "field": f}, nil)
	}
	a, page := w.admin(), tabs+"objects/Opportunity"
	a.described("Opportunity", "Held__c", "Result__c")
	a.described("Event", "Film__c")
	change := url.Values{}
	for field, source := range map[string]string{
		"Held__c": "meeting.title", "Minutes__c": "meeting.duration", "Said__c": "meeting.summary", "Agreed__c": "meeting.action_items",
		"Guests__c": "meeting.attendees", "Film__c": "meeting.recording_url", "Result__c": "meeting.outcome",
	} {
		change["product_"+field], change["editable_"+field] = []string{source}, []string{"on"}
	}
	change["default_Result__c"] = []string{"No outcome"}
	change["switch_writeback"], change["switch_update_fields"] = []string{"on"}, []string{"on"}
	a.saves(page+"?show=all", change)
	a.saves(tabs+"objects/Event?show=all", url.Values{"product_Film__c": {"meeting.recording_url"}, "editable_Film__c": {"on"}, "switch_writeback": {"on"}})
	w.mirrorEqualsOrg()

	w.meets("first", map[string]any{
		"summary": "They want to begin in June", "recording_url": "https://rec.example/first",
		"action_items": []map[string]any{{"text": "Send the offer"}},
	}, c.email)
	w.quiet()
	deal := w.truth("Opportunity")[c.deals[0]]
	got := fmt.Sprint(deal.text("Held__c"), "|", string(deal.fields["Minutes__c"]), "|", deal.text("Said__c"), "|", deal.text("Film__c"), "|", deal.text("Result__c"))
	if want := "Meeting first|30.0|They want to begin in June|https://rec.example/first|No outcome"; got != want {
		t.Errorf("DEM-12, AIM-10: the deal holds %q, want %q", got, want)
	}
	if !strings.Contains(deal.text("Agreed__c"), "Send the offer") || !strings.Contains(deal.text("Guests__c"), c.email) {
		t.Errorf("DEM-12: the deal holds %q and %q", deal.text("Agreed__c"), deal.text("Guests__c"))
	}
	if _, event := w.having("Event", "Subject", "Meeting first"); event.text("Film__c") != "https://rec.example/first" {
		t.Errorf("DEM-12: the Event holds %q", event.text("Film__c"))
	}
	w.meets("later", map[string]any{"outcome": "Next meeting agreed"}, c.email)
	w.quiet()
	deal = w.truth("Opportunity")[c.deals[0]]
	if deal.text("Result__c") != "Next meeting agreed" || deal.text("Held__c") != "Meeting later" || deal.text("Film__c") != "https://rec.example/first" {
		t.Errorf("DEM-12: after a meeting without a recording the deal holds %q, %q and %q", deal.text("Result__c"), deal.text("Held__c"), deal.text("Film__c"))
	}
	w.mirrorEqualsOrg()
}

// Who wins a value that both sides changed is what Advanced Settings say, in the
// org and here alike, and the other value is kept (DEM-14, DEM-15, DEM-16).
func TestTheChosenSideWinsInTheOrg_DEM14_DEM15_DEM16(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.anchor()
	a, ids := w.admin(), w.contacts(6)
	for i, tt := range []struct{ rule, first, later string }{
		{"salesforce", "theirs", "theirs"}, {"product", "ours", "ours"}, {"recent", "ours", "theirs"},
	} {
		// Of one contact ours is the later edit, of the other theirs.
		ours, theirs := ids[2*i], ids[2*i+1]
		a.saves(tabs+"advanced", url.Values{"conflicts_people": {tt.rule}})
		w.halt(time.Now())
		w.fault(map[string]any{"kind": "stall_streams", "seconds": 600})
		w.set(ours, map[string]any{"Department": "theirs"})
		w.queued(theirs, map[string]any{"Department": "ours"})
		time.Sleep(2100 * time.Millisecond) // commit times have whole seconds
		w.queued(ours, map[string]any{"Department": "ours"})
		w.set(theirs, map[string]any{"Department": "theirs"})
		w.sim(http.MethodDelete, "/faults", nil, nil)
		for _, id := range []string{ours, theirs} {
			eventually(t, func() string {
				kept, err := w.store().Conflicts(t.Context(), gateway.RecordKey{Object: "Contact", ID: id}, 9)
				if err != nil || len(kept) != 1 || kept[0].Ours.String() != "ours" || kept[0].Theirs.String() != "theirs" {
					return fmt.Sprintf("%s wins: both values of %s are not kept: %+v, %v", tt.rule, id, kept, err)
				}
				return ""
			})
		}
		w.halt(time.Time{})
		w.quiet()
		truth := w.truth("Contact")
		if x, y := truth[ours].text("Department"), truth[theirs].text("Department"); x != tt.first || y != tt.later {
			t.Errorf("%s wins: the org has %q where our edit was the later, %q where theirs was, want %q and %q", tt.rule, x, y, tt.first, tt.later)
		}
	}
	w.mirrorEqualsOrg()
}
