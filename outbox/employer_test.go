package outbox

import (
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store/storetest"
)

// companies makes accounts something that is looked for, and created or not.
func (w *world) companies(create bool) {
	w.t.Helper()
	s := contactSchema(false)
	s.Fields = append(s.Fields, gateway.Field{Name: "AccountId", Type: gateway.TypeReference, Createable: true, Updateable: true, Nillable: true})
	account := gateway.Schema{Object: "Account"}
	for _, name := range []string{"Name", "Website"} {
		account.Fields = append(account.Fields, gateway.Field{Name: name, Type: "string", Length: 255, Createable: true, Updateable: true})
	}
	must(w.t, w.db.In(ws).SaveSchemas(w.t.Context(), []gateway.Schema{s, account}))
	in := w.inForce()
	in.Contacts.CreateAccounts, in.Contacts.AccountMatchField = create, "Website"
	w.propose(w.t.(*testing.T), in, gateway.TabContacts)
}

var firm = gateway.RecordKey{Object: "Account", ID: "001000000000001AAA"}

// AIM-05, AIM-12, AIM-16, DEM-06, DEM-24: a person of the product belongs to
// the account of his domain; one is made, once for all of a company, where the
// settings say so. A contact that has an account keeps it.
func TestPersonGetsTheAccountOfHisCompany(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.companies(true)
		w.mirror(gateway.Record{Key: firm, Fields: gateway.Fields{"Name": `"Firm"`, "Website": `"https://www.firm.example"`}})
		at := func(id string) gateway.Value {
			for range 2 { // the account goes before its contact
				w.clock.forward(time.Minute)
				w.round()
			}
			return w.org.get(w.linkOf(linkPerson, id).Key.ID)["AccountId"]
		}
		w.person(gateway.Person{ExternalID: "p1", Email: "ann@firm.example", LastName: "Lee"})
		same(t, "AIM-16 the account that is there", at("p1"), gateway.Text(firm.ID))

		w.person(gateway.Person{ExternalID: "p2", Email: "bo@new.example", LastName: "Bo", Company: "New Works"})
		w.person(gateway.Person{ExternalID: "p3", Email: "cy@new.example", LastName: "Cy"})
		made := at("p2")
		same(t, "AIM-12 the account comes first, and is one", at("p3"), made)
		fields := w.org.get(made.String())
		same(t, "AIM-05 what it is called", fields["Name"], gateway.Value(`"New Works"`))
		same(t, "the Account Match Field", fields["Website"], gateway.Value(`"new.example"`))

		w.person(gateway.Person{ExternalID: "p4", LastName: "Di", Company: "www.firm.example", Phone: "020 7946 0018"})
		same(t, "by what he calls his company", at("p4"), gateway.Text(firm.ID))

		w.mirror(gateway.Record{Key: key(5), Fields: gateway.Fields{"Email": `"ed@firm.example"`, "LastName": `"Ed"`, "AccountId": gateway.Null}})
		w.mirror(gateway.Record{Key: key(6), Fields: gateway.Fields{"Email": `"flo@firm.example"`, "LastName": `"Flo"`, "AccountId": `"001000000000009AAA"`}})
		w.person(gateway.Person{ExternalID: "p5", Email: "ed@firm.example"})
		w.person(gateway.Person{ExternalID: "p6", Email: "flo@firm.example", Title: "Head"})
		same(t, "DEM-24 a contact without one", at("p5"), gateway.Text(firm.ID))
		same(t, "one that has another keeps it", at("p6"), gateway.Value(`"001000000000009AAA"`))
		calls := w.org.callCount()
		w.person(gateway.Person{ExternalID: "p2", Email: "bo@new.example", LastName: "Bo", Company: "New Works"})
		same(t, "once", at("p2"), made)
		same(t, "repeating writes nothing", w.org.callCount(), calls)
	})
}

// DEM-06: no account is made where the settings do not say so.
func TestNoAccountIsMadeUnlessTheSettingsSaySo(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.companies(false)
		w.person(gateway.Person{ExternalID: "p1", Email: "ann@new.example", LastName: "Lee"})
		w.round()
		same(t, "account", w.org.get(w.linkOf(linkPerson, "p1").Key.ID)["AccountId"], gateway.Value(""))
		// What the review of the switch says then happens.
		s := w.inForce()
		s.Contacts.CreateAccounts = true
		said, made := w.propose(t, s, gateway.TabContacts)
		saw(t, said, made, map[string]int{"create Account": 1, "update Contact": 1})
	})
}
