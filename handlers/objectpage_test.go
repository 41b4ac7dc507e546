package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/mapping"
)

const contactPage = settingsBase + "/objects/Contact"

// mappingsNow are the mappings of an object by field.
func (w *world) mappingsNow(object string) map[string]gateway.Mapping {
	w.t.Helper()
	rows, err := w.db.In(home).Mappings(w.t.Context(), object)
	must(w.t, err)
	out := map[string]gateway.Mapping{}
	for _, m := range rows {
		out[m.Field] = m
	}
	return out
}

// Every control of a field's line, without a script: nothing has an effect
// before the review is confirmed, then all of it at once (AVM-25, AVM-30,
// STA-02, STA-03, STA-06, AIM-10).
func TestEveryControlOfAnObjectIsReviewedAndSaved_AVM30(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	form := b.get(contactPage).want(http.StatusOK, "Is “Sync to Salesforce” on for the object?", "Action Items", "Review changes").form(contactPage)
	before := w.mappingsNow("Contact")
	form.Set("product_Title", "topic:action-items")
	form.Set("mode_Title", mapping.Append)
	form.Set("winner_Title", string(gateway.WinnerAsk))
	form.Set("display_Title", "Role")
	form.Set("default_Title", "Buyer")
	form.Set("direction_Phone", mapping.Inbound)
	off(form, "editable_Email", "on")
	off(form, "switch_update_fields", "on")
	review := b.post(contactPage, form).want(http.StatusOK, "Nothing is saved yet.", "Review 8 changes",
		"Product Property", "Action Items", "The direction becomes Outbound", "Save Changes & Start Syncing", "Display name")
	if now := w.mappingsNow("Contact"); now["Title"] != before["Title"] || !w.saved().Objects.UpdateFields["Contact"] {
		t.Fatalf("in force before it was confirmed: %+v", now["Title"])
	}
	b.post(contactPage, review.form(contactPage)).want(http.StatusSeeOther).wantLocation(contactPage + "?saved=object")
	now := w.mappingsNow("Contact")
	title := now["Title"]
	if title.Topic != "action-items" || title.WriteMode != mapping.Append || title.Winner != gateway.WinnerAsk || title.DisplayName != "Role" ||
		title.Default != "Buyer" || title.ChangedBy != "Ada Admin" || title.Revision != 2 || title.By != before["Title"].By {
		t.Errorf("title %+v", title)
	}
	if now["Phone"].Direction != mapping.Inbound || now["Email"].Editable || now["LastName"] != before["LastName"] {
		t.Errorf("mappings %+v", now)
	}
	if s := w.saved().Objects; s.UpdateFields["Contact"] || !s.UpdateFields["Lead"] || !s.Writeback["Contact"] {
		t.Errorf("switches %+v", s)
	}
	page := b.get(contactPage).want(http.StatusOK, "Role", "Title in Salesforce", "A Smart Topic is mapped to it.")
	if f := page.form(contactPage); f.Get("product_Title") != "topic:action-items" || f.Get("mode_Title") != mapping.Append || f.Get("direction_Phone") != mapping.Inbound {
		t.Errorf("shown again as %v", f)
	}
	if !w.audited(home, "Ada Admin changed the fields of Contact") {
		t.Error("not audited")
	}
	b.get("/contacts/"+contactOf(home).ID+"/why?field=Email").want(http.StatusOK, "Is the field Editable? No Editable is off for this field.")
	if !contains(b.post(contactPage, b.get(contactPage).form(contactPage)).header.Get("Location"), "saved=nothing") {
		t.Error("an unchanged form is no change")
	}
}

// A choice on a field that was not imported imports it, under the admin's name.
func TestChoosingImportsAField_AVM27(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	all := contactPage + "?show=all"
	form := b.get(all).want(http.StatusOK, "Lead Source").form(all)
	if form.Has("editable_CreatedById") || form.Has("product_CreatedById") {
		t.Error("a field that cannot be written has controls")
	}
	form.Set("product_LeadSource", "topic:competitors")
	form.Add("editable_CreatedById", "on") // there is no switch for it
	b.review(all, form).want(http.StatusSeeOther)
	now := w.mappingsNow("Contact")
	if m := now["LeadSource"]; m.Topic != "competitors" || !m.Imported || m.By != "Ada Admin" || m.FieldType != gateway.TypePicklist || now["CreatedById"].Field != "" {
		t.Errorf("mappings %+v", now)
	}
}

func TestRefusedChoicesStandAtTheirPlace_UX23(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	for _, tt := range []struct{ name, control, value, want string }{
		{"a topic that is not there", "product_Title", "topic:gone", "this Product Property is not offered any more"},
		{"a property of another type", "product_Email", "person.title", "Email cannot take Job title"},
		{"a default that is too long", "default_Title", strings.Repeat("x", 200), "The default of Title cannot be written"},
		{"an invented mode", "mode_Title", "sometimes", "are chosen from their lists"},
		{"a target that is not there", "target_Title", "Nowhere__c", "Contact has no field Nowhere__c that the connected user can see"},
		{"a target that is taken", "target_Title", "Email", "Email is mapped already"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			form := b.get(contactPage).form(contactPage)
			form.Set(tt.control, tt.value)
			form.Set("display_Phone", "kept all the same")
			page := b.post(contactPage, form).want(http.StatusUnprocessableEntity, tt.want)
			if again := page.form(contactPage); !strings.HasPrefix(tt.name, "a target") && again.Get("display_Phone") != "kept all the same" {
				t.Error("what was typed is lost")
			}
		})
	}
	bad := b.get(contactPage).form(contactPage)
	bad.Set("base", "no JSON")
	b.post(contactPage, bad).want(http.StatusUnprocessableEntity, "The form cannot be read")
}

// STA-02: the line moves to another CRM field with all that was chosen.
func TestALineMovesToAnotherField_STA02(t *testing.T) {
	w := newWorld(t)
	w.decided()
	b := w.as(home, gateway.RoleAdmin)
	form := b.get(contactPage).form(contactPage)
	form.Set("target_Title", "LeadSource")
	form.Set("display_Title", "Origin")
	b.review(contactPage, form).want(http.StatusSeeOther)
	now := w.mappingsNow("Contact")
	if m := now["LeadSource"]; now["Title"].Field != "" || m.DisplayName != "Origin" || !m.Editable {
		t.Errorf("mappings %+v", now)
	}
}

// UX 18: two people at one object. Different fields join; the same one is asked.
func TestTwoPeopleAtOneObject_UX18(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	mine := b.get(contactPage).form(contactPage)
	same := b.get(contactPage).form(contactPage)
	theirs := b.get(contactPage).form(contactPage)
	theirs.Set("mode_Title", mapping.Fill)
	b.review(contactPage, theirs).want(http.StatusSeeOther)

	mine.Set("mode_Phone", mapping.Append)
	review := b.post(contactPage, mine).want(http.StatusOK, "Review 1 change before", "Ada Admin saved other fields at")
	b.post(contactPage, review.form(contactPage)).want(http.StatusSeeOther)
	if now := w.mappingsNow("Contact"); now["Title"].WriteMode != mapping.Fill || now["Phone"].WriteMode != mapping.Append {
		t.Fatalf("mappings %+v", now)
	}

	same.Set("mode_Title", mapping.Never)
	merge := b.post(contactPage, same).want(http.StatusConflict, "Two people saved", "Fill if empty", "Never")
	chosen := merge.form(contactPage)
	chosen.Set("choose_fields.Title.write_mode", "ours")
	review = b.post(contactPage, chosen).want(http.StatusOK, "Review 1 change before")
	// Somebody is quicker between the review and its confirmation: asked again.
	quick := b.get(contactPage).form(contactPage)
	quick.Set("mode_Title", mapping.Append)
	b.review(contactPage, quick).want(http.StatusSeeOther)
	b.post(contactPage, review.form(contactPage)).want(http.StatusConflict, "Two people saved")
	if m := w.mappingsNow("Contact")["Title"]; m.WriteMode != mapping.Append {
		t.Errorf("overwritten: %+v", m)
	}
}

func TestReviewOfAnObjectLeadsBackToTheForm_AVM30(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	form := b.get(contactPage).form(contactPage)
	form.Set("mode_Title", mapping.Fill)
	review := b.post(contactPage, form).want(http.StatusOK)
	back := review.form(contactPage)
	back.Set("step", "edit")
	again := b.post(contactPage, back).want(http.StatusOK, "changed")
	if f := again.form(contactPage); f.Get("mode_Title") != mapping.Fill {
		t.Errorf("the form shows %v", f["mode_Title"])
	}
}

func TestFieldsAreFoundBySearchAndPart_UX22(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleAdmin)
	b.get(contactPage+"?q=nothing-like-it").want(http.StatusOK, "No field fits")
	b.get(contactPage+"?show=all&q=lead").want(http.StatusOK, "Lead Source")
	unmapped := b.get(contactPage+"?show=unmapped").want(http.StatusOK, "Lead Source")
	if contains(unmapped.body, `name="editable_Title"`) {
		t.Error("a mapped field among the unmapped")
	}
	b.get(contactPage+"?show=broken").want(http.StatusOK, "No field fits")
	// UX 25, from the mirror.
	b.get(contactPage).want(http.StatusOK, "Buyer")
	// Label, API name, type, whether it is required and the help of the field stand
	// left, and what is closed says so.
	schema, err := w.db.In(home).Schema(t.Context(), "Contact")
	must(t, err)
	for i := range schema.Fields {
		if schema.Fields[i].Name == "LastName" {
			schema.Fields[i].Help = "As on the card."
		}
	}
	must(t, w.db.In(home).SaveSchemas(t.Context(), []gateway.Schema{schema}))
	b.get(contactPage+"?show=all&q=last+name").want(http.StatusOK, "Last Name LastName Text, 80, required As on the card.")
	b.get(contactPage+"?show=all&q=name").want(http.StatusOK, "Read-only Why?")
	// STA-01, STA-04, STA-05: accounts, opportunities and people each have their page.
	for _, object := range gateway.ConfigurableObjects {
		b.get(settingsBase+"/objects/"+object).want(http.StatusOK, object)
	}
	b.get(settingsBase + "/objects/Case").want(http.StatusNotFound)
	b.post(settingsBase+"/objects/Case", url.Values{}).want(http.StatusNotFound)
}
