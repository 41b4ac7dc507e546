package outbound_test

import (
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

func TestOwedChangeGoesToWhatTheRecordBecame(t *testing.T) {
	lead, contact := gateway.RecordKey{Object: "Lead", ID: "00Q000000000001AAA"}, gateway.RecordKey{Object: "Contact", ID: "003000000000001AAA"}
	owed := gateway.Change{
		Key: lead, Op: gateway.OpUpdate, Edit: 3, LogID: 9, State: gateway.StateParked, Attempt: 2, EnqueuedAt: now,
		Fields: gateway.Fields{"Title": `"CEO"`, "Street": `"Quay 1"`, "Company": `"Acme"`},
		Base:   gateway.Fields{"Title": `"CTO"`, "Street": gateway.Null, "Company": `"Ac"`},
		Cause:  gateway.Cause{Kind: "edit", Rule: "Edit on the lead page"}, FirstSentAt: now, Lease: "x",
	}
	onContact := func(field string) (bool, string) {
		return field != "Company", "Salesforce does not show this field to the connected user."
	}
	in := outbound.RedirectInput{Change: owed, To: contact, Act: gateway.LinkConverted, Writable: onContact, Now: now.Add(time.Minute)}

	t.Run("F-40 what the contact has goes there, the rest is parked with advice", func(t *testing.T) {
		got := outbound.Redirect(in)
		c := got.Change
		if c == nil || c.Key != contact || c.Fields["Title"] != `"CEO"` || c.Fields["MailingStreet"] != `"Quay 1"` || len(c.Fields) != 2 || c.Base["Title"] != `"CTO"` {
			t.Fatalf("change %+v", c)
		}
		if c.State != gateway.StateWaiting || c.LogID != 0 || c.Attempt != 0 || c.Lease != "" || !c.FirstSentAt.IsZero() || !strings.Contains(c.Cause.Rule, "Edit on the lead page. Moved from the lead") {
			t.Errorf("change %+v", c)
		}
		left := got.Left
		if left == nil || left.Key != lead || left.State != gateway.StateParked || len(left.Fields) != 1 || left.Problem.Code != string(gateway.CodeSFConverted) ||
			!strings.Contains(left.Problem.What, "Company (") || !strings.Contains(left.Problem.Who, contact.ID) {
			t.Errorf("left %+v", left)
		}
		if len(owed.Fields) != 3 {
			t.Error("the argument changed")
		}
	})
	t.Run("F-40 all of it has a place", func(t *testing.T) {
		in := in
		in.Change.Fields = gateway.Fields{"Title": `"CEO"`}
		if got := outbound.Redirect(in); got.Left != nil || got.Change == nil {
			t.Errorf("%+v", got)
		}
	})
	t.Run("F-40 nothing of it has a place", func(t *testing.T) {
		in := in
		in.Writable = func(string) (bool, string) { return false, "Switched off." }
		if got := outbound.Redirect(in); got.Change != nil || got.Left == nil || len(got.Left.Fields) != 3 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("F-41 the later edit of a field counts, and a parked entry wakes", func(t *testing.T) {
		for _, later := range []bool{true, false} {
			in := in
			in.Act = gateway.LinkMerged
			standing := gateway.Change{
				Key: contact, Op: gateway.OpUpdate, Edit: 1, LogID: 4, State: gateway.StateParked, Problem: gateway.Problem{Code: "salesforce_validation"},
				Fields: gateway.Fields{"Title": `"Owner"`, "Phone": `"1"`}, Base: gateway.Fields{"Title": `"X"`}, EnqueuedAt: now.Add(time.Hour),
			}
			want := gateway.Value(`"Owner"`)
			if later {
				standing.EnqueuedAt, want = now.Add(-time.Hour), `"CEO"`
			}
			in.Standing = &standing
			c := outbound.Redirect(in).Change
			if c.Fields["Title"] != want || c.Base["Title"] != `"X"` || c.Fields["Phone"] != `"1"` || c.Fields["Street"] != `"Quay 1"` || c.Edit != 2 || c.LogID != 4 || c.State != gateway.StateWaiting {
				t.Errorf("later %v: %+v", later, c)
			}
			if standing.Fields["Title"] != `"Owner"` {
				t.Error("the argument changed")
			}
		}
	})
	t.Run("F-40 a delete is nobody's wish for the contact", func(t *testing.T) {
		in := in
		in.Change.Op = gateway.OpDelete
		if got := outbound.Redirect(in); got.Change != nil || got.Left == nil || got.Left.State != gateway.StateParked {
			t.Errorf("%+v", got)
		}
	})
}

func TestConvertedLeadTakesNoChange(t *testing.T) { // F-40
	lead := gateway.Record{Key: gateway.RecordKey{Object: "Lead", ID: "00Q000000000001AAA"}, Fields: gateway.Fields{"IsConverted": gateway.Bool(true)}}
	_, err := outbound.PlanEdit(outbound.Input{
		Record: lead, Fields: gateway.Fields{"Title": `"x"`}, Now: now, Writable: func(string) (bool, string) { return true, "" },
	})
	if gateway.CodeOf(err) != gateway.CodeSFConverted {
		t.Errorf("F-40: %v", err)
	}
	lead.Fields["IsConverted"] = gateway.Bool(false)
	if err := outbound.Barred(lead); err != nil {
		t.Errorf("an open lead: %v", err)
	}
}
