package handlers

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/settings"
)

// AVC-11, AVC-16 to AVC-20 (AVC-19: why a field is not in the list): the objects that pass the four tests are offered,
// the phone field appears once one is chosen, and what cannot be is refused.
func TestWhereActivitiesGoIsChosen_AVC16(t *testing.T) {
	w := newWorld(t)
	admin := w.as(home, gateway.RoleAdmin)
	path := settingsBase + "/contacts"
	w.saveOrg(gateway.TabObjects, func(s *gateway.Settings) { s.Objects.Added = []string{"Visit__c"} })
	visit := visitSchema
	visit.FeedEnabled = false
	must(t, w.db.In(home).SaveSchemas(t.Context(), []gateway.Schema{visit}))
	if page := admin.get(path); strings.Contains(page.body, `value="Visit__c"`) || strings.Contains(page.body, "Customize Object Phone Field") {
		t.Error("AVC-16 an object that fails a test is offered, or AVC-18 the phone field is shown under Default")
	}
	form := admin.get(path).form(path)
	form.Set("activity_object", "Visit__c")
	admin.post(path, form).want(http.StatusUnprocessableEntity, "Activities cannot go to Visit__c")
	admin.get(settingsBase+"/objects/Visit__c").want(http.StatusOK, "Switch feed tracking on in Setup")

	visit.FeedEnabled = true
	visit.Fields = append(slices.Clone(visit.Fields), gateway.Field{Name: "Night__c", Label: "Night number", Type: gateway.TypePhone, Createable: true, Updateable: true, Custom: true})
	must(t, w.db.In(home).SaveSchemas(t.Context(), []gateway.Schema{visit}))
	admin.get(settingsBase+"/objects/Visit__c").want(http.StatusOK, "All four hold.", "Choose it on the Contacts tab")
	form = admin.get(path).form(path)
	form.Set("activity_object", "Visit__c")
	admin.review(path, form).want(http.StatusSeeOther)
	form = admin.get(path).want(http.StatusOK, "Customize Object Phone Field", "Night number").form(path)
	if form.Get("phone_field") != "Phone__c" {
		t.Errorf("AVC-18 the first phone field is %q", form.Get("phone_field"))
	}
	form.Set("phone_field", "Summary__c")
	admin.post(path, form).want(http.StatusUnprocessableEntity, "no searchable field Summary__c of the type Phone")
	form.Set("phone_field", "Night__c")
	admin.review(path, form).want(http.StatusSeeOther)
	if c := w.contactSettings(); c.ActivityObject != "Visit__c" || c.PhoneField != "Night__c" {
		t.Errorf("saved %+v", c)
	}
	form = admin.get(path).form(path)
	form.Set("activity_object", "")
	admin.review(path, form).want(http.StatusSeeOther)
	if c := w.contactSettings(); c.ActivityObject != "" || c.PhoneField != "" {
		t.Errorf("AVC-20 after Default: %+v", c)
	}
}

func (w *world) contactSettings() gateway.ContactsSettings {
	w.t.Helper()
	s := gateway.DefaultSettings()
	must(w.t, settings.Decode(&s, gateway.TabContacts, w.settings(gateway.OrgScope, gateway.TabContacts).Body))
	return s.Contacts
}
