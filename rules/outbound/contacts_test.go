package outbound_test

import (
	"slices"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

func lena() outbound.Participant {
	s := gateway.DefaultSettings().Contacts
	s.AutoCreate = true
	return outbound.Participant{
		Email: "Lena.Brook@Customer.example", Team: "Sales", Settings: s, OwnDomains: []string{"seller.example"},
		PublicDomain: func(d string) bool { return d == "freemail.example" },
	}
}

func TestWhoBecomesAContact(t *testing.T) {
	tests := []struct {
		name   string
		turn   func(*outbound.Participant)
		want   bool
		reason string
	}{
		{"AVM-31 external and unknown", func(*outbound.Participant) {}, true, "All conditions hold: a Contact is created."},
		{"AVM-31 the switch is off", func(p *outbound.Participant) { p.Settings.AutoCreate = false }, false, "Creating contacts from meetings is off."},
		{"AVM-31 a colleague", func(p *outbound.Participant) { p.Email = "max@seller.example" }, false, "Internal: seller.example is ours"},
		{"AVM-31 a colleague by setting", func(p *outbound.Participant) { p.Settings.OwnDomains = []string{"customer.example"} }, false, "Internal: customer.example is ours"},
		{"AVM-31 exists already", func(p *outbound.Participant) { p.Contact = "Lena Brook" }, false, "A Contact already has this address: Lena Brook."},
		{"AVM-32 another team", func(p *outbound.Participant) { p.Team = "Support" }, false, "Team of the organizer: Support; contacts come from meetings of Sales and Customer Success only."},
		{"AVM-32 no team", func(p *outbound.Participant) { p.Team = "" }, false, "Team of the organizer: none"},
		{"AVM-33 public domain", func(p *outbound.Participant) { p.Email = "lena@freemail.example" }, false, "freemail.example is a public e-mail domain, and those are excluded."},
		{"AVM-33 public domain allowed", func(p *outbound.Participant) {
			p.Email, p.Settings.AllowDomains = "lena@freemail.example", []string{"freemail.example"}
		}, true, "All conditions hold"},
		{"AVM-33 one address allowed", func(p *outbound.Participant) {
			p.Email, p.Settings.AllowDomains = "Lena@freemail.example", []string{"lena@freemail.example"}
		}, true, "All conditions hold"},
		{"AVM-33 not excluded", func(p *outbound.Participant) {
			p.Email, p.Settings.ExcludePublicDomains = "lena@freemail.example", false
		}, true, "All conditions hold"},
		{"AVM-34 a Lead has the address", func(p *outbound.Participant) { p.Lead = "Lena Brook" }, false, "A Lead already has this address: Lena Brook."},
		{"AVM-34 Leads are not looked at", func(p *outbound.Participant) { p.Lead, p.Settings.LeadsFirst = "Lena Brook", false }, true, "All conditions hold"},
		{"S-53 cap of the meeting", func(p *outbound.Participant) { p.InMeeting = 20 }, false, "This meeting has created 20 contacts already"},
		{"S-53 cap of the hour", func(p *outbound.Participant) { p.InHour = 200 }, false, "200 contacts were created within the hour"},
		{"no address", func(p *outbound.Participant) { p.Email = "Lena" }, false, "has no e-mail address"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := lena()
			tt.turn(&p)
			ok, conditions, reason := outbound.MayCreateContact(p)
			if ok != tt.want || !strings.Contains(reason, tt.reason) {
				t.Errorf("%v, %q", ok, reason)
			}
			failed := slices.ContainsFunc(conditions, func(c outbound.Test) bool { return !c.Pass })
			if failed == ok {
				t.Errorf("conditions %v", conditions)
			}
		})
	}
}
