package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/store"
)

// replan runs the Replanner until nothing is under way.
func (w *world) replan() {
	w.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.box.Replanner().Run(ctx) }()
	eventually(w.t, "all is planned anew", func() bool {
		all, err := w.db.Replanning(w.t.Context())
		must(w.t, err)
		return len(all) == 0
	})
	stop()
	must(w.t, <-ended)
}

// F-74, UX 38, AVM-55: from a cause of the log to all its writes tried again,
// with the numbers before; pressed five times it is one.
// DEM-21
func TestFixTheRuleAndRetryAll_F74_UX38(t *testing.T) {
	w := newWorld(t)
	for n := range 3 {
		w.parkOn(n, gateway.CodeSFValidation, "Phones begin with a plus.")
	}
	w.parkOn(3, gateway.CodeSFConverted, "It was converted.")
	b := w.as(home, gateway.RoleAdmin)
	fix := ""
	for _, link := range b.get("/sync/log").want(http.StatusOK, "Fix and retry all").links() {
		if strings.HasPrefix(link, againBase) && strings.Contains(link, "salesforce_validation") {
			fix = link
		}
	}
	if fix == "" {
		t.Fatal("no way from the cause to trying all again")
	}
	b.get(fix).want(http.StatusOK, "3 records would change", "1 API call", "3 would be tried again", "First fix the cause", "Phones begin with a plus.", "Sync these again now")
	_, query, _ := strings.Cut(fix, "?")
	form, err := url.ParseQuery(query)
	must(t, err)
	form.Del("check")
	b.post(againBase, form).want(http.StatusSeeOther)
	for range 4 {
		if got := b.post(againBase, form).want(http.StatusSeeOther); got.header.Get("Location") != againBase+"?saved=again-runs" {
			t.Errorf("pressed again: %s", got.header.Get("Location"))
		}
	}
	r, err := w.db.In(home).Replan(t.Context(), gateway.ReplanAsked)
	must(t, err)
	if r.Run != 1 || r.Total != 3 {
		t.Errorf("the job is %+v", r)
	}
	b.get(againBase+"?saved=again-runs").want(http.StatusOK, "0 of 3 things looked at", "That was under way already", "Pause", "Cancel")
	b.get("/").want(http.StatusOK, "Syncing to Salesforce", "0 of 3 things looked at")
	b.post(againBase+"/pause", url.Values{"job": {"asked"}}).want(http.StatusSeeOther)
	b.get(againBase).want(http.StatusOK, "Paused; it goes on where it stopped.", "Resume")
	b.post(againBase+"/resume", url.Values{"job": {"asked"}}).want(http.StatusSeeOther)
	w.replan()
	b.get(againBase).want(http.StatusOK, "3 of 3 things looked at, 3 lead to writes.", "Through since")
	if !w.audited(home, "asked to sync 3 things again") || !w.audited(home, "paused syncing again") {
		t.Error("not audited")
	}
	b.get(fix).want(http.StatusOK, "There is nothing to write")
}

// A choice by kind, object and days is checked before it is taken.
func TestChoosingWhatToSyncAgain_UX38(t *testing.T) {
	w := newWorld(t)
	w.parkOn(0, gateway.CodeSFValidation, "Phones begin with a plus.")
	b := w.as(home, gateway.RoleAdmin)
	b.get(againBase).want(http.StatusOK, "What to sync again", "Show what would happen")
	b.get(againBase+"?check=1&kind=edit&object=Contact").want(http.StatusOK, "1 record would change")
	b.get(againBase+"?check=1&object=Lead").want(http.StatusOK, "There is nothing to write")
	b.get(againBase+"?check=1&kind=edit&until=2020-01-01").want(http.StatusOK, "There is nothing to write")
	b.get(againBase+"?check=1&from=2026-02-02&until=2026-01-01").want(http.StatusUnprocessableEntity, "The last day lies before the first")
	b.get(againBase+"?check=1&from=yesterday").want(http.StatusUnprocessableEntity, "Give the day as")
	b.get(againBase+"?check=1&kind=nothing").want(http.StatusUnprocessableEntity, "from the list")
	b.post(againBase, url.Values{"kind": {"nothing"}}).want(http.StatusUnprocessableEntity)
	b.post(againBase+"/cancel", url.Values{"job": {"nothing"}}).want(http.StatusUnprocessableEntity)
	b.post(againBase, url.Values{"kind": {"edit"}}).want(http.StatusSeeOther)
	b.post(againBase+"/cancel", url.Values{"job": {"asked"}}).want(http.StatusSeeOther)
	b.get(againBase).want(http.StatusOK, "What was queued until then goes out")
}

// After "Save Changes & Start Syncing" the way to its progress is there, and
// it can be canceled (AVM-30).
func TestSavedSettingsShowHowFarSyncingIs_AVM30(t *testing.T) {
	w := newWorld(t)
	w.parkOn(0, gateway.CodeSFValidation, "Phones begin with a plus.")
	b := w.as(home, gateway.RoleAdmin)
	must(t, w.db.In(home).InTx(t.Context(), beginSettingsReplan))
	b.get(settingsBase+"/notes?saved=settings").want(http.StatusOK, "See how far syncing is", "things are being planned")
	b.get(againBase).want(http.StatusOK, "After settings changed", "0 of 7 things")
	b.post(againBase+"/cancel", url.Values{"job": {"settings"}}).want(http.StatusSeeOther)
	b.get(againBase).want(http.StatusOK, "Canceled")
}

func beginSettingsReplan(ctx context.Context, tx *store.Tx) error {
	return outbox.BeginReplan(ctx, tx, 7, "Notes settings changed", "Ada Admin", "a")
}
