package match

import (
	"strings"

	"tidegate/gateway"
)

// How a member was recognized as a Salesforce user.
const (
	ByPin        = "pinned"
	ByUsername   = "username"
	ByFederation = "federation id"
	ByEmail      = "e-mail"
)

// User answers which user of Salesforce a member is, and by what: the one that an
// admin pinned, else the only active one who has the member's address as username,
// as federation id or as e-mail address, in this order. "" for none, and where
// several fit: nobody is guessed.
func User(m gateway.Member, users []gateway.Record) (user gateway.Record, by string) {
	if m.SalesforceUser != "" {
		for _, u := range users {
			if u.Key.ID == m.SalesforceUser && activeUser(u) {
				return u, ByPin
			}
		}
		return gateway.Record{}, ""
	}
	for _, step := range [...]struct{ by, field string }{{ByUsername, "Username"}, {ByFederation, "FederationIdentifier"}, {ByEmail, "Email"}} {
		var found []gateway.Record
		for _, u := range users {
			if value := u.Fields[step.field].String(); value != "" && strings.EqualFold(value, m.Email) && activeUser(u) {
				found = append(found, u)
			}
		}
		switch len(found) {
		case 0:
		case 1:
			return found[0], step.by
		default:
			return gateway.Record{}, ""
		}
	}
	return gateway.Record{}, ""
}

func activeUser(u gateway.Record) bool { return !u.Deleted && u.Fields["IsActive"].String() == "true" }
