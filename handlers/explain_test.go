package handlers

import (
	"net/http"
	"strings"
	"testing"

	"tidegate/gateway"
)

// STA-14: the failing test comes first, with its link, and each says who set it.
func TestExplainSaysTheFailingTestFirst_AVM26(t *testing.T) {
	w := newWorld(t)
	b := w.as(home, gateway.RoleRep)
	b.get(explainBase).want(http.StatusOK, "Why did this sync, or not?")
	at := "/sync/explain?record=" + contactOf(home).ID
	b.get(at).want(http.StatusOK, "Ann Example", "Nothing stands in the way", "Does a write wait?", "Is Salesforce connected?")
	line := w.park(home, "CEO")
	page := b.get(at).want(http.StatusOK, "It is parked.", "A rule of your org refuses this title.", "Update Title", "Open its line")
	if !contains(page.body, logURL(line)) {
		t.Error("no link to the line")
	}
	if first := strings.Index(page.body, "It is parked."); first > strings.Index(page.body, "Is it here?") {
		t.Error("the failing test is not the first")
	}
	w.saveOrg(gateway.TabObjects, func(s *gateway.Settings) { s.Objects.Writeback["Contact"] = false })
	b.get(at).want(http.StatusOK, "Is Contact synced to Salesforce?", "off. Set by Otto Other")
	b.get(at+"&field=CreatedById").want(http.StatusOK, "Created By ID")
	b.get("/sync/explain?record="+contactOf(foreign).ID).want(http.StatusOK, "No record with this id is in the mirror.")
	b.get("/sync/explain?meeting=none").want(http.StatusOK, "the product never sent it")
	b.get("/sync/explain?person=none").want(http.StatusOK, "The product never sent a person with this id.")
}

func TestExplainTellsThePersonsEvidence(t *testing.T) {
	w := newWorld(t)
	_, err := w.box.SubmitPerson(t.Context(), home, gateway.Person{ExternalID: "p-1", FirstName: "Ann", LastName: "Example", Email: "ann@home.example"})
	must(t, err)
	w.as(home, gateway.RoleRep).get("/sync/explain?person=p-1").want(http.StatusOK, "Ann Example", "Is the person matched?", "ann@home.example")
}

// UX 39: what a meeting became is said in words, a part each, by the meeting's title.
func TestExplainSaysThePartsOfAMeetingInWords(t *testing.T) {
	w := newWorld(t)
	text, _ := w.apiKey(home, "write")
	must(t, w.db.In(home).SaveSchemas(t.Context(), []gateway.Schema{{Object: "Event", Label: "Event", Createable: true, Fields: []gateway.Field{{Name: "Subject", Type: "string", Length: 255, Createable: true}}}}))
	w.product(text).json("PUT", "/api/v1/meetings/m-1", meetingBody("Weekly", "Weekly")).want(http.StatusOK)
	w.as(home, gateway.RoleRep).get("/sync/explain?meeting=m-1").want(http.StatusOK, "Meeting “Weekly”", "Event A meeting of the calendar becomes an Event.", "Is Salesforce connected?")
}
