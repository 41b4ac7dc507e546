package outbox

import (
	"testing"

	"tidegate/gateway"
	"tidegate/store/storetest"
)

func (w *world) contacts(body string) {
	w.t.Helper()
	_, err := w.db.In(ws).SaveSetting(w.t.Context(), gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabContacts, Body: []byte(body)}, 0)
	must(w.t, err)
}

// AVC-08, AVC-10, AVM-34: the steps of the Contacts tab decide who a person is.
func TestPersonIsMatchedByTheChainOfTheSettings(t *testing.T) {
	lead := gateway.RecordKey{Object: "Lead", ID: "00Q5500000WO1ZiEAL"}
	ann := gateway.Person{ExternalID: "p1", LastName: "Lee", Email: "ann@example.com", MobilePhone: "(415) 555-0101", Properties: gateway.Fields{"Legacy__c": `"A-7"`}}
	tests := []struct {
		name, settings string
		have           []gateway.Record
		key            gateway.RecordKey
		reason         string
	}{
		{"by phone, in any notation", `{}`, []gateway.Record{{Key: key(1), Fields: gateway.Fields{"Phone": `"+1 415-555-0101"`}}}, key(1), "matched by phone (415) 555-0101"},
		{"e-mail before phone", `{}`, []gateway.Record{{Key: key(1), Fields: gateway.Fields{"Phone": `"4155550101"`}}, {Key: key(2), Fields: gateway.Fields{"Email": `"Ann@example.com"`}}}, key(2), "matched by email ann@example.com"},
		{"phone before e-mail", `{"chain":[{"by":"phone"},{"by":"email"}]}`, []gateway.Record{{Key: key(1), Fields: gateway.Fields{"Phone": `"4155550101"`}}, {Key: key(2), Fields: gateway.Fields{"Email": `"ann@example.com"`}}}, key(1), "matched by phone (415) 555-0101"},
		{"by a field of the customer's own", `{"chain":[{"by":"field","field":"Legacy__c"}]}`, []gateway.Record{{Key: lead, Fields: gateway.Fields{"Legacy__c": `"A-7"`}}}, lead, "matched by Legacy__c A-7"},
		{"a step that is left out is not asked", `{"chain":[{"by":"email"}]}`, []gateway.Record{{Key: key(1), Fields: gateway.Fields{"Phone": `"4155550101"`}}}, gateway.RecordKey{Object: "Contact", ID: "local:p1"}, "created for this person"},
		{"AVM-34 leads do not count", `{"leads_first":false}`, []gateway.Record{{Key: lead, Fields: gateway.Fields{"Email": `"ann@example.com"`}}}, gateway.RecordKey{Object: "Contact", ID: "local:p1"}, "created for this person"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			storetest.Engines(t, func(t *testing.T, url string) {
				w := newWorld(t, url)
				w.contacts(tt.settings)
				w.mirror(tt.have...)
				same(t, "key", w.person(ann).Key, tt.key)
				same(t, "reason", w.link("p1").Reason, tt.reason)
				moved := ann
				moved.Email, moved.MobilePhone, moved.Properties = "else@example.com", "+44 20 7946 0000", nil
				same(t, "AVC-10 for good", w.person(moved).Key, tt.key)
			})
		})
	}
}

// Several people share a company's number: nothing is guessed, and the line
// says who must choose.
func TestPersonWithSeveralMatchesWaitsForAPerson(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		shared := gateway.Fields{"Phone": `"+1 415-555-0101"`}
		w.mirror(gateway.Record{Key: key(1), Fields: shared}, gateway.Record{Key: key(2), Fields: shared})
		r := w.person(gateway.Person{ExternalID: "p1", LastName: "Lee", Phone: "415 555 0101"})
		same(t, "state", r.State, NeedsYou)
		same(t, "why", r.Why, "2 records of Contact have the phone 415 555 0101.")
		same(t, "line", w.line(r.LogID).State, gateway.LogNeedsYou)
		same(t, "idle", w.idle(), true)
	})
}
