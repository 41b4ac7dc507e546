package faults

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/simulator/seed"
	"tidegate/store"
)

// What the org itself refuses, or dates by its own clock, which is ten minutes
// ahead. One world on one engine: nothing of it depends on the database, and
// what the outbox makes of each answer is proved in its own tests on both.
func TestWhatTheOrgRefusesAndDates(t *testing.T) { // F-53, F-61, F-62, F-63, F-64, F-51
	sizes := seed.Sizes{Accounts: 4, Contacts: 210, Leads: 4, Opportunities: 4, Events: 4, Tasks: 4}
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{sizes: sizes, ahead: 10 * time.Minute, prepare: (*world).risks, env: []string{"TIDEGATE_POLL_EVERY=1s"}})
	w.anchor()
	ids := w.contacts(210)
	admin := w.admin()
	w.threeOfTwoHundred(ids[:200], admin)
	w.fiftyEdits(ids[200])
	w.theLaterOneWins(ids[201], ids[202])
	w.goneBeforeTheWrite()
	w.ownerWhoLeft(admin)
	w.equalRecords()
	w.mirrorEqualsOrg()
}

// halt stops all writing, or lets it go on; the program looks every two seconds.
func (w *world) halt(at time.Time) {
	w.t.Helper()
	if err := w.store().InTx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.Halt(ctx, at, "test", "") }); err != nil {
		w.t.Fatal(err)
	}
}

// queued edits a record while nothing is written.
func (w *world) queued(id string, fields map[string]any) {
	w.t.Helper()
	if state := w.patch(id, fields); state != "queued" {
		w.t.Fatalf("an edit while writing is stopped is %s", state)
	}
}

// stuck waits until so many lines need somebody and nothing else waits.
func (w *world) stuck(n int) (lines []logLine) {
	w.t.Helper()
	eventually(w.t, func() string {
		if s := w.status(); s.Pending > 0 || s.NeedsYou != n {
			return fmt.Sprintf("%d wait, %d need somebody, want %d", s.Pending, s.NeedsYou, n)
		}
		return ""
	})
	return w.log("state=needs_you")
}

// again presses "Try again" of lines, and waits until nothing is owed.
func (w *world) again(as *admin, lines []logLine) {
	w.t.Helper()
	for _, l := range lines {
		if answer, _ := as.post("/sync/log/"+l.ID+"/retry", url.Values{}); answer.StatusCode >= http.StatusBadRequest {
			w.t.Fatalf("trying again: %s", answer.Status)
		}
	}
	w.quiet()
}

// F-53: of 200 records in one call three are refused: 197 are in the org, and
// only the three, each with what Salesforce said, are sent again.
func (w *world) threeOfTwoHundred(ids []string, as *admin) {
	w.halt(time.Now())
	for _, id := range ids {
		w.queued(id, map[string]any{"Department": "Two hundred"})
	}
	w.fault(map[string]any{"kind": "validation_rule", "object": "Contact", "field": "Department", "message": "Departments are frozen", "count": 3})
	w.sim(http.MethodDelete, "/calls", nil, nil)
	w.halt(time.Time{})
	lines := w.stuck(3)
	if n := w.calls(http.MethodPatch, "/composite/sobjects"); n != 1 {
		w.t.Errorf("F-53: %d calls for 200 records", n)
	}
	for _, l := range lines {
		if p := l.Problem; p == nil || !strings.Contains(p.Said, "FIELD_CUSTOM_VALIDATION_EXCEPTION") || !strings.Contains(p.Said, "Departments are frozen") || !slices.Equal(p.Fields, []string{"Department"}) || p.Who == "" {
			w.t.Errorf("F-53: the line says %+v", p)
		}
	}
	if n, _ := w.having("Contact", "Department", "Two hundred"); n != 197 {
		w.t.Errorf("F-53: %d of 197 are in the org", n)
	}
	w.sim(http.MethodDelete, "/calls", nil, nil)
	w.again(as, lines)
	if n, _ := w.having("Contact", "Department", "Two hundred"); n != 200 {
		w.t.Errorf("F-53: %d are in the org after trying three again", n)
	}
	if n := w.calls(http.MethodPatch, "/services/data"); n > 3 {
		w.t.Errorf("F-53: %d calls for three records", n)
	}
}

// F-63: fifty edits of one field: the last value is there, for few calls. A
// machine that needs longer than a second for them may make one every half
// second.
func (w *world) fiftyEdits(id string) {
	w.sim(http.MethodDelete, "/calls", nil, nil)
	begun := time.Now()
	for n := range 50 {
		w.patch(id, map[string]any{"Title": fmt.Sprint("Edit ", n)})
	}
	w.quiet()
	most := 2 + int(time.Since(begun)/(500*time.Millisecond))
	if n := w.calls(http.MethodPatch, "/services/data"); n > most {
		w.t.Errorf("F-63: %d calls in %s", n, time.Since(begun))
	}
	if got := w.truth("Contact")[id].text("Title"); got != "Edit 49" {
		w.t.Errorf("F-63: the org has %q", got)
	}
}

// F-64: which side is the more recent is measured in Salesforce's clock: without
// its offset theirs would always win here. Both values are kept.
func (w *world) theLaterOneWins(ours, theirs string) {
	w.setting(gateway.TabAdvanced, `{"conflicts":{"people":"recent"}}`)
	w.halt(time.Now())
	w.fault(map[string]any{"kind": "stall_streams", "seconds": 600})
	w.set(ours, map[string]any{"Title": "Theirs, earlier"})
	w.queued(theirs, map[string]any{"Title": "Ours, earlier"})
	time.Sleep(2100 * time.Millisecond) // commit times have whole seconds
	w.queued(ours, map[string]any{"Title": "Ours, later"})
	w.set(theirs, map[string]any{"Title": "Theirs, later"})
	w.sim(http.MethodDelete, "/faults", nil, nil)
	kept := map[string]gateway.Conflict{}
	eventually(w.t, func() string {
		for _, id := range []string{ours, theirs} {
			all, err := w.store().Conflicts(w.t.Context(), gateway.RecordKey{Object: "Contact", ID: id}, 9)
			if err != nil || len(all) != 1 {
				return fmt.Sprintf("%d conflicts of %s: %v", len(all), id, err)
			}
			kept[id] = all[0]
		}
		return ""
	})
	w.halt(time.Time{})
	w.quiet()
	truth := w.truth("Contact")
	if a, b := truth[ours].text("Title"), truth[theirs].text("Title"); a != "Ours, later" || b != "Theirs, later" {
		w.t.Errorf("F-64: the org has %q and %q", a, b)
	}
	for id, want := range map[string]string{ours: "ours", theirs: "theirs"} {
		if c := kept[id]; c.Kept != want || !strings.HasPrefix(c.Theirs.String(), "Theirs") || !strings.HasPrefix(c.Ours.String(), "Ours") {
			w.t.Errorf("F-64: of %s is kept %+v", id, c)
		}
	}
}

// F-61: the record is deleted right before the write: the link breaks with its
// reason, the write waits for somebody, and the person is matched anew.
func (w *world) goneBeforeTheWrite() {
	id := w.matched("Contact", "leaver", map[string]any{"Title": "Here"})
	w.fault(map[string]any{"kind": "stall_streams", "seconds": 600})
	w.change(map[string]any{"object": "Contact", "op": "delete", "id": id})
	if code, said := w.call(http.MethodPatch, "/records/Contact/"+id, map[string]any{"fields": map[string]any{"Title": "Too late"}}); code != http.StatusUnprocessableEntity || !strings.Contains(said, "Restore it there") {
		w.t.Errorf("F-61: %d %s", code, said)
	}
	lines := w.log("direction=out&state=needs_you&record=" + id)
	if len(lines) != 1 || lines[0].Problem == nil || !strings.Contains(lines[0].Problem.Said, "ENTITY_IS_DELETED") {
		w.t.Errorf("F-61: %+v", lines)
	}
	if l := w.leads("leaver", id, "broken"); l.Reason == "" {
		w.t.Errorf("F-61: the link says nothing: %+v", l)
	}
	w.sim(http.MethodDelete, "/faults", nil, nil)
	next := w.change(map[string]any{"object": "Contact", "op": "create", "values": map[string]any{"LastName": "Person again", "Email": "leaver@example.com"}})[0]
	eventually(w.t, func() string { return w.differs("Contact") })
	w.person("leaver", map[string]any{"email": "leaver@example.com", "kind": "contact", "title": "Back"})
	w.leads("leaver", next, "active")
}

// F-62: nobody is chosen for what belongs to an inactive owner: it waits, with
// who must do what, and goes out when that is done.
func (w *world) ownerWhoLeft(as *admin) {
	var left, id string
	for user, r := range w.truth("User") {
		if r.text("Email") != "" && r.text("IsActive") == "true" && left == "" {
			left, id = r.text("Email"), user
		}
	}
	active := func(on bool) {
		w.change(map[string]any{"object": "User", "op": "update", "id": id, "values": map[string]any{"IsActive": on}})
	}
	before := len(w.log("state=needs_you"))
	active(false)
	w.call(http.MethodPut, "/meetings/left", map[string]any{
		"title": "Of somebody who left", "organizer_email": left, "status": "completed", "starts_at": "2026-05-04T09:00:00Z", "ends_at": "2026-05-04T09:30:00Z",
		"participants": []map[string]any{{"email": w.truth("Contact")[w.contacts(1)[0]].text("Email")}},
	})
	var lines []logLine
	eventually(w.t, func() string {
		lines = w.log("state=needs_you&object=Event")
		if len(lines) != 1 {
			return fmt.Sprintf("F-62: %+v", lines)
		}
		return ""
	})
	if p := lines[0].Problem; p == nil || p.Who == "" {
		w.t.Errorf("F-62: nobody is told what to do: %+v", p)
	}
	if n, _ := w.having("Event", "Subject", "Of somebody who left"); n != 0 {
		w.t.Errorf("F-62: %d Events", n)
	}
	active(true)
	if len(lines) == 1 {
		as.post("/sync/log/"+lines[0].ID+"/retry", url.Values{})
	}
	w.stuck(before)
	if n, event := w.having("Event", "Subject", "Of somebody who left"); n != 1 || event.text("OwnerId") != id {
		w.t.Errorf("F-62: %d Events, of %q, want %q", n, event.text("OwnerId"), id)
	}
}

// F-51: records that say the same, without an external id to tell them apart,
// become one each though the answer is lost.
func (w *world) equalRecords() {
	const object = "Risk__c"
	risk := func(id string) {
		w.call(http.MethodPut, "/custom/risk/"+id, map[string]any{"properties": map[string]any{"level": "high"}})
	}
	before := w.status().NeedsYou
	risk("r-1")
	w.stuck(before)
	w.fault(map[string]any{"kind": "lose_response", "method": http.MethodPost, "path": "/services/data/*/sobjects/" + object})
	risk("r-2")
	risk("r-3")
	w.stuck(before)
	eventually(w.t, func() string { return w.differs(object) })
	became := map[string]bool{}
	for _, id := range []string{"r-1", "r-2", "r-3"} {
		parts, err := w.store().Writings(w.t.Context(), gateway.KindCustom+"risk", id)
		if err != nil || len(parts) != 1 || parts[0].Key.Local() {
			w.t.Fatalf("F-51: %s became %+v: %v", id, parts, err)
		}
		became[parts[0].Key.ID] = true
	}
	if n, _ := w.having(object, "Level__c", "high"); n != 3 || len(became) != 3 {
		w.t.Errorf("F-51: three records of the product became %d, and %d are in the org", len(became), n)
	}
	w.arrived() // the answer was lost
}

// risks adds an object that is filled from records of the product's own.
func (w *world) risks() {
	const object = "Risk__c"
	w.sim(http.MethodPost, "/fields", map[string]any{"op": "object", "object": object, "fields": []map[string]any{{"name": "Level__c", "type": "string", "length": 40}}}, nil)
	w.setting(gateway.TabObjects, `{"added":["Risk__c"],"writeback":{"Contact":true,"Risk__c":true},"create_missing":{"Contact":true,"Risk__c":true},"update_fields":{"Contact":true,"Risk__c":true}}`)
	for _, field := range []string{"Name", "Level__c"} {
		if err := w.store().SaveMapping(w.t.Context(), gateway.Mapping{Object: object, Field: field, Source: "custom.risk.level", Editable: true, Imported: true}); err != nil {
			w.t.Fatal(err)
		}
	}
}
