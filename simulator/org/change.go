package org

// ChangeType says what a transaction did to one record, spelled as change
// events spell it.
type ChangeType string

// The four things that can happen to a record.
const (
	Create   ChangeType = "CREATE"
	Update   ChangeType = "UPDATE"
	Delete   ChangeType = "DELETE"
	Undelete ChangeType = "UNDELETE"
)

// GapUpdate is a change that the platform made in its tables without telling
// what: some conversions of a field's type.
const GapUpdate ChangeType = "GAP_UPDATE"

// Transaction is everything that one commit changed, as the event bus gets it.
// It is handed over only after all its records are in the tables, and it is
// never changed afterwards, so receivers may keep it and share it.
type Transaction struct {
	// Key is the transactionKey of change events: unique, opaque, UUID-shaped.
	Key string
	// CommitTimestamp is Unix milliseconds with second granularity (…000).
	CommitTimestamp int64
	// CommitNumber grows with every transaction, not by one, and is above 2^53
	// so that a reader that parses numbers as doubles is found out.
	CommitNumber int64
	// Ordinal counts the org's transactions by one.
	Ordinal int64
	// CommitUser is the 18-character id of the user whose session wrote.
	CommitUser string
	// ChangeOrigin is for example "com/salesforce/api/rest/61.0;client=tidegate".
	ChangeOrigin string
	// Changes are in the order in which the records were written.
	Changes []Change
	// Messages are the platform events that it published, in their order.
	Messages []EventMessage
	// View is the org as the commit leaves it. It is valid inside Publish only.
	View View
}

// Change is what a transaction did to one record.
type Change struct {
	Object   string // API name, e.g. "Contact"
	RecordID string // 18 characters
	Type     ChangeType
	// Before is the zero Record for CREATE; After is set for every type (for
	// DELETE it is the record with IsDeleted true).
	Before, After Record
	// ChangedFields are the API names whose value differs between Before and
	// After, in schema order, system fields included; for CREATE the fields
	// that have a value.
	ChangedFields []string
}

// Publisher receives transactions in commit order, one at a time. Publish must
// not call back into the Org's write path: it runs inside the commit, so that
// the order on the bus is the order of the commits.
type Publisher interface {
	Publish(Transaction)
}

// DateTime is an instant in Unix milliseconds, the value of datetime fields.
type DateTime int64

// Record is an immutable view of one version of a record. The zero Record has
// no object and no values.
//
// Values have these Go types: nil (empty), bool (boolean), int64 (int),
// float64 (double, currency, percent), DateTime (datetime), and string for all
// else; date is a "2006-01-02" string, references are 18-character ids,
// multipicklists are joined with ";".
type Record struct {
	object *Object
	row    row
}

// IsZero reports whether r is no record at all.
func (r Record) IsZero() bool { return r.object == nil }

// Object is the schema the record follows, nil for the zero Record.
func (r Record) Object() *Object { return r.object }

// ID is the record's 18-character id, "" for the zero Record.
func (r Record) ID() string {
	id, _ := r.Value("Id").(string)
	return id
}

// Value returns the field's value, nil when it is empty or does not exist.
// Compound fields (address, person name) have no value of their own.
func (r Record) Value(field string) any {
	if r.object == nil {
		return nil
	}
	i, ok := r.object.index[field]
	if !ok {
		return nil
	}
	return r.row.at(i)
}

// At returns the value of the i-th field of Object().Fields.
func (r Record) At(i int) any {
	return r.row.at(i)
}
