package handlers

import (
	"context"
	"net/http"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/store"
)

// suspend makes mappings of a contact's fields stand still.
func (w *world) suspend(suspended map[string]gateway.Suspension) {
	w.t.Helper()
	in := w.db.In(home)
	for field, s := range suspended {
		m := gateway.Mapping{Object: "Contact", Field: field, Editable: true, Imported: true, By: "Ada Admin", FieldType: "string"}
		must(w.t, in.SaveMapping(w.t.Context(), m))
		m.Suspended = s
		must(w.t, in.InTx(w.t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.SuspendMappings(ctx, []gateway.Mapping{m}) }))
	}
}

// F-26: the object's page, the list of objects and the health sentence say which
// mapping stands still, why and what to do; an edit of it is refused with that
// reason; importing again ends it.
func TestSuspendedMappingIsExplained(t *testing.T) { // F-26, AVM-57, AVM-58, UX 22, UX 27
	w := newWorld(t)
	w.suspend(map[string]gateway.Suspension{
		"Hull__c":    {Cause: mapping.CauseGone, Why: "Salesforce no longer shows Hull__c.", At: w.clock.now()},
		"Department": {Cause: mapping.CauseRetyped, Why: "Its type changed.", At: w.clock.now()},
	})
	admin, rep := w.as(home, gateway.RoleAdmin), w.as(home, gateway.RoleRep)
	page := settingsBase + "/objects/Contact"
	admin.get(page+"?show=broken").want(http.StatusOK, "Broken 2", "Salesforce no longer shows Hull__c.", "Its type changed.", "Import Department again", "Suspended; the other fields go on.", "Permissions read", "Read again")
	if got := admin.get(page + "?show=broken").words(); contains(got, "MobilePhone") {
		t.Error("the filter shows fields that are not suspended")
	}
	admin.get(page).want(http.StatusOK, "Hull__c", "Suspended since", "Phone")
	admin.get(settingsBase+"/objects").want(http.StatusOK, "2 mappings are suspended.", "Contact.Hull__c", "Partly suspended")
	admin.get("/").want(http.StatusOK, "2 field mappings are suspended")
	rep.get(annPath+"/why?field=Department").want(http.StatusOK, "is read-only here", "Its type changed.")

	admin.post(page+"/describe", admin.get(page).form(page+"/describe")).want(http.StatusSeeOther).wantLocation(page + "?saved=described")
	again := page + "/import?field=Department"
	admin.post(again, admin.get(again).want(http.StatusOK, "Import Department again", "goes on from now").form(again)).want(http.StatusSeeOther).wantLocation(page + "?saved=imported")
	left, err := w.db.In(home).SuspendedMappings(t.Context())
	must(t, err)
	if len(left) != 1 || left[0].Field != "Hull__c" {
		t.Errorf("suspended %+v", left)
	}
	gone := page + "/import?field=Hull__c"
	if got := admin.post(gone, admin.get(gone).want(http.StatusOK, "Salesforce is asked for the field again").form(gone)); got.status != http.StatusConflict {
		t.Errorf("a field that is still gone: %d", got.status)
	}
	if got := admin.get(page + "/import?field=Nothing__c"); got.status != http.StatusNotFound {
		t.Errorf("a field that nobody mapped: %d", got.status)
	}
	if !w.audited(home, "imported the field Department again") {
		t.Error("nobody wrote down who imported")
	}
}
