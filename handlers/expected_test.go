package handlers

import (
	"net/http"
	"strings"
	"testing"

	"tidegate/gateway"
)

// What an admin expects to find, where he expects it.
func TestPagesShowWhatAdminsLookFor(t *testing.T) {
	w := newWorld(t)
	w.park(home, "Refused")
	must(t, w.db.CreateWorkspace(t.Context(), "new", "new"))
	hash, err := HashPassword(password)
	must(t, err)
	must(t, w.db.In("new").CreateMember(t.Context(), gateway.Member{
		ID: "new-admin", Workspace: "new", Email: email("new", gateway.RoleAdmin), Name: "Nora New", Role: gateway.RoleAdmin, PasswordHash: hash,
	}))
	connected, fresh := w.as(home, gateway.RoleAdmin), w.as("new", gateway.RoleAdmin)
	tests := []struct {
		rows string
		by   *browser
		path string
		says []string // in this order
	}{
		{"UX-1 one button per environment", fresh, settingsBase, []string{"Connect Production", "Connect Sandbox"}},
		{"UX-1 the environment, on every page", connected, "/contacts", []string{"Environment: Production", "Org of home"}},
		{"UX-2, AVC-02 said before leaving", fresh, settingsBase + "/connect/production", []string{
			"Sign in as your integration user", "What is read", "each object that you add under Objects", "E-mails that Salesforce holds",
			"What is written", "as Events, Tasks, e-mails and notes", "Now meeting notes go to Event, and call notes to Task. Meetings of the calendar become Events.", "Contacts, leads and accounts",
			"Personal data", "Names, e-mail addresses and phone numbers of your contacts, leads and users are copied", "What people said goes to Salesforce",
			"What Salesforce will ask you to allow", "api read and write records refresh_token", "id know which user",
		}},
		{"UX-2 who was signed in until now", connected, settingsBase + "/connect/production", []string{"Until now that was"}},
		{"UX-3 a user of its own, with the reason", fresh, settingsBase, []string{"Use a dedicated integration user.", "nobody's leaving ends the connection"}},
		{"AVM-03 AVC-07 UX-14 the path and the five tabs", connected, settingsBase + "/notes", []string{"Settings CRM Salesforce", "Notes Objects Contacts Forecast Advanced Settings"}},
		{"AVM-20 the table of an object", connected, contactPage, []string{"Salesforce Property", "Product Property", "Sync Direction", "Access Permissions", "Imported by"}},
		{"UX-24 the direction in words, with its reason", connected, contactPage, []string{"Bidirectional Editable on both sides, and nothing fills it."}},
		{"UX-28 the gate as a truth table", connected, settingsBase + "/objects/Opportunity", []string{"Why does a field write back?", "Is “Sync to Salesforce” on for the object? yes", "Is the field Editable? yes", "Is there a Salesforce field to write to? yes"}},
		{"UX-33 a line of the log", connected, "/sync/log", []string{"When What Record Rule State Tries", "to Salesforce Update Title By Rita Rep. Ann Example Contact Edit Needs you 1 no retry by itself"}},
	}
	for _, tt := range tests {
		t.Run(tt.rows, func(t *testing.T) {
			rest := tt.by.get(tt.path).want(http.StatusOK).words()
			for _, text := range tt.says {
				_, after, found := strings.Cut(rest, text)
				if !found {
					t.Fatalf("%q is not there, or not in its order:\n%s", text, rest)
				}
				rest = after
			}
		})
	}
}
