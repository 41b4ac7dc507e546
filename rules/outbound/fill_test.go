package outbound_test

import (
	"testing"

	"pgregory.net/rapid"

	"tidegate/gateway"
	"tidegate/rules/inbound"
	"tidegate/rules/outbound"
)

// Whatever comes in while a filling waits, and whatever is edited into it: no
// value that somebody wrote in Salesforce is ever owed to be overwritten by
// what only fills, and what a person here typed stays owed under the field's rule. F-65.
func TestWhatOnlyFillsNeverOverwritesF65(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SampledFrom([]gateway.Value{gateway.Null, gateway.Text("a"), gateway.Text("b")})
		winner := rapid.SampledFrom([]gateway.Winner{"", gateway.WinnerProduct, gateway.WinnerSalesforce}).Draw(t, "winner")
		r := gateway.Record{Key: gateway.RecordKey{Object: "Contact", ID: "003000000000001AAA"}, Fields: gateway.Fields{"Email": gateway.Null}, Version: gateway.Version{CommitAt: 1000, CommitNumber: 1}}
		var pending *gateway.Change
		typed := false
		for i := range rapid.IntRange(1, 6).Draw(t, "steps") {
			in := outbound.Input{Record: r, Pending: pending, Now: now, Writable: func(string) (bool, string) { return true, "" }}
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				if !r.Fields["Email"].Empty() || typed {
					continue // the planner withholds it
				}
				in.Fields, in.Fills, in.Cause.Kind = gateway.Fields{"Email": gateway.Text("fill")}, []string{"Email"}, "person"
			case 1:
				in.Fields, in.Cause.Kind, typed = gateway.Fields{"Email": gateway.Text("typed")}, "edit", true
			default:
				theirs := value.Draw(t, "theirs")
				d := inbound.Decide(inbound.Input{
					Event: gateway.ChangeEvent{
						Type: gateway.Update, Object: "Contact", RecordIDs: []string{r.Key.ID}, Fields: gateway.Fields{"Email": theirs},
						Version: gateway.Version{CommitAt: int64(2000 + i), CommitNumber: int64(2 + i)},
					},
					RecordID: r.Key.ID, Current: &r, Pending: pending, Now: now, Winner: func(string) gateway.Winner { return winner },
				})
				r = d.Record
				if d.DropPending {
					pending, typed = nil, false
				} else if d.PendingChanged {
					pending = d.Pending
				}
				continue
			}
			plan, err := outbound.PlanEdit(in)
			if err != nil {
				t.Fatal(err)
			}
			if plan.Drop {
				pending, typed = nil, false
			} else if plan.Change != nil {
				pending = plan.Change
			}
		}
		if pending == nil {
			return
		}
		if theirs := r.Fields["Email"]; pending.Guarded() && !theirs.Empty() && pending.Fields["Email"] != theirs {
			t.Fatalf("%v would be overwritten by what only fills: %+v", theirs, pending)
		}
		if pending.Guarded() && pending.Fields["Email"] == gateway.Text("typed") {
			t.Fatalf("what a person typed is held back: %+v", pending)
		}
	})
}

func TestEntryYieldsWhatWasFilledMeanwhileF65(t *testing.T) {
	c := gateway.Change{
		Op: gateway.OpUpdate, Fields: gateway.Fields{"Email": `"ours"`, "Phone": `"1"`, "Title": `"CTO"`},
		Base: gateway.Fields{"Email": gateway.Null}, Fills: []string{"Email", "Phone"},
	}
	kept, gave := outbound.Yield(c, gateway.Record{Fields: gateway.Fields{"Email": `"theirs"`, "Phone": `"1"`, "Title": `"Chief"`}})
	if len(gave) != 1 || gave[0] != "Email" || len(kept.Fields) != 2 || kept.Fields["Title"] == "" || len(kept.Fills) != 1 {
		t.Errorf("gave %v, kept %+v", gave, kept)
	}
	if len(c.Fields) != 3 || len(c.Fills) != 2 {
		t.Errorf("the entry itself was changed: %+v", c)
	}
	create := c
	create.Op = gateway.OpCreate
	if _, gave := outbound.Yield(create, gateway.Record{Fields: gateway.Fields{"Email": `"theirs"`}}); gave != nil {
		t.Errorf("a create yields %v", gave)
	}
}
