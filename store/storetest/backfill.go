package storetest

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
)

// backfills proves that progress belongs to one reading and to nobody else.
func backfills(t *testing.T, s *suite) {
	w := s.workspace(t)
	now := func() gateway.Backfill {
		b, err := w.Backfill(t.Context(), "Contact")
		ok(t, err)
		return b
	}
	advance := func(b gateway.Backfill) (went, paused bool) {
		tx(t, w, func(ctx context.Context, tx *store.Tx) (err error) {
			went, paused, err = tx.AdvanceBackfill(ctx, b)
			return err
		})
		return went, paused
	}
	begun := gateway.Backfill{
		Object: "Contact", State: gateway.BackfillRunning, Anchor: "17", Total: 100, StartedAt: s.clock.Now(), BeganAt: s.clock.Now(),
		Note: "n", Way: gateway.WayBulk, Job: "750", Locator: "abc", PageRows: 3, Spent: 7e6, Calls: 2, By: "Mara",
	}
	ok(t, w.SaveBackfill(t.Context(), begun))
	want := begun
	want.Run, want.UpdatedAt = 1, s.clock.Now()
	if b := now(); b != want {
		t.Fatalf("got  %+v\nwant %+v", b, want)
	}
	next := now()
	next.Rows, next.LastID, next.Locator, next.PageRows, next.Complete = 50, "003x", "def", 0, true
	if went, paused := advance(next); !went || paused {
		t.Errorf("the place did not move: %v, paused %v", went, paused)
	}
	_, err := w.EditBackfill(t.Context(), "Contact", func(b gateway.Backfill, found bool) (gateway.Backfill, error) {
		if !found || b.Rows != 50 || b.Locator != "def" {
			t.Errorf("found %v: %+v", found, b)
		}
		b.Paused = true
		return b, nil
	})
	ok(t, err)
	next.Rows = 60 // read before it was paused
	if went, paused := advance(next); !went || !paused || now().Rows != 60 {
		t.Errorf("moved %v, paused %v, %+v", went, paused, now())
	}
	ok(t, w.SaveBackfill(t.Context(), begun)) // Salesforce says that all of it is to be read again
	if b := now(); b.Run != 2 || !b.Paused || !b.Complete || b.Rows != 0 {
		t.Errorf("begun anew: %+v", b)
	}
	if went, _ := advance(next); went || now().Rows != 0 {
		t.Errorf("F-74 a page of the reading before moved the new one: %+v", now())
	}
	done := now()
	done.State = gateway.BackfillDone
	if went, paused := advance(done); !went || paused || now().Paused {
		t.Errorf("what is done is paused: %+v", now())
	}
	_, err = w.EditBackfill(t.Context(), "Contact", func(b gateway.Backfill, _ bool) (gateway.Backfill, error) { return b, errRollBack })
	if err == nil {
		t.Error("the edit's error is lost")
	}
}

var errRollBack = fmt.Errorf("roll back")

// snapshots proves that the rows of a first reading are those that saving them
// one by one gives.
func snapshots(t *testing.T, s *suite) {
	w := s.workspace(t)
	const n = 240 // enough to be copied, and for several chunks
	table := &gateway.Table{Object: "Contact", Columns: []string{"AccountId", "Amount__c", "Email", "FirstName", "LastName", "Phone", "Title"}}
	var ids []string
	for i := range n {
		id := fmt.Sprintf("003%015d", i)
		ids = append(ids, id)
		values := []gateway.Value{
			gateway.Text("001000000000000AAA"), "12.5", gateway.Text(fmt.Sprintf("P%d@X.example", i)), gateway.Text("Zoë \"Z\""),
			gateway.Text(fmt.Sprintf("Name %d\\ \t<b>", i)), gateway.Text(fmt.Sprintf("+1 415 555 %04d", i)), gateway.Null,
		}
		if i%3 == 0 {
			values[2], values[3], values[5] = gateway.Null, gateway.Null, gateway.Null
		}
		table.Rows = append(table.Rows, gateway.TableRow{ID: id, CommitAt: int64(1000 + i), Deleted: i == 5, Values: values})
	}
	first := func(row int) gateway.Record {
		r := table.Rows[row]
		return gateway.Record{Key: contact(r.ID), Version: gateway.Version{CommitAt: r.CommitAt}, ReadAt: r.CommitAt, Deleted: r.Deleted}
	}
	save(t, w, gateway.Record{Key: contact(ids[10]), Fields: gateway.Fields{"LastName": `"Streamed"`}})
	enqueue(t, w, change(ids[11], 1, gateway.Fields{"Title": `"Waiting"`}))
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		return tx.MarkRefetch(ctx, []gateway.RecordKey{contact(ids[12])}, "gap")
	})
	save(t, w, gateway.Record{Key: gateway.RecordKey{Object: "Lead", ID: ids[13]}}) // of another object
	save(t, s.db.In("another snapshot"), gateway.Record{Key: contact(ids[14])})
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		known, err := tx.Known(ctx, "Contact", ids)
		ok(t, err)
		if want := map[string]bool{ids[10]: true, ids[11]: true, ids[12]: true}; !maps.Equal(known, want) {
			t.Errorf("known are %v, want %v", known, want)
		}
		few, err := tx.Known(ctx, "Contact", []string{ids[200], ids[9], ids[10]})
		if ok(t, err); !few[ids[10]] || few[ids[9]] || few[ids[200]] {
			t.Errorf("of a few far apart %v are known", few)
		}
		var rows []int
		for i, id := range ids {
			if !known[id] {
				rows = append(rows, i)
			}
		}
		return tx.InsertSnapshot(ctx, store.Snapshot{Table: table, Rows: rows, First: first})
	})
	tx(t, w, func(ctx context.Context, tx *store.Tx) error { // all is known now, and the span is full of it
		known, err := tx.Known(ctx, "Contact", []string{ids[0], ids[n-1]})
		if ok(t, err); !known[ids[0]] || !known[ids[n-1]] {
			t.Errorf("known are %v", known)
		}
		return err
	})
	other := s.db.In(gateway.WorkspaceID(t.Name() + " one by one"))
	for i := range table.Rows {
		if i >= 10 && i <= 12 {
			continue
		}
		slow := first(i)
		slow.Fields = gateway.Fields{}
		for k, v := range table.Rows[i].Values {
			if !v.IsNull() {
				slow.Fields[table.Columns[k]] = v
			}
		}
		save(t, other, slow)
		want, err := other.Record(t.Context(), slow.Key)
		ok(t, err)
		got, err := w.Record(t.Context(), slow.Key)
		ok(t, err)
		if got.Label() != want.Label() || !maps.Equal(got.Fields, want.Fields) || got.Version != want.Version || got.ReadAt != want.ReadAt || got.Deleted != want.Deleted || got.ObservedAt != want.ObservedAt {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
	}
	for kind, value := range map[string]string{store.KeyEmail: "p7@x.example", store.KeyPhone: "(415) 555-0007"} {
		found, err := w.RecordsByKey(t.Context(), kind, value)
		if ok(t, err); len(found) != 1 || found[0].Key.ID != ids[7] {
			t.Errorf("%s %s finds %v", kind, value, found)
		}
	}
	page, err := w.Records(t.Context(), store.RecordQuery{Object: "Contact", Search: "zoë \"z\" name 7\\"})
	if ok(t, err); len(page.Records) == 0 || page.Records[0].Key.ID != ids[7] {
		t.Errorf("the list finds %+v", page.Records)
	}
	err = w.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		return tx.InsertSnapshot(ctx, store.Snapshot{Table: table, Rows: []int{9, 10}, First: first})
	})
	wantCode(t, err, gateway.CodeConflict)
}
