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
