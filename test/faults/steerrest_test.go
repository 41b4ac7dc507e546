package faults

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// writesSoFar counts the calls that changed something in the org.
func (w *world) writesSoFar() (n int) {
	w.t.Helper()
	for _, method := range []string{http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete} {
		n += w.calls(method, "/services/data")
	}
	return n
}

// The tabs of the settings are five, in this order, on each of them (AVM-04),
// each with a form of its own.
func TestSettingsHaveFiveTabsInOrder_AVM04(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	a := w.admin()
	names := []string{"Notes", "Objects", "Contacts", "Forecast", "Advanced Settings"}
	own := []string{"meeting_notes", "writeback_Contact", "auto_create", "period", "currency_label"}
	for i, tab := range []string{"notes", "objects", "contacts", "forecast", "advanced"} {
		page := a.get(tabs + tab)
		_, list, ok := strings.Cut(page, `aria-label="Salesforce settings"`)
		list, _, closed := strings.Cut(list, "</nav>")
		at, links := -1, strings.Count(list, "<a ")
		for _, name := range names {
			next := strings.Index(list, ">"+name+"<")
			if next <= at {
				t.Errorf("AVM-04: on %s, %q does not follow the others", tab, name)
			}
			at = next
		}
		current := strings.Index(list, `aria-current="page"`)
		if !ok || !closed || links != len(names) || strings.Count(list[:max(current, 0)], "<a ") != i+1 {
			t.Errorf("AVM-04: %s has %d tabs: %.1500s", tab, links, list)
		}
		if form := asks(t, page, tabs+tab); !form.Has(own[i]) && !slices.Contains(form["present"], own[i]) {
			t.Errorf("AVM-04: %s does not set %s: %v", tab, own[i], form)
		}
	}
}

// clockTime is what changes of a page by itself.
var clockTime = regexp.MustCompile(`\d\d:\d\d(:\d\d)?`)

// The settings of the forecast decide what is shown and added up here; nothing
// of them reaches Salesforce (AVM-39).
func TestForecastSettingsWriteNothing_AVM39(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.anchor()
	w.company("pipeline", map[string]any{"CloseDate": "2099-01-15", "Amount": 400_000, "StageName": "Prospecting"})
	a := w.admin()
	before, writes := w.truth("Opportunity"), w.writesSoFar()
	shown := func() string { return clockTime.ReplaceAllString(a.reads("/forecast?period=2099-01-01"), "") }
	last := shown()
	for _, change := range []url.Values{
		{"amount": {"weighted"}}, {"period": {"quarterly"}}, {"count_by": {"category"}, "categories": {"Closed"}},
	} {
		review := a.saves(tabs+"forecast", change)
		if !strings.Contains(review, "0 records would change") {
			t.Errorf("AVM-39: the review of %v speaks of writes: %.2000s", change, review)
		}
		page := shown()
		if page == last {
			t.Errorf("AVM-39: %v changes nothing of the forecast: %s", change, page)
		}
		last = page
	}
	w.quiet()
	if n := w.writesSoFar() - writes; n != 0 {
		t.Errorf("AVM-39: %d writes to the org", n)
	}
	for id, r := range w.truth("Opportunity") {
		if r.text("LastModifiedDate") != before[id].text("LastModifiedDate") {
			t.Errorf("AVM-39: deal %s was changed", id)
		}
	}
}

// Without Enhanced Notes the destination Note is refused with the reason, and
// the checklist names what to click and leads to that page of Setup (AVM-05,
// UX-4). The four tests of “Why aren't my notes syncing?” tell each its answer,
// and a meeting that belongs to no record is reported (AVM-54).
func TestNotesThatCannotSyncAreExplained_AVM05_AVM54(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{notesOff: true})
	w.anchor()
	a := w.admin()
	readiness := a.get("/settings/salesforce")
	for _, want := range []string{"Enhanced Notes is off", "Notes Settings", "Enable Notes", w.org.URL + "/lightning/setup/NotesSetupPage/home"} {
		if !strings.Contains(readiness, want) {
			t.Errorf("AVM-05: the checklist does not say %q", want)
		}
	}
	form := asks(t, a.get(tabs+"notes"), tabs+"notes")
	form["meeting_notes"] = []string{"note"}
	answer, page := a.post(tabs+"notes", form)
	if answer.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(page, "Enhanced Notes is off in Salesforce") {
		t.Errorf("AVM-05: choosing Note is answered by %s: %.2000s", answer.Status, page)
	}
	tests := func(words ...string) {
		t.Helper()
		for _, path := range []string{tabs + "notes", "/meetings/stranger"} {
			page := a.reads(path)
			for _, want := range words {
				if !strings.Contains(page, want) {
					t.Errorf("AVM-54: %s does not say %q: %s", path, want, page)
				}
			}
		}
	}
	if page := a.reads(tabs + "notes"); !strings.Contains(page, "The meeting belongs to a record in Salesforce") || !strings.Contains(page, "No meeting has been told of yet.") {
		t.Errorf("AVM-54: before the first meeting the fourth test is missing: %s", page)
	}
	w.meets("stranger", nil, "who@nowhere.example")
	tests("Enhanced Notes are on in Salesforce", "Passed: No lock or own choice", "Passed: At least one destination",
		"Failed: The meeting belongs to a record in Salesforce", "one of its participants from outside was recognized")
	a.saves(tabs+"notes", url.Values{"meeting_notes": nil, "locked": {"on"}})
	tests("The organization has locked the Notes settings", "Failed: At least one destination is chosen")
	if page := a.reads("/meetings/stranger"); !strings.Contains(page, "Left out") && !strings.Contains(page, "left out") {
		t.Errorf("AVM-54: the meeting is not reported: %s", page)
	}
	// AVM-05: what an org without them may still have.
	c := w.company("without", nil)
	a.saves(tabs+"notes", url.Values{"meeting_notes": {"event"}, "locked": nil})
	w.meets("without", nil, c.email)
	w.quiet()
	if _, event := w.having("Event", "Subject", "Meeting without"); !strings.Contains(event.text("Description"), "Said in without") {
		t.Errorf("AVM-05: the Event says %q", event.text("Description"))
	}
}

// Saving the settings again starts nothing by itself, and leads to syncing again
// by hand; that writes what could not be written before (AVM-55).
func TestSettingsAreSavedAgainAndSyncedByHand_AVM55(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.anchor()
	c := w.company("again", nil)
	a := w.admin()
	w.fault(map[string]any{"kind": "validation_rule", "object": "Event", "message": "No Events today."})
	w.meets("refused", nil, c.email)
	eventually(t, func() string {
		if s := w.status(); s.NeedsYou != 1 {
			return fmt.Sprintf("AVM-55: %d writes need somebody", s.NeedsYou)
		}
		return ""
	})
	w.sim(http.MethodDelete, "/faults", nil, nil)
	form := asks(t, a.get(tabs+"notes"), tabs+"notes")
	answer, _ := a.post(tabs+"notes", form)
	page := a.get(answer.Header.Get("Location"))
	if !strings.Contains(page, "nothing was saved") || !strings.Contains(page, `href="/sync/again"`) {
		t.Errorf("AVM-55: saving again does not lead to syncing again: %.3000s", page)
	}
	check := a.get("/sync/again?check=1&kind=edit")
	if words := wordsOf(t, check); !strings.Contains(words, "1 record would be created") {
		t.Fatalf("AVM-55: the dry run: %s", words)
	}
	a.post("/sync/again", asks(t, check, "/sync/again"))
	w.quiet()
	if n, _ := w.having("Event", "Subject", "Meeting refused"); n != 1 {
		t.Errorf("AVM-55: %d Events after syncing by hand", n)
	}
}

// Each switch of an object's page holds for the very next person, call and
// value (AVC-22, AVC-29, AVC-30, AIM-22).
func TestSwitchesOfAnObjectHoldAtOnce_AVC22_AVC29_AVC30(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	w.anchor()
	a := w.admin()
	a.saves(tabs+"objects/Contact", url.Values{"switch_create_missing": nil})
	w.person("nora", map[string]any{"last_name": "Unmatched", "email": "nora@unmatched.example", "phone": "+12025550177"})
	w.phones("before", "+12025550177")
	w.quiet()
	if n, _ := w.having("Contact", "LastName", "Unmatched"); n != 0 {
		t.Errorf("AVC-22: %d contacts although it is off", n)
	}
	if said, _ := w.said("Said in before"); len(said) != 0 {
		t.Errorf("AVC-22: the call of somebody unmatched stands in %v", said)
	}
	if page := a.reads("/calls/before"); !strings.Contains(page, "left out") {
		t.Errorf("AVC-22: the call does not say why it is not written: %s", page)
	}
	a.saves(tabs+"objects/Contact", url.Values{"switch_create_missing": {"on"}})
	w.person("nora", map[string]any{"last_name": "Unmatched", "email": "nora@unmatched.example", "phone": "+12025550177", "title": "First"})
	eventually(t, func() string {
		if n, r := w.having("Contact", "LastName", "Unmatched"); n != 1 || r.text("Title") != "First" {
			return fmt.Sprintf("AVC-22: %d contacts, title %q", n, r.text("Title"))
		}
		return ""
	})

	// AVC-29, AIM-22: later values follow at once, in their order.
	for _, title := range []string{"Avocado Toast", "Hamburgers"} {
		w.person("nora", map[string]any{"last_name": "Unmatched", "email": "nora@unmatched.example", "title": title})
		w.quiet()
		if _, r := w.having("Contact", "LastName", "Unmatched"); r.text("Title") != title {
			t.Errorf("AVC-29: the title is %q, want %q", r.text("Title"), title)
		}
	}

	// AVC-30: no field is written any more; the call still is.
	a.saves(tabs+"objects/Contact", url.Values{"switch_update_fields": nil})
	w.sim(http.MethodDelete, "/calls", nil, nil)
	w.person("nora", map[string]any{"last_name": "Unmatched", "email": "nora@unmatched.example", "title": "Salad"})
	w.phones("after", "+12025550177")
	w.quiet()
	if _, r := w.having("Contact", "LastName", "Unmatched"); r.text("Title") != "Hamburgers" {
		t.Errorf("AVC-30: the title is %q", r.text("Title"))
	}
	if n := w.calls(http.MethodPatch, "/sobjects/Contact"); n != 0 {
		t.Errorf("AVC-30: %d calls change contacts", n)
	}
	if said, _ := w.said("Said in after"); !slices.Equal(said, []string{"Task"}) {
		t.Errorf("AVC-30: the call stands in %v", said)
	}
}

// An org of Professional Edition has no change events: the same settings, the
// same meeting and the same person work, changes come in by asking, and the
// checklist names the edition and what it lacks (AIM-21).
func TestProfessionalEditionWorksByAsking_AIM21(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{edition: "professional", calls: 10_000_000, env: []string{"TIDEGATE_POLL_EVERY=1s"}})
	a := w.admin()
	c := w.company("small", nil) // waits until the mirror has what the org has
	w.meets("asked", nil, c.email)
	w.quiet()
	if n, event := w.having("Event", "Subject", "Meeting asked"); n != 1 || event.text("WhoId") != c.contact {
		t.Errorf("AIM-21: %d Events with %q", n, event.text("WhoId"))
	}
	w.set(c.contact, map[string]any{"Department": "Changed there"})
	w.mirrorEqualsOrg()
	page := a.reads("/settings/salesforce")
	for _, want := range []string{"Professional Edition", "extras of this edition"} {
		if !strings.Contains(page, want) {
			t.Errorf("AIM-21: the checklist does not say %q: %s", want, page)
		}
	}
	if page := a.reads("/"); !strings.Contains(page, "Degraded to polling") {
		t.Errorf("AIM-21: health does not name polling: %s", page)
	}
}

// A user who may sign in and has no API access is told so on the checklist, with
// the permission to give and the page of Setup (DEM-03).
func TestUserWithoutAPIAccessIsTold_DEM03(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{})
	a := w.admin()
	w.fault(map[string]any{"kind": "unknown_error", "code": "API_DISABLED_FOR_ORG", "status": http.StatusForbidden, "path": "/services/data", "seconds": 600})
	page := a.get("/settings/salesforce")
	for _, want := range []string{"The user has no API access", "System Permissions", w.org.URL + "/lightning/setup/PermSets/home", "1 failed"} {
		if !strings.Contains(page, want) {
			t.Errorf("DEM-03: the checklist does not say %q: %s", want, wordsOf(t, page))
		}
	}
}

// Each environment has a button of its own, its own sign-in host and its own
// mark: what is connected by the button for sandboxes is marked so on every page
// (AVC-01, UX-1).
func TestProductionAndSandboxAreApart_AVC01(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), options{unconnected: true})
	a := w.admin()
	page := a.get("/settings/salesforce")
	for environment, host := range map[string]string{"production": "https://login.salesforce.com", "sandbox": "https://test.salesforce.com"} {
		path := "/settings/salesforce/connect/" + environment
		if !strings.Contains(page, `href="`+path+`"`) {
			t.Errorf("AVC-01: no button for %s", environment)
		}
		if got := asks(t, a.get(path), path).Get("login_url"); got != host {
			t.Errorf("AVC-01: %s signs in at %q, want %s", environment, got, host)
		}
	}
	w.consents("sandbox")
	// The org is none: the checklist says which button is right.
	if page := a.reads("/settings/salesforce"); !strings.Contains(page, "The org is a production org, but was connected as sandbox.") {
		t.Errorf("AVC-01: the checklist takes it for a sandbox: %s", page)
	}
	for _, path := range []string{"/", "/contacts", tabs + "notes", "/sync/log"} {
		if page := a.get(path); !strings.Contains(page, "Sandbox") || strings.Contains(page, ">Production<") {
			t.Errorf("AVC-01: %s does not say that it is a sandbox", path)
		}
	}
}
