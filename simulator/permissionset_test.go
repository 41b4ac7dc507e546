package simulator_test

import (
	"fmt"
	"testing"

	"tidegate/simulator"
	"tidegate/simulator/seed"
)

// The sets, what they give, and to whom: derived from what users may do, so that
// what all sets of a user give together is what he may do.
func TestR8PermissionSetsTellWhatGivesARight_AVM56(t *testing.T) {
	org, admin := start(t, simulator.Config{Seed: 1, Sizes: seed.Sizes{Accounts: 1}})
	_, user := admin.another(org)
	admin.permit(user, "Contact", `"fields":{"Phone":"hidden","Email":"read"}`)
	admin.permit(user, "Lead", `"edit":false`)
	admin.permit(user, "Opportunity", `"read":false`)

	type given struct {
		ParentID, Field, SobjectType     string
		PermissionsRead, PermissionsEdit bool
	}
	ask := func(statement string) (rows []given) {
		t.Helper()
		var out struct{ Records []given }
		admin.want(200, "GET", soql(statement), "").into(t, &out)
		return out.Records
	}
	his := " AND ParentId IN (SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = '" + user[:15] + "')"
	for _, row := range []struct{ name, soql, want string }{
		{"a hidden field has no row", "SELECT PermissionsRead, PermissionsEdit FROM FieldPermissions WHERE SobjectType = 'Contact' AND Field = 'Contact.Phone'" + his, "[]"},
		{"a field that may be read", "SELECT PermissionsRead, PermissionsEdit FROM FieldPermissions WHERE SobjectType = 'Contact' AND Field = 'Contact.Email'" + his, "[{   true false}]"},
		{"a field of which nothing was said", "SELECT PermissionsRead, PermissionsEdit FROM FieldPermissions WHERE SobjectType = 'Contact' AND Field = 'Contact.Title'" + his, "[{   true true}]"},
		{"a formula is only read", "SELECT PermissionsRead, PermissionsEdit FROM FieldPermissions WHERE Field = 'Opportunity.ExpectedRevenue' AND PermissionsEdit = true", "[]"},
		{"a required field has no security", "SELECT Field FROM FieldPermissions WHERE Field = 'Contact.LastName'", "[]"},
		{"an object that may be read", "SELECT PermissionsRead, PermissionsEdit FROM ObjectPermissions WHERE SobjectType = 'Lead'" + his, "[{   true false}]"},
		{"an object that may not", "SELECT PermissionsRead FROM ObjectPermissions WHERE SobjectType = 'Opportunity'" + his, "[]"},
	} {
		if got := fmt.Sprint(ask(row.soql)); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}

	// A colleague with the same profile who may do everything is assigned the rest.
	var sets struct {
		Records []struct {
			ID, Name, Label  string
			IsOwnedByProfile bool
			Profile          *struct{ Name string }
		}
	}
	admin.want(200, "GET", soql("SELECT Id, Name, Label, IsOwnedByProfile, ProfileId, Profile.Name FROM PermissionSet ORDER BY Name"), "").into(t, &sets)
	byLabel := map[string]string{}
	for _, s := range sets.Records {
		if s.IsOwnedByProfile != (s.Profile != nil) || s.IsOwnedByProfile && s.Name != "X"+s.Label || s.ID[:3] != "0PS" {
			t.Errorf("set %+v", s)
		}
		byLabel[s.Label] = s.ID
	}
	if len(sets.Records) != 4+3 || byLabel["Contact Full Access"] == "" || byLabel["Lead Full Access"] == "" || byLabel["Opportunity Full Access"] == "" {
		t.Errorf("sets: %+v", sets.Records)
	}
	for profile, want := range map[string]string{"Read Only": "[{   true false}]", "Minimum Access - Salesforce": "[]"} { // nobody has them
		var id string
		for _, s := range sets.Records {
			if s.Profile != nil && s.Profile.Name == profile {
				id = s.ID
			}
		}
		if got := fmt.Sprint(ask("SELECT PermissionsRead, PermissionsEdit FROM FieldPermissions WHERE Field = 'Contact.Title' AND ParentId = '" + id + "'")); got != want {
			t.Errorf("%s gives %s, want %s", profile, got, want)
		}
	}
	var assigned struct {
		Records []struct {
			PermissionSet struct {
				Label   string
				Profile struct{ Name string }
			}
		}
	}
	admin.want(200, "GET", soql("SELECT PermissionSet.Label, PermissionSet.Profile.Name FROM PermissionSetAssignment WHERE Assignee.Id = '"+user+"'"), "").into(t, &assigned)
	if len(assigned.Records) != 1 || assigned.Records[0].PermissionSet.Profile.Name == "" {
		t.Errorf("the user is assigned %+v, want his profile's set alone", assigned.Records)
	}
	if rows := ask("SELECT ParentId, PermissionsEdit FROM FieldPermissions WHERE Field = 'Contact.Phone' AND ParentId = '" + byLabel["Contact Full Access"] + "'"); len(rows) != 1 || !rows[0].PermissionsEdit {
		t.Errorf("the set gives %+v", rows)
	}
}
