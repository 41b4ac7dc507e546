package outbound

import (
	"testing"
	"time"

	"tidegate/gateway"
)

func TestRemovalTakesWhatWaitsAlong_F47(t *testing.T) {
	now := time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)
	key := gateway.RecordKey{Object: "Contact", ID: "003dM00001wBXYDQA4"}
	fine := RemoveInput{Record: gateway.Record{Key: key, Fields: gateway.Fields{"LastName": gateway.Text("Moor")}}, Ours: true, On: true, Deletable: true, Now: now}
	edit := gateway.Change{Key: key, Op: gateway.OpUpdate, LogID: 7, Edit: 3, State: gateway.StateParked, Fields: gateway.Fields{"Title": gateway.Text("COO")}, Base: gateway.Fields{"Title": gateway.Null}, Fills: []string{"Title"}}
	for name, row := range map[string]struct {
		pending *gateway.Change
		state   gateway.ChangeState
		log     int64
		given   bool
	}{
		"nothing waits":            {nil, gateway.StateWaiting, 0, false},
		"an edit waits":            {&edit, gateway.StateWaiting, 0, true},
		"an edit is on its way":    {sent(edit, gateway.OpUpdate), gateway.StateSending, 7, false},
		"a deletion waits":         {parked(edit, gateway.OpDelete), gateway.StateWaiting, 7, false},
		"a deletion is on its way": {sent(edit, gateway.OpDelete), gateway.StateSending, 7, false},
	} {
		in := fine
		in.Pending = row.pending
		got, err := PlanRemove(in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c := got.Change
		if c.Op != gateway.OpDelete || len(c.Fields)+len(c.Base)+len(c.Fills) != 0 || c.State != row.state || c.LogID != row.log || (got.Given != nil) != row.given {
			t.Errorf("%s: %+v, given %v", name, c, got.Given)
		}
		if row.pending != nil && c.Edit != row.pending.Edit+1 {
			t.Errorf("%s: edit %d", name, c.Edit)
		}
		if row.given && (got.Given.ID != 7 || got.Given.State != gateway.LogSkipped || got.Given.Fields["Title"] != gateway.Text("COO")) {
			t.Errorf("%s: the line of the edit is %+v", name, got.Given)
		}
	}
	if edit.Op != gateway.OpUpdate || len(edit.Fields) != 1 {
		t.Errorf("the entry that was there changed: %+v", edit)
	}
}

func sent(c gateway.Change, op gateway.Op) *gateway.Change {
	c.State, c.Op = gateway.StateSending, op
	return &c
}

func parked(c gateway.Change, op gateway.Op) *gateway.Change {
	c.State, c.Op = gateway.StateParked, op
	return &c
}

func TestRemovalIsRefusedWithItsReason_F47(t *testing.T) {
	key := gateway.RecordKey{Object: "Lead", ID: "00Q000000000001EAA"}
	for name, row := range map[string]struct {
		change func(*RemoveInput)
		code   gateway.Code
	}{
		"deleted already":  {func(in *RemoveInput) { in.Record.Deleted = true }, gateway.CodeNotFound},
		"object is off":    {func(in *RemoveInput) { in.On = false }, gateway.CodeForbidden},
		"not deletable":    {func(in *RemoveInput) { in.Deletable = false }, gateway.CodeForbidden},
		"not ours":         {func(in *RemoveInput) { in.Ours = false }, gateway.CodeForbidden},
		"a converted lead": {func(in *RemoveInput) { in.Record.Fields = gateway.Fields{"IsConverted": gateway.Bool(true)} }, gateway.CodeSFConverted},
	} {
		in := RemoveInput{Record: gateway.Record{Key: key, Fields: gateway.Fields{}}, Ours: true, On: true, Deletable: true}
		row.change(&in)
		if _, err := PlanRemove(in); gateway.CodeOf(err) != row.code {
			t.Errorf("%s: %v, want %s", name, err, row.code)
		}
	}
}
