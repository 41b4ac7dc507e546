package outbox

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// lastLine is the newest line of what was written to a record.
func (w *world) lastLine(k gateway.RecordKey) gateway.LogEntry {
	w.t.Helper()
	lines, err := w.db.In(ws).Log(w.t.Context(), store.LogQuery{Object: k.Object, RecordID: k.ID, Direction: "out"})
	must(w.t, err)
	return lines.Entries[0].Entry
}

// takeBack takes the last write of a record back and sends that.
func (w *world) takeBack(k gateway.RecordKey) (undo.Plan, Undone) {
	w.t.Helper()
	return w.undone(UndoScope{Line: w.lastLine(k).ID})
}

// A later text of a note is taken back alone: Salesforce has the earlier one again,
// whole. Taking that back brings the later one, and what is said next comes on top.
func TestLaterTextOfANoteGoesBackAlone_M4(t *testing.T) {
	w, m, note := notedWorld(t)
	first, later := w.writing("m1", "note").Wanted, w.org.get(note.ID)["Content"]
	same(t, "the wish", first["Content"], later)
	before, err := w.box.Replaced(t.Context(), ws, w.lastLine(note))
	must(t, err)
	earlier := before["Content"]
	if earlier.Empty() || earlier == later {
		t.Fatalf("what the update replaced: %q", earlier)
	}
	plan, done := w.takeBack(note)
	same(t, "what goes back", plan.Restores, []undo.Restore{{Key: note, Field: "Content", From: later, To: earlier, Lines: plan.Restores[0].Lines}})
	same(t, "values", done.Values, 1)
	same(t, "the org's text", w.org.get(note.ID)["Content"], earlier)
	back := w.lastLine(note)
	same(t, "the line", []any{back.State, back.Cause.Kind, back.Before["Content"]}, []any{gateway.LogDone, gateway.KindUndo, later})
	w.deliverAll(w.meeting(m))
	same(t, "told the same again", w.org.get(note.ID)["Content"], earlier)

	w.takeBack(note) // the undo
	same(t, "the undo is undone", w.org.get(note.ID)["Content"], later)
	w.takeBack(note)
	m.Notes += "\n- more"
	w.deliverAll(w.meeting(m))
	if now := w.org.get(note.ID)["Content"]; now == later || now == earlier || now != w.writing("m1", "note").Wanted["Content"] {
		t.Errorf("what was said next is not written: %q", now)
	}
	w.takeBack(note)
	same(t, "of three", w.org.get(note.ID)["Content"], earlier)
	if made, _ := w.undone(m1); len(made.Made) != 2 {
		t.Errorf("the meeting is taken back whole: %+v", made)
	}
	same(t, "the note in the org", w.org.get(note.ID), gateway.Fields{})
}

// A note that somebody edited in Salesforce keeps his text, whether that is seen in
// the dry run or right before the earlier one would be written; where the answer was
// lost, what was written counts as written.
func TestLaterTextStaysWhereSomebodyEditedTheNote_M4(t *testing.T) {
	w, m, note := notedWorld(t)
	was := w.org.get(note.ID)
	theirs := was.Overlay(gateway.Fields{"CreatedById": `"005A"`, "LastModifiedById": `"005B"`, "Content": `"dGhlaXJz"`})
	w.org.put(note.ID, theirs)
	plan, done := w.takeBack(note)
	same(t, "goes back", len(plan.Restores)+done.Values, 0)
	same(t, "why", whyLeft(plan.Left, note), "Somebody changed it in Salesforce since; that stands.")

	w.org.put(note.ID, was)
	begin := func() Receipt {
		t.Helper()
		done, err := w.box.Undo(t.Context(), ws, UndoScope{Line: w.lastLine(note).ID}, gateway.Cause{Rule: "Undo", Name: "Ada"})
		must(t, err)
		same(t, "values", done.Values, 1)
		return done.Receipts[0]
	}
	r := begin()
	w.org.put(note.ID, theirs) // between the dry run and the call
	w.settleAll()
	l := w.line(r.LogID)
	same(t, "its line", []any{l.State, l.Problem.What}, []any{gateway.LogSkipped, "Somebody changed it in Salesforce since, so it stays."})
	same(t, "their text", w.org.get(note.ID)["Content"], theirs["Content"])

	w.org.put(note.ID, was)
	m.Notes += "\n- even more"
	w.deliverAll(w.meeting(m))
	lost := true
	w.org.script(func(o *org) { o.lose = func() bool { was := lost; lost = false; return was } })
	r = begin()
	w.settleAll()
	w.clock.forward(time.Minute)
	w.settleAll()
	same(t, "after a lost answer", w.line(r.LogID).State, gateway.LogDone)
	same(t, "the org's text", w.org.get(note.ID)["Content"], was["Content"])
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
