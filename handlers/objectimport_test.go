package handlers

import (
	"net/http"
	"testing"
	"time"

	"tidegate/gateway"
)

// AVM-27, AVM-28, UX-26: several at once, under the importer's name, in the table with
// the next page.
func TestFieldsAreImportedTogether_AVM27_AVM28(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	list := contactPage + "/properties"
	page := b.get(list).want(http.StatusOK, "Import Properties", "Lead Source", "Importer: Ada Admin")
	if contains(page.body, `value="Title"`) {
		t.Error("an imported field is offered")
	}
	// What was ticked stays ticked while somebody searches on.
	found := b.get(list+"?q=lead&field=DoNotCall").want(http.StatusOK, "Lead Source", "Do Not Call")
	form := found.form(list)
	if got := form["field"]; len(got) != 1 || got[0] != "DoNotCall" {
		t.Errorf("ticked %v", got)
	}
	form.Add("field", "LeadSource")
	b.post(list, form).want(http.StatusSeeOther).wantLocation(contactPage + "?saved=fields")
	now := w.mappingsNow("Contact")
	for _, name := range []string{"DoNotCall", "LeadSource"} {
		if m := now[name]; !m.Imported || m.By != "Ada Admin" || m.FieldType == "" || m.Editable {
			t.Errorf("%s: %+v", name, m)
		}
	}
	b.get(contactPage).want(http.StatusOK, "Lead Source", "Do Not Call", "Ada Admin")
	if !w.audited(home, "Ada Admin imported fields of Contact") {
		t.Error("not audited")
	}
	// All or none.
	form["field"] = []string{"Description", "Nowhere__c"}
	b.post(list, form).want(http.StatusUnprocessableEntity)
	if _, imported := w.mappingsNow("Contact")["Description"]; imported {
		t.Error("half of a refused import is there")
	}
	form["field"] = []string{"LeadSource"}
	b.post(list, form).want(http.StatusConflict)
	form.Del("field")
	b.post(list, form).want(http.StatusUnprocessableEntity, "Tick at least one field")
	w.as(home, gateway.RoleRep).get(list).want(http.StatusForbidden)
}

func TestAnImportedFieldIsRemoved(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	remove := contactPage + "/remove?field=Title"
	form := b.get(remove).want(http.StatusOK, "Remove Title", "Nothing changes in Salesforce.").form(remove)
	b.post(remove, form).want(http.StatusSeeOther).wantLocation(contactPage + "?saved=field-removed")
	if _, still := w.mappingsNow("Contact")["Title"]; still {
		t.Error("it is still there")
	}
	b.get(remove).want(http.StatusNotFound)
	b.post(remove, form).want(http.StatusNotFound)
	b.get(contactPage+"/properties").want(http.StatusOK, "Title")
}

func TestThePageTellsWhyAFieldIsReadOnly_AVM56_UX27(t *testing.T) {
	w := newWorld(t)
	for i := range schemas {
		if schemas[i].Object != "Contact" {
			continue
		}
		s := schemas[i]
		s.Updateable = true
		s.Fields = append([]gateway.Field{{Name: "Secured__c", Label: "Secured", Type: "string", Permissionable: true, Nillable: true}}, s.Fields...)
		must(t, w.db.In(home).SaveSchemas(t.Context(), []gateway.Schema{s}))
	}
	rep := w.as(home, gateway.RoleRep)
	w.as(home, gateway.RoleAdmin).get(contactPage+"?show=all").want(http.StatusOK, "Secured", "Read-only", "Why?")
	rep.get(contactPage+"/why?field=Secured__c").want(http.StatusOK, "Field-level security makes it read-only", "Set Field-Level Security", "What is missing: field permission “Edit Access” on Contact.Secured__c", "Open Setup", "Do profile and permission sets let the connected user edit Contact? Yes", "Does field-level security let the connected user edit the field? No",
		"not which profile, permission set or group would have to allow it. Setup names them: Users › the connected user › View Summary")
	rep.get(contactPage+"/why?field=Title").want(http.StatusOK, "can be written in Salesforce", "not which profile or permission set allows it. Setup names them")
	rep.get(contactPage + "/why?field=Nowhere__c").want(http.StatusNotFound)
}

// AVM-56: an admin's page names the profile and the permission sets, asks
// Salesforce once in a while, and says where Setup tells it when Salesforce does not.
func TestThePageNamesWhatGivesARight_AVM56_UX27(t *testing.T) {
	w := newWorld(t)
	for _, s := range schemas {
		if s.Object == "Contact" {
			s.Updateable = true
			s.Fields = append([]gateway.Field{{Name: "Secured__c", Label: "Secured", Type: "string", Permissionable: true, Nillable: true}}, s.Fields...)
			must(t, w.db.In(home).SaveSchemas(t.Context(), []gateway.Schema{s}))
		}
	}
	w.org.sources = map[string][]gateway.RightSource{"Contact.Secured__c": {
		{ID: "0PS1", Label: "Integration <b>", Profile: true, Assigned: true, Read: true}, {ID: "0PS2", Label: "Contact Full Access", Read: true, Edit: true},
	}}
	admin, rep := w.as(home, gateway.RoleAdmin), w.as(home, gateway.RoleRep)
	page := contactPage + "/why?field=Secured__c"
	rep.get(page).want(http.StatusOK, "Field-level security makes it read-only", "Setup names them")
	if w.org.asked != 0 {
		t.Error("a rep’s page asked Salesforce")
	}
	for range 2 {
		admin.get(page).want(http.StatusOK, "The connected user’s profile Integration <b> has Read but not Edit on Contact.Secured__c.", "Profile Integration <b>, which the connected user has No",
			"Permission set Contact Full Access, which the connected user does not have Yes", "Setup › Permission Sets › Contact Full Access › Manage Assignments")
	}
	if w.org.asked != 1 {
		t.Errorf("two looks asked Salesforce %d times", w.org.asked)
	}
	admin.post(contactPage+"/describe", admin.get(page).form(contactPage+"/describe"))
	admin.get(page).want(http.StatusOK, "has Read but not Edit")
	if w.org.asked != 2 {
		t.Errorf("after “Read again” Salesforce was asked %d times", w.org.asked)
	}
	w.clock.forward(3 * time.Minute)
	w.org.rightsErr = gateway.Errorf(gateway.CodeSFDown, "down")
	admin.get(page).want(http.StatusOK, "Field-level security makes it read-only", "did not tell just now", "View Setup and Configuration", "Setup names them")
}

// AVM-58, DEM-29: the list of what is mapped, with what needs a look, as a page
// and as a file.
func TestMappedFieldsAreListedAndExported_DEM29_AVM58(t *testing.T) {
	w := newWorld(t)
	w.suspend(map[string]gateway.Suspension{"Hull__c": {Cause: "gone", Why: "Salesforce no longer shows Hull__c.", At: w.clock.now()}})
	b := w.as(home, gateway.RoleAdmin)
	b.get(settingsBase+"/objects").want(http.StatusOK, "Start small", "Quarterly audit")
	page := b.get(mappingsURL).want(http.StatusOK, "Contact.Title", "Contact.Hull__c", "Salesforce no longer shows Hull__c.", "1 needs a look", "Bidirectional")
	if broken := b.get(mappingsURL+"?show=broken").want(http.StatusOK, "Contact.Hull__c"); contains(broken.words(), "Contact.Title") {
		t.Error("the audit lists what is sound")
	}
	file := b.post(mappingsURL+"/export", page.form(mappingsURL+"/export")).want(http.StatusOK, "object,field,label", "Contact,Title,Title")
	if !contains(file.header.Get("Content-Disposition"), "attachment") || !w.audited(home, "Ada Admin exported the list of mapped fields") {
		t.Error("no audited file")
	}
}

// UX 29, DEM-22, DEM-17: what to look at stands on the object's page.
func TestAnObjectPageAdvises_UX29(t *testing.T) {
	w := newWorld(t)
	must(t, w.db.In(home).SaveMapping(t.Context(), gateway.Mapping{Object: "Contact", Field: "CreatedById", Imported: true}))
	b := w.as(home, gateway.RoleAdmin)
	b.get(contactPage).want(http.StatusOK, "1 mapped field is used by nothing", "CreatedById", "In 30 days that brought 0 changes", "Nobody has chosen who wins", "travel both ways")
	if page := b.get(contactPage+"?show=unused").want(http.StatusOK, "CreatedById"); contains(page.body, `name="editable_Title"`) {
		t.Error("a used field among the unused")
	}
}
