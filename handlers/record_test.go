package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
)

var annPath = "/contacts/" + contactOf(home).ID

// AVC-09: what is identified leads to its record in Salesforce.
func TestRecordPageShowsFactsRelationsAndWhatMayBeEdited(t *testing.T) {
	w := newWorld(t)
	must(t, w.db.In(home).SaveLink(t.Context(), gateway.Link{Kind: "person", ExternalID: "p-1", Key: contactOf(home), Reason: "matched by email ann@home.example", Pinned: true, At: w.clock.now()}))
	role := key("OpportunityContactRole", "00K", 1)
	w.save(home,
		record(role, gateway.Fields{"ContactId": gateway.Text(contactOf(home).ID), "OpportunityId": gateway.Text(dealOf(home).ID)}),
		record(key("Task", "00T", 1), gateway.Fields{"Subject": gateway.Text("Call Ann"), "WhoId": gateway.Text(contactOf(home).ID), "Status": gateway.Text("Completed"), "ActivityDate": gateway.Text("2026-05-02")}),
	)
	b := w.as(home, gateway.RoleRep)
	page := b.get(annPath).want(http.StatusOK, "Ann Example", "CRM objects", "Acme of home", "Deal of home", "$ 48,000.50", "As in Salesforce as of",
		"matched by email ann@home.example", "A person chose this; it stays.", "Call Ann", "Completed", "Read-only", "Why did this not sync?")
	if !contains(page.body, `href="https://org.my.salesforce.com/`+contactOf(home).ID+`"`) || !contains(page.body, "hx-sse") {
		t.Error("no link to Salesforce, or no stream")
	}
	w.park(home, "Head Buyer")
	both, here, there := b.get(annPath), b.get(annPath+"?from=here").want(http.StatusOK, "Update Title"), b.get(annPath+"?from=salesforce").want(http.StatusOK, "Call Ann")
	if !contains(both.words(), "Call Ann") || !contains(both.words(), "Update Title") || contains(here.words(), "Call Ann") || contains(there.words(), "Update Title") {
		t.Error("the parts of the timeline do not show one system each")
	}
	if full := b.get("/contacts/" + contactOf(home).ID[:15]); full.status != http.StatusOK {
		t.Errorf("the 15-character id: %d", full.status)
	}
	b.get("/accounts/"+accountOf(home).ID).want(http.StatusOK, "Acme of home", "Deal of home", "Ann Example")
	b.get("/deals/"+dealOf(home).ID).want(http.StatusOK, "1 Dec 2026", "$ 48,000.50", "Prospecting")
	b.get("/leads/"+leadOf(home).ID).want(http.StatusOK, "Lee Lead", "Leadco")
	b.get(annPath+"/why?field=CreatedById").want(http.StatusOK, "is read-only here")
	b.get(annPath+"/why?field=Title").want(http.StatusOK, "Title can be edited here", "All three conditions hold.")
}

// UX-48
func TestFieldsThatSalesforceHidesAreNotShown(t *testing.T) {
	w := newWorld(t)
	must(t, w.db.In(home).SaveMapping(t.Context(), gateway.Mapping{Object: "Contact", Field: "Salary__c", Editable: true, Imported: true}))
	r := record(contactOf(home), gateway.Fields{"LastName": gateway.Text("Example"), "Salary__c": gateway.Number("90000")})
	w.save(home, r)
	if page := w.as(home, gateway.RoleAdmin).get(annPath).want(http.StatusOK); contains(page.body, "90000") || contains(page.body, "Salary__c") {
		t.Error("a field that describe does not show is on the page")
	}
}

func TestDeletedRecordShowsItsLastValuesAndTakesNoEdit(t *testing.T) {
	w := newWorld(t)
	r := record(contactOf(home), gateway.Fields{"LastName": gateway.Text("Example"), "Title": gateway.Text("Buyer")})
	r.Deleted = true
	w.save(home, r)
	b := w.as(home, gateway.RoleRep)
	page := b.get(annPath+"?edit=Title").want(http.StatusOK, "Deleted in Salesforce; these are the last values.", "Buyer")
	if page.hasForm(annPath) {
		t.Error("a deleted record offers a form")
	}
	b.post(annPath, url.Values{"field": {"Title"}, "value": {"CEO"}}).want(http.StatusNotFound, "deleted in Salesforce")
	if _, waiting := w.pending(contactOf(home)); waiting {
		t.Error("it was queued")
	}
}

// The three ends of an edit inside the request (UX 44): written, refused by
// Salesforce, not answered in time. Without a script the answer is a redirect
// to the page that says which.
func TestEditIsAnsweredWithHowFarItGot_UX44(t *testing.T) {
	tests := []struct {
		name   string
		script func(w *world)
		says   []string
		lacks  string
	}{
		{"written", func(*world) {}, []string{"CEO", "Written in Salesforce"}, "Waiting for Salesforce"},
		{"refused", func(w *world) {
			w.caller.script(func(gateway.Change) gateway.Delivery { return refuse(gateway.CodeSFValidation, "Title") })
		}, []string{"CEO", "Needs you", "A rule of your org refuses this title.", "Open in the sync log"}, "Written in Salesforce"},
		{"down", func(w *world) {
			w.caller.script(func(gateway.Change) gateway.Delivery { return refuse(gateway.CodeSFDown) })
		}, []string{"CEO", "Saved here", "Waiting for Salesforce", "Refresh"}, "Written in Salesforce"},
		{"slow", func(w *world) {
			release := make(chan struct{})
			w.caller.block = release
			w.t.Cleanup(func() {
				close(release)
				eventually(w.t, "the slow call ends", func() bool { return w.caller.count() > 0 && w.line(contactOf(home)) == gateway.LogDone })
			})
		}, []string{"CEO", "Saved here", "Waiting for Salesforce", "Refresh"}, "Written in Salesforce"},
		{"not connected", func(w *world) {
			_, err := w.db.In(home).SetConnectionState(w.t.Context(), "c-home", gateway.StateNeedsReconnect, "The grant is gone.")
			must(w.t, err)
		}, []string{"CEO", "Waiting for Salesforce", "Needs reconnect since", "The grant is gone."}, "Written in Salesforce"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			tt.script(w)
			b := w.as(home, gateway.RoleRep)
			form := b.get(annPath+"?edit=Title").want(http.StatusOK, "Save Title").form(annPath)
			if form.Get("value") != "Buyer" || form.Get("field") != "Title" {
				t.Errorf("the form holds %v", form)
			}
			form.Set("value", "CEO")
			b.post(annPath, form).want(http.StatusSeeOther).wantLocation(annPath)
			page := b.get(annPath).want(http.StatusOK, tt.says...)
			if contains(page.words(), tt.lacks) {
				t.Errorf("the page says %q", tt.lacks)
			}
		})
	}
}

// line is the state of the newest outbound line of a record.
func (w *world) line(k gateway.RecordKey) gateway.LogState {
	page, err := w.db.In(home).Log(context.Background(), store.LogQuery{Direction: "out", Object: k.Object, RecordID: k.ID})
	if err != nil || len(page.Entries) == 0 {
		return ""
	}
	return page.Entries[0].Entry.State
}

func TestEditInPlaceIsAnsweredWithThePageItself(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleRep)
	b.header["HX-Request"] = "true"
	page := b.post(annPath, url.Values{"field": {"Title"}, "value": {"CEO"}}).want(http.StatusOK, "CEO", "Written in Salesforce")
	if page.hasForm(annPath) {
		t.Error("the form is still open")
	}
}

// UX 18 for a field: what came while the form was open is told, and what was
// typed is kept.
func TestFormOlderThanTheRecordIsToldAndKept_UX18(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleRep)
	form := b.get(annPath + "?edit=Title").form(annPath)
	w.save(home, record(contactOf(home), gateway.Fields{"LastName": gateway.Text("Example"), "Title": gateway.Text("Director")}))
	form.Set("value", "CEO")
	got := b.post(annPath, form).want(http.StatusConflict, "Title was changed to “Director” while this form was open.")
	if _, waiting := w.pending(contactOf(home)); waiting || w.caller.count() > 0 {
		t.Error("it was queued")
	}
	again := got.form(annPath)
	if again.Get("value") != "CEO" {
		t.Errorf("the form holds %v", again)
	}
	b.post(annPath, again).want(http.StatusSeeOther)
	if w.caller.count() != 1 {
		t.Error("the deliberate second save was not written")
	}

	form = b.get(annPath + "?edit=Title").form(annPath)
	w.save(home, record(contactOf(home), gateway.Fields{"LastName": gateway.Text("Example"), "Title": gateway.Null}))
	form.Set("value", "CFO")
	b.post(annPath, form).want(http.StatusConflict, "Title was emptied while this form was open.")
}

// A form that somebody else's still waiting edit has overtaken is old too.
func TestFormOlderThanAWaitingEditIsTold_UX18(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleRep)
	form := b.get(annPath + "?edit=Title").form(annPath)
	w.park(home, "Chairman")
	form.Set("value", "CEO")
	b.post(annPath, form).want(http.StatusConflict, "Title was changed to “Chairman”")
}

func TestImpossibleValuesAreRefusedAndStayInTheForm(t *testing.T) {
	tests := []struct{ field, typed, says string }{
		{"LeadSource", "Carrier pigeon", "Lead Source takes only one of its listed values."},
		{"DoNotCall", "perhaps", "Do Not Call is either on or off."},
		{"Birthdate", "31.12.1990", "Birthdate is a date such as"},
		{"Title", strings.Repeat("x", 129), "Title is longer than 128 characters."},
		{"LastName", "  ", "Last Name needs a value."},
		{"Email", "ann at example", "Email is an e-mail address such as"},
	}
	for _, tt := range tests {
		t.Run(tt.field, func(t *testing.T) {
			w := newWorld(t)
			must(t, w.db.In(home).SaveMapping(t.Context(), gateway.Mapping{Object: "Contact", Field: tt.field, Editable: true, Imported: true}))
			b := w.as(home, gateway.RoleRep)
			form := b.get(annPath + "?edit=" + tt.field).want(http.StatusOK).form(annPath)
			form.Set("value", tt.typed)
			got := b.post(annPath, form).want(http.StatusUnprocessableEntity, tt.says)
			if again := got.form(annPath).Get("value"); again != tt.typed && tt.field != "DoNotCall" {
				t.Errorf("the form holds %q", again)
			}
			if !contains(got.body, `href="#value"`) || !contains(got.body, `aria-invalid="true"`) {
				t.Error("the summary does not lead to the field")
			}
			if _, waiting := w.pending(contactOf(home)); waiting {
				t.Error("it was queued")
			}
		})
	}
}

func TestFormsOfOtherTypesSaveTheirValues(t *testing.T) {
	tests := []struct {
		field, typed string
		want         gateway.Value
	}{
		{"LeadSource", "Partner", gateway.Text("Partner")},
		{"DoNotCall", "true", gateway.Bool(true)},
		{"Birthdate", "1990-12-31", gateway.Text("1990-12-31")},
		{"Description", "One\r\ntwo", gateway.Text("One\ntwo")},
		{"Phone", "", gateway.Null},
	}
	for _, tt := range tests {
		t.Run(tt.field, func(t *testing.T) {
			w := newWorld(t)
			must(t, w.db.In(home).SaveMapping(t.Context(), gateway.Mapping{Object: "Contact", Field: tt.field, Editable: true, Imported: true}))
			b := w.as(home, gateway.RoleRep)
			page := b.get(annPath + "?edit=" + tt.field)
			if tt.field == "Description" && !contains(page.body, `maxlength="32000"`) {
				t.Error("the field's length is not the form's")
			}
			form := page.form(annPath)
			form.Set("value", tt.typed)
			b.post(annPath, form).want(http.StatusSeeOther)
			if w.caller.count() != 1 || w.caller.sent[0].Fields[tt.field] != tt.want {
				t.Errorf("sent %+v", w.caller.sent)
			}
		})
	}
}

// A record that Salesforce has not numbered yet has an address too, whatever
// the product's own id looks like.
func TestRecordOfThePersonThatIsNotThereYetHasAPage(t *testing.T) {
	w := newWorld(t)
	local := gateway.RecordKey{Object: "Contact", ID: "local:user/7 ü?"}
	w.save(home, record(local, gateway.Fields{"LastName": gateway.Text("Newcomer")}))
	b := w.as(home, gateway.RoleRep)
	path := recordURL(local)
	page := b.get(path).want(http.StatusOK, "Newcomer")
	if contains(page.body, "my.salesforce.com/local") {
		t.Error("a link to Salesforce for a record that is not there")
	}
	b.get("/contacts").want(http.StatusOK, "Newcomer")
}
