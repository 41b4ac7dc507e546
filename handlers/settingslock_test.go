package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"tidegate/gateway"
	"tidegate/store/storetest"
)

const unlocked = "unlocked for the next round"

// S-38: an admin turns the lock on while a member saves his own notes, again
// and again. Whatever the order, the audit log tells it: nothing of the member
// was saved after the lock, and what is in force under it is the
// organization's.
func TestLockMeetsASave_S38(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, dbURL string) {
		w := newWorldOn(t, dbURL)
		admin, rep := w.as(home, gateway.RoleAdmin), w.as(home, gateway.RoleRep)
		own, notes := "/settings/you", settingsBase+"/notes"
		met := map[int]int{}
		for range 8 {
			w.saveOrg(gateway.TabNotes, func(s *gateway.Settings) { s.Notes.Locked = false })
			must(t, w.db.In(home).Audit(t.Context(), gateway.AuditEntry{What: unlocked}))
			lock := admin.get(notes).form(notes)
			lock.Set("locked", "on")
			confirm := agreed(admin.post(notes, lock).form(notes))
			var begun, both sync.WaitGroup
			begun.Add(2)
			send := func(b *browser, path string, form url.Values) *answered {
				got := &answered{}
				both.Go(func() { begun.Done(); begun.Wait(); *got = b.post(path, form) })
				return got
			}
			mine := rep.get(own).form(own)
			mine["meeting_notes"] = other(mine["meeting_notes"])
			locked, saved := send(admin, notes, confirm), send(rep, own, mine)
			both.Wait()
			locked.want(http.StatusSeeOther)
			if met[saved.status]++; saved.status != http.StatusSeeOther && saved.status != http.StatusForbidden {
				t.Fatalf("the member's save was answered by %d:\n%s", saved.status, brief(saved.words()))
			}
			if got := rep.get(own).want(http.StatusOK, "locked by organization").checked("meeting_notes"); !slices.Equal(got, []string{"event"}) {
				t.Fatalf("in force under the lock: %v", got)
			}
		}
		if done := w.lockOrder(t); done != met[http.StatusSeeOther] {
			t.Errorf("%d saves were taken, %d were promised: %v", done, met[http.StatusSeeOther], met)
		}
		if met[http.StatusForbidden] > 0 && !w.audited(home, "Rita Rep refused a change of locked settings "+own) {
			t.Error("a refused save was not audited")
		}
	})
}

// lockOrder walks the audit log, which is in the order in which things were
// saved, and returns how often the member's own notes were.
func (w *world) lockOrder(t *testing.T) (saved int) {
	t.Helper()
	entries, err := w.db.In(home).AuditLog(t.Context(), 0, 500)
	must(t, err)
	locked := false
	for _, e := range slices.Backward(entries) {
		switch {
		case e.What == unlocked:
			locked = false
		case e.What == "changed Notes settings" && e.Target == gateway.OrgScope:
			locked = true
		case e.What == "changed Notes settings":
			if saved++; locked {
				t.Errorf("%s was saved after the lock", e.Target)
			}
		}
	}
	return saved
}

// other is another choice of destinations than the one that stands.
func other(was []string) []string {
	if slices.Equal(was, []string{"note"}) {
		return []string{"task"}
	}
	return []string{"note"}
}

// Who is no admin sees his own settings and none of the organization, and no
// page leads him there.
func TestRepSeesOnlyHisOwnSettings_AVM02(t *testing.T) {
	w := newWorld(t)
	w.suspend(map[string]gateway.Suspension{"Hull__c": {Cause: "gone", Why: "Salesforce no longer shows Hull__c.", At: w.clock.now()}})
	rep := w.as(home, gateway.RoleRep)
	paths := []string{contactPage, mappingsURL, fileBase, backtestBase}
	for _, tab := range gateway.Tabs {
		paths = append(paths, settingsBase+"/"+string(tab))
	}
	for _, path := range paths {
		rep.get(path).want(http.StatusForbidden, "Only an admin of this workspace can open this page.")
	}
	rep.get("/settings").want(http.StatusFound).wantLocation("/settings/you")
	rep.get("/settings/you").want(http.StatusOK, "Your settings", "These values hold for you only", "Where meeting notes go", "Save changes")
	for _, path := range []string{"/settings/you", "/", "/deals", "/sync/explain?record=" + contactOf(home).ID, "/sync/explain?person=nobody", annPath} {
		for _, to := range rep.get(path).want(http.StatusOK).links() {
			if strings.HasPrefix(to, settingsBase) {
				t.Errorf("%s leads a rep to %s", path, to)
			}
		}
	}
	w.as(home, gateway.RoleAdmin).get("/settings").want(http.StatusFound).wantLocation(settingsBase + "/notes")
}
