package mapping_test

import (
	"slices"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/mapping"
)

func TestMappingsAreAudited_AVM58(t *testing.T) {
	s := gateway.Schema{Object: "Lead", Updateable: true, Fields: []gateway.Field{
		{Name: "Open", Label: "Open", Type: "string", Length: 5, Updateable: true, Createable: true, Nillable: true},
		{Name: "Secured", Type: "string", Permissionable: true},
	}}
	sources := mapping.Sources("Lead", []gateway.Topic{{Slug: "pain", Name: "Pain Points"}})
	for _, tt := range []struct {
		name string
		m    gateway.Mapping
		want string
	}{
		{"sound", gateway.Mapping{Field: "Open", Editable: true, Topic: "pain", Default: "ok"}, ""},
		{"read-only and only read", gateway.Mapping{Field: "Secured"}, ""},
		{"lost its permission", gateway.Mapping{Field: "Secured", Editable: true}, "lost its edit permission"},
		{"a topic that cannot be written", gateway.Mapping{Field: "Secured", Topic: "pain"}, "lost its edit permission"},
		{"vanished", gateway.Mapping{Field: "Gone__c"}, "does not show the field"},
		{"suspended", gateway.Mapping{Field: "Open", Suspended: gateway.Suspension{Cause: mapping.CauseRetyped, Why: "Its type changed."}}, "Its type changed."},
		{"topic archived", gateway.Mapping{Field: "Open", Topic: "old"}, "its topic was archived"},
		{"default no longer taken", gateway.Mapping{Field: "Open", Default: "too long"}, "longer than 5"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := mapping.Audit(s, tt.m, sources); tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("audit %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWinnersThatNobodyChose_DEM17(t *testing.T) {
	s := gateway.Schema{Object: "Opportunity", Fields: []gateway.Field{
		{Name: "Amount", Label: "Amount", Type: gateway.TypeCurrency, Updateable: true},
		{Name: "StageName", Label: "Stage", Type: gateway.TypePicklist, Updateable: true},
		{Name: "NextStep", Label: "Next Step", Type: "string", Updateable: true},
		{Name: "Formula", Type: "double", Calculated: true},
	}}
	got := mapping.Undecided(s, []gateway.Mapping{
		{Field: "Amount", Editable: true},
		{Field: "StageName", Editable: true, Winner: gateway.WinnerAsk},
		{Field: "NextStep", Editable: true, Topic: "next"},
		{Field: "Formula", Editable: true},
		{Field: "NextStep"},
	}, map[gateway.DataType]gateway.Winner{})
	if !slices.Equal(got, []string{"Amount"}) {
		t.Errorf("undecided %v", got)
	}
	if got := mapping.Undecided(s, []gateway.Mapping{{Field: "Amount", Editable: true}}, map[gateway.DataType]gateway.Winner{gateway.DataAmounts: gateway.WinnerSalesforce}); len(got) > 0 {
		t.Errorf("undecided although its kind is: %v", got)
	}
}
