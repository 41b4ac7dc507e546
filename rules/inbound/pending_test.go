package inbound

import (
	"maps"
	"testing"

	"tidegate/gateway"
)

func pending(state gateway.ChangeState, fields, base gateway.Fields) *gateway.Change {
	return &gateway.Change{
		Key: gateway.RecordKey{Object: "Contact", ID: contact}, Op: gateway.OpUpdate,
		Fields: fields, Base: base, State: state, EnqueuedAt: v(10).Time(), Edit: 3,
		Cause: gateway.Cause{By: "u1"},
	}
}

func TestSalesforceMeetsOurWaitingEdit(t *testing.T) {
	f := func(title string) gateway.Fields { return gateway.Fields{"Title": gateway.Text(title)} }
	type want struct {
		drop, changed, confirmed bool
		state                    gateway.ChangeState
		fields, base             gateway.Fields
		conflicts                int
	}
	tests := []struct {
		name   string
		entry  *gateway.Change
		theirs gateway.Fields
		at     int64
		winner gateway.Winner
		want   want
	}{
		{"F-45 our value is there already: the entry goes", pending(gateway.StateWaiting, f("Lady"), f("Countess")), f("Lady"), 20, "", want{drop: true, confirmed: true, fields: gateway.Fields{}, base: gateway.Fields{}, state: gateway.StateWaiting}},
		{
			"one of two fields is confirmed", pending(gateway.StateWaiting, gateway.Fields{"Title": `"Lady"`, "Phone": `"1"`}, gateway.Fields{"Title": `"Countess"`, "Phone": `"0"`}), f("Lady"), 20, "",
			want{changed: true, state: gateway.StateWaiting, fields: gateway.Fields{"Phone": `"1"`}, base: gateway.Fields{"Phone": `"0"`}},
		},
		{"another field is no concern", pending(gateway.StateWaiting, f("Lady"), f("Countess")), gateway.Fields{"Phone": `"5"`}, 20, "", want{}},
		{"their value is our base: no conflict", pending(gateway.StateWaiting, f("Lady"), f("Queen")), f("Queen"), 20, "", want{}},
		{"Salesforce wins by rule", pending(gateway.StateWaiting, f("Lady"), f("Countess")), f("Queen"), 5, gateway.WinnerSalesforce, want{drop: true, fields: gateway.Fields{}, base: gateway.Fields{}, state: gateway.StateWaiting, conflicts: 1}},
		{"we win by rule: the base moves", pending(gateway.StateWaiting, f("Lady"), f("Countess")), f("Queen"), 20, gateway.WinnerProduct, want{changed: true, state: gateway.StateWaiting, fields: f("Lady"), base: f("Queen"), conflicts: 1}},
		{"most recent is ours", pending(gateway.StateWaiting, f("Lady"), f("Countess")), f("Queen"), 5, gateway.WinnerRecent, want{changed: true, state: gateway.StateWaiting, fields: f("Lady"), base: f("Queen"), conflicts: 1}},
		{"most recent is theirs, nobody chose", pending(gateway.StateParked, f("Lady"), f("Countess")), f("Queen"), 20, "", want{drop: true, fields: gateway.Fields{}, base: gateway.Fields{}, state: gateway.StateParked, conflicts: 1}},
		{"a person decides", pending(gateway.StateWaiting, f("Lady"), f("Countess")), f("Queen"), 20, gateway.WinnerAsk, want{changed: true, state: gateway.StateParked, fields: f("Lady"), base: f("Queen"), conflicts: 1}},
		{"being sent: only the base moves", pending(gateway.StateSending, f("Lady"), f("Countess")), f("Queen"), 20, gateway.WinnerSalesforce, want{changed: true, state: gateway.StateSending, fields: f("Lady"), base: f("Queen"), conflicts: 1}},
		{"F-45 echo before the answer", pending(gateway.StateSending, f("Lady"), f("Countess")), f("Lady"), 20, "", want{changed: true, state: gateway.StateSending, fields: f("Lady"), base: f("Lady")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			keep := tt.entry.Fields.Clone()
			d := Decide(Input{
				Current: record(v(1), names), Event: event(gateway.Update, v(tt.at), tt.theirs), RecordID: contact,
				Pending: tt.entry, Winner: func(string) gateway.Winner { return tt.winner }, Now: now,
			})
			got := want{drop: d.DropPending, changed: d.PendingChanged, confirmed: d.Confirmed, conflicts: len(d.Conflicts)}
			if d.Pending != nil {
				got.state, got.fields, got.base = d.Pending.State, d.Pending.Fields, d.Pending.Base
			}
			if got.drop != tt.want.drop || got.changed != tt.want.changed || got.confirmed != tt.want.confirmed ||
				got.conflicts != tt.want.conflicts || got.state != tt.want.state ||
				!maps.Equal(got.fields, tt.want.fields) || !maps.Equal(got.base, tt.want.base) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			for _, c := range d.Conflicts {
				if c.Theirs != `"Queen"` || c.Ours != `"Lady"` || c.Base != `"Countess"` || c.Reason == "" || c.OursBy != "u1" {
					t.Errorf("conflict %+v does not keep both values", c)
				}
			}
			if got.state == gateway.StateParked && got.changed && d.Pending.Problem.Who == "" {
				t.Error("a parked entry says who must act")
			}
			if !maps.Equal(keep, tt.entry.Fields) {
				t.Error("the rule changed its argument")
			}
		})
	}
}

func TestQuestionThatAnsweredItselfIsSentAgain(t *testing.T) {
	entry := pending(gateway.StateParked, gateway.Fields{"Title": `"Lady"`, "Phone": `"1"`}, gateway.Fields{})
	entry.Problem = gateway.Problem{Code: CodeConflict, Fields: []string{"Title"}}
	d := Decide(Input{Current: record(v(1), names), Event: event(gateway.Update, v(2), gateway.Fields{"Title": `"Lady"`}), RecordID: contact, Pending: entry, Now: now})
	if !d.PendingChanged || d.Pending.State != gateway.StateWaiting || d.Pending.Problem.Code != "" {
		t.Errorf("entry %+v, want it waiting again", d.Pending)
	}
}

func TestDeleteInSalesforceParksOurEdit(t *testing.T) {
	entry := pending(gateway.StateWaiting, gateway.Fields{"Title": `"Lady"`}, gateway.Fields{"Title": `"Countess"`})
	d := Decide(Input{Current: record(v(1), names), Event: event(gateway.Delete, v(2), nil), RecordID: contact, Pending: entry, Now: now})
	if !d.PendingChanged || d.Pending.State != gateway.StateParked || d.Pending.Problem.Who == "" {
		t.Errorf("entry %+v, want it parked", d.Pending)
	}
}

func TestOurDeleteMeetsTheirChange(t *testing.T) {
	entry := pending(gateway.StateWaiting, gateway.Fields{}, gateway.Fields{})
	entry.Op = gateway.OpDelete
	in := Input{Current: record(v(1), names), Event: event(gateway.Update, v(2), gateway.Fields{"Title": `"Lady"`}), RecordID: contact, Pending: entry, Now: now}
	if d := Decide(in); len(d.Conflicts) != 1 || d.DropPending || d.PendingChanged {
		t.Errorf("F-47: decision %+v, want one conflict and the delete kept", d)
	}
	in.Event = event(gateway.Delete, v(3), nil)
	if d := Decide(in); !d.DropPending || !d.Confirmed {
		t.Errorf("F-47: decision %+v, want the delete confirmed", d)
	}
}

func TestEchoConfirmsByValueNeverByOrigin(t *testing.T) {
	own := func(fields gateway.Fields) gateway.ChangeEvent {
		e := event(gateway.Update, v(2), fields)
		e.Origin = origin + "tidegate"
		return e
	}
	same := gateway.Fields{"Title": `"Countess"`, "LastModifiedDate": `"2026-03-02T10:15:42.000Z"`}
	side := gateway.Fields{"Title": `"Countess"`, "Rating__c": `"Hot"`}
	tests := []struct {
		name    string
		event   gateway.ChangeEvent
		pending *gateway.Change
		outcome gateway.Outcome
		saved   string
	}{
		{"F-45 same values are confirmed", own(same), nil, gateway.OutcomeConfirmed, `"Countess"`},
		{"F-45 echo before the answer is confirmed", own(gateway.Fields{"Title": `"Lady"`}), pending(gateway.StateSending, gateway.Fields{"Title": `"Lady"`}, gateway.Fields{"Title": `"Countess"`}), gateway.OutcomeConfirmed, `"Lady"`},
		{"F-45 a trigger's side effect is applied", own(side), nil, gateway.OutcomeApplied, `"Countess"`},
		{"a client whose name only begins like ours is another", func() gateway.ChangeEvent {
			e := own(same)
			e.Origin += "-two"
			return e
		}(), nil, gateway.OutcomeUnchanged, `"Countess"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := Decide(Input{Current: record(v(1), names), Event: tt.event, RecordID: contact, Pending: tt.pending, OwnClient: "tidegate", Now: now})
			if d.Entry.Outcome != tt.outcome || !d.Save || !d.Append {
				t.Errorf("outcome %q, save %v, row %v; want %q saved with a row", d.Entry.Outcome, d.Save, d.Append, tt.outcome)
			}
			if d.Record.Version != v(2) || string(d.Record.Fields["Title"]) != tt.saved {
				t.Errorf("record %+v: the version moves on and the values are theirs", d.Record)
			}
		})
	}
}
