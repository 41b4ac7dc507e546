package mapping

import "tidegate/gateway"

// The causes for which Salesforce takes no change of a field (AVM-56).
const (
	CauseHidden     = "hidden"     // describe does not show the field
	CauseCalculated = "calculated" // formula or roll-up
	CauseParts      = "parts"      // a compound field, written through its parts
	CauseProfile    = "profile"    // the object may not be edited by the connected user
	CauseFieldLevel = "field"      // field-level security says read-only
	CauseSystem     = "system"     // nobody can write it
)

// Cause is why a field is read-only: what it is, in words, and what an admin
// clicks in Salesforce's Setup to change it, "" where nothing can be done.
type Cause struct {
	Kind, Text, Setup string
	// Permission names what the connected user lacks, as Setup calls it;
	// SetupPath is the page of Setup below the instance's address.
	Permission, SetupPath string
}

// ReadOnlyCause tells why Salesforce takes no changes of a field; ok is false
// where it does. Describe does not name the cause, but it follows from it: the
// object's own right comes first, and field-level security can only be set on
// a field that describe calls permissionable.
func ReadOnlyCause(s gateway.Schema, name string) (c Cause, ok bool) {
	f, shown := s.Field(name)
	switch {
	case !shown:
		return Cause{
			CauseHidden, "Salesforce does not show the field to the connected user: field-level security hides it, or it was deleted.",
			fieldSecurity(s.Object, name, "Visible"), "field permission “Read Access” on " + s.Object + "." + name, fieldsPath(s.Object),
		}, true
	case f.Calculated:
		return Cause{CauseCalculated, "Salesforce calculates it, by a formula or a roll-up. Nobody can write it.", "", "", ""}, true
	case f.Type == gateway.TypeAddress || f.Type == "location":
		return Cause{CauseParts, "It is put together from other fields. Map those instead.", "", "", ""}, true
	case f.Updateable:
		return Cause{}, false
	case !s.Updateable:
		return Cause{
			CauseProfile, "The profile and permission sets of the connected user do not allow to edit " + s.Object + " at all. Field-level security is not the cause.",
			"Setup › Users › Permission Sets › the set of the connected user › Object Settings › " + s.Object + " › Edit: allow “Edit”.",
			"object permission “Edit” on " + s.Object, "/lightning/setup/PermSets/home",
		}, true
	case f.Permissionable:
		return Cause{
			CauseFieldLevel, "Field-level security makes it read-only for the connected user, whose profile and permission sets let " + s.Object + " be edited otherwise.",
			fieldSecurity(s.Object, name, "Edit Access"), "field permission “Edit Access” on " + s.Object + "." + name, fieldsPath(s.Object),
		}, true
	}
	return Cause{CauseSystem, "Salesforce keeps it by itself. Nobody can write it.", "", "", ""}, true
}

// GrantedBy says where to see which profile or permission set a right comes
// from, or which could give it. Describe tells whether the connected user has
// the right, and not by which of them.
func GrantedBy(object string, lacks bool) string {
	which := "which profile or permission set allows it"
	if lacks {
		which = "which profile, permission set or group would have to allow it"
	}
	return "What Salesforce describes of " + object + " says what the connected user may do, not " + which +
		". Setup names them: Users › the connected user › View Summary › Object Permissions or Field Permissions; the menu at the end of a line shows by what access is granted."
}

// fieldsPath is the list of an object's fields in Setup: a custom field's own
// page has the field's id in its address, which describe does not tell.
func fieldsPath(object string) string {
	return "/lightning/setup/ObjectManager/" + object + "/FieldsAndRelationships/view"
}

func fieldSecurity(object, field, box string) string {
	return "Setup › Object Manager › " + object + " › Fields & Relationships › " + field + " › Set Field-Level Security: tick “" + box + "” for the connected user’s profile, or grant it by a permission set."
}

// ReadOnlyTests are the four questions behind a read-only field, in the order
// in which they decide; those after the first that fails are not asked.
func ReadOnlyTests(s gateway.Schema, name string) ([]Cell, Cause) {
	cause, closed := ReadOnlyCause(s, name)
	fails := map[string]int{CauseHidden: 0, CauseCalculated: 1, CauseParts: 1, CauseSystem: 1, CauseProfile: 2, CauseFieldLevel: 3}
	cells := []Cell{
		{"Does Salesforce show the field to the connected user?", true, "It is in the describe of " + s.Object + "."},
		{"Can anybody write it?", true, "It is neither calculated nor kept by Salesforce."},
		{"Do profile and permission sets let the connected user edit " + s.Object + "?", true, "Its records may be edited."},
		{"Does field-level security let the connected user edit the field?", true, "It is editable."},
	}
	if closed {
		at := fails[cause.Kind]
		cells = cells[:at+1]
		cells[at].Pass, cells[at].Why = false, cause.Text
	}
	return cells, cause
}

// Unused reports whether nothing here makes use of an imported field: no
// product property fills it, nobody may edit it, and it is none of the named
// ones, those that settings and pages rely on (DEM-22, UX 29).
func Unused(m gateway.Mapping, named map[string]bool) bool {
	return SourceOf(m) == "" && !m.Editable && m.DisplayName == "" && m.Suspended.Cause == "" && !named[m.Field]
}
