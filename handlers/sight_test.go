package handlers

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// What Salesforce hides has this in it, and nothing else has.
const unseen = "Quellthal"

var ritaUser = userOfRep(home)

// veiled is a workspace in which Salesforce hides everything from the rep but one
// contact, and of that one its phone, its title and its account.
func veiled(t *testing.T) (w *world, open gateway.RecordKey, line int64) {
	t.Helper()
	w = newWorld(t)
	ctx := t.Context()
	hide := gateway.Text(unseen + " needle")
	values := gateway.Fields{"AccountId": gateway.Text(accountOf(home).ID), "Amount": gateway.Number("480005"), "CloseDate": gateway.Text(w.clock.now().Format(time.DateOnly)), "ForecastCategoryName": gateway.Text("Pipeline"), "StageName": hide}
	for _, name := range []string{"Name", "FirstName", "LastName", "Title", "Email", "Phone", "Department", "Description", "Company", "Website", "NextStep"} {
		values[name] = hide
	}
	open = key("Contact", "003", 77)
	task := key("Task", "00T", 8)
	w.added(visitSchema)
	for _, k := range []gateway.RecordKey{contactOf(home), accountOf(home), leadOf(home), dealOf(home), visitOf(home)} {
		w.save(home, record(k, values))
	}
	w.save(home,
		record(task, gateway.Fields{"Subject": hide, "TaskSubtype": gateway.Text("Email"), "Description": hide, "WhoId": gateway.Text(open.ID)}),
		record(open, gateway.Fields{"Name": gateway.Text("Olga Open"), "LastName": gateway.Text("Open"), "Email": gateway.Text("olga@people.example"), "Phone": hide, "Title": hide, "AccountId": gateway.Text(accountOf(home).ID)}),
	)
	seen := gateway.Fields{"Title": hide, "Email": gateway.Text("olga@people.example")}
	must(t, w.db.In(home).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.AppendHistory(ctx, []gateway.HistoryEntry{
			{Key: contactOf(home), Type: gateway.Update, Outcome: gateway.OutcomeApplied, Reason: unseen, Fields: values, Before: values, Label: unseen, At: w.clock.now()},
			{Key: dealOf(home), Type: gateway.Update, Outcome: gateway.OutcomeApplied, Reason: unseen, Fields: values, Before: values, Label: unseen, At: w.clock.now()},
			{Key: open, Type: gateway.Update, Outcome: gateway.OutcomeApplied, Reason: "Applied", Fields: seen, Before: seen, Label: "Olga Open", At: w.clock.now()},
		})
	}))
	for thing, k := range map[string]gateway.RecordKey{"p-1": contactOf(home), "p-2": leadOf(home), "p-3": open} {
		must(t, w.db.In(home).SaveLink(ctx, gateway.Link{Kind: "person", ExternalID: thing, Key: k}))
	}
	w.said(home, "said-1")
	w.clash(home, unseen+" theirs", unseen+" ours")
	line = w.park(home, unseen)
	w.saveOrg(gateway.TabAdvanced, func(s *gateway.Settings) { s.Advanced.EmailsFromTasks = true })
	w.org.hidden = map[string]bool{}
	for _, k := range []gateway.RecordKey{contactOf(home), accountOf(home), leadOf(home), dealOf(home), visitOf(home), task} {
		w.org.hidden[ritaUser.ID+" "+k.ID] = true
	}
	for _, field := range []string{"Phone", "Title", "AccountId"} {
		w.org.hidden[ritaUser.ID+" Contact."+field] = true
	}
	return w, open, line
}

// addresses are those of all pages that a rep may open, with everything put into
// them that finds, opens or narrows down.
func addresses(line int64, open gateway.RecordKey) []string {
	var out []string
	for _, r := range pages {
		if r.method != http.MethodGet || r.access == admins || r.path == eventsPath || r.path == callbackPath {
			continue
		}
		paths := []string{fill(r.path, home), strings.Replace(strings.Replace(r.path, ":object", "Contact", 1), ":id", open.ID, 1)}
		switch {
		case strings.HasPrefix(r.path, "/sync/log/:id"):
			paths = []string{strings.Replace(r.path, ":id", strconv.FormatInt(line, 10), 1)}
		case strings.HasPrefix(r.path, filedBase):
			paths = []string{strings.Replace(r.path, ":id", key("Task", "00T", 8).ID, 1)}
		}
		for _, path := range paths {
			for _, query := range []string{
				"", "?q=needle", "?account=" + accountOf(home).ID, "?edit=Title&field=Title", "?record=" + contactOf(home).ID, "?record=" + open.ID,
				"?as_of=" + url.QueryEscape(time.Now().Format(time.RFC3339)), "?group=1&group_by=cause&open=" + strconv.FormatInt(line, 10),
			} {
				out = append(out, path+query)
			}
		}
	}
	return out
}

// S-54: over all routes. What Salesforce hides from the user that a rep is stands
// on no page, and what it shows does.
func TestWhatSalesforceHidesFromARepIsOnNoPage_S54(t *testing.T) {
	w, open, line := veiled(t)
	rep, admin := w.as(home, gateway.RoleRep), w.as(home, gateway.RoleAdmin)
	told := 0
	for _, address := range addresses(line, open) {
		w.clock.forward(time.Second) // the tripwire counts pages a minute
		got := rep.get(address)
		if strings.Contains(got.body, unseen) {
			at := strings.Index(got.body, unseen)
			t.Errorf("%s shows it: …%s…", address, got.body[max(0, at-160):at+20])
		}
		if got.status >= http.StatusInternalServerError {
			t.Errorf("%s: %d %s", address, got.status, brief(got.words()))
		}
		if !strings.Contains(address, "?") && strings.Contains(admin.get(address).body, unseen) {
			told++
		}
	}
	if told < 12 {
		t.Errorf("an admin, who sees all, is told it on %d pages only", told)
	}
	rep.get("/contacts/" + contactOf(home).ID).want(http.StatusNotFound)
	rep.get("/contacts/"+open.ID).want(http.StatusOK, "Olga Open", "olga@people.example", "Salesforce shows you")
	if got := rep.get("/contacts").want(http.StatusOK, "Records that Salesforce shows you").rows(); !slices.Equal(got, []string{open.ID}) {
		t.Errorf("the list has %v", got)
	}
	for q, n := range map[string]int{"olga": 1, "olga@people.example": 1, "needle": 0} { // the phone that has it is hidden
		if got := rep.get("/contacts?q=" + q).rows(); len(got) != n {
			t.Errorf("searching %s finds %v", q, got)
		}
		if got := rep.get("/search?q=" + q).rows(); len(got) != n {
			t.Errorf("searching everything for %s finds %v", q, got)
		}
	}
	rep.get("/sync/log").want(http.StatusOK, "Only lines of records that Salesforce shows you are listed and counted.")
	if got := rep.post(forecastBase+"/export", url.Values{}); strings.Contains(got.body, unseen) {
		t.Errorf("the export: %s", got.body)
	}
}

// S-54: what is hidden cannot be written, decided or watched either.
func TestWhatIsHiddenFromARepCannotBeReachedByWriting_S54(t *testing.T) {
	w, open, line := veiled(t)
	rep := w.as(home, gateway.RoleRep)
	sent := w.caller.count()
	before, _ := w.pending(contactOf(home))
	edit := func(k gateway.RecordKey, field string) answered {
		return rep.post("/contacts/"+k.ID, url.Values{"field": {field}, "value": {"mine"}})
	}
	edit(contactOf(home), "Department").want(http.StatusNotFound)
	edit(open, "Title").want(http.StatusForbidden, "Salesforce does not show this field")
	for _, action := range []string{"/retry", "/ignore", "/reveal"} {
		if got := rep.post("/sync/log/"+strconv.FormatInt(line, 10)+action, url.Values{"reason": {"x"}}); got.status < 400 || strings.Contains(got.body, unseen) {
			t.Errorf("%s: %d", action, got.status)
		}
	}
	rep.get(eventsPath + "?object=Contact&id=" + contactOf(home).ID).want(http.StatusNotFound)
	if after, _ := w.pending(contactOf(home)); after.Edit != before.Edit || after.State != before.State || w.caller.count() != sent {
		t.Errorf("the owed change went from %+v to %+v", before, after)
	}
	edit(open, "Department").want(http.StatusSeeOther)
}

// S-54: it fails closed.
func TestWithoutAWordOfSalesforceARepSeesNothing_S54(t *testing.T) {
	w, open, _ := veiled(t)
	rep, admin := w.as(home, gateway.RoleRep), w.as(home, gateway.RoleAdmin)
	w.org.sightErr = gateway.Errorf(gateway.CodeSFDown, "down")
	rep.get("/contacts/"+open.ID).want(http.StatusBadGateway, "so nothing of it is shown")
	rep.get("/contacts").want(http.StatusBadGateway)
	admin.get("/contacts/" + open.ID).want(http.StatusOK)
	w.org.sightErr = nil
	rep.get("/contacts/" + open.ID).want(http.StatusBadGateway) // it is not asked again at once
	w.clock.forward(silence)
	rep.get("/contacts/" + open.ID).want(http.StatusOK)

	// While it is away its last word holds for an hour (UX-46), and whatever it was
	// not asked about stays hidden.
	late := key("Contact", "003", 78)
	w.save(home, record(late, gateway.Fields{"Name": gateway.Text("Lotte Late")}))
	w.org.sightErr = gateway.Errorf(gateway.CodeSFDown, "down")
	w.clock.forward(sightLife + time.Second)
	rep.get("/contacts/" + open.ID).want(http.StatusOK)
	list := rep.get("/contacts").want(http.StatusOK, "Salesforce does not answer now", "Olga Open")
	rep.get("/contacts/" + late.ID).want(http.StatusBadGateway)
	if strings.Contains(list.body, unseen) || strings.Contains(list.body, "Lotte") {
		t.Error("the list shows what Salesforce never said is shown")
	}
	w.clock.forward(sightKept)
	rep.get("/contacts/" + open.ID).want(http.StatusBadGateway)
	w.org.sightErr = nil
	w.clock.forward(silence)
	rep.get("/contacts/" + open.ID).want(http.StatusOK)

	// Its word is believed for two minutes.
	w.org.hidden[ritaUser.ID+" "+open.ID] = true
	rep.get("/contacts/" + open.ID).want(http.StatusOK)
	w.clock.forward(sightLife + time.Second)
	rep.get("/contacts/" + open.ID).want(http.StatusNotFound)
	w.org.hidden = map[string]bool{ritaUser.ID + " Contact": true}
	w.clock.forward(sightLife + time.Second)
	rep.get("/contacts/" + open.ID).want(http.StatusNotFound)
	w.org.hidden = nil
	w.clock.forward(sightLife + time.Second)
	rep.get("/contacts/" + open.ID).want(http.StatusOK)

	// A user who left shows nothing, and nobody takes his place.
	w.save(home, record(ritaUser, gateway.Fields{"Name": gateway.Text("Rita Rep"), "Username": gateway.Text(email(home, gateway.RoleRep)), "IsActive": gateway.Bool(false)}))
	w.clock.forward(sightLife + time.Second)
	rep.get("/contacts/" + open.ID).want(http.StatusNotFound)
	rep.get("/contacts").want(http.StatusOK, "Salesforce does not know you", "Ask an admin to choose your Salesforce user")
	rep.get("/sync/log").want(http.StatusOK, "Salesforce does not know you") // every page says why
	if admin.get("/contacts").want(http.StatusOK); strings.Contains(admin.get("/contacts").body, "does not know you") {
		t.Error("an admin is told that he sees nothing")
	}
}

// S-54: a workspace begins with it. Asking gives way where the org's calls are
// scarce, and whom the first reading brings is known a moment later.
func TestRepsBeginWithTheirOwnEyes_S54(t *testing.T) {
	w := newWorld(t)
	rep := w.as(home, gateway.RoleRep)
	rep.get(annPath).want(http.StatusOK, "Salesforce shows you")
	w.org.hidden = map[string]bool{ritaUser.ID + " " + contactOf(home).ID: true}
	conn, err := w.db.In(home).Connection(t.Context())
	must(t, err)
	must(t, w.db.In(home).SetAPIUse(t.Context(), conn.ID, 950, 1000))
	w.clock.forward(sightLife + time.Second)
	rep.get(annPath).want(http.StatusOK)
	must(t, w.db.In(home).SetAPIUse(t.Context(), conn.ID, 100, 1000))
	rep.get(annPath).want(http.StatusNotFound)

	must(t, w.db.CreateWorkspace(t.Context(), "new", "new"))
	hash, err := HashPassword(password)
	must(t, err)
	must(t, w.db.In("new").CreateMember(t.Context(), gateway.Member{ID: "new-rep", Workspace: "new", Email: email("new", gateway.RoleRep), Name: "Nora New", Role: gateway.RoleRep, PasswordHash: hash}))
	must(t, w.db.In(home).CreateMember(t.Context(), gateway.Member{ID: "stranger", Workspace: home, Email: "stranger@home.example", Name: "Stan Stranger", Role: gateway.RoleRep, PasswordHash: hash}))
	if page := w.as(home, gateway.RoleAdmin).get("/settings/members").want(http.StatusOK); strings.Count(page.words(), "No Salesforce user: sees no records") != 1 {
		t.Error("the list of members does not name the one rep who sees nothing")
	}
	fresh := w.as("new", gateway.RoleRep)
	fresh.get("/contacts").want(http.StatusOK, "will appear here", "as soon as it is connected")
	w.save("new", record(userOfRep("new"), gateway.Fields{"Name": gateway.Text("Nora New"), "Email": gateway.Text(email("new", gateway.RoleRep)), "IsActive": gateway.Bool(true)}),
		record(contactOf("new"), gateway.Fields{"Name": gateway.Text("First Reading")}))
	w.clock.forward(usersLife + time.Second)
	fresh.get("/contacts").want(http.StatusOK, "First Reading")
}

// S-54: an admin chooses which user a member is, and sees who he is.
func TestAdminChoosesWhichUserAMemberIs_S54(t *testing.T) {
	w, open, _ := veiled(t)
	other := key("User", "005", 99)
	w.save(home, record(other, gateway.Fields{"Name": gateway.Text("Otis Other"), "Username": gateway.Text("otis@acme.example"), "IsActive": gateway.Bool(true)}))
	w.org.hidden[other.ID+" "+open.ID] = true
	rep, admin := w.as(home, gateway.RoleRep), w.as(home, gateway.RoleAdmin)
	page := memberURL("home-rep")
	admin.get(page).want(http.StatusOK, "Rita Rep (rep@home.example), by username", "Otis Other (otis@acme.example)")
	rep.get("/contacts/" + open.ID).want(http.StatusOK)
	admin.post(page, url.Values{"name": {"Rita Rep"}, "salesforce_user": {other.ID}}).want(http.StatusSeeOther)
	admin.get(page).want(http.StatusOK, "Otis Other (otis@acme.example), by pinned")
	w.clock.forward(sightLife + time.Second)
	rep.get("/contacts/" + open.ID).want(http.StatusNotFound)
	admin.post(page, url.Values{"name": {"Rita Rep"}, "salesforce_user": {"005000000000000AAA"}}).want(http.StatusUnprocessableEntity, "no active user")
	if !w.audited(home, "changed the member Rita Rep") {
		t.Error("the choice is not in the audit")
	}
	admin.post(page, url.Values{"name": {"Rita Rep"}, "salesforce_user": {""}}).want(http.StatusSeeOther)
	rep.get("/contacts/" + open.ID).want(http.StatusOK)
	w.saveOrg(gateway.TabAdvanced, func(s *gateway.Settings) { s.Advanced.OwnSight = false })
	rep.get("/contacts/"+contactOf(home).ID).want(http.StatusOK, unseen)
}
