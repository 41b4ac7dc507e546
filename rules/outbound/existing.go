package outbound

import (
	"strings"

	"tidegate/gateway"
)

// people are the objects of people by the first characters of their records'
// ids, which are the same in every org.
var people = map[string]string{"003": "Contact", "00Q": "Lead"}

// Existing returns the contact or lead that Salesforce has in the place of the
// one that is to be created, by what a refusal says; false where it names none.
// A rule may find a lead like a contact.
func Existing(key gateway.RecordKey, p gateway.Problem) (gateway.RecordKey, bool) {
	id, ok := gateway.NormalizeID(p.Record)
	if !ok || !key.Local() || p.Code != string(gateway.CodeSFDuplicate) {
		return gateway.RecordKey{}, false
	}
	for prefix, object := range people {
		if strings.HasPrefix(id, prefix) {
			return gateway.RecordKey{Object: object, ID: id}, true
		}
	}
	return gateway.RecordKey{}, false
}
