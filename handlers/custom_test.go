package handlers

import (
	"net/http"
	"strings"
	"testing"

	"tidegate/gateway"
)

// DEM-04, DEM-28: a record of the product's own kind is kept while nothing is
// mapped, and its properties are offered on the page of an added object; once
// they are mapped it is written, once, and says what it became.
func TestARecordOfTheProductsOwnKindIsWritten_DEM04(t *testing.T) {
	w := newWorld(t)
	w.added(visitSchema)
	text, _ := w.apiKey(home, "write")
	b := w.product(text)
	put := func(body string) (got saidAnswer) {
		t.Helper()
		b.json("PUT", "/api/v1/custom/visit/v-1", body).want(http.StatusOK).decode(&got)
		return got
	}
	if got := put(`{"properties":{"what":"Saw the harbor","seats":4}}`); got.Salesforce.State != "local" || !strings.Contains(got.Salesforce.Reason, "An admin maps its properties") {
		t.Errorf("nothing is mapped: %+v", got)
	}
	admin := w.as(home, gateway.RoleAdmin)
	must(t, w.db.In(home).SaveMapping(t.Context(), gateway.Mapping{Object: "Visit__c", Field: "Summary__c", Imported: true, Editable: true}))
	path := settingsBase + "/objects/Visit__c"
	form := admin.get(path).want(http.StatusOK, "Its external id", "Create records where none matches").form(path)
	form.Add("switch_writeback", "on")
	form.Add("switch_create_missing", "on")
	form.Add("switch_update_fields", "on")
	form.Set("product_Summary__c", "custom.visit.what")
	confirm := admin.post(path, form).want(http.StatusOK, "Visit").form(path)
	if confirm.Has("password") {
		confirm.Set("password", password)
	}
	confirm.Set("confirm", "on")
	admin.post(path, confirm).want(http.StatusSeeOther)
	got := put(`{"properties":{"what":"Saw the harbor","seats":4}}`)
	if got.Salesforce.State != "written" || len(got.Salesforce.Links) != 1 || w.caller.count() != 1 {
		t.Fatalf("mapped: %+v, %d sent", got, w.caller.count())
	}
	last := w.caller.sent[0]
	if last.Key.Object != "Visit__c" || last.Fields["Summary__c"] != `"Saw the harbor"` {
		t.Errorf("sent %+v", last)
	}
	put(`{"properties":{"what":"Saw the harbor"}}`)
	if w.caller.count() != 1 {
		t.Errorf("the same again: %d sent", w.caller.count())
	}
	admin.get("/settings/salesforce/mappings").want(http.StatusOK, "what")
	admin.get("/sync/log?object=Visit__c").want(http.StatusOK, "Record of the kind “visit”")
}
