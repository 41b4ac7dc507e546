package handlers

import (
	"net/http"
	"slices"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/settings"
)

var visitSchema = gateway.Schema{
	Object: "Visit__c", Label: "Visit", LabelPlural: "Visits", KeyPrefix: "a01", Createable: true, Updateable: true, Searchable: true, Activities: true,
	Fields: []gateway.Field{
		{Name: "Name", Label: "Visit Name", Type: "string", Length: 80, Createable: true, Updateable: true, Nillable: true},
		{Name: "Phone__c", Label: "Phone", Type: gateway.TypePhone, Createable: true, Updateable: true, Nillable: true, Custom: true},
		{Name: "Summary__c", Label: "Summary", Type: gateway.TypeTextarea, Length: 4000, Createable: true, Updateable: true, Nillable: true, Custom: true},
	},
}

func visitOf(ws gateway.WorkspaceID) gateway.RecordKey { return key("Visit__c", "a01", numberOf(ws)) }

// STA-07: a record of an added object is listed, shown and edited, and the edit
// goes to Salesforce under the same three conditions.
func TestARecordOfAnAddedObjectIsEdited_STA07(t *testing.T) {
	w := newWorld(t)
	w.decided()
	w.added(visitSchema)
	w.save(home, record(visitOf(home), gateway.Fields{"Name": gateway.Text("Harbor tour"), "Summary__c": gateway.Text("Fine"), "Phone__c": gateway.Null}))
	rep := w.as(home, gateway.RoleRep)
	page := recordsBase + "Visit__c/" + visitOf(home).ID
	must(t, w.db.In(home).SaveMapping(t.Context(), gateway.Mapping{Object: "Visit__c", Field: "Summary__c", Imported: true, Editable: true, DisplayName: "What was said"}))
	rep.get(recordsBase+"Visit__c").want(http.StatusOK, "Visits", "Harbor tour", "Fine")
	rep.get(page).want(http.StatusOK, "Harbor tour", "What was said", "Read-only")
	rep.get(page+"/why?field=Summary__c").want(http.StatusOK, "It is switched off on the object's page.")
	admin := w.as(home, gateway.RoleAdmin)
	path := settingsBase + "/objects/Visit__c"
	form := admin.get(path).want(http.StatusOK, "Records").form(path)
	form.Add("switch_writeback", "on")
	review := admin.post(path, form).want(http.StatusOK)
	confirm := review.form(path)
	if confirm.Has("password") {
		confirm.Set("password", password)
	}
	if contains(review.body, `name="confirm"`) {
		confirm.Set("confirm", "on")
	}
	admin.post(path, confirm).want(http.StatusSeeOther)
	edit := rep.get(page + "?edit=Summary__c").want(http.StatusOK).form(page)
	edit.Set("value", "Even better")
	rep.post(page, edit).want(http.StatusSeeOther)
	if sent := w.caller.count(); sent != 1 {
		t.Errorf("%d writes", sent)
	}
	rep.get(recordsBase + "Case").want(http.StatusNotFound)
	rep.get(recordsBase + "Visit__c/a01000000000999").want(http.StatusNotFound)
}

// added makes an object of the org take part.
func (w *world) added(s gateway.Schema) {
	w.t.Helper()
	in := w.db.In(home)
	must(w.t, in.SaveSchemas(w.t.Context(), []gateway.Schema{s}))
	rows, err := in.Settings(w.t.Context(), gateway.OrgScope)
	must(w.t, err)
	now := w.saved()
	now.Objects.Added = append(now.Objects.Added, s.Object)
	body, err := settings.Encode(now, gateway.TabObjects)
	must(w.t, err)
	_, err = in.SaveSetting(w.t.Context(), gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabObjects, Body: body}, rows[gateway.TabObjects].Revision)
	must(w.t, err)
}

// DEM-04, AVM-19: any object of the org takes part on the same pages.
func TestACustomObjectIsAddedAndRemoved_DEM04(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	b.get(settingsBase+"/objects").want(http.StatusOK, "Add object")
	page := b.get(addURL).want(http.StatusOK, "Visit__c", "Case")
	if contains(page.words(), "Contact Can edit") {
		t.Error("an object that takes part is offered")
	}
	b.get(addURL+"?q=nothing-like-it").want(http.StatusOK, "No object fits")
	add := addURL + "?object=Visit__c"
	form := b.get(add).want(http.StatusOK, "Add Visit", "“Sync to Salesforce” is off until you switch it on.").form(add)
	must(t, w.db.In(home).SaveSchemas(t.Context(), []gateway.Schema{visitSchema})) // as the scripted refresh would
	path := settingsBase + "/objects/Visit__c"
	b.post(add, form).want(http.StatusSeeOther).wantLocation(path + "?saved=added")
	if !slices.Contains(w.saved().Objects.Mirrored(), "Visit__c") || w.saved().Objects.Writeback["Visit__c"] {
		t.Errorf("settings %+v", w.saved().Objects)
	}
	load, err := w.db.In(home).Backfill(t.Context(), "Visit__c")
	if err != nil || !load.Open() {
		t.Errorf("its first reading is %+v %v", load, err)
	}
	if !w.audited(home, "Ada Admin added the object Visit__c") {
		t.Error("not audited")
	}
	b.post(add, form).want(http.StatusNotFound) // twice is once
	b.get(settingsBase+"/objects").want(http.StatusOK, "Visit", "Visit__c")

	// Nothing is imported yet: that is said, and its switches can be saved all the same.
	empty := b.get(path).want(http.StatusOK, "No field is imported yet", "Import Properties").form(path)
	empty.Add("switch_writeback", "on")
	b.post(path, empty).want(http.StatusOK, "Review 1 change before it takes effect", "Sync to Salesforce")

	// AVC-12 to AVC-15: its feed is not tracked.
	b.get(path+"?show=all").want(http.StatusOK, "Can activities go here instead of Leads and Contacts?", "Is its feed tracked? yes no", "Feed Tracking")
	// STA-07, STA-08: the switch, with the confirmation that writeback is on.
	form = b.get(path + "?show=all").form(path + "?show=all")
	if form.Has("product_Summary__c") {
		t.Error("a source is offered that writes nothing to this object")
	}
	form.Set("direction_Summary__c", "outbound")
	form.Add("editable_Summary__c", "on")
	form.Add("switch_writeback", "on")
	b.review(path+"?show=all", form).want(http.StatusSeeOther).wantLocation(path + "?saved=writeback")
	b.get(path+"?saved=writeback").want(http.StatusOK, "Writeback is enabled")
	if m := w.mappingsNow("Visit__c")["Summary__c"]; m.Direction != "outbound" || !m.Editable || !w.saved().Objects.Writeback["Visit__c"] {
		t.Errorf("mapping %+v", m)
	}
	b.get(path).want(http.StatusOK, "Outbound", "An admin chose it.") // DEM-28

	leave := path + "/leave"
	b.post(leave, b.get(leave).want(http.StatusOK, "Nothing changes in Salesforce.", "The mapping of its 1 field stays").form(leave)).want(http.StatusSeeOther)
	b.get(path).want(http.StatusNotFound)
	if slices.Contains(w.saved().Objects.Mirrored(), "Visit__c") || len(w.mappingsNow("Visit__c")) != 1 {
		t.Error("not removed, or its mapping is lost")
	}
	b.get(settingsBase + "/objects/Contact/leave").want(http.StatusNotFound)
	w.as(home, gateway.RoleRep).get(addURL).want(http.StatusForbidden)
}
