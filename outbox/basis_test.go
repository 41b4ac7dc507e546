package outbox

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

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

// A person's edit that was allowed a moment ago is asked about again where an
// admin saved other settings before its commit, also where they are the first.
func TestEditUnderOldSettingsIsAskedAgain(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.mirror(gateway.Record{Key: key(0), Fields: gateway.Fields{"LastName": gateway.Text("Lee"), "Title": gateway.Text("COO")}})
		edit := Edit{Key: key(0), Fields: gateway.Fields{"Title": `"CEO"`}}
		run, err := w.db.In(ws).SettingsRun(t.Context())
		must(t, err)
		allowed, err := w.box.rights(t.Context(), ws, "Contact")
		must(t, err)
		must(t, w.db.In(ws).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.SaveSetting(ctx, gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabObjects, Body: []byte(`{"writeback":{}}`)}, 0); err != nil {
				return err
			}
			return BeginReplan(ctx, tx, 1, "Objects settings changed", "Ada", "a")
		}))
		if _, err := w.box.submit(t.Context(), ws, edit, allowed, basis{run: run}); !errors.Is(err, errSettingsMoved) {
			t.Errorf("under rights of before: %v", err)
		}
		if _, err := w.box.Submit(t.Context(), ws, edit); gateway.CodeOf(err) != gateway.CodeForbidden {
			t.Errorf("under those in force: %v", err)
		}
	})
}

// Whoever plans under settings that nobody saved yet keeps the first ones from
// being saved until he is through, on Postgres too, where no row is there to lock.
func TestFirstSettingsWaitForWhatIsPlannedWithoutThem(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		var through atomic.Bool
		saved := make(chan error, 1)
		must(t, w.db.In(ws).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			if err := (basis{}).holds(ctx, tx); err != nil {
				return err
			}
			go func() {
				saved <- w.db.In(ws).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					err := BeginReplan(ctx, tx, 1, "Notes settings changed", "Ada", "a")
					if !through.Load() {
						return errors.New("the first settings overtook a plan")
					}
					return err
				})
			}()
			select { // it has its chance to be wrong
			case err := <-saved:
				saved <- err
			case <-time.After(50 * time.Millisecond):
			}
			through.Store(true)
			return nil
		}))
		must(t, <-saved)
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
