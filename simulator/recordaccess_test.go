package simulator_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"tidegate/simulator"
	"tidegate/simulator/seed"
)

// S-54 rests on these: who may see which record, object and field.

// levels asks the org for the access of a user to records, in their order.
func (c *client) levels(user string, ids ...string) string {
	c.t.Helper()
	var out struct {
		Records []struct{ RecordID, MaxAccessLevel string }
	}
	c.want(200, "GET", soql("SELECT RecordId, HasReadAccess, MaxAccessLevel FROM UserRecordAccess WHERE UserId = '"+user+"' AND RecordId IN ('"+strings.Join(ids, "','")+"')"), "").into(c.t, &out)
	var words []string
	for _, id := range ids {
		level := "-"
		for _, r := range out.Records {
			if r.RecordID[:15] == id[:15] {
				level = r.MaxAccessLevel
			}
		}
		words = append(words, level)
	}
	return strings.Join(words, " ")
}

func TestR8AccessToRecordsFollowsSharingS54(t *testing.T) {
	org, admin := start(t, simulator.Config{Seed: 1, Sizes: seed.Sizes{Accounts: 3}})
	c, user := admin.another(org)
	own, foreign := admin.made("Account", `{"Name":"Own","OwnerId":"`+user+`"}`), admin.made("Account", `{"Name":"Foreign"}`)
	gone := admin.made("Account", `{"Name":"Gone"}`)
	admin.want(204, "DELETE", v+"/sobjects/Account/"+gone, "")
	const never = "001000000000000AAA"

	if got := admin.levels(user, own, foreign, gone, never); got != "All All None None" {
		t.Errorf("a user of whom nothing was said: %s", got)
	}
	admin.permit(user, "Account", `"view_all":false`)
	if got := admin.levels(user, own[:15], foreign); got != "All None" {
		t.Errorf("without View All: %s", got)
	}
	if got := c.levels(user, own, foreign); got != "All -" {
		t.Errorf("records that the asking user does not see have no row: %s", got)
	}
	admin.permit(user, "Account", `"view_all":true,"modify_all":false`)
	if got := admin.levels(user, own, foreign); got != "All Read" {
		t.Errorf("without Modify All: %s", got)
	}
	admin.permit(user, "Account", `"modify_all":true,"delete":false`)
	if got := admin.levels(user, own); got != "Edit" {
		t.Errorf("without the right to delete: %s", got)
	}
	admin.permit(user, "Account", `"read":false`)
	if got := admin.levels(user, own); got != "None" {
		t.Errorf("without the object: %s", got)
	}
	var readable struct{ Records []struct{ RecordID string } }
	admin.permit(user, "Account", `"read":true,"view_all":false`)
	admin.want(200, "GET", soql("SELECT RecordId FROM UserRecordAccess WHERE UserId = '"+user+"' AND RecordId IN ('"+own+"','"+foreign+"') AND HasReadAccess = true"), "").into(t, &readable)
	if len(readable.Records) != 1 || readable.Records[0].RecordID != own {
		t.Errorf("readable: %+v", readable)
	}
}

func TestR8AccessToRecordsHasItsLimitsS54(t *testing.T) {
	_, c := start(t, simulator.Config{Seed: 1, Sizes: seed.Sizes{Accounts: 1}})
	const user, id = "005000000000001AAA", "001000000000001AAA"
	list := func(n int) string {
		var ids []string
		for i := range n {
			ids = append(ids, fmt.Sprintf("'001%012d'", i))
		}
		return strings.Join(ids, ",")
	}
	c.want(200, "GET", soql("SELECT RecordId FROM UserRecordAccess WHERE UserId = '"+user+"' AND RecordId IN ("+list(200)+")"), "")
	for statement, code := range map[string]string{
		"SELECT RecordId FROM UserRecordAccess WHERE UserId = '" + user + "' AND RecordId IN (" + list(201) + ")":                                  "EXCEEDED_ID_LIMIT",
		"SELECT HasReadAccess FROM UserRecordAccess WHERE UserId = '" + user + "' AND RecordId = '" + id + "'":                                     "INVALID_FIELD",
		"SELECT RecordId, MaxAccessLevel FROM UserRecordAccess WHERE UserId = '" + user + "' AND RecordId = '" + id + "' AND HasEditAccess = true": "MALFORMED_QUERY",
		"SELECT RecordId FROM UserRecordAccess WHERE RecordId = '" + id + "'":                                                                      "MALFORMED_QUERY",
		"SELECT RecordId FROM UserRecordAccess WHERE UserId = '" + user + "'":                                                                      "MALFORMED_QUERY",
		"SELECT RecordId FROM UserRecordAccess WHERE UserId = '" + user + "' AND RecordId IN (SELECT Id FROM Account)":                             "MALFORMED_QUERY",
		"SELECT RecordId, Phone FROM UserRecordAccess WHERE UserId = '" + user + "' AND RecordId = '" + id + "'":                                   "INVALID_FIELD",
	} {
		if r := c.want(400, "GET", soql(statement), ""); r.code(t) != code {
			t.Errorf("%.90s…: %s, want %s", statement, r.body, code)
		}
	}
}

func TestR8AccessToObjectsAndFieldsIsTold_S54(t *testing.T) {
	org, admin := start(t, simulator.Config{Seed: 1, Sizes: seed.Sizes{Accounts: 1}})
	_, user := admin.another(org)
	admin.permit(user, "Contact", `"fields":{"Phone":"hidden","Email":"read"}`)
	admin.permit(user, "Lead", `"read":false`)
	ask := func(statement string, into any) {
		t.Helper()
		admin.want(200, "GET", v+"/tooling/query?q="+url.QueryEscape(statement), "").into(t, into)
	}
	var objects struct {
		Records []struct {
			EntityDefinitionID     string
			IsReadable, IsEditable bool
		}
	}
	ask("SELECT EntityDefinitionId, IsReadable, IsEditable FROM UserEntityAccess WHERE UserId = '"+user+"' AND EntityDefinitionId IN ('Contact','Lead')", &objects)
	if got := fmt.Sprint(objects.Records); got != "[{Contact true true} {Lead false false}]" && got != "[{Lead false false} {Contact true true}]" {
		t.Errorf("objects: %s", got)
	}
	ask("SELECT EntityDefinitionId, IsReadable FROM UserEntityAccess WHERE UserId = '"+user+"' AND EntityDefinition.QualifiedApiName = 'Lead'", &objects)
	if len(objects.Records) != 1 || objects.Records[0].IsReadable {
		t.Errorf("by the object's name: %+v", objects)
	}
	var fields struct {
		Records []struct {
			FieldDefinition           struct{ QualifiedAPIName string }
			IsAccessible, IsUpdatable bool
		}
	}
	ask("SELECT FieldDefinition.QualifiedApiName, IsAccessible, IsUpdatable FROM UserFieldAccess WHERE UserId = '"+user+"' AND EntityDefinitionId = 'Contact'", &fields)
	got := map[string]string{}
	for _, f := range fields.Records {
		got[f.FieldDefinition.QualifiedAPIName] = fmt.Sprint(f.IsAccessible, f.IsUpdatable)
	}
	if got["Phone"] != "false false" || got["Email"] != "true false" || got["LastName"] != "true true" || len(got) < 30 {
		t.Errorf("fields: %v", got)
	}
	ask("SELECT FieldDefinition.QualifiedApiName, IsAccessible FROM UserFieldAccess WHERE UserId = '"+user+"' AND EntityDefinitionId = 'Lead' AND IsAccessible = true", &fields)
	if len(fields.Records) != 0 {
		t.Errorf("%d fields of a hidden object", len(fields.Records))
	}
}
