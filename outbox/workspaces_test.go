package outbox

import (
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/store/storetest"
)

// AVC-05, AVC-04, AVC-06: two workspaces share one Salesforce org and behave
// differently; what one sets is not in force in the other, which begins with the
// defaults.
func TestWorkspacesOfOneOrgBehaveDifferently_AVC05(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.workspace("support")
		for _, id := range []gateway.WorkspaceID{ws, "support"} {
			must(t, w.db.In(id).SaveConnection(t.Context(), gateway.Connection{ID: "c-" + string(id), Workspace: id, OrgID: "00D000000000001AAA", State: gateway.StateOK}))
		}
		w.notes(`"task"`) // of the first alone
		m := weekly(gateway.MeetingCompleted)
		m.Notes = "- price"
		for id, want := range map[gateway.WorkspaceID]map[string]bool{ws: {"event": false, "task": true}, "support": {"event": true, "task": false}} {
			receipts, err := w.box.SubmitMeeting(t.Context(), id, m)
			must(t, err)
			results, err := w.box.DeliverAll(t.Context(), id, receipts)
			must(t, err)
			for i, r := range receipts {
				same(t, string(id)+" "+r.Key.Object, results[i].State, Written)
			}
			all, err := w.db.In(id).Writings(t.Context(), gateway.KindMeeting, "m1")
			must(t, err)
			holds := map[string]bool{}
			for _, one := range all {
				if one.Omitted == "" && (one.Part == "event" || one.Part == "task") {
					holds[one.Part] = strings.Contains(w.org.get(one.Key.ID)["Description"].String(), "- price")
				}
			}
			if holds["task"] != want["task"] || holds["event"] != want["event"] {
				t.Errorf("%s: the notes stand in %v, want %v", id, holds, want)
			}
		}
		// The org holds what both wrote, each under an id of its own.
		if a, b := gateway.LocalID(ws, "meeting", "m1", "event"), gateway.LocalID("support", "meeting", "m1", "event"); a == b || w.org.madeFor(a)+w.org.madeFor(b) != 2 {
			t.Errorf("%d and %d Events are made", w.org.madeFor(a), w.org.madeFor(b))
		}
	})
}
