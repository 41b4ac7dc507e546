package handlers

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// F-49, UX 10: when calls grow scarce Health, the API and the log say lane by
// lane what waits, until when and why, and that people's edits go on.
func TestBudgetSaysWhichLaneItSlows_F49(t *testing.T) {
	w := newWorld(t)
	in := w.db.In(home)
	b := w.as(home, gateway.RoleAdmin)
	secret, _ := w.apiKey(home, "read")
	must(t, in.SetAPIUse(t.Context(), "c-home", 1000, 10_000))
	if page := b.get("/").want(http.StatusOK); contains(page.words(), "goes on") {
		t.Error("something is slowed though nothing is scarce")
	}
	id := w.park(home, "CEO")
	must(t, in.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		c, _, err := tx.PendingFor(ctx, contactOf(home))
		if err != nil {
			return err
		}
		c.State, c.Lane, c.Edit, c.DueAt = gateway.StateWaiting, outbound.LaneAgain, c.Edit+1, tx.Now()
		if err := tx.SaveChange(ctx, c); err != nil {
			return err
		}
		line, err := in.LogLineByID(ctx, id)
		line.Entry.State = gateway.LogWaiting
		return errors.Join(err, tx.UpdateLog(ctx, line.Entry))
	}))
	must(t, in.SetAPIUse(t.Context(), "c-home", 6900, 10_000))
	until := w.clock.now().Add(15 * time.Minute).UTC().Format("15:04")
	b.get("/").want(http.StatusOK, "What is synced again, first reading and the comparison with Salesforce wait until "+until+", because 86 % of our share is used",
		"people’s edits, meetings, calls and messages", "Repairing goes on", "First reading waits until "+until)
	b.get("/sync/log").want(http.StatusOK, "waits until "+until+", because 86 % of our share is used", "people’s edits and meetings go on")
	b.get(logURL(id)).want(http.StatusOK, "waits until "+until)
	w.product(secret).get("/api/v1/status").want(http.StatusOK, `"lane":"First reading","waits":true`, `"lane":"People’s edits","waits":false`)
	_, err := in.SetConnectionState(t.Context(), "c-home", gateway.StateLimited, "Used up.")
	must(t, err)
	b.get("/").want(http.StatusOK, "Everything waits")
}
