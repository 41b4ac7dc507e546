package match

import (
	"testing"

	"tidegate/gateway"
)

// S-54
func TestMemberIsTheOnlyUserWhoFits_S54(t *testing.T) {
	user := func(id, username, federation, email string, active bool) gateway.Record {
		return gateway.Record{Key: gateway.RecordKey{Object: "User", ID: id}, Fields: gateway.Fields{
			"Username": gateway.Text(username), "FederationIdentifier": gateway.Text(federation), "Email": gateway.Text(email), "IsActive": gateway.Bool(active),
		}}
	}
	const mine = "ada@acme.example"
	for _, row := range []struct {
		name, pin string
		users     []gateway.Record
		id, by    string
	}{
		{"by username", "", []gateway.Record{user("1", "Ada@Acme.example", "", "", true), user("2", "x", "", mine, true)}, "1", ByUsername},
		{"by federation id", "", []gateway.Record{user("1", "x", mine, "", true), user("2", "y", "", mine, true)}, "1", ByFederation},
		{"by e-mail", "", []gateway.Record{user("1", "x", "", mine, true), user("2", "y", "", "other@acme.example", true)}, "1", ByEmail},
		{"nobody", "", []gateway.Record{user("1", "x", "", "other@acme.example", true)}, "", ""},
		{"two fit", "", []gateway.Record{user("1", "x", "", mine, true), user("2", "y", "", mine, true)}, "", ""},
		{"one of two is inactive", "", []gateway.Record{user("1", "x", "", mine, true), user("2", "y", "", mine, false)}, "1", ByEmail},
		{"inactive", "", []gateway.Record{user("1", mine, "", mine, false)}, "", ""},
		{"pinned", "2", []gateway.Record{user("1", mine, "", mine, true), user("2", "y", "", "", true)}, "2", ByPin},
		{"pinned and inactive: no other takes his place", "2", []gateway.Record{user("1", mine, "", mine, true), user("2", "y", "", "", false)}, "", ""},
		{"empty values fit nobody", "", []gateway.Record{user("1", "", "", "", true)}, "", ""},
	} {
		got, by := User(gateway.Member{Email: mine, SalesforceUser: row.pin}, row.users)
		if got.Key.ID != row.id || by != row.by {
			t.Errorf("%s: %q by %q, want %q by %q", row.name, got.Key.ID, by, row.id, row.by)
		}
	}
}
