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
	admin.get("/custom").want(http.StatusOK, "v-1", "1 written")
	page := admin.get("/custom/visit/v-1").want(http.StatusOK, "Visit__c", "Written", "Open in Salesforce", "Fields of Visit__c are filled from records of the kind “visit”.")
	for target, says := range map[string]string{"/sync/log?custom=visit%3Av-1": "Create Visit__c", "/sync/undo?custom=visit%3Av-1": "Delete 1 record that was created"} {
		if !contains(page.body, `href="`+target+`"`) {
			t.Errorf("the page does not lead to %s", target)
		}
		admin.get(target).want(http.StatusOK, says)
	}
	log := admin.get("/sync/log?custom=visit%3Av-1").want(http.StatusOK, "One record of the product", "Record of the kind “visit”")
	admin.get("/sync/log?custom=visit%3Av-2").want(http.StatusOK, "Nothing found")
	admin.get("/sync/log?custom=v-1").want(http.StatusOK, "Nothing found")
	admin.get("/sync/log/"+strings.TrimPrefix(log.rows()[0], "log-")).want(http.StatusOK, "Because of", "visit v-1")
	admin.get("/sync/again?check=1&kind=custom%3A").want(http.StatusOK, "Custom records", "1 thing")
}

// UX 39, DEM-28: the records of the product's own kinds are listed, a kind at a
// time, with where each went and why not; each has a page.
func TestRecordsOfTheProductsOwnKindsAreListed_UX39(t *testing.T) {
	w := newWorld(t)
	b, foreigner := w.as(home, gateway.RoleRep), w.as(foreign, gateway.RoleRep)
	b.get("/custom").want(http.StatusOK, "Records of your product’s own kinds will appear here")
	text, _ := w.apiKey(home, "write")
	product := w.product(text)
	w.said(home, "m-1")
	product.json("PUT", "/api/v1/custom/risk/r-1", `{"properties":{"what":"No <budget>","level":3,"seen":null},"meeting_external_id":"m-1","opportunity_id":"`+dealOf(home).ID+`"}`).want(http.StatusOK)
	product.json("PUT", "/api/v1/custom/risk/r%2F2", `{"properties":{},"meeting_external_id":"m-9","owner_email":"rita@example.com"}`).want(http.StatusOK)
	product.json("PUT", "/api/v1/custom/visit/r-1", `{"properties":{"where":"Harbor"}}`).want(http.StatusOK)

	list := b.get("/custom").want(http.StatusOK, "2 records", "level: 3 and what: No <budget>", "1 left out", "no field of an object is filled from records of the kind “risk”", "Kind", "visit", "Meetings")
	if got := strings.Join(list.rows(), " "); got != "r/2 r-1" {
		t.Errorf("rows %q", got)
	}
	for target, want := range map[string]string{"/custom?kind=visit": "r-1 m-1", "/custom?kind=risk&q=BUDGET": "r-1", "/custom?kind=risk&q=harbor": ""} {
		if got := strings.Join(b.get(target).want(http.StatusOK).rows(), " "); got != want {
			t.Errorf("%s: rows %q, want %q", target, got, want)
		}
	}
	if got := b.get("/custom?kind=visit&q=zzz").want(http.StatusOK, "Nothing found"); !contains(got.body, `href="/custom?kind=visit"`) {
		t.Error("showing all leads to another kind")
	}
	b.get("/custom?kind=none").want(http.StatusNotFound, "The product has told of no record of the kind “none”")
	b.get("/custom/risk/r-1").want(http.StatusOK, "A record of the kind “risk”", "what: No <budget>", "seen: none", "Weekly", "An admin maps its properties")
	b.get("/custom/risk/r%2F2").want(http.StatusOK, "It has none.", "m-9", "The product has not told of it yet.", "rita@example.com")
	b.get("/custom/risk/none").want(http.StatusNotFound)
	b.get("/custom/RISK/r-1").want(http.StatusNotFound)
	foreigner.get("/custom/risk/r-1").want(http.StatusNotFound)
	foreigner.get("/custom").want(http.StatusOK, "will appear here")
}
