package mapping_test

import (
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/mapping"
)

// Every row of the table: one test fails, the object is not offered, and the
// reason names the place in Setup.
func TestActivityTargetNeedsAllFour_AVC11_AVC16(t *testing.T) {
	whole := gateway.Schema{
		Object: "Patient__c", Searchable: true, Activities: true, FeedEnabled: true,
		Fields: []gateway.Field{{Name: "CustomPhoneNumber__c", Type: gateway.TypePhone}, {Name: "Name", Type: "string"}},
	}
	tests := []struct {
		name   string
		turn   func(*gateway.Schema)
		cell   int
		reason string
	}{
		{"all hold", func(*gateway.Schema) {}, -1, ""},
		{"AVC-12 no phone field", func(s *gateway.Schema) { s.Fields = s.Fields[1:] }, 0, "type Phone"},
		{"AVC-12 only a formula", func(s *gateway.Schema) { s.Fields = []gateway.Field{{Type: gateway.TypePhone, Calculated: true}} }, 0, "type Phone"},
		{"AVC-13 not searchable", func(s *gateway.Schema) { s.Searchable = false }, 1, "Allow Search"},
		{"AVC-14 no activities", func(s *gateway.Schema) { s.Activities = false }, 2, "Allow Activities"},
		{"AVC-15 no feed tracking", func(s *gateway.Schema) { s.FeedEnabled = false }, 3, "Feed Tracking"},
	}
	for _, tt := range tests {
		s := whole
		tt.turn(&s)
		ok, cells, reason := mapping.ActivityTarget(s)
		if ok != (tt.cell < 0) || !strings.Contains(reason, tt.reason) {
			t.Errorf("%s: %v, %q", tt.name, ok, reason)
		}
		for i, c := range cells {
			if c.Pass == (i == tt.cell) || c.Why == "" {
				t.Errorf("%s: cell %d %+v", tt.name, i, c)
			}
		}
	}
}

// AVC-16: two tests stand in what the org says of all objects, so an object
// that fails one of them is not described; what fails is named with its place
// in Setup.
func TestWhatKeepsAnObjectFromActivitiesIsNamed_AVC16(t *testing.T) {
	for _, tt := range []struct {
		o    gateway.ObjectInfo
		may  bool
		want []string
	}{
		{gateway.ObjectInfo{Name: "A__c", Custom: true, Searchable: true, FeedEnabled: true}, true, nil},
		{gateway.ObjectInfo{Name: "A__c", Custom: true, Searchable: true}, false, []string{"Feed Tracking, A__c"}},
		{gateway.ObjectInfo{Name: "A__c", Custom: true, FeedEnabled: true}, false, []string{"Allow Search"}},
		{gateway.ObjectInfo{Name: "A__c", Custom: true}, false, []string{"Allow Search", "Feed Tracking, A__c"}},
		{gateway.ObjectInfo{Name: "Feed", Searchable: true, FeedEnabled: true}, false, nil},
		{gateway.ObjectInfo{Name: "Case", Searchable: true, FeedEnabled: true, Createable: true}, true, nil},
	} {
		fails := mapping.ActivityFails(tt.o, gateway.Schema{}, false)
		if may := mapping.MayTakeActivities(tt.o); may != tt.may || len(fails) != len(tt.want) {
			t.Fatalf("%+v: %v, %q", tt.o, may, fails)
		}
		for i, part := range tt.want {
			if !strings.Contains(fails[i], part) {
				t.Errorf("%+v: %q says nothing of %q", tt.o, fails[i], part)
			}
		}
	}
	fails := mapping.ActivityFails(gateway.ObjectInfo{}, gateway.Schema{Object: "A__c", Searchable: true, FeedEnabled: true}, true)
	if len(fails) != 2 || !strings.Contains(fails[0], "type Phone") || !strings.Contains(fails[1], "Allow Activities") {
		t.Errorf("of a describe: %q", fails)
	}
}
