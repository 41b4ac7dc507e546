package outbound_test

import (
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

func TestWaitingEntryFollowsTheSettings(t *testing.T) {
	byTruth := func(field string) (bool, string) { return field != "Title", "Editable is off for this field." }
	settingsSay := gateway.Problem{Code: string(gateway.CodeForbidden), What: "Title is no longer written to Salesforce"}
	entry := func(op gateway.Op, state gateway.ChangeState, kind string, p gateway.Problem, fields ...string) gateway.Change {
		c := gateway.Change{Key: ann, Op: op, State: state, Cause: gateway.Cause{Kind: kind}, Problem: p, Fields: gateway.Fields{}, Attempt: 4}
		for _, f := range fields {
			c.Fields[f] = `"x"`
		}
		return c
	}
	const waiting, parked = gateway.StateWaiting, gateway.StateParked
	tests := []struct {
		name   string
		entry  gateway.Change
		create string // why nothing is created
		want   gateway.ChangeState
		moved  bool
	}{
		{"all fields are written", entry(gateway.OpUpdate, waiting, "edit", gateway.Problem{}, "Phone"), "", waiting, false},
		{"S-37 one field is not", entry(gateway.OpUpdate, waiting, "edit", gateway.Problem{}, "Phone", "Title"), "", parked, true},
		{"of a person neither", entry(gateway.OpUpdate, waiting, "person", gateway.Problem{}, "Title"), "", parked, true},
		{"what a meeting owes has settings of its own", entry(gateway.OpUpdate, waiting, "meeting", gateway.Problem{}, "Title"), "", waiting, false},
		{"AVC-22 a create that is off", entry(gateway.OpCreate, waiting, "person", gateway.Problem{}, "Title"), "it is off", parked, true},
		{"a create that is on", entry(gateway.OpCreate, waiting, "person", gateway.Problem{}, "Title"), "", waiting, false},
		{"a delete asks for no field", entry(gateway.OpDelete, waiting, "edit", gateway.Problem{}), "it is off", waiting, false},
		{"one that is being sent settles first", entry(gateway.OpUpdate, gateway.StateSending, "edit", gateway.Problem{}, "Title"), "", gateway.StateSending, false},
		{"parked for the settings, allowed again", entry(gateway.OpUpdate, parked, "edit", settingsSay, "Phone"), "", waiting, true},
		{"parked for the settings, still not allowed", entry(gateway.OpUpdate, parked, "edit", settingsSay, "Title"), "", parked, false},
		{"parked by Salesforce stays parked", entry(gateway.OpUpdate, parked, "edit", gateway.Problem{Code: "salesforce_validation", Said: "400"}, "Phone"), "", parked, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, moved := outbound.Reconsider(tt.entry, byTruth, tt.create, nil, now)
			if got.State != tt.want || moved != tt.moved {
				t.Fatalf("state %s, moved %t; want %s, %t", got.State, moved, tt.want, tt.moved)
			}
			if moved && tt.want == parked && (got.Problem.What == "" || got.Problem.Who == "" || got.Problem.Retries) {
				t.Errorf("parked without saying why or what to do: %+v", got.Problem)
			}
			if moved && tt.want == waiting && (!got.DueAt.Equal(now) || got.Attempt != 1 || got.Problem.What != "") {
				t.Errorf("not woken whole: %+v", got)
			}
		})
	}
}

func TestEditOfOtherFieldsCarriesNoForbiddenOneOut(t *testing.T) {
	byTruth := func(field string) (bool, string) { return field != "Title", "Editable is off for this field." }
	c := gateway.Change{Key: ann, Op: gateway.OpUpdate, State: gateway.StateWaiting, Cause: gateway.Cause{Kind: "edit"}, Fields: gateway.Fields{"Title": `"x"`, "Phone": `"1"`}}
	p := outbound.Hold(outbound.Plan{Change: &c, Log: &gateway.LogEntry{State: gateway.LogWaiting}}, byTruth, "", nil)
	if p.Change.State != gateway.StateParked || p.Log.State != gateway.LogNeedsYou || !strings.Contains(p.Log.Problem.What, "Title") {
		t.Errorf("plan = %+v, line = %+v", p.Change, p.Log)
	}
	if p := outbound.Hold(outbound.Plan{Change: &c, Drop: true}, byTruth, "", nil); p.Change.State != gateway.StateWaiting {
		t.Errorf("what is dropped needs no parking: %+v", p.Change)
	}
}
