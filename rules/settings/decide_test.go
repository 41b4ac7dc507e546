package settings_test

import (
	"maps"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/settings"
)

// DEM-17: a change that lets a field travel both ways is refused until it is
// decided who wins, for the field or for its kind of data; what was undecided
// before hinders nothing.
func TestNothingTravelsBothWaysUndecided_DEM17(t *testing.T) {
	describe := func(_, name string) (gateway.Field, bool) {
		f := gateway.Field{Name: name, Updateable: name != "CreatedDate", Type: map[string]gateway.FieldType{"Phone": gateway.TypePhone, "Amount": gateway.TypeCurrency}[name]}
		return f, name != "New__c"
	}
	on := func(objects ...string) gateway.Settings {
		s := gateway.Settings{Objects: gateway.ObjectsSettings{Writeback: map[string]bool{}}, Advanced: gateway.AdvancedSettings{Conflicts: map[gateway.DataType]gateway.Winner{}}}
		for _, object := range objects {
			s.Objects.Writeback[object] = true
		}
		return s
	}
	decided := func(s gateway.Settings, types ...gateway.DataType) gateway.Settings {
		s.Advanced.Conflicts = maps.Clone(s.Advanced.Conflicts)
		for _, t := range types {
			s.Advanced.Conflicts[t] = gateway.WinnerRecent
		}
		return s
	}
	m := func(name string, change ...func(*gateway.Mapping)) gateway.Mapping {
		one := gateway.Mapping{Object: "Contact", Field: name, Imported: true, Editable: true}
		for _, f := range change {
			f(&one)
		}
		return one
	}
	inbound := func(m *gateway.Mapping) { m.Direction = "inbound" }
	tests := []struct {
		name          string
		from, to      gateway.Settings
		before, after []gateway.Mapping
		want          string
	}{
		{"the object is off", on(), on(), nil, []gateway.Mapping{m("Phone")}, ""},
		{"a field becomes editable", on("Contact"), on("Contact"), []gateway.Mapping{m("Phone", func(m *gateway.Mapping) { m.Editable = false })}, []gateway.Mapping{m("Phone")}, "people Contact.Phone"},
		{"its direction becomes two-way", on("Contact"), on("Contact"), []gateway.Mapping{m("Phone", inbound)}, []gateway.Mapping{m("Phone")}, "people Contact.Phone"},
		{"the object is switched on", on(), on("Contact"), []gateway.Mapping{m("Phone"), m("Amount")}, []gateway.Mapping{m("Phone"), m("Amount")}, "amounts Contact.Amount; people Contact.Phone"},
		{"another object is switched on", on(), on("Lead"), []gateway.Mapping{m("Phone")}, []gateway.Mapping{m("Phone")}, ""},
		{"it was so before", on("Contact"), on("Contact"), []gateway.Mapping{m("Phone")}, []gateway.Mapping{m("Phone", func(m *gateway.Mapping) { m.DisplayName = "Tel" })}, ""},
		{"one more beside undecided ones", on("Contact"), on("Contact"), []gateway.Mapping{m("Phone")}, []gateway.Mapping{m("Phone"), m("Fax")}, "other Contact.Fax"},
		{"decided for its kind", decided(on("Contact"), gateway.DataPeople), decided(on("Contact"), gateway.DataPeople), nil, []gateway.Mapping{m("Phone")}, ""},
		{"decided with it", on(), decided(on("Contact"), gateway.DataPeople), []gateway.Mapping{m("Phone")}, []gateway.Mapping{m("Phone")}, ""},
		{"decided for the field", on("Contact"), on("Contact"), nil, []gateway.Mapping{m("Phone", func(m *gateway.Mapping) { m.Winner = gateway.WinnerAsk })}, ""},
		{"the decision is taken back", decided(on("Contact"), gateway.DataPeople), on("Contact"), []gateway.Mapping{m("Phone")}, []gateway.Mapping{m("Phone")}, "people Contact.Phone"},
		{"a topic fills it", on("Contact"), on("Contact"), nil, []gateway.Mapping{m("Phone", func(m *gateway.Mapping) { m.Topic = "budget" })}, ""},
		{"it is never written", on("Contact"), on("Contact"), nil, []gateway.Mapping{m("Phone", func(m *gateway.Mapping) { m.WriteMode = "never" })}, ""},
		{"Salesforce lets nobody write it", on("Contact"), on("Contact"), nil, []gateway.Mapping{m("CreatedDate")}, ""},
		{"not described yet", on("Contact"), on("Contact"), nil, []gateway.Mapping{m("New__c")}, "other Contact.New__c"},
	}
	for _, tt := range tests {
		var got []string
		open := settings.MustDecide(tt.from, tt.to, tt.before, tt.after, describe)
		for _, d := range open {
			got = append(got, string(d.Type)+" "+strings.Join(d.Fields, ","))
		}
		if strings.Join(got, "; ") != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		err := settings.RefuseUndecided(open)
		if (err != nil) != (tt.want != "") || err != nil && !strings.Contains(err.Error(), open[0].Fields[0]) {
			t.Errorf("%s: refused with %v", tt.name, err)
		}
	}
}
