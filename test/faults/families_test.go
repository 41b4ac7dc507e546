package faults

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"tidegate/gateway"
)

// One connected workspace, no further work in the CRM: meeting data, notes, topics
// and contacts go to Salesforce by one call of the product, deals come from it and
// their stage goes both ways; activities and notes go one way only, so that what
// somebody edits there stays there and the meeting here stays as it was told.
// Each direction is measured.
func TestFiveFamiliesAreInStepOnceConnected(t *testing.T) { // AVM-01, DEM-01, DEM-18, DEM-23, DEM-25, DEM-26, F-58
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.anchor()
	mapped := map[string]bool{}
	all, err := w.store().Mappings(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		mapped[m.Object] = true
	}
	for _, object := range []string{"Contact", "Account", "Opportunity"} {
		if !mapped[object] {
			t.Errorf("DEM-01: nothing of %s is mapped right after connecting", object)
		}
	}
	w.notesEverywhere()
	w.setting(gateway.TabContacts, `{"auto_create":true,"teams":[""],"cap_meeting":9,"cap_hour":9,"chain":[{"by":"email"}]}`)
	if err := w.store().SaveMapping(t.Context(), gateway.Mapping{Object: "Contact", Field: "Department", Topic: "next-steps", Imported: true}); err != nil {
		t.Fatal(err)
	}
	body := w.meeting("In step")
	_, guest := w.having("Contact", "Email", body["participants"].([]map[string]any)[0]["email"].(string))
	known := guest.text("Id")
	body["participants"] = append(body["participants"].([]map[string]any), map[string]any{"email": "new.person@people.example", "name": "New Person"})
	body["topics"] = map[string]any{"next-steps": []map[string]any{{"text": "Send the offer"}}}
	w.api(http.MethodPut, "/meetings/m-1", body, new(any))
	w.writtenOnce("m-1", "In step")
	eventually(t, func() string {
		if n, _ := w.having("Contact", "Email", "new.person@people.example"); n != 1 {
			return fmt.Sprintf("AVM-01: %d contacts of the new person", n)
		}
		if got := w.truth("Contact")[known].text("Department"); got != "Send the offer" {
			return "AVM-01: the topic's field is " + got
		}
		return ""
	})
	w.quiet()

	var deal string
	for id, r := range w.truth("Opportunity") {
		if !r.deleted && r.text("IsClosed") != "true" {
			deal = id
		}
	}
	w.change(map[string]any{"object": "Opportunity", "op": "update", "id": deal, "values": map[string]any{"StageName": "Negotiation/Review"}})
	var seen struct{ Fields map[string]any }
	eventually(t, func() string {
		w.api(http.MethodGet, "/records/Opportunity/"+deal, nil, &seen)
		if seen.Fields["StageName"] != "Negotiation/Review" {
			return fmt.Sprintf("DEM-25: the stage here is %v", seen.Fields["StageName"])
		}
		return ""
	})
	w.api(http.MethodPatch, "/records/Opportunity/"+deal, map[string]any{"fields": map[string]any{"StageName": "Closed Won"}}, new(any))
	eventually(t, func() string {
		if got := w.truth("Opportunity")[deal].text("StageName"); got != "Closed Won" {
			return "DEM-25: the stage in Salesforce is " + got
		}
		return ""
	})

	told, err := w.store().Meeting(t.Context(), "m-1")
	if err != nil {
		t.Fatal(err)
	}
	var event string
	for id, r := range w.truth("Event") {
		if r.text("Subject") == "In step" {
			event = id
		}
	}
	w.change(map[string]any{"object": "Event", "op": "update", "id": event, "values": map[string]any{"Subject": "Renamed there", "Description": "Theirs"}})
	w.quiet()
	w.mirrorEqualsOrg()
	writes := w.calls(http.MethodPatch, "/sobjects/Event")
	w.api(http.MethodPut, "/meetings/m-1", body, new(any))
	w.quiet()
	if r := w.truth("Event")[event]; r.text("Subject") != "Renamed there" || r.text("Description") != "Theirs" {
		t.Errorf("DEM-26: what somebody wrote there is now %q", r.text("Subject"))
	}
	if n := w.calls(http.MethodPatch, "/sobjects/Event") - writes; n != 0 {
		t.Errorf("DEM-26: %d writes to the Event", n)
	}
	if now, err := w.store().Meeting(t.Context(), "m-1"); err != nil || now.Title != told.Title || now.Notes != told.Notes {
		t.Errorf("DEM-26: the meeting became %q (%v)", now.Title, err)
	}
	w.longNotes()
	for _, series := range []string{"tidegate_inbound_lag_seconds_count", `tidegate_outbound_lag_seconds_count{by="person"}`, `tidegate_outbound_lag_seconds_count{by="product"}`} {
		if w.metric(series) == 0 {
			t.Errorf("DEM-18: %s is not measured", series)
		}
	}
	w.mirrorEqualsOrg()
}

// longNotes sends a meeting with notes of 5 MB: the Event has what fits, and says
// where the whole is; the note has all of it.
func (w *world) longNotes() { // F-58
	w.t.Helper()
	const title = "Five megabytes"
	long := strings.Repeat("word ", 1_000_000)
	body := w.meeting(title)
	body["notes"] = long
	w.api(http.MethodPut, "/meetings/long", body, new(any))
	eventually(w.t, func() string {
		n, event := w.having("Event", "Subject", title)
		text := event.text("Description")
		if n != 1 || utf8.RuneCountInString(text) > 32_000 || !strings.Contains(text, "[Cut here; the whole text is in the note") {
			return fmt.Sprintf("F-58: %d Events with %d characters", n, utf8.RuneCountInString(text))
		}
		for _, r := range w.truth("ContentNote") {
			if size, _ := strconv.Atoi(r.text("ContentSize")); strings.Contains(r.text("Title"), title) && size >= len(strings.TrimSpace(long)) {
				return ""
			}
		}
		return "F-58: no note has the whole"
	})
}
