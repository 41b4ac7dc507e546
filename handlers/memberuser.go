package handlers

import (
	"slices"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/match"
	"tidegate/rules/settings"
	"tidegate/views"
)

// userSelect lets an admin choose which Salesforce user a member is (S-54), and says
// who he is now.
func (v *visit) userSelect(m gateway.Member) (views.Select, string, error) {
	users, err := v.ws.SalesforceUsers(v.UserContext())
	if err != nil {
		return views.Select{}, "", err
	}
	s := views.Select{
		Name: "salesforce_user", Label: "Salesforce user",
		Hint:    "Decides what a rep sees, unless Advanced Settings say otherwise. Without a choice it is the only active user with the member's address.",
		Options: []views.Option{{Text: "The one who has the address " + m.Email, Selected: m.SalesforceUser == ""}},
	}
	slices.SortFunc(users, func(a, b gateway.Record) int {
		return strings.Compare(strings.ToLower(a.Label()), strings.ToLower(b.Label()))
	})
	for _, u := range users {
		chosen := u.Key.ID == m.SalesforceUser
		if !chosen && (u.Deleted || u.Fields["IsActive"].String() != "true" || len(s.Options) > mostUsers) {
			continue
		}
		s.Options = append(s.Options, views.Option{Value: u.Key.ID, Text: userWords(u), Selected: chosen})
	}
	user, by := match.User(m, users)
	switch {
	case user.Key.ID != "":
		return s, userWords(user) + ", by " + by, nil
	case m.SalesforceUser != "":
		return s, "The chosen user is inactive or not here", nil
	}
	return s, "No active user has this address alone", nil
}

func userWords(u gateway.Record) string {
	words := u.Label()
	if name := u.Fields["Username"].String(); name != "" {
		words += " (" + name + ")"
	}
	if u.Deleted || u.Fields["IsActive"].String() != "true" {
		words += ", inactive"
	}
	return words
}

// checkUser refuses a choice that is no active user of the org.
func (v *visit) checkUser(m gateway.Member) error {
	users, err := v.ws.SalesforceUsers(v.UserContext())
	if err != nil {
		return err
	}
	if user, _ := match.User(m, users); m.SalesforceUser != "" && user.Key.ID == "" {
		return gateway.InvalidField("salesforce_user", "That is no active user of Salesforce. Choose another.")
	}
	return nil
}

// unknownReps says, by the ids of those reps who see nothing because Salesforce does
// not know them, that it is so.
func (v *visit) unknownReps(all []gateway.Member) (map[string]string, error) {
	rows, err := v.ws.Settings(v.UserContext(), gateway.OrgScope)
	if err != nil {
		return nil, err
	}
	in, err := settings.Effective(rows, nil)
	if err != nil || !in.Advanced.OwnSight {
		return nil, err
	}
	users, err := v.ws.SalesforceUsers(v.UserContext())
	out := map[string]string{}
	for _, m := range all {
		if user, _ := match.User(m, users); m.Role == gateway.RoleRep && !m.Disabled && user.Key.ID == "" {
			out[m.ID] = "No Salesforce user: sees no records"
		}
	}
	return out, err
}
