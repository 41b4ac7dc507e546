package outbox

import (
	"path/filepath"
	"strings"
	"testing"

	"tidegate/gateway"
	"tidegate/rules/undo"
	"tidegate/store"
)

// m1 are all writes of the meeting m1, the records with them.
var m1 = UndoScope{Lines: store.LogQuery{Kind: gateway.KindMeeting, Ref: "m1"}, Created: true}

// notedWorld is bondWorld with a note that was written twice and may be deleted.
func notedWorld(t *testing.T) (*world, gateway.Meeting, gateway.RecordKey) {
	t.Helper()
	w, m := bondWorld(t, "sqlite://"+filepath.Join(t.TempDir(), "store.db"))
	schema := noteSchema()
	schema.Deletable = true
	must(t, w.db.In(ws).SaveSchemas(t.Context(), []gateway.Schema{schema}))
	m.Notes += "\n- terms"
	w.deliverAll(w.meeting(m))
	must(t, w.db.In(ws).SaveSchemas(t.Context(), []gateway.Schema{{Object: "Event", Deletable: true}}))
	return w, m, w.writing("m1", "note").Key
}

func (w *world) undone(scope UndoScope) (undo.Plan, Undone) {
	w.t.Helper()
	plan, _, err := w.box.PlanUndo(w.t.Context(), ws, scope)
	must(w.t, err)
	done, err := w.box.Undo(w.t.Context(), ws, scope, gateway.Cause{Rule: "Undo", Ref: "m1", Name: "Ada"})
	must(w.t, err)
	w.settleAll()
	if !w.idle() {
		w.t.Error("something still waits")
	}
	return plan, done
}

func whyLeft(all []undo.Left, key gateway.RecordKey) string {
	for _, l := range all {
		if l.Key == key {
			return l.Reason
		}
	}
	return ""
}

// A meeting that is taken back takes its note along, which is not mirrored: the
// org is asked in one call whether it is as we wrote it last. Its links go with
// it, and it is not made again.
func TestUndoOfAMeetingTakesItsNoteBack_M4(t *testing.T) {
	w, m, note := notedWorld(t)
	link := w.writing("m1", "note-link:person:bob@example.com").Key
	plan, done := w.undone(m1)
	made := []string{}
	for _, key := range plan.Made {
		made = append(made, key.Object)
	}
	same(t, "the dry run", strings.Join(made, " "), "ContentNote Event")
	same(t, "a link", whyLeft(plan.Left, link), "It goes with the record that it hangs on.")
	same(t, "deleted", done.Deleted, 2)
	same(t, "the note in the org", w.org.get(note.ID), gateway.Fields{})
	same(t, "its tombstone", w.record(note).Deleted, true)
	m.Notes += "\n- more"
	for _, r := range w.meeting(m) {
		if r.Key.Object == "ContentNote" || r.Key.Object == "ContentDocumentLink" {
			t.Errorf("written again: %+v", r)
		}
	}
	again, _ := w.undone(m1)
	same(t, "taken back twice", len(again.Made), 0)
	same(t, "why", whyLeft(again.Left, note), "The record was deleted in Salesforce.")
}

// A later text of a note alone is not taken back: no copy of the earlier one is
// kept. That is said, and not that a switch is off.
func TestTextOfANoteSaysHowItGoesBack_M4(t *testing.T) {
	w, _, note := notedWorld(t)
	lines, err := w.db.In(ws).Log(t.Context(), store.LogQuery{Object: note.Object, RecordID: note.ID, Direction: "out"})
	must(t, err)
	plan, done := w.undone(UndoScope{Line: lines.Entries[0].Entry.ID})
	same(t, "goes back", len(plan.Restores)+done.Values, 0)
	if why := whyLeft(plan.Left, note); !strings.Contains(why, "goes back only whole") {
		t.Errorf("it stays because: %s", why)
	}
}

// A note that somebody edited in Salesforce stays with its links, and is named,
// whether that is seen in the dry run or right before it would go; and while
// Salesforce does not answer nothing of it goes.
func TestNoteThatSomebodyEditedStays_M4(t *testing.T) {
	w, _, note := notedWorld(t)
	was := w.org.get(note.ID)
	for name, theirs := range map[string]gateway.Fields{
		"by somebody else": {"CreatedById": `"005A"`, "LastModifiedById": `"005B"`}, "another title": {"Title": `"Theirs"`}, "another text": {"ContentSize": "7"},
	} {
		w.org.put(note.ID, was.Overlay(theirs))
		plan, _, err := w.box.PlanUndo(t.Context(), ws, m1)
		must(t, err)
		for _, key := range plan.Made {
			if key.Object != "Event" {
				t.Errorf("%s: %s would be deleted", name, key.Object)
			}
		}
		same(t, name, whyLeft(plan.Left, note), "Somebody changed it in Salesforce since; that stands.")
		same(t, name+", a link", whyLeft(plan.Left, w.writing("m1", "note-link:person:bob@example.com").Key), "It stays with the record that it hangs on.")
	}

	w.org.put(note.ID, was)
	w.org.script(func(o *org) { o.deaf = gateway.Errorf(gateway.CodeSFDown, "No answer.") })
	plan, _, err := w.box.PlanUndo(t.Context(), ws, m1)
	must(t, err)
	same(t, "while nobody answers", whyLeft(plan.Left, note), "How it is now could not be read from Salesforce: No answer. Look again later.")
	w.org.script(func(o *org) { o.deaf = nil })

	done, err := w.box.Undo(t.Context(), ws, m1, gateway.Cause{Rule: "Undo", Name: "Ada"})
	must(t, err)
	same(t, "deleted", done.Deleted, 2)
	w.org.put(note.ID, was.Overlay(gateway.Fields{"Title": `"Theirs"`})) // between the dry run and the call
	w.settleAll()
	same(t, "it is there", w.org.get(note.ID)["Title"], gateway.Value(`"Theirs"`))
	for _, r := range done.Receipts {
		if l := w.line(r.LogID); r.Key == note {
			same(t, "its line", []any{l.State, l.Problem.What}, []any{gateway.LogSkipped, "Somebody changed it in Salesforce since, so it stays."})
		}
	}
}
