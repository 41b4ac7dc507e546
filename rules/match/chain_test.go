package match

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tidegate/gateway"
)

// directory is what Find looks in: step and value to records.
type directory map[string][]gateway.Record

func (d directory) find(step gateway.MatchStep, value string) ([]gateway.Record, error) {
	return d[step.By+step.Field+" "+value], nil
}

// rec is a record that has all that is looked for here.
func rec(key gateway.RecordKey) gateway.Record {
	return gateway.Record{Key: key, Fields: gateway.Fields{
		"Phone": gateway.Text("020 1"), "MobilePhone": gateway.Text("0151 2"), "Website": gateway.Text("https://www.acme.example/about"),
	}}
}

var (
	byEmail = gateway.MatchStep{By: "email"}
	byPhone = gateway.MatchStep{By: "phone"}
	byField = gateway.MatchStep{By: "field", Field: "Legacy__c"}
	domain  = gateway.MatchStep{By: "domain"}
)

func TestChainDecidesByItsFirstStepThatFindsAnybody(t *testing.T) { // AVC-08, AIM-14, AIM-15, AIM-24, DEM-05
	ann := gateway.Person{
		Email: " Ann@Example.com", Phone: "020 1", MobilePhone: "0151 2",
		Properties: gateway.Fields{"Legacy__c": gateway.Text("A-7")},
	}
	converted := gateway.Record{Key: id("Lead", 9), Fields: gateway.Fields{"IsConverted": gateway.Bool(true)}}
	gone := gateway.Record{Key: id("Contact", 9), Deleted: true}
	both := []string{"Contact", "Lead"}
	tests := []struct {
		name    string
		person  gateway.Person
		steps   []gateway.MatchStep
		objects []string
		org     directory
		key     gateway.RecordKey
		rule    string
		reason  string
		several int
	}{
		{"e-mail, in lower case", ann, []gateway.MatchStep{byEmail, byPhone}, both, directory{"email ann@example.com": {rec(id("Contact", 1))}, "phone 020 1": {rec(id("Contact", 2))}}, id("Contact", 1), "email", "matched by email ann@example.com", 0},
		{"phone where no e-mail is found", ann, []gateway.MatchStep{byEmail, byPhone}, both, directory{"phone 020 1": {rec(id("Contact", 2))}}, id("Contact", 2), "phone", "matched by phone 020 1", 0},
		{"the order is the admin's", ann, []gateway.MatchStep{byPhone, byEmail}, both, directory{"email ann@example.com": {rec(id("Contact", 1))}, "phone 0151 2": {rec(id("Lead", 2))}}, id("Lead", 2), "phone", "matched by phone 0151 2", 0},
		{"one record by both numbers", ann, []gateway.MatchStep{byPhone}, both, directory{"phone 020 1": {rec(id("Contact", 2))}, "phone 0151 2": {rec(id("Contact", 2))}}, id("Contact", 2), "phone", "matched by phone 0151 2", 0},
		{"the two numbers are two people's", ann, []gateway.MatchStep{byPhone}, both, directory{"phone 020 1": {rec(id("Contact", 2))}, "phone 0151 2": {rec(id("Contact", 3))}}, gateway.RecordKey{}, "phone", "2 records of Contact have the phone 0151 2.", 2},
		{"a field of the customer's own", ann, []gateway.MatchStep{byField}, both, directory{"fieldLegacy__c A-7": {rec(id("Lead", 4))}}, id("Lead", 4), "field", "matched by Legacy__c A-7", 0},
		{"the object that he would become first", ann, []gateway.MatchStep{byEmail}, both, directory{"email ann@example.com": {rec(id("Lead", 1)), rec(id("Contact", 1))}}, id("Contact", 1), "email", "matched by email ann@example.com", 0},
		{"AVM-34 a lead counts as known", ann, []gateway.MatchStep{byEmail}, both, directory{"email ann@example.com": {rec(id("Lead", 1))}}, id("Lead", 1), "email", "matched by email ann@example.com", 0},
		{"only where he may be", ann, []gateway.MatchStep{byEmail}, []string{"Lead"}, directory{"email ann@example.com": {rec(id("Contact", 1))}}, gateway.RecordKey{}, "", "", 0},
		{"several wait for a person, later steps are not asked", ann, []gateway.MatchStep{byEmail, byPhone}, both, directory{"email ann@example.com": {rec(id("Contact", 1)), rec(id("Contact", 2))}, "phone 020 1": {rec(id("Contact", 1))}}, gateway.RecordKey{}, "email", "2 records of Contact have the email ann@example.com.", 2},
		{"deleted and converted ones do not count", ann, []gateway.MatchStep{byEmail}, both, directory{"email ann@example.com": {gone, converted}}, gateway.RecordKey{}, "", "", 0},
		{"a domain is nobody", ann, []gateway.MatchStep{domain}, both, directory{"domain example.com": {rec(id("Contact", 1))}}, gateway.RecordKey{}, "", "", 0},
		{"nothing known, nothing asked", gateway.Person{}, []gateway.MatchStep{byEmail, byPhone, byField}, both, directory{"email ": {rec(id("Contact", 1))}}, gateway.RecordKey{}, "", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Chain(Subject{Person: tt.person, Steps: tt.steps, Objects: tt.objects, Find: tt.org.find})
			if err != nil || f.Key != tt.key || f.Rule != tt.rule || f.Reason != tt.reason || len(f.Matches) != max(tt.several, min(1, len(tt.key.ID))) {
				t.Errorf("%+v, %v", f, err)
			}
		})
	}
}

func TestChainSaysWhatItAsked(t *testing.T) {
	p := gateway.Person{Email: "ann@example.com", MobilePhone: "1", Phone: "2"}
	f, err := Chain(Subject{Person: p, Steps: []gateway.MatchStep{byEmail, byPhone}, Objects: []string{"Contact"}, Find: directory{}.find})
	want := []string{"Nobody has the email ann@example.com.", "Nobody has the phone 1 or 2."}
	if err != nil || !slices.Equal(f.Asked, want) {
		t.Errorf("%v, %v", f.Asked, err)
	}
	failed := errors.New("away")
	_, err = Chain(Subject{Person: p, Steps: []gateway.MatchStep{byEmail}, Find: func(gateway.MatchStep, string) ([]gateway.Record, error) { return nil, failed }})
	if !errors.Is(err, failed) {
		t.Errorf("error %v", err)
	}
}

// Who is found does not depend on the order in which the mirror answers, and
// never is one of several guessed.
func TestChainDoesNotDependOnTheOrderOfFinds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var records []gateway.Record
		for range rapid.IntRange(0, 5).Draw(t, "records") {
			r := rec(id(rapid.SampledFrom([]string{"Contact", "Lead"}).Draw(t, "object"), rapid.IntRange(1, 3).Draw(t, "id")))
			r.Deleted = rapid.Bool().Draw(t, "deleted")
			if !slices.ContainsFunc(records, func(o gateway.Record) bool { return o.Key == r.Key }) {
				records = append(records, r)
			}
		}
		ask := func(records []gateway.Record) Found {
			f, _ := Chain(Subject{
				Person: gateway.Person{Email: "a@example.com"}, Steps: []gateway.MatchStep{byEmail}, Objects: []string{"Contact", "Lead"},
				Find: directory{"email a@example.com": records}.find,
			})
			slices.SortFunc(f.Matches, func(a, b gateway.Record) int { return strings.Compare(a.Key.ID, b.Key.ID) })
			return f
		}
		f, again := ask(records), ask(rapid.Permutation(records).Draw(t, "order"))
		if f.Key != again.Key || f.Rule != again.Rule || !slices.EqualFunc(f.Matches, again.Matches, func(a, b gateway.Record) bool { return a.Key == b.Key }) {
			t.Fatalf("%+v and %+v", f, again)
		}
		live := map[string]int{}
		for _, r := range records {
			if !r.Deleted {
				live[r.Key.Object]++
			}
		}
		of := "Contact"
		if live[of] == 0 {
			of = "Lead"
		}
		if (f.Key.ID != "") != (live[of] == 1) {
			t.Fatalf("%d of %s, found %+v", live[of], of, f)
		}
	})
}

func TestEmployerIsFoundByTheDomain(t *testing.T) { // AIM-05
	public := func(domain string) bool { return domain == "mail.example" }
	tests := []struct {
		name, email, field string
		accounts           []gateway.Record
		key                gateway.RecordKey
		reason             string
	}{
		{"one", "Ann@Acme.example", "Website", []gateway.Record{rec(id("Account", 1))}, id("Account", 1), "matched by the domain acme.example in Website"},
		{"none", "ann@acme.example", "Website", nil, gateway.RecordKey{}, "No account has acme.example in Website."},
		{"several", "ann@acme.example", "Website", []gateway.Record{rec(id("Account", 1)), rec(id("Account", 2))}, gateway.RecordKey{}, "2 accounts have acme.example in Website, so none is chosen."},
		{"a deleted one does not count", "ann@acme.example", "Website", []gateway.Record{{Key: id("Account", 1), Deleted: true}, rec(id("Account", 2))}, id("Account", 2), "matched by the domain acme.example in Website"},
		{"what is registered counts", "ann@mail.eu.acme.example", "Website", []gateway.Record{rec(id("Account", 1))}, id("Account", 1), "matched by the domain acme.example in Website"},
		{"another company under the same suffix", "ann@other.co.uk", "Website", []gateway.Record{{Key: id("Account", 1), Fields: gateway.Fields{"Website": gateway.Text("acme.co.uk")}}}, gateway.RecordKey{}, "No account has other.co.uk in Website."},
		{"a public one under a host", "ann@eu.mail.example", "Website", []gateway.Record{rec(id("Account", 1))}, gateway.RecordKey{}, "eu.mail.example is a public e-mail domain and names no account."},
		{"public", "ann@mail.example", "Website", []gateway.Record{rec(id("Account", 1))}, gateway.RecordKey{}, "mail.example is a public e-mail domain and names no account."},
		{"no address", "", "Website", nil, gateway.RecordKey{}, "The person has no e-mail address whose domain could name an account."},
		{"no field", "ann@acme.example", "", nil, gateway.RecordKey{}, "No Account Match Field is chosen, so accounts are not looked for."},
	}
	for _, tt := range tests {
		e, err := EmployerOf(tt.email, public, tt.field, func(string) ([]gateway.Record, error) { return tt.accounts, nil })
		if err != nil || e.Key != tt.key || e.Reason != tt.reason {
			t.Errorf("%s: %+v, %v", tt.name, e, err)
		}
	}
}
