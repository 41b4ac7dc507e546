package handlers

import (
	"net/http"
	"testing"

	"tidegate/gateway"
	"tidegate/store/storetest"
)

// Whoever edits the audit log in the database is told of where admins read it.
func TestEditedAuditLogIsToldOnItsPage_S56(t *testing.T) {
	url := "sqlite://" + t.TempDir() + "/store.db"
	w := newWorldOn(t, url)
	b := w.as(home, gateway.RoleAdmin)
	for _, what := range []string{"made a key", "revoked a key", "added a member"} {
		must(t, w.db.In(home).Audit(t.Context(), gateway.AuditEntry{By: "Ann", What: what}))
	}
	b.get(auditPath).want(http.StatusOK, "Check that it is whole")
	b.get(auditPath+"?check=1").want(http.StatusOK, "The audit log is whole.", "3 acts are as they were written", "Note this end")
	storetest.Exec(t, url, `UPDATE audit SET what = 'nothing' WHERE workspace_id = 'home' AND what = 'revoked a key'`)
	b.get(auditPath+"?check=1").want(http.StatusOK, "The audit log was changed in the database.", "Act 2 of", "is not as it was written", "Compare it with a backup")
	storetest.Exec(t, url, `DELETE FROM audit WHERE workspace_id = 'home'`)
	b.get(auditPath+"?check=1").want(http.StatusOK, "Act 1, or several from it on, was removed.")
	w.as(foreign, gateway.RoleAdmin).get(auditPath+"?check=1").want(http.StatusOK, "The audit log is whole.")
}
