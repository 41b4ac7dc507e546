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

// AVC-16: an object of the org that passes the four tests is offered though it
// takes no part yet; choosing it adds it in the same save, which the review
// tells, with its phone field. What fails is not offered and says which test,
// and where it is switched on.
func TestAnObjectThatTakesNoPartIsOffered_AVC16(t *testing.T) {
	w := newWorld(t)
	admin := w.as(home, gateway.RoleAdmin)
	path := settingsBase + "/contacts"
	guest := visitSchema
	guest.Object, guest.Label, guest.KeyPrefix, guest.FeedEnabled = "Guest__c", "Guest", "a02", true
	guest.Fields = append(slices.Clone(guest.Fields), gateway.Field{Name: "Night__c", Label: "Night number", Type: gateway.TypePhone, Createable: true, Updateable: true, Custom: true})
	mute := guest
	mute.Object, mute.Label, mute.Activities, mute.Fields = "Mute__c", "Mute", false, visitSchema.Fields[:1]
	w.org.described = []gateway.Schema{guest, mute}
	w.org.more = []gateway.ObjectInfo{
		{Name: "Guest__c", Label: "Guest", Custom: true, Createable: true, Searchable: true, FeedEnabled: true},
		{Name: "Mute__c", Label: "Mute", Custom: true, Createable: true, Searchable: true, FeedEnabled: true},
	}
	page := admin.get(path).want(http.StatusOK, "Which objects are missing here, and why",
		"Add a field of the type Phone to Mute__c in Setup, Object Manager", "Switch “Allow Activities” on in Setup, Object Manager, Mute__c, Edit.",
		"Switch feed tracking on in Setup, Feed Tracking, Visit__c.", "Look again in Salesforce")
	if !strings.Contains(page.body, `value="Guest__c"`) || strings.Contains(page.body, `value="Mute__c"`) || strings.Contains(page.body, `value="Visit__c"`) {
		t.Error("not exactly those that pass are offered")
	}
	if first := strings.Index(page.body, "Default (Lead or Contact)"); first < 0 || first > strings.Index(page.body, `value="Guest__c"`) {
		t.Error("the first entry is not Default")
	}
	form := page.form(path)
	form.Set("activity_object", "Mute__c")
	admin.post(path, form).want(http.StatusUnprocessableEntity, "Activities cannot go to Mute__c.", "Allow Activities")
	form.Set("activity_object", "Nowhere__c")
	admin.post(path, form).want(http.StatusUnprocessableEntity, "the connected user sees no such object")

	form.Set("activity_object", "Guest__c")
	review := admin.post(path, form).want(http.StatusOK, "Guest__c is added", "Guest__c › Sync to Salesforce", "Guest__c › Create when missing", "takes part from now on", "Customize Object Phone Field", "Night number")
	if w.settings(gateway.OrgScope, gateway.TabContacts).Revision > 0 || slices.Contains(w.saved().Objects.Added, "Guest__c") {
		t.Error("the review saved something")
	}
	save := agreed(review.form(path))
	save.Set("phone_field", "Night__c")
	admin.post(path, save).want(http.StatusSeeOther)
	if c := w.contactSettings(); c.ActivityObject != "Guest__c" || c.PhoneField != "Night__c" {
		t.Errorf("saved %+v", c)
	}
	if o := w.saved().Objects; !slices.Contains(o.Added, "Guest__c") || !o.Writeback["Guest__c"] || !o.CreateMissing["Guest__c"] {
		t.Errorf("objects %+v", o)
	}
	load, err := w.db.In(home).Backfill(t.Context(), "Guest__c")
	if err != nil || !load.Open() {
		t.Errorf("its first reading is %+v %v", load, err)
	}
	if !slices.Contains(w.org.log(), "refresh") || !w.audited(home, "Ada Admin added the object Guest__c") {
		t.Error("not described before it was saved, or not audited")
	}
	admin.get(settingsBase+"/objects/Guest__c").want(http.StatusOK, "All four hold.")
	admin.get(settingsBase+"/objects/Guest__c/leave").want(http.StatusConflict, "Activities go to Guest__c. Choose another object on the Contacts tab first")

	// Another save of the tab adds nothing, and an org that does not answer
	// leaves those that take part to choose from.
	w.org.candidatesErr = gateway.Errorf(gateway.CodeSFUnavailable, "Salesforce did not answer.")
	form = admin.get(path).want(http.StatusOK, "Guest", "Salesforce did not answer.").form(path)
	form.Set("cap_meeting", "7")
	admin.review(path, form).want(http.StatusSeeOther)
	if added := w.saved().Objects.Added; len(added) != 1 {
		t.Errorf("added %v", added)
	}
}

func (w *world) contactSettings() gateway.ContactsSettings {
	w.t.Helper()
	s := gateway.DefaultSettings()
	must(w.t, settings.Decode(&s, gateway.TabContacts, w.settings(gateway.OrgScope, gateway.TabContacts).Body))
	return s.Contacts
}

// decided decides who wins for each kind of data.
func (w *world) decided() {
	w.t.Helper()
	w.saveOrg(gateway.TabAdvanced, func(s *gateway.Settings) {
		s.Advanced.Conflicts = map[gateway.DataType]gateway.Winner{}
		for _, kind := range gateway.DataTypes {
			s.Advanced.Conflicts[kind] = gateway.WinnerRecent
		}
	})
}
