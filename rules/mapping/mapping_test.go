package mapping_test

import (
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/mapping"
)

var (
	open       = gateway.Field{Name: "NextStep", Type: "string", Length: 255, Createable: true, Updateable: true, Nillable: true}
	readOnly   = gateway.Field{Name: "NextStep", Type: "string"}
	calculated = gateway.Field{Name: "NextStep", Type: "string", Updateable: true, Calculated: true}
)

// AVM-21 to AVM-24: one of three directions, by the field, the choice and the topic.
//
// UX-24
func TestDirectionFollowsFieldThenChoiceThenTopic(t *testing.T) {
	topic := gateway.Mapping{Field: "NextStep", Topic: "next-steps"}
	chosen := func(direction string) gateway.Mapping {
		return gateway.Mapping{Field: "NextStep", Direction: direction}
	}
	tests := []struct {
		name  string
		field gateway.Field
		m     gateway.Mapping
		want  string
	}{
		{"AVM-24 editable and unmapped", open, gateway.Mapping{}, mapping.Bidirectional},
		{"AVM-24 overridden to inbound", open, chosen(mapping.Inbound), mapping.Inbound},
		{"AVM-24 overridden to outbound", open, chosen(mapping.Outbound), mapping.Outbound},
		{"AVM-22 a topic is mapped", open, topic, mapping.Outbound},
		{"AVM-23 read-only", readOnly, gateway.Mapping{}, mapping.Inbound},
		{"AVM-23 read-only wins over a topic", readOnly, topic, mapping.Inbound},
		{"AVM-23 read-only wins over a choice", readOnly, chosen(mapping.Outbound), mapping.Inbound},
		{"calculated", calculated, topic, mapping.Inbound},
		{"not in describe", gateway.Field{}, topic, mapping.Inbound},
		{"an unknown choice counts as none", open, chosen("sideways"), mapping.Bidirectional},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, reason := mapping.Direction(tt.field, tt.m)
			if got != tt.want || reason == "" {
				t.Errorf("Direction = %q (%q), want %q", got, reason, tt.want)
			}
		})
	}
}

// The reason does not call a field editable that is switched off here.
func TestReasonOfADirectionIsTrueWhileEditableIsOff_UX24(t *testing.T) {
	if _, why := mapping.Direction(open, gateway.Mapping{}); strings.Contains(why, "both sides") || !strings.Contains(why, "once it is Editable") {
		t.Errorf("off: %q", why)
	}
	if _, why := mapping.Direction(open, gateway.Mapping{Editable: true}); why != "Editable on both sides, and nothing fills it." {
		t.Errorf("on: %q", why)
	}
}

// STA-09, STA-13: eight rows, one of them true.
//
// UX-28
func TestWritebackTruthTable(t *testing.T) {
	tests := []struct{ object, editable, target, want bool }{
		{false, false, false, false},
		{false, false, true, false},
		{false, true, false, false},
		{false, true, true, false},
		{true, false, false, false},
		{true, false, true, false},
		{true, true, false, false},
		{true, true, true, true},
	}
	for _, tt := range tests {
		m, f := gateway.Mapping{Editable: tt.editable}, gateway.Field{}
		if tt.target {
			m.Field, f = "NextStep", open
		}
		ok, cells, reason := mapping.Writable(tt.object, m, f)
		if ok != tt.want || reason == "" {
			t.Errorf("Writable(%+v) = %v (%q)", tt, ok, reason)
		}
		for i, pass := range []bool{tt.object, tt.editable, tt.target} {
			if cells[i].Pass != pass || cells[i].Question == "" || cells[i].Why == "" {
				t.Errorf("%+v: cell %d = %+v", tt, i, cells[i])
			}
		}
	}
}

func TestTargetMustTakeTheWrite(t *testing.T) {
	tests := []struct {
		name  string
		field gateway.Field
		m     gateway.Mapping
	}{
		{"STA-11 blank stays local", open, gateway.Mapping{Editable: true}},
		{"read-only in Salesforce", readOnly, gateway.Mapping{Editable: true, Field: "NextStep"}},
		{"calculated", calculated, gateway.Mapping{Editable: true, Field: "NextStep"}},
		{"hidden by field-level security", gateway.Field{}, gateway.Mapping{Editable: true, Field: "NextStep"}},
		{"compound", gateway.Field{Name: "MailingAddress", Type: gateway.TypeAddress, Updateable: true}, gateway.Mapping{Editable: true, Field: "MailingAddress"}},
		{"chosen inbound", open, gateway.Mapping{Editable: true, Field: "NextStep", Direction: mapping.Inbound}},
		{"never", open, gateway.Mapping{Editable: true, Field: "NextStep", WriteMode: mapping.Never}},
	}
	for _, tt := range tests {
		if ok, cells, reason := mapping.Writable(true, tt.m, tt.field); ok || cells[2].Pass || reason != cells[2].Why {
			t.Errorf("%s: written; %q", tt.name, reason)
		}
	}
}

// AVM-26: mapped to it, Outbound, not read-only.
func TestTopicIsWrittenWhenAllThreeHold(t *testing.T) {
	tests := []struct {
		name  string
		topic string
		m     gateway.Mapping
		field gateway.Field
		pass  [3]bool
	}{
		{"all hold", "pain", gateway.Mapping{Topic: "pain"}, open, [3]bool{true, true, true}},
		{"another topic", "pain", gateway.Mapping{Topic: "next"}, open, [3]bool{false, true, true}},
		{"no topic", "pain", gateway.Mapping{}, open, [3]bool{false, false, true}},
		{"chosen inbound", "pain", gateway.Mapping{Topic: "pain", Direction: mapping.Inbound}, open, [3]bool{true, false, true}},
		{"chosen bidirectional", "pain", gateway.Mapping{Topic: "pain", Direction: mapping.Bidirectional}, open, [3]bool{true, false, true}},
		{"read-only", "pain", gateway.Mapping{Topic: "pain"}, readOnly, [3]bool{true, false, false}},
		{"nothing asked", "", gateway.Mapping{}, open, [3]bool{false, false, true}},
	}
	for _, tt := range tests {
		ok, cells, reason := mapping.TopicWritten(tt.topic, tt.m, tt.field)
		got := [3]bool{cells[0].Pass, cells[1].Pass, cells[2].Pass}
		if got != tt.pass || ok != (tt.pass == [3]bool{true, true, true}) || reason == "" {
			t.Errorf("%s: %v %v %q", tt.name, ok, got, reason)
		}
	}
}

func TestWriteModePresets(t *testing.T) {
	for _, name := range []string{"FirstName", "LastName", "Phone", "MobilePhone", "Company", "Email", "Rating"} {
		if got := mapping.Mode(name, gateway.Mapping{}); got != mapping.Fill {
			t.Errorf("AVC-25 %s: %s, want fill", name, got)
		}
	}
	if got := mapping.Mode("Favorite__c", gateway.Mapping{}); got != mapping.Overwrite {
		t.Errorf("AVC-28 custom field: %s, want overwrite", got)
	}
	if got := mapping.Mode("Email", gateway.Mapping{WriteMode: mapping.Never}); got != mapping.Never {
		t.Errorf("an admin's choice is not in force: %s", got)
	}
}

func TestDefaultMappingsNameOnlyFieldsThatExist(t *testing.T) {
	schema := gateway.Schema{Object: "Opportunity", Fields: []gateway.Field{
		{Name: "StageName", Updateable: true},
		{Name: "Amount", Updateable: true, Calculated: true},
		{Name: "Probability", Updateable: true},
	}}
	got := mapping.DefaultMappings(schema)
	if len(got) != 2 || got[0].Field != "StageName" || !got[0].Editable || got[1].Field != "Amount" || got[1].Editable {
		t.Errorf("got %+v", got)
	}
	if got := mapping.DefaultMappings(gateway.Schema{Object: "Thing__c"}); len(got) != 0 {
		t.Errorf("an unknown object has defaults: %+v", got)
	}
}
