package outbound

import (
	"slices"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/conflict"
)

func TestOvertakenValuesGiveWayOrAsk(t *testing.T) {
	left := gateway.Change{State: gateway.StateWaiting, Fields: gateway.Fields{"Title": gateway.Text("ours"), "Phone": gateway.Text("1")}}
	parked := left
	parked.State = gateway.StateParked
	question, lost := conflict.Question([]string{"Title", "Gone"}), gateway.Problem{Code: conflict.CodeOvertaken, Fields: []string{"Title", "Gone"}}
	said := question
	said.Said = "Salesforce's own words"
	tests := []struct {
		name  string
		left  gateway.Change
		met   gateway.Problem
		state gateway.ChangeState
		gave  []string
		asks  bool
	}{
		{"nothing came", left, gateway.Problem{}, gateway.StateWaiting, nil, false},
		{"a person must choose", left, question, gateway.StateParked, nil, true},
		{"the other value wins", left, lost, gateway.StateWaiting, []string{"Title"}, false},
		{"only fields that are not owed any more", left, conflict.Question([]string{"Gone"}), gateway.StateWaiting, nil, false},
		{"a refusal of an earlier attempt", left, said, gateway.StateWaiting, nil, false},
		{"parked for another reason", parked, question, gateway.StateParked, nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			kept, gave, asks := Overtaken(tt.left, tt.met)
			if kept.State != tt.state || !slices.Equal(gave, tt.gave) || asks != tt.asks {
				t.Fatalf("%s, gave %v, asks %v", kept.State, gave, asks)
			}
			if asks && !slices.Equal(kept.Problem.Fields, []string{"Title"}) {
				t.Errorf("asks about %v", kept.Problem.Fields)
			}
			if _, owed := kept.Fields["Title"]; owed == slices.Contains(gave, "Title") {
				t.Errorf("keeps %v", kept.Fields)
			}
		})
	}
}
