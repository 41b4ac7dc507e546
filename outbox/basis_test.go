package outbox

import (
	"context"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// A plan that was worked out just before an admin saved other settings is not
// committed after them: it is made again (AVM-51, F-60).
func TestPlanOfOldSettingsIsMadeAgain_AVM51(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.notes(`"event","note"`)
		saves := 0
		// The org is asked what it knows of notes after the settings were read: the
		// moment in which somebody saves others.
		w.opts.Describe = func(ctx context.Context, _ gateway.WorkspaceID, _ string) error {
			if saves == 2 {
				return nil
			}
			saves++
			return w.db.In(ws).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
				rows, err := tx.LockSettings(ctx, gateway.OrgScope)
				if err != nil {
					return err
				}
				row := gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabNotes, Body: []byte(`{"locked":true,"auto_events":false,"meeting_notes":["task"],"call_notes":["task"]}`)}
				if _, err = tx.SaveSetting(ctx, row, rows[gateway.TabNotes].Revision); err != nil {
					return err
				}
				return BeginReplan(ctx, tx, 1, "Notes settings changed", "Ada", "a")
			})
		}
		w.restart()
		m := weekly(gateway.MeetingCompleted)
		m.Notes = "- price"
		made := map[string]int{}
		for _, r := range w.meeting(m) {
			if r.LogID != 0 {
				made[r.Key.Object]++
			}
		}
		if made["Event"] != 0 || made["ContentNote"] != 0 || made["Task"] != 1 {
			t.Errorf("after %d saves the meeting owes %v, want what the newest settings say", saves, made)
		}
		if saves == 0 {
			t.Error("no settings were saved meanwhile")
		}
	})
}

// Settings that change each time do not keep a thing from being saved: the
// replan that follows them brings it to what they say.
func TestRestlessSettingsHoldNothingUp(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		tries := 0
		must(t, w.box.under(t.Context(), ws, func(b basis) error {
			tries++
			must(t, w.db.In(ws).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				return BeginReplan(ctx, tx, 1, "Notes settings changed", "Ada", "a")
			}))
			return w.db.In(ws).InTx(t.Context(), b.holds)
		}))
		same(t, "tries while they change", tries, basisTries)
	})
}
