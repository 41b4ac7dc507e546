package handlers

import (
	"net/http"
	"net/url"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
)

// What a meeting created is deleted after the dry run has named it and the
// password was given again (M4, UX 20).
func TestWhatAMeetingCreatedIsDeletedByAdmins_M4(t *testing.T) {
	w := newWorld(t)
	text, _ := w.apiKey(home, "write")
	must(t, w.db.In(home).SaveSchemas(t.Context(), []gateway.Schema{{Object: "Event", Label: "Event", Createable: true, Updateable: true, Deletable: true, Fields: []gateway.Field{
		{Name: "Subject", Label: "Subject", Type: "string", Length: 255, Createable: true, Updateable: true},
	}}}))
	w.save(home, record(key("Contact", "003", 56), gateway.Fields{"LastName": gateway.Text("Lee"), "Email": gateway.Text("ann@customer.example")}))
	w.product(text).json("PUT", "/api/v1/meetings/m-1", meetingBody("Weekly", "Weekly")).want(http.StatusOK)
	rep, admin := w.as(home, gateway.RoleRep), w.as(home, gateway.RoleAdmin)
	at := undoCreatedBase + "?meeting=m-1"
	rep.get(at).want(http.StatusForbidden)
	if page := admin.get(undoBase+"?meeting=m-1").want(http.StatusOK, "Undo 1 record that was created", "Delete 1 record that was created"); !contains(page.body, `href="`+at+`"`) {
		t.Fatal("no way to delete what was created")
	}
	form := admin.get(at).want(http.StatusOK, "Delete 1 record in Salesforce", "Event “Weekly” goes to Salesforce's recycle bin.", "not made again").form(undoCreatedBase)
	form.Set("password", "wrong")
	admin.post(undoCreatedBase, form).want(http.StatusUnprocessableEntity, "not your present password", "Event “Weekly”")
	form.Set("password", password)
	admin.post(undoCreatedBase, form).want(http.StatusSeeOther)
	if !w.audited(home, "deleted 1 record that these writes created; took 0 values back") {
		t.Error("it is not in the audit log")
	}
	admin.get(at).want(http.StatusOK, "Undo 0 values")
	rep.post(undoCreatedBase, url.Values{"meeting": {"m-1"}}).want(http.StatusForbidden)
}

// What a write refers to goes by its name on the line's page, not by its id.
func TestLineNamesWhatItRefersTo_UX36(t *testing.T) {
	w := newWorld(t)
	text, _ := w.apiKey(home, "write")
	must(t, w.db.In(home).SaveSchemas(t.Context(), []gateway.Schema{{Object: "Event", Label: "Event", Createable: true, Updateable: true, Fields: []gateway.Field{
		{Name: "Subject", Label: "Subject", Type: "string", Length: 255, Createable: true, Updateable: true}, {Name: "WhoId", Label: "Name", Type: gateway.TypeReference, Createable: true, Updateable: true},
	}}}))
	w.save(home, record(key("Contact", "003", 56), gateway.Fields{"LastName": gateway.Text("Leefoot"), "Email": gateway.Text("ann@customer.example")}))
	w.product(text).json("PUT", "/api/v1/meetings/m-1", meetingBody("Weekly", "Weekly")).want(http.StatusOK)
	page, err := w.db.In(home).Log(t.Context(), store.LogQuery{Object: "Event", Direction: "out"})
	must(t, err)
	if len(page.Entries) != 1 || page.Entries[0].Entry.Fields["WhoId"].Empty() {
		t.Fatalf("lines %+v", page.Entries)
	}
	shown := w.as(home, gateway.RoleAdmin).get(logURL(page.Entries[0].Entry.ID)).want(http.StatusOK, "Leefoot")
	if contains(shown.body, key("Contact", "003", 56).ID) {
		t.Error("the id stands where the name is known")
	}
}
