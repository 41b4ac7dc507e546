package org

// FieldType is a describe type name, e.g. "picklist".
type FieldType string

// The field types the org knows, named as in a describe.
const (
	TypeID            FieldType = "id"
	TypeString        FieldType = "string"
	TypeTextArea      FieldType = "textarea"
	TypeBoolean       FieldType = "boolean"
	TypeInt           FieldType = "int"
	TypeDouble        FieldType = "double"
	TypeCurrency      FieldType = "currency"
	TypePercent       FieldType = "percent"
	TypeDate          FieldType = "date"
	TypeDateTime      FieldType = "datetime"
	TypeReference     FieldType = "reference"
	TypePicklist      FieldType = "picklist"
	TypeMultiPicklist FieldType = "multipicklist"
	TypeCombobox      FieldType = "combobox"
	TypePhone         FieldType = "phone"
	TypeEmail         FieldType = "email"
	TypeURL           FieldType = "url"
	TypeBase64        FieldType = "base64"
	TypeAddress       FieldType = "address"
	TypeComplex       FieldType = "complexvalue"
	TypeTime          FieldType = "time"
	TypeLocation      FieldType = "location"
)

// Field describes one field of an object: what describe says of it and what
// the commit path checks.
type Field struct {
	Name  string
	Label string
	Type  FieldType
	// Help is what an admin wrote beside the field for people, "" mostly.
	Help string
	// Compound is the name of the compound field this one is a part of
	// ("MailingAddress", or "Name" for the parts of a person's name), else "".
	Compound string
	// Part is the name inside the compound: "City" for MailingCity,
	// "FirstName" for FirstName; "" when Compound is "".
	Part string

	Length    int // characters; 0 for types without a length
	Precision int // total digits of double, currency, percent
	Scale     int // digits after the point
	Digits    int // digits of int

	Nillable         bool
	Createable       bool
	Updateable       bool
	DefaultedOnWrite bool // the org fills it when the caller leaves it out
	Unique           bool
	ExternalID       bool
	IDLookup         bool // usable as key of an upsert
	Custom           bool
	Calculated       bool
	Formula          string // text of the formula, for calculated custom fields
	NameField        bool
	CaseSensitive    bool
	HTML             bool // rich text
	Switchable       bool // a name that is text, or of a person has parts
	Restricted       bool // picklist that refuses unknown values
	// Controller is the field of the same object on whose value it depends which
	// values of the picklist people are offered; "" where it depends on none.
	Controller string

	ReferenceTo      []string // target objects; more than one: polymorphic
	RelationshipName string   // "Account" for AccountId; "" when not traversable
	ChildName        string   // name of the child relationship seen from the target
	CascadeDelete    bool

	Values  []PicklistValue
	Default any // value taken on create when none is given
}

// PicklistValue is one entry of a picklist.
type PicklistValue struct {
	Value   string
	Label   string
	Default bool
	Active  bool
	// ValidFor are the values of the controlling field with which it is offered.
	ValidFor []string
}

// IsCompound reports whether the field is composed of others and stores
// nothing itself (an address, a geolocation; a person's Name stores its derived text).
func (f *Field) IsCompound() bool { return f.Type == TypeAddress || f.Type == TypeLocation }

// Object is the schema of one sObject. It is never changed: an alteration puts
// another in its place, and Records keep the one they were made with.
type Object struct {
	Name        string
	Label       string
	LabelPlural string
	KeyPrefix   string // first three characters of every id of the object
	Custom      bool
	Createable  bool
	Updateable  bool
	Deletable   bool
	Undeletable bool
	Searchable  bool
	FeedEnabled bool
	Listed      bool     // seen only in the lists of its parents: ActivityHistory and the like
	Immediate   bool     // of a platform event: published even if its transaction fails
	Fields      []*Field // in the order describe lists them

	index map[string]int // exact field name → index in Fields
	fold  map[string]int // lower-cased field name → index in Fields
	whole *Object        // what this is a user's view of; nil when it is whole
}

// Field returns the field of that exact name, nil when there is none.
func (o *Object) Field(name string) *Field {
	if i, ok := o.index[name]; ok {
		return o.Fields[i]
	}
	return nil
}
