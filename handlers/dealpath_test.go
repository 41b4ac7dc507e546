package handlers

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"tidegate/gateway"
)

// DEM-25 (the way out)
func TestPathOfADealLeadsToTheNextStage_UX45(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleRep)
	address := "/deals/" + dealOf(home).ID
	page := b.get(address).want(http.StatusOK, "Move to Qualification")
	form := page.form(address)
	if form.Get("field") != "StageName" || form.Get("value") != "Qualification" || form.Get("revision") == "" {
		t.Fatalf("the step sends %v", form)
	}
	b.post(address, form).want(http.StatusSeeOther)
	b.get(address).want(http.StatusOK, "Move to Needs Analysis")
	b.post(address, form).want(http.StatusSeeOther) // pressed twice it is one step
	form.Set("value", "Needs Analysis")
	b.post(address, form).want(http.StatusConflict) // somebody moved it meanwhile
}

func TestPathEndsInOneClosedStage(t *testing.T) {
	all := []string{"Prospecting", "Qualification", "Closed Won", "Closed Lost"}
	for current, want := range map[string]string{
		"Prospecting": "Prospecting, Qualification, Closed Won",
		"Closed Won":  "Prospecting, Qualification, Closed Won",
		"Closed Lost": "Prospecting, Qualification, Closed Lost",
	} {
		if got := strings.Join(openStages(all, current), ", "); got != want {
			t.Errorf("at %s: %s, want %s", current, got, want)
		}
	}
	if got := openStages([]string{"New", "Done"}, "Done"); !slices.Equal(got, []string{"New", "Done"}) {
		t.Errorf("stages with names of their own: %v", got)
	}
}

func TestPeopleOfADealStandWithTheirRoles(t *testing.T) {
	w := newWorld(t)
	second := key("Contact", "003", 77)
	role := func(n int, contact gateway.RecordKey, role string, primary bool) gateway.Record {
		return record(key("OpportunityContactRole", "00K", n), gateway.Fields{
			"OpportunityId": gateway.Text(dealOf(home).ID), "ContactId": gateway.Text(contact.ID), "Role": gateway.Text(role), "IsPrimary": gateway.Bool(primary),
		})
	}
	w.save(home,
		record(second, gateway.Fields{"Name": gateway.Text("Bo Primary"), "LastName": gateway.Text("Primary")}),
		role(1, contactOf(home), "Evaluator", false), role(2, second, "Decision Maker", true), role(3, key("Contact", "003", 404), "Unknown here", false))
	page := w.as(home, gateway.RoleRep).get("/deals/"+dealOf(home).ID).want(http.StatusOK, "Evaluator", "Decision Maker, primary")
	if words := page.words(); strings.Index(words, "Bo Primary") > strings.Index(words, "Ann Example") || strings.Contains(words, "Unknown here") {
		t.Error("the primary contact is not first, or one that is not here is listed")
	}
}
