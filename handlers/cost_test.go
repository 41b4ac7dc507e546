package handlers

import (
	"net/http"
	"slices"
	"testing"

	"tidegate/gateway"
)

// M8, UX 10: the budget leads to what costs how much, object by object, field by
// field, rule by rule, and says how that is reckoned.
func TestCostPageSharesTheCalls_M8(t *testing.T) {
	w := newWorld(t)
	in, now := w.db.In(home), w.clock.now()
	b := w.as(home, gateway.RoleAdmin)
	must(t, in.SetAPIUse(t.Context(), "c-home", 1000, 10_000))
	b.get("/").want(http.StatusOK, "What costs how much")
	b.get(costURL).want(http.StatusOK, "Nothing was written today")
	spent := func(kind gateway.SpentKind, object, name string, n int) gateway.Spent {
		return gateway.Spent{Day: gateway.SpentDay(now), Kind: kind, Object: object, Name: name, N: n, At: now}
	}
	seen := spent(gateway.SpentShown, "Contact", "Phone", 2)
	seen.By = "Rita Rep"
	must(t, in.AddSpent(t.Context(), []gateway.Spent{
		spent(gateway.SpentCall, "Contact", string(gateway.CallWrite), 1200), spent(gateway.SpentCall, "Contact", string(gateway.CallProve), 34),
		spent(gateway.SpentCall, "", string(gateway.CallAsk), 3), spent(gateway.SpentEvent, "Contact", "", 77), spent(gateway.SpentChange, "Contact", "", 1300),
		spent(gateway.SpentWritten, "Contact", "Title", 1300), spent(gateway.SpentRule, "Contact", "Edit on the <contact> page", 1300), seen,
	}))
	b.get(costURL).want(http.StatusOK, "1,234", "1,200 writing and 34 comparison", "The org as such", "3 describes and checks", "77",
		"of the calls that read it is one of all fields", "1200.0 writing", "shown to Rita Rep", "Edit on the <contact> page")
	if page := b.get(costURL + "?object=Lead").want(http.StatusOK); contains(page.body, "1200.0 writing") {
		t.Error("a field of another object than asked for")
	}
	if page := w.as(foreign, gateway.RoleAdmin).get(costURL).want(http.StatusOK); contains(page.words(), "Rita Rep") {
		t.Error("costs of another workspace")
	}
	w.as(home, gateway.RoleRep).get(costURL).want(http.StatusForbidden)
}

// UX-29: what nothing used in thirty days is pointed out with its cost.
func TestCostPagePointsOutUnusedFields_UX29(t *testing.T) {
	w := newWorld(t)
	in, long := w.db.In(home), w.clock.now().AddDate(0, 0, -29)
	must(t, in.SaveMapping(t.Context(), gateway.Mapping{Object: "Contact", Field: "CreatedById", Imported: true, At: long.AddDate(0, 0, -3)}))
	calls := gateway.Spent{Day: gateway.SpentDay(long), Kind: gateway.SpentCall, Object: "Contact", Name: string(gateway.CallFollow), N: 30_000, At: long}
	must(t, in.AddSpent(t.Context(), []gateway.Spent{calls}))
	b := w.as(home, gateway.RoleAdmin)
	b.get(costURL).want(http.StatusOK, "Nothing used 1 mapped field in 30 days", "Look at its mapping")
	b.get(costURL+"?show=unused").want(http.StatusOK, "CreatedById", "Nothing used it in 30 days")
	b.get(settingsBase+"/objects").want(http.StatusOK, "Start small", "Nothing used 1 mapped field in 30 days.", "Review unused fields")
	must(t, in.AddSpent(t.Context(), []gateway.Spent{{Day: gateway.SpentDay(long), Kind: gateway.SpentShown, Object: "Contact", Name: "CreatedById", N: 1, At: long, By: "Rita"}}))
	if page := b.get(costURL).want(http.StatusOK, "CreatedById"); contains(page.words(), "Nothing used") {
		t.Error("a field that was shown is not used")
	}
}

// Whoever opens a record's page or a list is told as the reader of its fields; a
// part that looks again by itself reads nothing anew.
func TestOpeningARecordReadsItsFields_M8(t *testing.T) {
	w := newWorld(t)
	type seen struct {
		object, to string
		fields     []string
	}
	var all []seen
	w.server.Shown = func(ws gateway.WorkspaceID, object string, fields []string, to string) {
		if ws == home {
			all = append(all, seen{object, to, fields})
		}
	}
	b := w.as(home, gateway.RoleAdmin)
	path := recordURL(contactOf(home))
	b.get(path).want(http.StatusOK)
	b.get(path + "?part=record").want(http.StatusOK)
	b.get("/contacts").want(http.StatusOK)
	if len(all) != 2 || all[0].object != "Contact" || all[0].to == "" || !slices.Contains(all[0].fields, "Department") ||
		!slices.Contains(all[1].fields, "Title") || slices.Contains(all[1].fields, "Department") {
		t.Errorf("read are %+v", all)
	}
}
