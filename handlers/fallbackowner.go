package handlers

import (
	"tidegate/gateway"
	"tidegate/store"
	"tidegate/views"
)

// mostUsers is how many Salesforce users are offered at once.
const mostUsers = 200

// fallbackOwner lets choose who gets what belongs to an inactive user (F-62).
func (v *visit) fallbackOwner(t tabState) (views.Select, error) {
	chosen := t.settings.Advanced.FallbackOwner
	s := views.Select{
		Name: "fallback_owner", Label: "Owner instead of an inactive Salesforce user", Error: t.errors["fallback_owner"],
		Hint:    "Of what is written for somebody who has left. With nobody it waits in the sync log.",
		Meta:    t.meta(v, "fallback_owner", "nobody"),
		Options: []views.Option{{Text: "Nobody: it waits for a person", Selected: chosen == ""}},
	}
	page, err := v.ws.Records(v.UserContext(), store.RecordQuery{Object: "User", Limit: mostUsers})
	if err != nil {
		return s, err
	}
	known := chosen == ""
	for _, r := range page.Records {
		email := r.Fields["Email"].String()
		if email == "" || r.Fields["IsActive"] == gateway.Bool(false) {
			continue
		}
		s.Options = append(s.Options, views.Option{Value: email, Text: r.Label(), Selected: email == chosen})
		known = known || email == chosen
	}
	if !known {
		s.Options = append(s.Options, views.Option{Value: chosen, Text: chosen, Selected: true})
	}
	return s, nil
}
