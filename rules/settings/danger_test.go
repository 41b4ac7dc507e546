package settings_test

import (
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/settings"
)

func TestDangerousChangesAreNamed_UX20(t *testing.T) {
	on := func(object string) map[string]bool { return map[string]bool{object: true} }
	m := func(change func(m *gateway.Mapping)) []gateway.Mapping {
		one := gateway.Mapping{Object: "Contact", Field: "Phone", Imported: true}
		if change != nil {
			change(&one)
		}
		return []gateway.Mapping{one}
	}
	tests := []struct {
		name   string
		change func(from, to *gateway.Settings)
		before []gateway.Mapping
		after  []gateway.Mapping
		want   string // "" = harmless
	}{
		{"nothing", nil, m(nil), m(nil), ""},
		{"writing on", func(_, to *gateway.Settings) { to.Objects.Writeback = on("Account") }, nil, nil, "Writing to Salesforce is switched on for Account"},
		{"writing off", func(from, _ *gateway.Settings) { from.Objects.Writeback = on("Account") }, nil, nil, ""},
		{"creating on", func(_, to *gateway.Settings) { to.Objects.CreateMissing = on("Lead") }, nil, nil, "Creating records is switched on for Lead"},
		{"updates on", func(_, to *gateway.Settings) { to.Objects.UpdateFields = on("Lead") }, nil, nil, "Syncing updates to fields is switched on for Lead"},
		{"contacts by themselves", func(_, to *gateway.Settings) { to.Contacts.AutoCreate = true }, nil, nil, "Contacts are created from meetings by themselves"},
		{"accounts by themselves", func(_, to *gateway.Settings) { to.Contacts.CreateAccounts = true }, nil, nil, "Accounts are created by themselves"},
		{"DEM-17 the product wins a kind of data", func(_, to *gateway.Settings) {
			to.Advanced.Conflicts = map[gateway.DataType]gateway.Winner{gateway.DataPeople: gateway.WinnerProduct}
		}, nil, nil, "The product wins over Salesforce for people"},
		{"overwrite", nil, m(nil), m(func(m *gateway.Mapping) { m.WriteMode = "overwrite" }), "Contact.Phone overwrites what Salesforce has"},
		{"overwrite as before", nil, m(func(m *gateway.Mapping) { m.WriteMode = "overwrite" }), m(func(m *gateway.Mapping) { m.WriteMode = "overwrite" }), ""},
		{"fill", nil, m(nil), m(func(m *gateway.Mapping) { m.WriteMode = "fill" }), ""},
		{"two-way on", nil, m(func(m *gateway.Mapping) { m.Direction = "inbound" }), m(func(m *gateway.Mapping) { m.Direction = "bidirectional" }), "Contact.Phone travels to Salesforce too"},
		{"one field lets the product win", nil, m(nil), m(func(m *gateway.Mapping) { m.Winner = gateway.WinnerProduct }), "Contact.Phone lets the product win over Salesforce"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var from, to gateway.Settings
			if tt.change != nil {
				tt.change(&from, &to)
			}
			var got []string
			for _, d := range settings.Dangers(from, to, tt.before, tt.after) {
				got = append(got, d.What)
			}
			if strings.Join(got, "; ") != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
