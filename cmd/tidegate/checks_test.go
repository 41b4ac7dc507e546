package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/salesforce"
	"tidegate/store"
	"tidegate/store/storetest"
)

// DEM-03: a user without API access is told so, with the clicks that help.
func TestUserWithoutAPIAccessIsTold_DEM03(t *testing.T) {
	got := signInCheck(gateway.Errorf(gateway.CodeSFPolicy, "API is not enabled"))
	if got.Pass || !strings.HasPrefix(got.Text, "The user has no API access") || got.Title != "API Enabled" || !slices.Contains(got.Setup, "API Enabled") || got.SetupPath == "" {
		t.Errorf("%+v", got)
	}
}

// UX-4: what may not be read or written has a line of its own, with the clicks;
// all the rest has one together.
func TestObjectPermissionsAreOneLineUnlessSomeFail_UX4(t *testing.T) {
	objects := []salesforce.ObjectInfo{
		{Name: "Contact", Queryable: true, Createable: true, Updateable: true},
		{Name: "Lead", Queryable: true},
		{Name: "Event", Queryable: true, Createable: true, Updateable: true},
		{Name: "Task", Createable: true, Updateable: true},
	}
	read := objectChecks(objects, []string{"Contact", "Lead", "Task"})
	if len(read) != 2 || read[0].Title != "Task cannot be read" || len(read[0].Setup) == 0 || !read[1].Pass || read[1].Text != "The connected user may read Contact, Lead." {
		t.Errorf("%+v", read)
	}
	write := writeChecks(objects)
	if len(write) != 2 || write[0].Title != "Lead cannot be written" || write[0].Pass || write[1].Text != "The connected user may create and edit Contact, Event, Task." {
		t.Errorf("%+v", write)
	}
	if none := objectChecks(nil, []string{"Contact"}); len(none) != 1 || none[0].Pass {
		t.Errorf("%+v", none)
	}
}

// UX-4: a number of the checklist is readable at a glance.
func TestBudgetIsToldInReadableNumbers_UX4(t *testing.T) {
	got := budgetCheck(map[string]salesforce.Limit{"DailyApiRequests": {Max: 112_000, Remaining: 110_463}})
	if !got.Pass || got.Text != "1,537 of 112,000 calls of the rolling day are used." {
		t.Errorf("%+v", got)
	}
}

// S-56: a chain of nothing has no end to note, and says so.
func TestEmptyChainNamesNoEnd(t *testing.T) {
	if got := chainWords(gateway.AuditCheck{}); !strings.HasSuffix(got, "there is no end to note") {
		t.Error(got)
	}
	if got := chainWords(gateway.AuditCheck{Acts: 2, Older: 1, End: "2:3f"}); got != "2 acts in the chain, 1 older ones; it ends at 2:3f" {
		t.Error(got)
	}
}

// DEM-17: it is asked for who wins until all is decided.
func TestWhoWinsIsAskedForUntilItIsDecided_DEM17(t *testing.T) {
	db := storetest.Open(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), store.Options{})
	if err := db.CreateWorkspace(t.Context(), "home", "home"); err != nil {
		t.Fatal(err)
	}
	one := &org{ws: db.In("home")}
	if got := winnerCheck(t.Context(), one); !got.Warn || len(got.Setup) == 0 || !strings.HasPrefix(got.Text, "Nobody has decided") {
		t.Errorf("undecided: %+v", got)
	}
	if err := (connecting{}).presetWinners(t.Context(), one.ws, establishing{}); err != nil {
		t.Fatal(err)
	}
	if got := winnerCheck(t.Context(), one); !got.Warn || got.Page == "" || !strings.HasPrefix(got.Text, "A person is asked about ownership") {
		t.Errorf("as a workspace begins: %+v", got)
	}
	body := `{"conflicts":{"ownership":"salesforce","amounts":"salesforce","stages":"recent","outcomes":"product","people":"ask","other":"recent"}}`
	_, err := one.ws.SaveSetting(t.Context(), gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabAdvanced, Body: []byte(body), By: "Ann"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := winnerCheck(t.Context(), one); !got.Pass || got.Warn || !strings.HasPrefix(got.Text, "Salesforce wins for ownership") {
		t.Errorf("decided: %+v", got)
	}
}

// AVM-51: before a rollout the checklist advises to lock the settings.
func TestLockIsAdvisedBeforeTheRollout_AVM51(t *testing.T) {
	db := storetest.Open(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"), store.Options{})
	if err := db.CreateWorkspace(t.Context(), "home", "home"); err != nil {
		t.Fatal(err)
	}
	one := &org{ws: db.In("home")}
	if got := lockCheck(t.Context(), one); !got.Warn || len(got.Setup) == 0 {
		t.Errorf("unlocked: %+v", got)
	}
	_, err := one.ws.SaveSetting(t.Context(), gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabNotes, Body: []byte(`{"locked":true}`)}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := lockCheck(t.Context(), one); !got.Pass || got.Warn {
		t.Errorf("locked: %+v", got)
	}
}
