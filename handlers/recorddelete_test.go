package handlers

import (
	"net/http"
	"net/url"
	"testing"

	"tidegate/gateway"
)

// A record is deleted on its page after it was said what goes with it and the
// password was given again; everybody else is told why not (F-47, UX 20).
func TestRecordIsDeletedOnItsPage_F47(t *testing.T) {
	w, _ := describedWorld(t)
	rep, admin := w.as(home, gateway.RoleRep), w.as(home, gateway.RoleAdmin)
	record := "/contacts/" + exampleID
	at := record + "/delete"
	if page := admin.get(record).want(http.StatusOK, "Delete this contact"); !contains(page.body, `href="`+at+`"`) {
		t.Fatal("F-47: no way to delete it")
	}
	rep.get(at).want(http.StatusOK, "It is not deleted from here", "Only an admin deletes records.", "Back to Ferrow")
	rep.post(at, url.Values{"password": {password}}).want(http.StatusForbidden)

	form := admin.get(at).want(http.StatusOK, "Delete “Ferrow” in Salesforce", "goes to Salesforce's recycle bin", "“linked” here: matched by e-mail", "That link breaks", "Your password").form(at)
	form.Set("password", "wrong")
	admin.post(at, form).want(http.StatusUnprocessableEntity, "not your present password", "That link breaks")
	if _, waits := w.pending(gateway.RecordKey{Object: "Contact", ID: exampleID}); waits || w.audited(home, "deleted a record in Salesforce") {
		t.Fatal("F-47: deleted without the password")
	}
	w.caller.script(func(gateway.Change) gateway.Delivery {
		return gateway.Delivery{Err: gateway.Errorf(gateway.CodeSFDown, "Salesforce is not answering.")}
	})
	form.Set("password", password)
	admin.post(at, form).want(http.StatusSeeOther).wantLocation(record + "?saved=deleted")
	if c, waits := w.pending(gateway.RecordKey{Object: "Contact", ID: exampleID}); !waits || c.Op != gateway.OpDelete {
		t.Errorf("F-47: the deletion is not owed: %+v", c)
	}
	if !w.audited(home, "deleted a record in Salesforce") {
		t.Error("F-47: it is not in the audit log")
	}
	admin.get(record+"?saved=deleted").want(http.StatusOK, "Deleted here; Salesforce is told next.")
	if contains(admin.get(record).body, at) {
		t.Error("F-47: what is deleted is offered for deletion")
	}
	admin.get("/sync/log?record="+exampleID).want(http.StatusOK, "Delete", "Delete on the contact page")
	admin.get(at).want(http.StatusOK, "It is not deleted from here", "It was deleted here already")
}

// What is not ours is not offered, with the reason and what to do (F-47).
func TestWhatIsNotOursIsNotDeletedHere_F47(t *testing.T) {
	w, _ := describedWorld(t)
	admin := w.as(home, gateway.RoleAdmin)
	for at, why := range map[string]string{
		"/contacts/" + contactOf(home).ID: "neither created from here nor is anything linked to it. Delete it in Salesforce.",
		"/leads/" + leadOf(home).ID:       "Salesforce does not let the connected user delete Lead records.",
	} {
		admin.get(at+"/delete").want(http.StatusOK, "It is not deleted from here", why)
		admin.post(at+"/delete", url.Values{"password": {password}}).want(http.StatusForbidden, why)
	}
	admin.get("/contacts/" + contactOf(foreign).ID + "/delete").want(http.StatusNotFound)
}
