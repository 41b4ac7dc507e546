package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/settings"
)

// DEM-17: a save that lets fields travel both ways is refused until it is
// decided who wins for their kind of data. The review asks for it, and one step
// decides and saves; what was undecided before hinders no other save.
func TestFieldsTravelBothWaysOnlyOnceItIsDecidedWhoWins_DEM17(t *testing.T) {
	w := newWorld(t)
	admin := w.as(home, gateway.RoleAdmin)
	in := w.db.In(home)
	winners := func() map[gateway.DataType]gateway.Winner { return w.saved().Advanced.Conflicts }

	// An undecided field of before: an unrelated save goes through.
	form := admin.get(contactPage).form(contactPage)
	form.Set("display_Title", "What they do")
	admin.review(contactPage, form).want(http.StatusSeeOther)
	if len(winners()) != 0 {
		t.Fatalf("decided by itself: %v", winners())
	}

	// Another field begins to travel both ways.
	must(t, in.SaveMapping(t.Context(), gateway.Mapping{Object: "Contact", Field: "Phone", Imported: true}))
	path := contactPage + "?show=all"
	form = admin.get(path).form(path)
	form.Add("editable_Phone", "on")
	review := admin.post(path, form).want(http.StatusOK, "Who wins for names, addresses and numbers?", "Contact.Phone", "Most recent wins", "Suggested", "Ask a person")
	if strings.Contains(review.body, "checked") {
		t.Error("a winner is chosen beforehand")
	}
	asked := agreed(review.form(path))
	refused := admin.post(path, asked).want(http.StatusUnprocessableEntity,
		"Nothing was saved: fields would travel both ways, and nobody has decided who wins", "An admin decides it, once per kind of data.", "the later change would replace the earlier one", "Choose who wins, then save.")
	if w.mappingsNow("Contact")["Phone"].Editable {
		t.Fatal("saved undecided")
	}
	asked = agreed(refused.form(path))
	asked.Set("decide_people", "nonsense")
	admin.post(path, asked).want(http.StatusUnprocessableEntity)
	asked.Set("decide_people", "salesforce")
	admin.post(path, asked).want(http.StatusSeeOther)
	if got := winners(); len(got) != 1 || got[gateway.DataPeople] != gateway.WinnerSalesforce || !w.mappingsNow("Contact")["Phone"].Editable {
		t.Errorf("decided %v", got)
	}
	if !w.audited(home, "Ada Admin decided who wins when both sides changed") {
		t.Error("not audited")
	}

	// The switch of an object, with a dangerous answer: the password is asked for that too.
	must(t, in.SaveMapping(t.Context(), gateway.Mapping{Object: "Contact", Field: "LeadSource", Imported: true, Editable: true}))
	w.saveOrg(gateway.TabObjects, func(s *gateway.Settings) { s.Objects.Writeback = map[string]bool{} })
	objects := settingsBase + "/objects"
	form = admin.get(objects).form(objects)
	form.Set("writeback_Contact", "on")
	asked = agreed(admin.post(objects, form).want(http.StatusOK, "Who wins for everything else?", "Contact.LeadSource").form(objects))
	if asked.Has("decide_people") {
		t.Error("what is decided is asked for again")
	}
	admin.post(objects, asked).want(http.StatusUnprocessableEntity, "Contact.LeadSource")
	asked.Set("decide_other", "recent")
	admin.post(objects, asked).want(http.StatusSeeOther)
	if got := winners(); len(got) != 2 || got[gateway.DataOther] != gateway.WinnerRecent {
		t.Errorf("decided %v", got)
	}

	// A decision that fields rest on is not taken back to nothing.
	advanced := settingsBase + "/advanced"
	form = admin.get(advanced).form(advanced)
	form.Set("conflicts_other", "")
	asked = agreed(admin.post(advanced, form).want(http.StatusOK, "Who wins for everything else?").form(advanced))
	admin.post(advanced, asked).want(http.StatusUnprocessableEntity)
	asked.Set("decide_other", "ask")
	admin.post(advanced, asked).want(http.StatusSeeOther)
	if got := winners(); got[gateway.DataOther] != gateway.WinnerAsk {
		t.Errorf("decided %v", got)
	}

	// A settings file.
	text := "tidegate: 1\nobjects:\n  writeback: {Contact: true, Lead: true}\nfields:\n  Lead:\n    LeadSource: {editable: true}\nadvanced:\n  conflicts: {people: salesforce}\n"
	page := admin.post(fileBase, url.Values{"text": {text}}).want(http.StatusOK, "Who wins for everything else?", "Contact.LeadSource")
	asked = agreed(page.form(fileBase))
	admin.post(fileBase, asked).want(http.StatusUnprocessableEntity, "Choose who wins, then save.")
	asked.Set("decide_other", "recent")
	admin.post(fileBase, asked).want(http.StatusSeeOther)
	if got := winners(); got[gateway.DataOther] != gateway.WinnerRecent || !w.mappingsNow("Lead")["LeadSource"].Editable {
		t.Errorf("decided %v", got)
	}
}

// UX 30: the wizard asks one kind of data a step, without a script, and Back
// works; the last step says the answers in one sentence and leads to the review,
// which saves one revision. It is offered while something is undecided.
func TestTheWizardAsksWhoWinsOncePerKindOfData_UX30(t *testing.T) {
	w := newWorld(t)
	admin := w.as(home, gateway.RoleAdmin)
	admin.get(settingsBase+"/objects").want(http.StatusOK, "Decide who wins", "Answer in six short steps")
	answers := map[gateway.DataType]string{
		gateway.DataOwnership: "salesforce", gateway.DataAmounts: "salesforce", gateway.DataStages: "recent", gateway.DataOutcomes: "ask", gateway.DataPeople: "recent", gateway.DataOther: "recent",
	}
	page, next := admin.get(WinnersURL), url.Values{}
	for i, kind := range gateway.DataTypes {
		page.want(http.StatusOK, "Step "+number(i+1)+" of 6", "Suggested")
		if strings.Contains(page.body, " checked") {
			t.Fatalf("step %d: a winner is chosen beforehand", i+1)
		}
		for name := range next {
			if name != answeredName && !strings.Contains(page.body, `name="`+name+`" value="`+next.Get(name)+`"`) {
				t.Errorf("step %d forgets %s", i+1, name)
			}
		}
		next.Set(answeredName, string(kind))
		admin.get(WinnersURL+"?"+next.Encode()).want(http.StatusOK, "Step "+number(i+1)+" of 6", "Choose who wins, then go on.")
		next.Set("decide_"+string(kind), answers[kind])
		page = admin.get(WinnersURL + "?" + next.Encode())
	}
	const sentence = "Salesforce wins for ownership, amounts and close dates; the most recent value wins for deal stages, names, addresses and numbers, everything else; a person is asked about meeting outcomes and topics."
	page.want(http.StatusOK, "Your answers", sentence)
	admin.get(WinnersURL+"?back=stages&decide_ownership=salesforce&decide_amounts=salesforce&decide_stages=recent").want(http.StatusOK, "Step 3 of 6")
	admin.get(WinnersURL+"?answered=other&decide_other=recent&decide_amounts=nonsense").want(http.StatusOK, "Step 1 of 6") // made by hand
	if w.settings(gateway.OrgScope, gateway.TabAdvanced).Revision != 0 {
		t.Error("saved on the way")
	}
	advanced := settingsBase + "/advanced"
	admin.review(advanced, page.form(advanced)).want(http.StatusSeeOther)
	for kind, winner := range answers {
		if got := w.saved().Advanced.Conflicts[kind]; string(got) != winner {
			t.Errorf("%s: %q", kind, got)
		}
	}
	if w.settings(gateway.OrgScope, gateway.TabAdvanced).Revision != 1 {
		t.Error("not one revision")
	}
	admin.get(advanced).want(http.StatusOK, sentence, "Go through it step by step")
	if strings.Contains(admin.get(settingsBase+"/objects").body, "Decide who wins") {
		t.Error("offered though all is decided")
	}
	w.as(home, gateway.RoleRep).get(WinnersURL).want(http.StatusForbidden)
}

// DEM-17: where the workspace began with “ask”, answering “ask” to all six
// questions is a decision too: it is saved as his who answered, and the offer goes.
// What changes nothing and does not come from the wizard decides nothing.
func TestAnsweringAskToAllDecides_DEM17_UX30(t *testing.T) {
	w := newWorld(t)
	admin := w.as(home, gateway.RoleAdmin)
	w.saveOrgBy(settings.FirstConnect, gateway.TabAdvanced, func(s *gateway.Settings) {
		s.Advanced.Conflicts = map[gateway.DataType]gateway.Winner{}
		for _, kind := range gateway.DataTypes {
			s.Advanced.Conflicts[kind] = gateway.WinnerAsk
		}
	})
	const offer = "Decide who wins"
	advanced, objects := settingsBase+"/advanced", settingsBase+"/objects"
	admin.get(objects).want(http.StatusOK, offer)
	revision := w.settings(gateway.OrgScope, gateway.TabAdvanced).Revision
	admin.post(advanced, admin.get(advanced).form(advanced)).want(http.StatusSeeOther)
	admin.get(objects).want(http.StatusOK, offer)
	if w.settings(gateway.OrgScope, gateway.TabAdvanced).Revision != revision {
		t.Error("an unchanged form was saved")
	}

	answers := url.Values{answeredName: {string(gateway.DataTypes[len(gateway.DataTypes)-1])}}
	for _, kind := range gateway.DataTypes {
		answers.Set(winnerField+string(kind), "ask")
	}
	last := admin.get(WinnersURL+"?"+answers.Encode()).want(http.StatusOK, "Your answers", "A person is asked about")
	admin.post(advanced, last.form(advanced)).want(http.StatusSeeOther)
	if page := admin.get(objects); strings.Contains(page.body, offer) {
		t.Error("offered for ever")
	}
	if row := w.settings(gateway.OrgScope, gateway.TabAdvanced); row.Revision != revision+1 || row.By != "Ada Admin" || w.saved().Advanced.Conflicts[gateway.DataPeople] != gateway.WinnerAsk {
		t.Errorf("saved %+v", row)
	}
	if !w.audited(home, "Ada Admin decided who wins when both sides changed") {
		t.Error("not audited")
	}
	// Once more decides nothing anew.
	admin.post(advanced, last.form(advanced)).want(http.StatusSeeOther)
	if got := w.settings(gateway.OrgScope, gateway.TabAdvanced).Revision; got != revision+1 {
		t.Errorf("revision %d", got)
	}
}
