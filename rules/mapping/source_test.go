package mapping_test

import (
	"slices"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/mapping"
)

func typed(t gateway.FieldType, length int) gateway.Field {
	return gateway.Field{Name: "X__c", Label: "X", Type: t, Length: length, Createable: true, Updateable: true, Nillable: true}
}

// UX 23: every kind of property against every kind of field.
func TestOnlyFieldsThatCanTakeAPropertyAreOffered_UX23(t *testing.T) {
	all := []mapping.Kind{
		mapping.KindText, mapping.KindLong, mapping.KindNumber, mapping.KindMoment, mapping.KindSwitch, mapping.KindEmail, mapping.KindPhone, mapping.KindURL,
	}
	picked := typed(gateway.TypePicklist, 255)
	formula := typed("string", 80)
	formula.Calculated = true
	forbidden := typed("string", 80)
	forbidden.Updateable = false
	tests := []struct {
		name  string
		field gateway.Field
		takes []mapping.Kind
	}{
		{"text", typed("string", 255), all},
		{"long text", typed(gateway.TypeTextarea, 32768), all},
		{"picklist", picked, []mapping.Kind{mapping.KindText, mapping.KindLong}},
		{"multi-select", typed("multipicklist", 4099), []mapping.Kind{mapping.KindText, mapping.KindLong}},
		{"combobox", typed("combobox", 255), []mapping.Kind{mapping.KindText, mapping.KindLong}},
		{"whole number", typed(gateway.TypeInt, 0), []mapping.Kind{mapping.KindNumber}},
		{"number", typed(gateway.TypeDouble, 0), []mapping.Kind{mapping.KindNumber}},
		{"currency", typed(gateway.TypeCurrency, 0), []mapping.Kind{mapping.KindNumber}},
		{"percent", typed(gateway.TypePercent, 0), []mapping.Kind{mapping.KindNumber}},
		{"date", typed(gateway.TypeDate, 0), []mapping.Kind{mapping.KindMoment}},
		{"date and time", typed(gateway.TypeDatetime, 0), []mapping.Kind{mapping.KindMoment}},
		{"checkbox", typed(gateway.TypeBoolean, 0), []mapping.Kind{mapping.KindSwitch}},
		{"e-mail", typed(gateway.TypeEmail, 80), []mapping.Kind{mapping.KindEmail}},
		{"phone", typed(gateway.TypePhone, 40), []mapping.Kind{mapping.KindPhone}},
		{"URL", typed("url", 255), []mapping.Kind{mapping.KindURL}},
		{"lookup", typed(gateway.TypeReference, 18), nil},
		{"address", typed(gateway.TypeAddress, 0), nil},
		{"formula", formula, nil},
		{"read-only", forbidden, nil},
		{"not shown", gateway.Field{}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, kind := range all {
				if ok, _ := mapping.Takes(tt.field, kind); ok != slices.Contains(tt.takes, kind) {
					t.Errorf("takes %s: %v", kind, ok)
				}
			}
		})
	}
}

func TestLengthAndListedValuesAreWarned_UX23(t *testing.T) {
	restricted := typed(gateway.TypePicklist, 255)
	restricted.Restricted, restricted.Picklist = true, []string{"A", "B", "C", "D", "E"}
	loose := typed(gateway.TypePicklist, 0)
	loose.Picklist = []string{"A"}
	tests := []struct {
		name  string
		field gateway.Field
		kind  mapping.Kind
		want  string
	}{
		{"long text into a line", typed("string", 255), mapping.KindLong, "keeps 255 characters"},
		{"long text into long text", typed(gateway.TypeTextarea, 32768), mapping.KindLong, "keeps 32768 characters"},
		{"a line into a short line", typed("string", 40), mapping.KindText, "keeps 40 characters"},
		{"a line into a line", typed("string", 255), mapping.KindText, ""},
		{"a URL into a short line", typed("string", 80), mapping.KindURL, "keeps 80 characters"},
		{"restricted picklist", restricted, mapping.KindText, "only its 5 listed values: A, B, C, D …"},
		{"open picklist", loose, mapping.KindText, ""},
		{"number", typed(gateway.TypeDouble, 0), mapping.KindNumber, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if ok, got := mapping.Takes(tt.field, tt.kind); !ok || tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("Takes = %v %q, want %q", ok, got, tt.want)
			}
		})
	}
}

func TestSourcesAreTopicsThenProperties(t *testing.T) {
	topics := []gateway.Topic{{Slug: "pain", Name: "Pain Points"}, {Slug: "old", Name: "Old", Archived: true}}
	keys := func(object string) (out []string) {
		for _, s := range mapping.Sources(object, topics) {
			out = append(out, s.Key)
		}
		return out
	}
	deal, lead := keys("Opportunity"), keys("Lead")
	if deal[0] != "topic:pain" || slices.Contains(deal, "topic:old") {
		t.Errorf("AVM-25 topics: %v", deal)
	}
	for _, key := range []string{"title", "duration", "summary", "action_items", "attendees", "recording_url"} {
		if !slices.Contains(deal, "meeting."+key) {
			t.Errorf("DEM-12 %s is not offered", key)
		}
	}
	if slices.Contains(deal, "person.email") || !slices.Contains(lead, "person.email") {
		t.Error("people belong to Lead and Contact")
	}
	offered := mapping.Offered(typed(gateway.TypeEmail, 80), mapping.Sources("Lead", topics))
	if len(offered) != 2 || offered[0].Key != "person.email" {
		t.Errorf("an e-mail field is offered %v", offered)
	}
}

func TestATopicAndAPropertyExcludeEachOther(t *testing.T) {
	m := mapping.WithSource(gateway.Mapping{Field: "X__c"}, "topic:pain")
	if m.Topic != "pain" || m.Source != "" || mapping.SourceOf(m) != "topic:pain" {
		t.Errorf("topic %+v", m)
	}
	m = mapping.WithSource(m, "meeting.title")
	if m.Topic != "" || m.Source != "meeting.title" || mapping.SourceOf(m) != "meeting.title" {
		t.Errorf("property %+v", m)
	}
	if direction, _ := mapping.Direction(typed("string", 255), m); direction != mapping.Outbound {
		t.Errorf("a property that is written out is %s", direction)
	}
	if m = mapping.WithSource(m, ""); mapping.SourceOf(m) != "" {
		t.Errorf("none %+v", m)
	}
}

func TestWhatCannotBeSavedIsRefusedWithTheField_UX23(t *testing.T) {
	all := mapping.Sources("Lead", []gateway.Topic{{Slug: "pain", Name: "Pain Points"}})
	text := typed("string", 5)
	number := typed(gateway.TypeDouble, 0)
	locked := typed("string", 5)
	locked.Updateable = false
	tests := []struct {
		name   string
		field  gateway.Field
		m, had gateway.Mapping
		want   string
	}{
		{"all choices", text, gateway.Mapping{Topic: "pain", Direction: mapping.Outbound, WriteMode: mapping.Append, Winner: gateway.WinnerAsk, Default: "abc"}, gateway.Mapping{}, ""},
		{"nothing", text, gateway.Mapping{}, gateway.Mapping{}, ""},
		{"a topic that is not there", text, gateway.Mapping{Topic: "gone"}, gateway.Mapping{}, "X: this Product Property is not offered any more. Choose another."},
		{"a topic that is gone but was there", text, gateway.Mapping{Topic: "gone"}, gateway.Mapping{Topic: "gone"}, ""},
		{"a text into a number", number, gateway.Mapping{Source: "person.title"}, gateway.Mapping{}, "X cannot take Job title: its type is double. Choose a property of that type."},
		{"a source into a read-only field", locked, gateway.Mapping{Topic: "pain"}, gateway.Mapping{}, "X cannot take Pain Points: its type is string. Choose a property of that type."},
		{"a default that is too long", text, gateway.Mapping{Default: "abcdef"}, gateway.Mapping{}, "The default of X cannot be written: X is longer than 5 characters."},
		{"a default that is no number", number, gateway.Mapping{Default: "many"}, gateway.Mapping{}, "The default of X cannot be written: X is a number."},
		{"a number as default", number, gateway.Mapping{Default: "1,000"}, gateway.Mapping{}, ""},
		{"a default of a read-only field", locked, gateway.Mapping{Default: "a"}, gateway.Mapping{}, "X cannot have a default: Salesforce does not take changes of it."},
		{"an invented direction", text, gateway.Mapping{Direction: "sideways"}, gateway.Mapping{}, "X: direction, write mode and conflict winner are chosen from their lists."},
		{"an invented mode", text, gateway.Mapping{WriteMode: "maybe"}, gateway.Mapping{}, "X: direction, write mode and conflict winner are chosen from their lists."},
		{"an invented winner", text, gateway.Mapping{Winner: "me"}, gateway.Mapping{}, "X: direction, write mode and conflict winner are chosen from their lists."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := mapping.Check(tt.field, tt.m, tt.had, all)
			got := ""
			if err != nil {
				got = err.(*gateway.Error).Message
			}
			if got != tt.want {
				t.Errorf("Check = %q, want %q", got, tt.want)
			}
		})
	}
}

// AVM-56: field-level security, or the profile's edit permission, or neither.
func TestTheCauseOfReadOnlyIsTold_AVM56(t *testing.T) {
	schema := gateway.Schema{Object: "Opportunity", Updateable: true, Fields: []gateway.Field{
		{Name: "Open", Type: "string", Updateable: true, Permissionable: true},
		{Name: "Secured", Type: "string", Permissionable: true},
		{Name: "Formula", Type: "double", Calculated: true, Permissionable: true},
		{Name: "CreatedDate", Type: "datetime"},
		{Name: "BillingAddress", Type: gateway.TypeAddress},
	}}
	closed := schema
	closed.Updateable = false
	tests := []struct {
		name, field, cause string
		schema             gateway.Schema
		setup              string
	}{
		{"may be edited", "Open", "", schema, ""},
		{"field-level security", "Secured", mapping.CauseFieldLevel, schema, "Set Field-Level Security"},
		{"profile", "Secured", mapping.CauseProfile, closed, "Object Settings › Opportunity"},
		{"calculated whoever asks", "Formula", mapping.CauseCalculated, closed, ""},
		{"kept by Salesforce", "CreatedDate", mapping.CauseSystem, schema, ""},
		{"put together", "BillingAddress", mapping.CauseParts, schema, ""},
		{"hidden", "Secret__c", mapping.CauseHidden, schema, "tick “Visible”"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := mapping.ReadOnlyCause(tt.schema, tt.field)
			if got.Kind != tt.cause || ok != (tt.cause != "") || !strings.Contains(got.Setup, tt.setup) || (tt.setup == "") != (got.Setup == "") {
				t.Errorf("cause %+v", got)
			}
			if (got.Permission == "") != (tt.setup == "") || (got.SetupPath == "") != (tt.setup == "") {
				t.Errorf("what can be granted is named with its page in Setup: %+v", got)
			}
		})
	}
}

func TestReadOnlyTestsEndAtTheOneThatFails_AVM56(t *testing.T) {
	schema := gateway.Schema{Object: "Lead", Updateable: true, Fields: []gateway.Field{
		{Name: "Open", Updateable: true}, {Name: "Secured", Permissionable: true}, {Name: "Formula", Calculated: true},
	}}
	closed := schema
	closed.Updateable = false
	for _, tt := range []struct {
		field  string
		schema gateway.Schema
		asked  int
		pass   bool
	}{{"Open", schema, 4, true}, {"Secured", schema, 4, false}, {"Secured", closed, 3, false}, {"Formula", schema, 2, false}, {"Hidden", schema, 1, false}} {
		cells, cause := mapping.ReadOnlyTests(tt.schema, tt.field)
		if len(cells) != tt.asked || cells[len(cells)-1].Pass != tt.pass || (cause.Text == "") != tt.pass {
			t.Errorf("%s: %+v", tt.field, cells)
		}
	}
}

func TestUnusedFieldsArePointedOut_UX29(t *testing.T) {
	named := map[string]bool{"Amount": true}
	for _, tt := range []struct {
		name string
		m    gateway.Mapping
		want bool
	}{
		{"imported and left alone", gateway.Mapping{Field: "Fax"}, true},
		{"filled by a topic", gateway.Mapping{Field: "Fax", Topic: "pain"}, false},
		{"filled by a property", gateway.Mapping{Field: "Fax", Source: "meeting.title"}, false},
		{"editable", gateway.Mapping{Field: "Fax", Editable: true}, false},
		{"named here", gateway.Mapping{Field: "Fax", DisplayName: "Telefax"}, false},
		{"used by a setting", gateway.Mapping{Field: "Amount"}, false},
		{"suspended, which is said elsewhere", gateway.Mapping{Field: "Fax", Suspended: gateway.Suspension{Cause: mapping.CauseGone}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := mapping.Unused(tt.m, named); got != tt.want {
				t.Errorf("unused %v", got)
			}
		})
	}
}
