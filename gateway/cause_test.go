package gateway_test

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"tidegate/gateway"
)

func TestFieldWithoutACauseOfItsOwnHasThatOfAll(t *testing.T) {
	c := gateway.Cause{Kind: "meeting", Ref: "m-1", Rule: "Meeting", Name: "Ann", Revision: 3, Of: map[string]gateway.Origin{
		"Next": {Rule: "Topic", Revision: 7, Said: "0:10 soon"}, "Phone": {Revision: 2}, "Title": {Kind: "edit", Rule: "Edit", Name: "Bo"},
	}}
	for field, want := range map[string]gateway.Origin{
		"Email": {Kind: "meeting", Ref: "m-1", Rule: "Meeting", Name: "Ann", Revision: 3},
		"Next":  {Kind: "meeting", Ref: "m-1", Rule: "Topic", Name: "Ann", Revision: 7, Said: "0:10 soon"},
		"Phone": {Kind: "meeting", Ref: "m-1", Rule: "Meeting", Name: "Ann", Revision: 2},
		"Title": {Kind: "edit", Rule: "Edit", Name: "Bo"},
	} {
		if got := c.Origin(field); got != want {
			t.Errorf("%s: %+v", field, got)
		}
	}
}

// However many edits fold into one entry, each field that waits says who
// caused it last.
func TestFoldingKeepsTheCauseOfEachField(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		waiting, want := gateway.Fields{}, map[string]gateway.Origin{}
		var cause gateway.Cause
		for i := range rapid.IntRange(1, 8).Draw(t, "edits") {
			next := gateway.Cause{Kind: rapid.SampledFrom([]string{"edit", "meeting"}).Draw(t, "kind"), Ref: string(rune('a' + i)), Rule: "r"}
			edited := gateway.Fields{}
			for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"A", "B", "C"}), 1, 3, rapid.ID).Draw(t, "fields") {
				edited[name], waiting[name] = gateway.Text("x"), gateway.Text("x")
				want[name] = next.Origin(name)
			}
			cause = next.Then(cause, waiting, edited)
		}
		for name := range waiting {
			if got := cause.Origin(name); !reflect.DeepEqual(got, want[name]) {
				t.Fatalf("%s: %+v, want %+v", name, got, want[name])
			}
		}
	})
}
