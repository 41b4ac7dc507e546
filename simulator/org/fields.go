package org

import "strings"

// The constructors below make a field that may be empty and may be written;
// the methods after them take that away or add what is special.

func field(name string, t FieldType) *Field {
	return &Field{
		Name: name, Label: labelOf(name), Type: t,
		Nillable: true, Createable: true, Updateable: true,
		Custom: strings.HasSuffix(name, "__c"),
	}
}

func text(name string, length int) *Field { return sized(name, TypeString, length) }
func area(name string, length int) *Field { return sized(name, TypeTextArea, length) }
func phone(name string) *Field            { return sized(name, TypePhone, 40) }
func email(name string) *Field            { return sized(name, TypeEmail, 80) }
func link(name string) *Field             { return sized(name, TypeURL, 255) }
func date(name string) *Field             { return field(name, TypeDate) }
func moment(name string) *Field           { return field(name, TypeDateTime) }

func sized(name string, t FieldType, length int) *Field {
	f := field(name, t)
	f.Length = length
	return f
}

func whole(name string, digits int) *Field {
	f := field(name, TypeInt)
	f.Digits = digits
	return f
}

func number(name string, t FieldType, precision, scale int) *Field {
	f := field(name, t)
	f.Precision, f.Scale = precision, scale
	return f
}

// flag makes a checkbox: never empty, false unless told.
func flag(name string) *Field {
	f := field(name, TypeBoolean)
	f.Nillable, f.DefaultedOnWrite, f.Default = false, true, false
	return f
}

// pick makes an unrestricted picklist; a value with a leading "*" is the
// default one.
func pick(name string, values ...string) *Field {
	f := sized(name, TypePicklist, 255)
	for _, v := range values {
		isDefault := strings.HasPrefix(v, "*")
		v = strings.TrimPrefix(v, "*")
		if isDefault {
			f.Default, f.DefaultedOnWrite = v, true
		}
		f.Values = append(f.Values, PicklistValue{Value: v, Label: v, Default: isDefault, Active: true})
	}
	return f
}

// ref makes a lookup; its relationship is the name without "Id" (or with __r).
func ref(name string, targets ...string) *Field {
	f := sized(name, TypeReference, 18)
	f.ReferenceTo = targets
	switch {
	case f.Custom:
		f.RelationshipName = strings.TrimSuffix(name, "__c") + "__r"
	case strings.HasSuffix(name, "Id"):
		f.RelationshipName = strings.TrimSuffix(name, "Id")
	}
	return f
}

func (f *Field) required() *Field   { f.Nillable = false; return f }
func (f *Field) createOnly() *Field { f.Updateable = false; return f }

func (f *Field) readOnly() *Field {
	f.Createable, f.Updateable = false, false
	return f
}

// owned marks a field that is never empty because the org fills it.
func (f *Field) owned() *Field {
	f.Nillable, f.DefaultedOnWrite = false, true
	return f
}

func (f *Field) in(compound, part string) *Field {
	f.Compound, f.Part = compound, part
	return f
}

func (f *Field) helped(text string) *Field {
	f.Help = text
	return f
}

func (f *Field) children(name string) *Field { f.ChildName = name; return f }
func (f *Field) cascade() *Field             { f.CascadeDelete = true; return f }
func (f *Field) restricted() *Field          { f.Restricted = true; return f }
func (f *Field) named() *Field               { f.NameField = true; return f }
func (f *Field) lookup() *Field              { f.IDLookup = true; return f }
func (f *Field) labeled(l string) *Field     { f.Label = l; return f }

func (f *Field) formula(text string) *Field {
	f.Calculated, f.Formula = true, text
	return f.readOnly()
}

// address makes the parts of an address and the compound field over them.
func address(prefix string) []*Field {
	compound := prefix + "Address"
	accuracy := pick(prefix+"GeocodeAccuracy", "Address", "NearAddress", "Block", "Street", "ExtendedZip", "Zip",
		"Neighborhood", "City", "County", "State", "Unknown").restricted()
	accuracy.Length = 40
	whole := field(compound, TypeAddress).readOnly()
	return []*Field{
		area(prefix+"Street", 255).in(compound, "Street"),
		text(prefix+"City", 40).in(compound, "City"),
		text(prefix+"State", 80).in(compound, "State").labeled(labelOf(prefix + "State/Province")),
		text(prefix+"PostalCode", 20).in(compound, "PostalCode").labeled(labelOf(prefix + "Zip/Postal Code")),
		text(prefix+"Country", 80).in(compound, "Country"),
		number(prefix+"Latitude", TypeDouble, 18, 15).in(compound, "Latitude"),
		number(prefix+"Longitude", TypeDouble, 18, 15).in(compound, "Longitude"),
		accuracy.in(compound, "GeocodeAccuracy"),
		whole,
	}
}

// person makes the parts of a person's name and the derived full name.
func person() []*Field {
	full := text("Name", 121).readOnly().named().labeled("Full Name")
	full.Nillable = false
	salutation := pick("Salutation", "Mr.", "Ms.", "Mrs.", "Dr.", "Prof.").in("Name", "Salutation")
	salutation.Length = 40
	return []*Field{
		text("LastName", 80).required().in("Name", "LastName"),
		text("FirstName", 40).in("Name", "FirstName"),
		salutation,
		full,
	}
}

// audit makes the fields that every record has.
func audit() []*Field {
	by := func(name string) *Field { return ref(name, "User").readOnly().owned() }
	return []*Field{
		moment("CreatedDate").readOnly().owned(),
		by("CreatedById"),
		moment("LastModifiedDate").readOnly().owned(),
		by("LastModifiedById"),
		moment("SystemModstamp").readOnly().owned(),
	}
}

// upsertKey is the field of the small package that lets our own id be the key
// of an upsert.
func upsertKey() *Field {
	f := text("Tidegate_Id__c", 80).lookup()
	f.Unique, f.ExternalID, f.Label = true, true, "Tidegate Id"
	return f
}

// newObject puts the fields in describe order (Id, IsDeleted, own, audit,
// custom) and indexes them.
func newObject(name, label, plural, prefix string, groups ...[]*Field) *Object {
	o := &Object{
		Name: name, Label: label, LabelPlural: plural, KeyPrefix: prefix,
		Createable: true, Updateable: true, Deletable: true, Undeletable: true, Searchable: true,
	}
	id := sized("Id", TypeID, 18).readOnly().owned().lookup().labeled(label + " ID")
	removed := flag("IsDeleted").readOnly().labeled("Deleted")
	own := []*Field{id, removed}
	var custom []*Field
	for _, group := range groups {
		for _, f := range group {
			if f.Custom {
				custom = append(custom, f)
			} else {
				own = append(own, f)
			}
		}
	}
	o.reshape(append(append(own, audit()...), custom...))
	return o
}

// labelOf makes "Mailing City" of MailingCity and "Owner ID" of OwnerId.
func labelOf(name string) string {
	name = strings.ReplaceAll(strings.TrimSuffix(name, "__c"), "_", " ")
	if strings.HasSuffix(name, "Id") && len(name) > 2 {
		name = strings.TrimSuffix(name, "Id") + " ID"
	}
	var b strings.Builder
	for i, r := range name {
		upper := r >= 'A' && r <= 'Z'
		if upper && i > 0 && name[i-1] >= 'a' && name[i-1] <= 'z' {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}
