package handlers

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/outbox"
)

// wrote makes a write of the contact's title reach Salesforce.
func (w *world) wrote(value, ref string) int64 {
	w.t.Helper()
	r, err := w.box.Submit(w.t.Context(), home, outbox.Edit{
		Key: contactOf(home), Fields: gateway.Fields{"Title": gateway.Text(value)}, Cause: gateway.Cause{Kind: "meeting", Ref: ref, Rule: "Topic to field", Name: names[gateway.RoleRep]},
	})
	must(w.t, err)
	got, err := w.box.Deliver(w.t.Context(), home, r)
	must(w.t, err)
	if got.State != outbox.Written {
		w.t.Fatalf("the write is %+v", got)
	}
	return r.LogID
}

// M4: a value says where it came from, what it replaced, and goes back by two
// presses: a dry run and the write.
func TestValueSaysWhereItCameFromAndGoesBack_M4(t *testing.T) {
	w := newWorld(t)
	line := strconv.FormatInt(w.wrote("Chief <Buyer>", "m-1"), 10)
	b := w.as(home, gateway.RoleRep)
	b.get(recordURL(contactOf(home))).want(http.StatusOK, "Written by Rita Rep from meeting m-1 (Topic to field [rule as of revision 1]), replacing Buyer.", "Undo")
	b.get("/sync/log/"+line).want(http.StatusOK, "Undo this write")
	sent := w.caller.count()
	ask := b.get("/sync/undo?line="+line+"&field=Title").want(http.StatusOK, "Undo 1 value", "Nothing is written yet.", "Chief <Buyer>", "Buyer", "Write 1 value back")
	if w.caller.count() != sent {
		t.Error("a dry run wrote something")
	}
	b.post(undoBase, ask.form(undoBase)).want(http.StatusSeeOther).wantLocation("/sync/log?rule=Undo&saved=undone")
	if got := w.caller.last(); got.Fields["Title"] != gateway.Text("Buyer") || got.Cause.Kind != gateway.KindUndo {
		t.Errorf("sent %+v", got)
	}
	if !w.audited(home, "Rita Rep took 1 value back; 0 stayed") || w.audited(home, "fields that the form does not have") {
		t.Error("the audit lacks the undo")
	}
	b.get("/sync/undo?line="+line).want(http.StatusOK, "Nothing goes back", "It was taken back already.")
	b.get("/sync/undo?line=x").want(http.StatusNotFound)
}

// A value says the sentence, the rule and its revision that it was made of, on
// the record's page and where it is explained, and keeps its own cause when
// another edit folds into the same write.
func TestValueSaysTheSentenceAndTheRevision(t *testing.T) { // issue point 7
	w := newWorld(t)
	first, err := w.box.Submit(t.Context(), home, outbox.Edit{
		Key: contactOf(home), Fields: gateway.Fields{"Title": gateway.Text("CFO")},
		Cause: gateway.Cause{Kind: "meeting", Ref: "m-9", Rule: "Meeting", Of: map[string]gateway.Origin{
			"Title": {Rule: "Topic “Roles” goes to Title", Revision: 7, Said: "1:23 I am the <new> CFO"},
		}},
	})
	must(t, err)
	edit := outbox.Edit{Key: contactOf(home), Fields: gateway.Fields{"Phone": gateway.Text("1")}, Cause: gateway.Cause{Kind: "edit", Rule: "Edit on the contact page", Name: names[gateway.RoleRep]}}
	r, err := w.box.Submit(t.Context(), home, edit)
	must(t, err)
	got, err := w.box.Deliver(t.Context(), home, r)
	must(t, err)
	if got.State != outbox.Written {
		t.Fatalf("the write is %+v", got)
	}
	b := w.as(home, gateway.RoleRep)
	words := "from meeting m-9 (Topic “Roles” goes to Title [rule as of revision 7]), after “1:23 I am the <new> CFO”, replacing Buyer."
	b.get(recordURL(contactOf(home))).want(http.StatusOK, words, "Written by Rita Rep (Edit on the contact page")
	if rep := b.get(logURL(first.LogID)); contains(rep.body, "Undo all of") {
		t.Error("a rep is led to many writes")
	}
	way := "?object=Contact&amp;rule=" + url.QueryEscape("Topic “Roles” goes to Title")
	admin := w.as(home, gateway.RoleAdmin)
	for _, at := range []string{undoBase, "/sync/log"} { // the fields of that rule are taken back, and listed
		if page := admin.get(logURL(first.LogID)).want(http.StatusOK, "Undo all of “Topic “Roles” goes to Title”"); !strings.Contains(page.body, at+way) {
			t.Errorf("no way to %s%s", at, way)
		}
	}
	ask := admin.get(undoBase+"?rule="+url.QueryEscape("Topic “Roles” goes to Title")).want(http.StatusOK, "Undo 1 value", "CFO")
	if contains(ask.body, "Phone") {
		t.Error("the dry run of one field's rule names another field")
	}
	b.get(logURL(first.LogID)).want(http.StatusOK, "Title comes from", "Topic “Roles” goes to Title [rule as of revision 7], after “1:23 I am the <new> CFO”")
	at := "/sync/explain?record=" + contactOf(home).ID
	b.get(at).want(http.StatusOK, "Where did the value of Title come from?", words)
	b.get(at+"&field=LastName").want(http.StatusOK, "It was not written from here: it is as Salesforce has it.")
}

// Many writes at once are for admins, and need a scope.
func TestMeetingAndDayAreUndoneByAdmins_M4(t *testing.T) {
	w := newWorld(t)
	w.wrote("CEO", "m-1")
	rep, admin := w.as(home, gateway.RoleRep), w.as(home, gateway.RoleAdmin)
	rep.get("/sync/undo?meeting=m-1").want(http.StatusForbidden, "Only an admin takes many writes back at once.")
	rep.post(undoBase, url.Values{"meeting": {"m-1"}}).want(http.StatusForbidden)
	admin.get("/sync/undo").want(http.StatusUnprocessableEntity, "Say which writes to take back")
	admin.get("/sync/undo?day=soon").want(http.StatusUnprocessableEntity, "Give the day as")
	today := w.clock.now().UTC().Format("2006-01-02")
	for _, scope := range []string{"meeting=m-1", "day=" + today, "rule=" + url.QueryEscape("Topic to field"), "record=" + contactOf(home).ID, "who=Rita"} {
		admin.get("/sync/undo?"+scope).want(http.StatusOK, "Undo 1 value", "CEO")
	}
	admin.get("/sync/undo?meeting=m-2").want(http.StatusOK, "Undo 0 values")
	admin.get("/sync/log?meeting=m-1").want(http.StatusOK, "Undo these writes")
	admin.post(undoBase, admin.get("/sync/undo?day="+today).form(undoBase)).want(http.StatusSeeOther)
	if c, waiting := w.pending(contactOf(home)); waiting {
		t.Errorf("still waits %+v", c)
	}
}

// What one rule wrote goes back with what it wrote for other meetings; from each
// line the way leads to its rule, its day and its meeting, in words.
func TestRuleIsUndoneFromItsLine_M4(t *testing.T) {
	w := newWorld(t)
	write := func(field, value, rule, ref string) int64 {
		t.Helper()
		r, err := w.box.Submit(t.Context(), home, outbox.Edit{
			Key: contactOf(home), Fields: gateway.Fields{field: gateway.Text(value)}, Cause: gateway.Cause{Kind: "meeting", Ref: ref, Rule: rule, Name: names[gateway.RoleRep]},
		})
		must(t, err)
		_, err = w.box.Deliver(t.Context(), home, r)
		must(t, err)
		return r.LogID
	}
	line := write("Title", "CFO", "Meeting “Weekly”: Roles go there. Planned anew: Notes settings changed", "m-1")
	write("Phone", "1", "Meeting “Other”: Numbers go there.", "m-2")
	admin := w.as(home, gateway.RoleAdmin)
	page := admin.get(logURL(line)).want(http.StatusOK, "Undo all of this rule", "Undo all of this day", "Undo all of this meeting")
	for _, scope := range []string{"rule=Roles+go+there.", "meeting=m-1"} {
		if !contains(page.body, undoBase+"?"+scope) {
			t.Errorf("no way to %s", scope)
		}
	}
	ask := admin.get(undoBase+"?rule=Roles+go+there.").want(http.StatusOK, "Undo 1 value", "All writes of the rule “Roles go there.”.", "CFO", "Buyer")
	admin.post(undoBase, ask.form(undoBase)).want(http.StatusSeeOther)
	if got := w.caller.last(); got.Fields["Title"] != gateway.Text("Buyer") || len(got.Fields) != 1 {
		t.Errorf("sent %+v", got)
	}
	if page := w.as(home, gateway.RoleRep).get(logURL(line)); contains(page.body, "Undo all of") {
		t.Error("a rep is led to many writes")
	}
}
