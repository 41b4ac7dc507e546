package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// TestContinuityRecordIsShown follows a record from Health to its certificate.
func TestContinuityRecordIsShown(t *testing.T) {
	w := newWorld(t)
	id := w.hole(home, "400::The replayId {17} you provided was invalid.")
	b := w.as(home, gateway.RoleRep)
	for path, wants := range map[string][]string{
		"/":                        {"Our place in the stream was older than Salesforce keeps: Contact.", "398 changed, 3 deleted, 1 restored", "1,912", "/sync/holes/" + id},
		holesBase:                  {"1 of 1", "3 h, until", "398 changed"},
		holesBase + "?object=Lead": {"No gap is like that"},
		holesBase + "?cause=expired&state=closed": {"1 of 1"},
		holesBase + "/" + id:                      {"{17}", "Download certificate", "what changed was read", "28"},
	} {
		got := b.get(path).want(200)
		for _, want := range wants {
			if !strings.Contains(got.body, want) {
				t.Errorf("%s does not say %q", path, want)
			}
		}
	}
	file := b.get(holesBase + "/" + id + "/certificate").want(200)
	var e struct {
		ID          string
		Certificate struct{ Statement json.RawMessage }
	}
	if err := json.Unmarshal([]byte(file.body), &e); err != nil || e.ID != id || len(e.Certificate.Statement) == 0 {
		t.Errorf("%s, %v", file.body, err)
	}
	if got := file.header.Get("Content-Disposition"); !strings.HasPrefix(got, "attachment; ") {
		t.Errorf("disposition %q", got)
	}
}

// TestChangedRecordIsFoundOut: somebody edits a closed record in the database.
func TestChangedRecordIsFoundOut(t *testing.T) {
	w := newWorld(t)
	id := w.hole(home, "said")
	page, _, err := w.db.In(home).Holes(t.Context(), store.HoleQuery{})
	if err != nil {
		t.Fatal(err)
	}
	page[0].Objects[0].Deleted = 0
	err = w.db.In(home).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.SaveHole(ctx, page[0])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := w.as(home, gateway.RoleRep).get(holesBase + "/" + id); !strings.Contains(got.body, "changed after it was signed") {
		t.Error("the page believes it")
	}
}

// TestHealthSaysWhichObjectIsRepaired: the others are as they are (UX 8, 9).
func TestHealthSaysWhichObjectIsRepaired(t *testing.T) {
	w := newWorld(t)
	in := w.db.In(home)
	for _, object := range []string{"Account", "Contact", "User"} {
		s := gateway.ObjectStatus{Object: object, State: gateway.StateOK, Transport: "stream", RowsThere: -1, Backfilled: true}
		if object == "User" {
			s.Transport, s.Reason = "poll", "Every 60 s. User is not selected for Change Data Capture."
		}
		if err := in.SaveObjectStatus(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := in.Connection(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const headline = "Repairing a gap of 3 h in Contact: 412 of about 1900 rows read."
	if _, err := in.SetConnectionState(t.Context(), conn.ID, gateway.StateRepairing, headline); err != nil {
		t.Fatal(err)
	}
	err = in.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.SaveHole(ctx, gateway.Hole{
			Cause: gateway.HoleOverflow, State: gateway.HoleRepairing, StartedAt: w.clock.now(), From: w.clock.now(), To: w.clock.now(),
			Objects: []gateway.HolePart{{Object: "Contact", Means: gateway.MeansWhole, State: gateway.HoleRepairing, Expected: 1900, HoleCount: gateway.HoleCount{Read: 412}}},
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b := w.as(home, gateway.RoleRep)
	got := b.get("/").want(200)
	for _, want := range []string{headline, "Every 60 s. User is not selected for Change Data Capture."} {
		if !strings.Contains(got.body, want) {
			t.Errorf("Health does not say %q", want)
		}
	}
	for object, want := range map[string]string{"Account": ">OK<", "User": ">OK<", "Contact": "Repairing a gap"} {
		_, row, _ := strings.Cut(got.body, `id="object-`+strings.ToLower(object)+`"`)
		row, _, _ = strings.Cut(row, "</tr>")
		if !strings.Contains(strings.Join(strings.Fields(row), ""), strings.ReplaceAll(want, " ", "")) {
			t.Errorf("%s does not read %s: %s", object, want, row)
		}
	}
}

// After a sign-in that was dead the pages say what was missed and what became of
// it (UX 6).
func TestPagesSayWhatAReconnectMade_UX6(t *testing.T) {
	w := newWorld(t)
	in := w.db.In(home)
	conn, err := in.Connection(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn.ConnectedAt = w.clock.now().Add(-time.Hour)
	if err := in.SaveConnection(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
	const said = "Reconnected after 3 h: 1,912 rows were read for that time, 398 changed, 3 deleted, 1 restored; nothing is missing."
	b := w.as(home, gateway.RoleAdmin)
	for _, path := range []string{"/", settingsBase} {
		if got := b.get(path).want(200); strings.Contains(got.body, "Reconnected after") {
			t.Errorf("%s tells of a sign-in that was never dead", path)
		}
	}
	err = in.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.SaveHole(ctx, gateway.Hole{
			Cause: gateway.HoleSignedOut, State: gateway.HoleClosed,
			StartedAt: conn.ConnectedAt.Add(-3 * time.Hour), EndedAt: conn.ConnectedAt.Add(time.Minute),
			Objects: []gateway.HolePart{{Object: "Contact", State: gateway.HoleClosed, HoleCount: gateway.HoleCount{Read: 1912, Changed: 398, Deleted: 3, Restored: 1}}},
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", settingsBase} {
		if got := b.get(path).want(200); !strings.Contains(got.body, said) {
			t.Errorf("%s does not say %q", path, said)
		}
	}
	w.clock.forward(48 * time.Hour)
	if got := w.as(home, gateway.RoleAdmin).get("/").want(200); strings.Contains(got.body, "Reconnected after") {
		t.Error("two days later it is news still")
	}
}

// TestUnreadableChangeIsNewsForADay_F24: it is in the health sentence, with a way
// to its line of the log, and not forever.
func TestUnreadableChangeIsNewsForADay_F24(t *testing.T) {
	w := newWorld(t)
	must(t, w.db.In(home).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.SaveQuarantine(ctx, []gateway.Quarantined{{Channel: "/data/ChangeEvents", Raw: []byte("{"), Reason: "broken", Object: "Contact"}})
	}))
	b := w.as(home, gateway.RoleRep)
	page := b.get("/").want(http.StatusOK, "1 change could not be read and was made up for")
	if contains(page.body, "0 problems") || !contains(page.body, `href="/sync/log?direction=system&amp;state=skipped"`) {
		t.Error("there are no problems all the same, or no way to the line")
	}
	w.clock.forward(unreadNews + time.Minute)
	w.as(home, gateway.RoleRep).get("/").want(http.StatusOK, "0 problems")
}
