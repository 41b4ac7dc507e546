package gateway

// FieldType is a describe type: string, textarea, boolean, int, double,
// currency, percent, date, datetime, reference, picklist, phone, email, …
type FieldType string

// The describe types that rules and decoders treat specially.
const (
	TypeBoolean   FieldType = "boolean"
	TypeCurrency  FieldType = "currency"
	TypeDate      FieldType = "date"
	TypeDatetime  FieldType = "datetime"
	TypeDouble    FieldType = "double"
	TypeEmail     FieldType = "email"
	TypeInt       FieldType = "int"
	TypePercent   FieldType = "percent"
	TypePhone     FieldType = "phone"
	TypePicklist  FieldType = "picklist"
	TypeReference FieldType = "reference"
	TypeTextarea  FieldType = "textarea"
	TypeAddress   FieldType = "address"
)

// Field is one field of an object as describe showed it to the connected
// user. A field that he may not read is absent.
type Field struct {
	Name           string
	Label          string
	Type           FieldType
	Length         int // characters; 0 where the type has none
	Createable     bool
	Updateable     bool
	Nillable       bool
	Calculated     bool   // formula or roll-up: never writable
	ExternalID     bool   // usable as upsert key
	IDLookup       bool   // usable as upsert key, e.g. Contact.Email
	CompoundName   string // "MailingAddress" for MailingCity
	ReferenceTo    []string
	Picklist       []string // active values
	Restricted     bool     // picklist refuses other values
	Permissionable bool
	Help           string
	Custom         bool
}

// Schema is what describe says of one object, for one connection.
type Schema struct {
	Object      string
	Label       string
	LabelPlural string
	KeyPrefix   string
	Createable  bool
	Updateable  bool
	Deletable   bool
	Searchable  bool
	FeedEnabled bool
	Activities  bool // Allow Activities is on
	Fields      []Field
}

// Field returns the field of that API name.
func (s Schema) Field(name string) (Field, bool) {
	for _, f := range s.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// FieldLabel is what people of the org call a field, its API name where nobody said.
func (s Schema) FieldLabel(name string) string {
	if f, ok := s.Field(name); ok && f.Label != "" {
		return f.Label
	}
	return name
}

// UpsertKey returns the external id field that holds our own id, or "": then
// creates must be reconciled by asking the org.
func (s Schema) UpsertKey() string {
	if f, ok := s.Field(OwnIDField); ok && f.ExternalID && f.Createable {
		return f.Name
	}
	return ""
}

// OwnIDField is the custom external id field that holds our id of a record
// that we created. An org gets it with the optional package.
const OwnIDField = "Tidegate_Id__c"

// ObjectInfo is what the org says of one object that the connected user can
// query, without its fields.
type ObjectInfo struct {
	Name          string
	Label         string
	Custom        bool
	Createable    bool
	Updateable    bool
	Searchable    bool
	FeedEnabled   bool
	Replicateable bool // its deletions can be asked for
}

// MirroredObjects are the objects that are mirrored from the first connect,
// in the order in which they are read: what others refer to comes first.
var MirroredObjects = [...]string{
	"User", "Account", "Contact", "Lead", "Opportunity", "OpportunityContactRole", "Event", "Task",
}
