package outbox

import (
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/store/storetest"
)

// Two people of the product are one contact and differ in a field that is
// overwritten: the latest news counts, and repeating what was known, in any order,
// writes nothing and asks Salesforce nothing.
func TestTwoPeopleOfOneRecordDoNotFight(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(1)
		w.mirror(gateway.Record{Key: key(0), Fields: gateway.Fields{"LastName": `"Lee"`, "Email": `"ann@example.com"`}, Version: gateway.Version{CommitAt: 2000, CommitNumber: 2}})
		old := gateway.Person{ExternalID: "p1", Email: "ann@example.com", Title: "CTO"}
		young := gateway.Person{ExternalID: "p2", Email: "ann@example.com", Title: "CEO"}
		w.deliver(w.person(old))
		w.deliver(w.person(young))
		same(t, "the later one counts", w.org.get(key(0).ID)["Title"], gateway.Value(`"CEO"`))
		calls := w.org.callCount()
		var last Receipt
		for range 3 {
			w.person(young)
			last = w.person(old)
		}
		w.round()
		same(t, "calls for what was known", w.org.callCount(), calls)
		same(t, "nothing waits", w.idle(), true)
		if rule := w.line(last.LogID).Rule; !strings.Contains(rule, "“p2” here is the same record and was told of later") {
			t.Errorf("the line does not say who won: %q", rule)
		}
		old.Title = "Chair"
		w.deliver(w.person(old))
		same(t, "news of the other one", w.org.get(key(0).ID)["Title"], gateway.Value(`"Chair"`))
	})
}
