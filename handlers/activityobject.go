package handlers

import (
	"cmp"
	"context"
	"slices"

	"tidegate/gateway"
	"tidegate/rules/backfill"
	"tidegate/rules/mapping"
	"tidegate/rules/settings"
	"tidegate/store"
	"tidegate/views"
)

// readActivityObject reads where activities go. Who changes the object gets its first
// phone field, and chooses another one in the review or afterwards (AVC-18).
func (v *visit) readActivityObject(c *gateway.ContactsSettings) {
	was := c.ActivityObject
	v.take("activity_object", &c.ActivityObject)
	if c.ActivityObject == was {
		v.take("phone_field", &c.PhoneField)
		return
	}
	c.PhoneField = ""
	schema, err := v.schema(c.ActivityObject)
	if fields := mapping.PhoneFields(schema); err == nil && c.ActivityObject != "" && len(fields) > 0 {
		c.PhoneField = fields[0].Name
	}
}

// activityTargets are the objects to which activities may go.
type activityTargets struct {
	offered []gateway.Schema // pass the four tests
	failing []views.Fact     // each with the tests that it fails and where they are switched on
	left    int              // not looked at yet
	problem string           // why only those that take part are known, "" when all are
}

// activityTargets looks through the objects that take part and all others of
// the org (AVC-16). again asks Salesforce anew.
func (v *visit) activityTargets(s gateway.ObjectsSettings, again bool) (activityTargets, error) {
	var out activityTargets
	known := map[string]gateway.ObjectInfo{}
	names := s.Mirrored()
	conn, err := v.connection()
	if err != nil {
		return out, err
	}
	if conn.ID != "" && conn.State != gateway.StateDisconnected {
		all, err := v.s.Org.Candidates(v.UserContext(), v.member.Workspace, again)
		if e, told := gatewayError(err); told {
			out.problem = e.Message
		} else if err != nil {
			return out, err
		}
		out.left = all.Left
		for _, o := range all.Objects {
			if known[o.Name] = o; (o.Custom || mapping.MayTakeActivities(o)) && !plumbing(o.Name) && !slices.Contains(names, o.Name) {
				names = append(names, o.Name)
			}
		}
	}
	for _, object := range names {
		if slices.Contains([]string{"Lead", "Contact", "Event", "Task", "User", "OpportunityContactRole"}, object) {
			continue // the default, activities themselves, and what no activity is about
		}
		schema, err := v.schema(object)
		if err != nil {
			return out, err
		}
		o, listed := known[object]
		described := len(schema.Fields) > 0
		switch ok, _, _ := mapping.ActivityTarget(schema); {
		case ok && (listed || out.problem != "" || len(known) == 0):
			out.offered = append(out.offered, schema)
		case listed || described:
			if fails := mapping.ActivityFails(o, schema, described); len(fails) > 0 {
				out.failing = append(out.failing, views.Fact{Label: cmp.Or(schema.Label, o.Label, object), Value: object, Second: joinSentences(fails...)})
			}
		}
	}
	slices.SortFunc(out.offered, func(a, b gateway.Schema) int {
		return cmp.Or(cmp.Compare(firstLabel(a), firstLabel(b)), cmp.Compare(a.Object, b.Object))
	})
	slices.SortFunc(out.failing, func(a, b views.Fact) int { return cmp.Or(cmp.Compare(a.Label, b.Label), cmp.Compare(a.Value, b.Value)) })
	return out, nil
}

// checkActivity refuses an object that cannot take activities, and a field by
// which its records cannot be found (AVC-11 to AVC-20). What is saved stays
// allowed, so that an object that lost a test hinders no other change.
func checkActivity(v *visit, before, after gateway.Settings) error {
	object, field := after.Contacts.ActivityObject, after.Contacts.PhoneField
	if object == "" || object == before.Contacts.ActivityObject && field == before.Contacts.PhoneField {
		return nil
	}
	targets, err := v.activityTargets(after.Objects, false)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(targets.offered, func(s gateway.Schema) bool { return s.Object == object })
	if i < 0 {
		at := slices.IndexFunc(targets.failing, func(f views.Fact) bool { return f.Value == object })
		if at < 0 {
			return gateway.InvalidField("activity_object", "Activities cannot go to %s: the connected user sees no such object. Grant it by a permission set in Setup.", object)
		}
		return gateway.InvalidField("activity_object", "Activities cannot go to %s. %s", object, targets.failing[at].Second)
	}
	if !slices.ContainsFunc(mapping.PhoneFields(targets.offered[i]), func(f gateway.Field) bool { return f.Name == field }) {
		return gateway.InvalidField("phone_field", "%s has no searchable field %s of the type Phone.", object, field)
	}
	return nil
}

// adding is the object that a change of the Contacts tab adds, "" when it adds
// none: activities go to an object that takes part (AVC-16).
func adding(before, after gateway.Settings) string {
	object := after.Contacts.ActivityObject
	if object == "" || object == before.Contacts.ActivityObject || slices.Contains(after.Objects.Mirrored(), object) {
		return ""
	}
	return object
}

// addedBy is the object that a proposal adds.
func (p proposal) addedBy() (string, error) {
	if p.tab != gateway.TabContacts {
		return "", nil
	}
	before, err := p.effective(p.rows)
	return adding(before, p.settings), err
}

// withObject lets an object take part to which activities go; "" changes
// nothing. Its records are found and made as those of people were before:
// creating where none matches is on unless somebody switches it off (AVC-21).
func withObject(s gateway.Settings, object string) gateway.Settings {
	if object == "" {
		return s
	}
	s.Objects.Added = append(slices.Clone(s.Objects.Added), object)
	s.Objects.Writeback = with(s.Objects.Writeback, object, true)
	s.Objects.CreateMissing = with(s.Objects.CreateMissing, object, true)
	return s
}

// addToReview says what else the change means for an object that takes no part
// yet, and lets choose its phone field at once.
func (v *visit) addToReview(p *views.ReviewPage, from, to gateway.Settings) error {
	object := to.Contacts.ActivityObject
	if object == "" || object == from.Contacts.ActivityObject {
		return nil
	}
	schema, err := v.schema(object)
	if err != nil {
		return err
	}
	if fields := mapping.PhoneFields(schema); len(fields) > 1 {
		g := views.ChoiceGroup{Name: "phone_field", Legend: "Customize Object Phone Field", Hint: "The one field by which records of " + firstLabel(schema) + " are found."}
		for _, f := range fields {
			g.Choices = append(g.Choices, views.Choice{Value: f.Name, Label: cmp.Or(f.Label, f.Name), Effect: f.Name, Checked: f.Name == to.Contacts.PhoneField})
		}
		p.Choices = append(p.Choices, g)
	}
	if slices.Contains(from.Objects.Mirrored(), object) {
		return nil
	}
	rows := "All its records are read once, then its changes come in. Who is among them is known then: until that, the numbers above count everybody as new, and nobody is created."
	p.Also = append(p.Also, views.Fact{Label: firstLabel(schema), Value: "takes part from now on", Second: rows})
	return nil
}

// addActivityObject lets the describe of an object that begins to take part be
// in force, before anything is saved: an object that cannot be read is refused.
func (v *visit) addActivityObject(object string) error {
	if object == "" {
		return nil
	}
	return v.s.Org.RefreshSchema(v.UserContext(), v.member.Workspace, object)
}

// saveAddedObject saves the Objects tab with an object that begins to take part
// by a change of another tab.
func (v *visit) saveAddedObject(ctx context.Context, tx *store.Tx, p proposal) error {
	if p.adds == "" {
		return nil
	}
	if err := settings.Validate(p.settings, gateway.TabObjects); err != nil {
		return err
	}
	body, err := settings.Encode(p.settings, gateway.TabObjects)
	if err != nil {
		return err
	}
	row := gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabObjects, Body: body, By: v.member.Name, ByID: v.member.ID, At: v.s.Now()}
	if _, err := tx.SaveSetting(ctx, row, p.rows[gateway.TabObjects].Revision); err != nil {
		return err
	}
	return tx.Audit(ctx, gateway.AuditEntry{
		At: v.s.Now(), By: v.member.Name, IP: v.IP(), What: "added the object " + p.adds, Target: gateway.OrgScope, After: p.adds,
	})
}

// readAdded begins to read an object that takes part from now on. One that took
// part before has records from then: all are read again.
func (v *visit) readAdded(object string) error {
	_, err := v.ws.EditBackfill(v.UserContext(), object, func(b gateway.Backfill, found bool) (gateway.Backfill, error) {
		next, _ := backfill.Start(b, found, backfill.Ask{Object: object, By: v.member.Name, Why: "Added by " + v.member.Name + ".", Now: v.s.Now()})
		return next, nil
	})
	return err
}

// failingShown bounds the list of objects that are not offered.
const failingShown = 30

// activitySelects are the object that activities go to instead of Leads and
// Contacts, and where one is chosen its phone field (AVC-16, AVC-18).
func (v *visit) activitySelects(t tabState) ([]views.Select, *views.Unfit, error) {
	c := t.settings.Contacts
	targets, err := v.activityTargets(t.settings.Objects, v.Query("look") == "again")
	if err != nil {
		return nil, nil, err
	}
	to := views.Select{
		Name: "activity_object", Label: "Sync Activity to a Custom Object", Error: t.errors["activity_object"], Meta: t.meta(v, "activity_object", "Lead or Contact"),
		Options: []views.Option{{Text: "Default (Lead or Contact)", Selected: c.ActivityObject == ""}},
		Hint:    "Calls, chats and texts of people who are not identified yet go there instead; who is identified stays. Offered is every object of the org that has a searchable phone field, allows search and activities, and tracks its feed. One that takes no part yet is added with the same save.",
	}
	var fields []gateway.Field
	for _, s := range targets.offered {
		to.Options = append(to.Options, views.Option{Value: s.Object, Text: firstLabel(s), Selected: s.Object == c.ActivityObject})
		if s.Object == c.ActivityObject {
			fields = mapping.PhoneFields(s)
		}
	}
	unfit := targets.unfit()
	if c.ActivityObject == "" {
		return []views.Select{to}, unfit, nil
	}
	if fields == nil {
		to.Options = append(to.Options, views.Option{Value: c.ActivityObject, Text: c.ActivityObject + " (fails a test now)", Selected: true})
	}
	phone := views.Select{
		Name: "phone_field", Label: "Customize Object Phone Field", Error: t.errors["phone_field"], Meta: t.meta(v, "phone_field", "the first"),
		Options: fieldOptions(gateway.Schema{Fields: fields}, c.PhoneField, gateway.TypePhone),
		Hint:    "The one field by which its records are found. A field that is missing here must be searchable and of the type Phone. Records are made only while “Sync to Salesforce” and “Create when missing” are on for " + c.ActivityObject + ", on the Objects tab.",
	}
	return []views.Select{to, phone}, unfit, nil
}

// unfit says which objects are not offered, each with what to click in Setup.
func (t activityTargets) unfit() *views.Unfit {
	u := &views.Unfit{
		Summary: "Which objects are missing here, and why", Objects: t.failing[:min(len(t.failing), failingShown)],
		Again: views.Link{Text: "Look again in Salesforce", URL: settingsBase + "/contacts?look=again#activity_object"},
	}
	switch {
	case t.problem != "":
		u.Text = "Salesforce did not tell its other objects now, so only those that take part are offered. " + t.problem
	case t.left > 0:
		u.Text = count(t.left, "object was", "objects were") + " not looked at yet: look again."
	case len(t.failing) == 0:
		u.Text = "Every custom object that the connected user sees is offered. One that is missing is hidden from that user: grant it by a permission set in Setup."
	case len(t.failing) > failingShown:
		u.Text = count(len(t.failing)-failingShown, "more object fails", "more objects fail") + " a test too; the page of each object names it once it is added."
	}
	return u
}

// addedChanges are the lines of a review about an object that begins to take part.
func addedChanges(object string) []views.ReviewChange {
	if object == "" {
		return nil
	}
	return []views.ReviewChange{
		{Where: gateway.TabObjects.Title(), Setting: "Objects that take part", Before: object + " does not", After: object + " is added"},
		{Where: gateway.TabObjects.Title(), Setting: object + " › Sync to Salesforce", Before: "off", After: "on", Reason: "Activities are written to it."},
		{Where: gateway.TabObjects.Title(), Setting: object + " › Create when missing", Before: "off", After: "on", Reason: "Who is not found there gets a record of it."},
	}
}
