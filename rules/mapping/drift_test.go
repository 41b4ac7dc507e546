package mapping_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/mapping"
)

var at = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

func described(fields ...gateway.Field) gateway.Schema {
	return gateway.Schema{Object: "Contact", Fields: fields}
}

func TestMappingStandsStillWhileItsFieldDiffers(t *testing.T) {
	text := gateway.Field{Name: "Hull__c", Label: "Hull", Type: "string", Custom: true, Updateable: true}
	number := text
	number.Type = gateway.TypeDouble
	renamed := text
	renamed.Name = "Hull_No__c"
	other := gateway.Field{Name: "Keel__c", Label: "Keel", Type: "string", Custom: true}
	tests := []struct {
		name      string
		was, is   gateway.Schema
		typ       gateway.FieldType
		suspended string
		cause     string
		changed   bool
		says      string
	}{
		{"nothing changed", described(text), described(text), "string", "", "", false, ""},
		{"F-26 deleted or hidden", described(text), described(), "string", "", mapping.CauseGone, true, "deleted, renamed or hidden"},
		{"F-26 renamed, known by its label", described(text), described(renamed), "string", "", mapping.CauseGone, true, "renamed to Hull_No__c"},
		{"F-26 perhaps renamed, same type", described(text), described(other), "string", "", mapping.CauseGone, true, "renamed to Keel__c"},
		{"F-26 retyped", described(text), described(number), "string", "", mapping.CauseRetyped, true, "from string to double"},
		{"F-26 still gone: said once", described(), described(), "string", mapping.CauseGone, mapping.CauseGone, false, ""},
		{"F-26 back as it was", described(), described(text), "string", mapping.CauseGone, "", true, ""},
		{"F-26 back with another type", described(), described(number), "string", mapping.CauseGone, mapping.CauseRetyped, true, "double"},
		{"F-26 type changed back", described(number), described(text), "string", mapping.CauseRetyped, "", true, ""},
		{"F-26 the type is learned from before", described(text), described(number), "", "", mapping.CauseRetyped, true, "string"},
		{"the type is learned", gateway.Schema{}, described(text), "", "", "", true, ""},
		{"never seen", gateway.Schema{}, described(), "", "", mapping.CauseGone, true, ""},
		{"F-57 read-only is no drift", described(text), described(gateway.Field{Name: "Hull__c", Type: "string"}), "string", "", "", false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := gateway.Mapping{Object: "Contact", Field: "Hull__c", Editable: true, FieldType: tt.typ}
			if tt.suspended != "" {
				m.Suspended = gateway.Suspension{Cause: tt.suspended, Why: "because", At: at.Add(-time.Hour)}
			}
			r := mapping.Reviewed(m, tt.was, tt.is, at)
			if r.Mapping.Suspended.Cause != tt.cause || r.Changed != tt.changed || !strings.Contains(r.Mapping.Suspended.Why, tt.says) {
				t.Fatalf("review = %+v", r)
			}
			if r.Suspended != (tt.cause != tt.suspended && tt.cause != "") || r.Resumed != (tt.cause != tt.suspended && tt.cause == "") {
				t.Errorf("review = %+v", r)
			}
			if again := mapping.Reviewed(r.Mapping, tt.is, tt.is, at.Add(time.Hour)); again.Changed {
				t.Errorf("the same describe again changed %+v", again)
			}
		})
	}
	if r := mapping.Reviewed(gateway.Mapping{Topic: "hull"}, described(), described(), at); r.Changed {
		t.Errorf("a value that stays here: %+v", r)
	}
}

func TestSuspendedMappingIsNotWrittenAndSaysWhy(t *testing.T) { // F-26
	f := gateway.Field{Name: "Hull__c", Type: "double", Updateable: true}
	m := gateway.Mapping{Field: "Hull__c", Editable: true, Topic: "hull", Direction: mapping.Outbound, Suspended: gateway.Suspension{Cause: mapping.CauseRetyped, Why: "It changed."}}
	if ok, cells, why := mapping.Writable(true, m, f); ok || cells[2].Pass || why != "It changed." {
		t.Errorf("writable %v %+v %q", ok, cells, why)
	}
	if ok, _, why := mapping.TopicWritten("hull", m, f); ok || why != "It changed." {
		t.Errorf("topic written %v %q", ok, why)
	}
	again := mapping.Reimport(m, described(f), "Ann", at)
	if again.FieldType != "double" || again.Suspended.Cause != "" || again.By != "Ann" || !again.Imported {
		t.Errorf("re-imported %+v", again)
	}
	if gone := mapping.Reimport(m, described(), "Ann", at); gone != m {
		t.Errorf("re-imported without a field: %+v", gone)
	}
}

func TestFieldsThatAppearAndVanish(t *testing.T) { // F-25
	a, b := gateway.Field{Name: "A__c", Type: "string"}, gateway.Field{Name: "B__c", Type: "string"}
	b2 := b
	b2.Type = "double"
	if got := mapping.Appeared(described(a), described(b, a)); !slices.Equal(got, []string{"B__c"}) {
		t.Errorf("appeared %v", got)
	}
	if got := mapping.Appeared(gateway.Schema{}, described(a)); got != nil {
		t.Errorf("at the first describe appeared %v", got)
	}
	if got := mapping.Retyped(described(a, b), described(a, b2)); !slices.Equal(got, []string{"B__c"}) {
		t.Errorf("retyped %v", got)
	}
	if got := mapping.Without(described(a, b), "A__c"); len(got.Fields) != 1 || got.Fields[0].Name != "B__c" {
		t.Errorf("without %v", got)
	}
}
