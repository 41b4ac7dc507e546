package outbox

import (
	"context"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// write makes an edit for a cause and sends it.
func (w *world) write(n int, field, value, ref string) int64 {
	w.t.Helper()
	r, err := w.box.Submit(w.t.Context(), ws, Edit{
		Key: key(n), Fields: gateway.Fields{field: gateway.Text(value)}, Cause: gateway.Cause{Kind: "meeting", Ref: ref, Rule: "Topic", Name: "Rita"},
	})
	must(w.t, err)
	w.deliver(r)
	if got := w.line(r.LogID).State; got != gateway.LogDone {
		w.t.Fatalf("the line is %s", got)
	}
	return r.LogID
}

// M4: what one meeting wrote goes back through the normal way out, except what
// somebody changed since; a second undo writes nothing, and the undo can be
// undone.
func TestMeetingIsUndone_M4(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(3)
		w.write(0, "Title", "before", "m0")
		w.write(0, "Title", "one", "m1")
		w.write(1, "Title", "two", "m1")
		w.write(2, "Title", "three", "m1")
		later := w.write(2, "Title", "later", "m2")
		w.org.put(key(1).ID, gateway.Fields{"Title": gateway.Text("theirs")})
		must(t, w.db.In(ws).InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			r, _, err := load(ctx, tx, key(1))
			if err != nil {
				return err
			}
			r.Fields = r.Fields.Overlay(gateway.Fields{"Title": gateway.Text("theirs")})
			r.Version.CommitAt += 1000
			return tx.SaveRecords(ctx, []gateway.Record{r})
		}))
		scope := UndoScope{Lines: store.LogQuery{Kind: "meeting", Ref: "m1"}}
		calls := w.org.callCount()
		plan, more, err := w.box.PlanUndo(t.Context(), ws, scope)
		must(t, err)
		if more || len(plan.Restores) != 1 || plan.Restores[0].To != gateway.Text("before") || len(plan.Left) != 2 || w.org.callCount() != calls {
			t.Fatalf("plan %+v, %d calls", plan, w.org.callCount()-calls)
		}
		undo := func() Undone {
			done, err := w.box.Undo(t.Context(), ws, scope, gateway.Cause{Rule: "Undo", Ref: "m1", By: "m", Name: "Ada"})
			must(t, err)
			for _, r := range done.Receipts {
				w.deliver(r)
			}
			return done
		}
		if done := undo(); done.Values != 1 || len(done.Left) != 2 {
			t.Errorf("undone %+v", done)
		}
		for n, want := range []string{"before", "theirs", "later"} {
			same(t, "title", w.org.get(key(n).ID)["Title"], gateway.Text(want))
		}
		if done := undo(); done.Values != 0 || len(done.Left) != 3 {
			t.Errorf("a second undo %+v", done)
		}
		page, err := w.db.In(ws).Log(t.Context(), store.LogQuery{Kind: gateway.KindUndo})
		must(t, err)
		if len(page.Entries) != 1 || page.Entries[0].Entry.Cause.Name != "Ada" || page.Entries[0].Entry.Cause.Ref != "m1" {
			t.Fatalf("lines of the undo %+v", page.Entries)
		}
		back, err := w.box.Undo(t.Context(), ws, UndoScope{Line: page.Entries[0].Entry.ID, Field: "Title"}, gateway.Cause{Name: "Ada"})
		must(t, err)
		w.deliver(back.Receipts[0])
		same(t, "title after undoing the undo", w.org.get(key(0).ID)["Title"], gateway.Text("one"))
		if _, _, err := w.box.PlanUndo(t.Context(), ws, UndoScope{Line: later + 1000}); gateway.CodeOf(err) != gateway.CodeNotFound {
			t.Errorf("no such line: %v", err)
		}
	})
}

// M4: a topic that is mapped to a field is a rule of that field alone: its writes
// go back out of lines that say another rule, and what they wrote besides stays; so
// does what somebody changed since.
func TestMappingOfOneFieldIsUndone_M4(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(3)
		rule := `Topic “100 % <roles> \ "here"” goes to Title`
		for n, own := range []string{rule, rule, "Topic “Other” goes to Title"} {
			r, err := w.box.Submit(t.Context(), ws, Edit{
				Key: key(n), Fields: gateway.Fields{"Title": gateway.Text("said"), "Phone": gateway.Text("1")},
				Cause: gateway.Cause{Kind: "meeting", Ref: "m1", Rule: "Meeting “Weekly”: Mapped.", Of: map[string]gateway.Origin{"Title": {Rule: own, Said: rule}}},
			})
			must(t, err)
			w.deliver(r)
		}
		w.write(1, "Title", "later", "m2")
		scope := UndoScope{Lines: store.LogQuery{Rule: rule, Object: key(0).Object}}
		plan, _, err := w.box.PlanUndo(t.Context(), ws, scope)
		must(t, err)
		if len(plan.Restores) != 1 || plan.Restores[0].Key != key(0) || plan.Restores[0].Field != "Title" || len(plan.Left) != 1 || plan.Left[0].Key != key(1) {
			t.Fatalf("plan %+v", plan)
		}
		done, err := w.box.Undo(t.Context(), ws, scope, gateway.Cause{Rule: "Undo", By: "m", Name: "Ada"})
		must(t, err)
		for _, r := range done.Receipts {
			w.deliver(r)
		}
		for n, want := range []gateway.Value{gateway.Null, gateway.Text("later"), gateway.Text("said")} {
			same(t, "title", w.org.get(key(n).ID)["Title"], want)
			same(t, "phone", w.org.get(key(n).ID)["Phone"], gateway.Text("1"))
		}
	})
}

// What changes between the dry run and the write is not overwritten.
func TestEditExpectsWhatWasShown_M4(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.seed(1)
		_, err := w.box.Submit(t.Context(), ws, Edit{
			Key: key(0), Fields: gateway.Fields{"Title": gateway.Text("x")}, Expect: gateway.Fields{"Title": gateway.Text("old")},
		})
		wantCode(t, err, gateway.CodeConflict)
		_, err = w.box.Submit(t.Context(), ws, Edit{
			Key: key(0), Fields: gateway.Fields{"Title": gateway.Text("x")}, Expect: gateway.Fields{"Title": gateway.Null},
		})
		must(t, err)
	})
}
