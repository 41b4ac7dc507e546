package handlers

import (
	"slices"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/views"
)

// readActivityObject reads where activities go. Who changes the object gets its first
// phone field, and chooses another one afterwards (AVC-18).
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

// activityObjects are the mirrored objects that pass the four tests (AVC-16),
// with their describes.
func (v *visit) activityObjects(s gateway.ObjectsSettings) ([]gateway.Schema, error) {
	var out []gateway.Schema
	for _, object := range s.Mirrored() {
		if slices.Contains([]string{"Lead", "Contact", "Event", "Task"}, object) {
			continue // the default, and activities themselves
		}
		schema, err := v.schema(object)
		if err != nil {
			return nil, err
		}
		if ok, _, _ := mapping.ActivityTarget(schema); ok {
			out = append(out, schema)
		}
	}
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
	offered, err := v.activityObjects(after.Objects)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(offered, func(s gateway.Schema) bool { return s.Object == object })
	if i < 0 {
		return gateway.InvalidField("activity_object", "Activities cannot go to %s: add it on the Objects tab, and see there which of its four tests fails.", object)
	}
	if !slices.ContainsFunc(mapping.PhoneFields(offered[i]), func(f gateway.Field) bool { return f.Name == field }) {
		return gateway.InvalidField("phone_field", "%s has no searchable field %s of the type Phone.", object, field)
	}
	return nil
}

// activitySelects are the object that activities go to instead of Leads and
// Contacts, and where one is chosen its phone field (AVC-16, AVC-18).
func (v *visit) activitySelects(t tabState) ([]views.Select, error) {
	c := t.settings.Contacts
	offered, err := v.activityObjects(t.settings.Objects)
	if err != nil {
		return nil, err
	}
	to := views.Select{
		Name: "activity_object", Label: "Sync Activity to a Custom Object", Error: t.errors["activity_object"], Meta: t.meta(v, "activity_object", "Lead or Contact"),
		Options: []views.Option{{Text: "Default (Lead or Contact)", Selected: c.ActivityObject == ""}},
		Hint:    "Calls, chats and texts of people who are not identified yet go there instead; who is identified stays. Offered is every object of the Objects tab with a searchable phone field that allows search, activities and feed tracking: Setup, Object Manager.",
	}
	var fields []gateway.Field
	for _, s := range offered {
		to.Options = append(to.Options, views.Option{Value: s.Object, Text: firstLabel(s), Selected: s.Object == c.ActivityObject})
		if s.Object == c.ActivityObject {
			fields = mapping.PhoneFields(s)
		}
	}
	if c.ActivityObject == "" {
		return []views.Select{to}, nil
	}
	if fields == nil {
		to.Options = append(to.Options, views.Option{Value: c.ActivityObject, Text: c.ActivityObject + " (fails a test now)", Selected: true})
	}
	phone := views.Select{
		Name: "phone_field", Label: "Customize Object Phone Field", Error: t.errors["phone_field"], Meta: t.meta(v, "phone_field", "the first"),
		Options: fieldOptions(gateway.Schema{Fields: fields}, c.PhoneField, gateway.TypePhone),
		Hint:    "The one field by which its records are found. A field that is missing here must be searchable and of the type Phone. Records are made only while “Sync to Salesforce” and “Create when missing” are on for " + c.ActivityObject + ", on the Objects tab.",
	}
	return []views.Select{to, phone}, nil
}
