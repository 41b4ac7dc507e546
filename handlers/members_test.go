package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"tidegate/gateway"
)

func TestMembersAreChangedByAdmins_AVM38(t *testing.T) {
	w := newWorld(t)
	admin := w.as(home, gateway.RoleAdmin)
	path := "/settings/members/home-rep"
	form := admin.get(path).want(http.StatusOK, "Rita Rep", "Team").form(path)
	form.Set("team", "Sales")
	form.Set("job_role", "Account Executive")
	form.Set("role", "admin")
	admin.post(path, form).want(http.StatusSeeOther).wantLocation("/settings/members?saved=changed")
	m, err := w.db.In(home).Member(t.Context(), "home-rep")
	must(t, err)
	if m.Team != "Sales" || m.JobRole != "Account Executive" || m.Role != gateway.RoleAdmin || m.Name != "Rita Rep" {
		t.Errorf("member %+v", m)
	}
	admin.get("/settings/members").want(http.StatusOK, "Sales", "Account Executive")
	if !w.audited(home, "Ada Admin changed the member Rita Rep home-rep") {
		t.Error("not audited")
	}
	form.Set("name", " ")
	admin.post(path, form).want(http.StatusUnprocessableEntity, "Give the member a name")
	w.as(home, gateway.RoleRep).get("/settings/members").want(http.StatusOK) // he is an admin now
}

func TestLastAdminStaysOne(t *testing.T) {
	w := newWorld(t)
	admin := w.as(home, gateway.RoleAdmin)
	path := "/settings/members/home-admin"
	for _, turn := range []url.Values{{"role": {"rep"}}, {"state": {"disabled"}}} {
		form := admin.get(path).form(path)
		for name, value := range turn {
			form[name] = value
		}
		admin.post(path, form).want(http.StatusUnprocessableEntity, "is the only admin who can sign in")
	}
	admin.get("/settings/members").want(http.StatusOK)
}

func TestDisablingAMemberEndsHisSessions_S05(t *testing.T) {
	w := newWorld(t)
	admin, rep := w.as(home, gateway.RoleAdmin), w.as(home, gateway.RoleRep)
	rep.get("/").want(http.StatusOK)
	path := "/settings/members/home-rep"
	form := admin.get(path).form(path)
	form.Set("state", "disabled")
	admin.post(path, form).want(http.StatusSeeOther)
	rep.get("/").want(http.StatusSeeOther)
}

// AVM-07: the three levels; what an admin sets for a member holds for him, and
// the member sees it.
func TestAdminSetsTheNotesOfAMember_AVM07(t *testing.T) {
	w := newWorld(t)
	admin, rep := w.as(home, gateway.RoleAdmin), w.as(home, gateway.RoleRep)
	admin.get(settingsBase+"/notes").want(http.StatusOK, "Members", "nobody has chosen otherwise")
	admin.get(settingsBase+"/notes?level=members").want(http.StatusOK, "Rita Rep", "Organization", "Change")
	path := "/settings/members/home-rep/notes"
	form := admin.get(path).want(http.StatusOK, "for this member only").form(path)
	form["meeting_notes"] = []string{"note", "task"}
	admin.post(path, form).want(http.StatusSeeOther).wantLocation(path + "?saved=settings")
	own := rep.get("/settings/you").want(http.StatusOK, "Changed by Ada Admin").form("/settings/you")
	if !slices.Equal(own["meeting_notes"], []string{"note", "task"}) {
		t.Errorf("the member sees %v", own["meeting_notes"])
	}
	admin.get(settingsBase+"/notes?level=members").want(http.StatusOK, "Note and Task", "Ada Admin")
	admin.get(settingsBase+"/notes").want(http.StatusOK, "everybody but 1 member who has own values")
	w.saveOrg(gateway.TabNotes, func(s *gateway.Settings) { s.Notes.Locked = true })
	admin.post(path, form).want(http.StatusForbidden)
	rep.get("/settings/you").want(http.StatusOK, "The own choice (Note and Task) is kept and returns when the lock is lifted. Ask Otto Other to change it.")
	admin.get(settingsBase+"/notes").want(http.StatusOK, "1 member has own values, set aside while locked")
	rep.get(settingsBase + "/notes?level=members").want(http.StatusForbidden)
}

func TestAKeyMayOnlyRead(t *testing.T) {
	w := newWorld(t)
	admin := w.as(home, gateway.RoleAdmin)
	form := admin.get("/settings/keys").form("/settings/keys")
	form.Set("name", "Reporting")
	form.Set("may", "read")
	got := admin.post("/settings/keys", form).want(http.StatusOK, "Your new key", "Reporting", "Read only")
	var key string
	for _, word := range strings.Fields(got.words()) {
		if strings.HasPrefix(word, "tg_") && len(word) > 20 {
			key = word
		}
	}
	product := w.product(key)
	product.get("/api/v1/status").want(http.StatusOK)
	if answer := product.json(http.MethodPut, "/api/v1/people/p-9", `{"email":"nora@new.example"}`); answer.status != http.StatusForbidden {
		t.Errorf("a key that only reads writes: %d %s", answer.status, answer.body)
	}
	form.Set("name", "Recorder")
	form.Set("may", "")
	admin.post("/settings/keys", form).want(http.StatusOK, "Read and write")
}
