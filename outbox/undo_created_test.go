package outbox

import (
	"testing"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// A meeting that is taken back whole leaves no record behind that it made, and
// it is not made again; what somebody changed since stays.
func TestUndoOfAMeetingDeletesWhatItMade_M4(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		must(t, w.db.In(ws).SaveSchemas(t.Context(), []gateway.Schema{eventSchema()}))
		m := weekly(gateway.MeetingScheduled)
		w.deliverAll(w.meeting(m))
		event := w.writing("m1", "event").Key
		scope := UndoScope{Lines: store.LogQuery{Kind: gateway.KindMeeting, Ref: "m1"}, Created: true}
		plan, _, err := w.box.PlanUndo(t.Context(), ws, scope)
		must(t, err)
		if len(plan.Made) != 1 || plan.Made[0] != event {
			t.Fatalf("made %v, want %v", plan.Made, event)
		}

		theirs := w.record(event)
		was := theirs.Fields["Subject"]
		theirs.Fields["Subject"], theirs.Version.CommitAt = `"theirs"`, theirs.Version.CommitAt+1000
		w.mirror(theirs)
		if plan, _, err = w.box.PlanUndo(t.Context(), ws, scope); err != nil || len(plan.Made) != 0 {
			t.Errorf("what somebody changed since would be deleted: %+v, %v", plan.Made, err)
		}
		theirs.Fields["Subject"], theirs.Version.CommitAt = was, theirs.Version.CommitAt+1000
		w.mirror(theirs)

		done, err := w.box.Undo(t.Context(), ws, scope, gateway.Cause{Rule: "Undo", Ref: "m1", Name: "Ada"})
		must(t, err)
		w.deliverAll(done.Receipts)
		if done.Deleted != 1 || !w.record(event).Deleted {
			t.Errorf("undone %+v", done)
		}
		m.Status = gateway.MeetingCompleted
		for _, r := range w.meeting(m) {
			if r.Key.Object == "Event" {
				t.Errorf("made again: %+v", r)
			}
		}
	})
}

// eventSchema lets a meeting be written as an Event, and that be deleted.
func eventSchema() gateway.Schema {
	return gateway.Schema{Object: "Event", Createable: true, Updateable: true, Deletable: true, Fields: []gateway.Field{
		{Name: "Subject", Type: "string", Length: 255, Createable: true, Updateable: true},
		{Name: "Description", Type: "textarea", Length: 32000, Createable: true, Updateable: true, Nillable: true},
		{Name: "StartDateTime", Type: "datetime", Createable: true, Updateable: true},
		{Name: "EndDateTime", Type: "datetime", Createable: true, Updateable: true},
	}}
}
