package outbound_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

// Several people who are one record, told of in any order and repeated for
// ever: the record comes to rest, with the latest news of each field that is
// told of by all; every value that gave way is named.
func TestPeopleWhoAreOneRecordComeToRest(t *testing.T) { // DEM-16
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 4).Draw(t, "people")
		known := map[string]gateway.Person{}
		record := gateway.Fields{}
		writes := 0
		wishes := func(p gateway.Person) gateway.Fields { return outbound.PersonFields(p, "Contact") }
		clock := time.Unix(1000, 0)
		tell := func(p gateway.Person) {
			clock = clock.Add(time.Duration(rapid.IntRange(0, 1).Draw(t, "passes")) * time.Second)
			p = outbound.Told(p, known[p.ExternalID], clock)
			known[p.ExternalID] = p
			edit := gateway.Fields{}
			for name, v := range wishes(p) {
				if record[name] != v {
					edit[name] = v
				}
			}
			var rivals []gateway.Person
			for _, other := range known {
				rivals = append(rivals, other)
			}
			kept, lost := outbound.Contest(edit, p, rivals, wishes)
			if len(kept) < len(edit) && len(lost) == 0 {
				t.Fatal("a value gave way without a word")
			}
			for name, v := range kept {
				record[name] = v
				writes++
			}
		}
		latest := ""
		for range rapid.IntRange(2, 12).Draw(t, "tellings") {
			p := gateway.Person{ExternalID: fmt.Sprint("p", rapid.IntRange(1, n).Draw(t, "who")), Title: rapid.SampledFrom([]string{"CTO", "CEO", "Pilot"}).Draw(t, "title")}
			tell(p)
		}
		for round := range 3 {
			writes = 0
			for i := range n {
				if p, told := known[fmt.Sprint("p", i+1)]; told {
					tell(p)
				}
			}
			if round > 0 && writes > 0 {
				t.Fatalf("round %d of the same news still writes %d values", round, writes)
			}
		}
		best := gateway.Person{}
		for _, p := range known {
			if best.ExternalID == "" || outbound.Newer(p, best) {
				best = p
			}
		}
		latest = best.Title
		if got := record["Title"].String(); got != latest {
			t.Fatalf("the record says %q, the latest news is %q", got, latest)
		}
	})
}
