package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"tidegate/gateway"
	"tidegate/store"
	"tidegate/store/storetest"
)

// TestHistoryIsFoundInEveryEra spreads the entries of a record over eras of the
// index, with empty ones between, and finds them all in order; and those that
// were there before 0040 keep theirs.
func TestHistoryIsFoundInEveryEra(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, url string) {
		db := storetest.Open(t, url, store.Options{})
		h := eraHistory{w: db.In("w")}
		ann, bob := gateway.RecordKey{Object: "Contact", ID: "003000000000001AAA"}, gateway.RecordKey{Object: "Contact", ID: "003000000000002AAA"}
		h.add(t, ann, bob)
		h.add(t, ann, bob)
		if err := errors.Join(db.MigrateDown(t.Context(), 39), db.Migrate(t.Context())); err != nil {
			t.Fatal(err)
		}
		h.check(t, ann)
		for range 5 {
			if db.Engine() == "sqlite" { // as if so many entries had come meanwhile
				storetest.Exec(t, url, `UPDATE record_history SET seq = seq + 200000 WHERE seq = (SELECT MAX(seq) FROM record_history)`)
			}
			h.add(t, ann, bob)
		}
		h.check(t, ann)
		h.check(t, bob)
		now := gateway.RecordKey{Object: "Contact", ID: "003000000000003AAA"}
		err := h.w.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			return tx.RekeyRecords(ctx, "Contact", map[string]string{ann.ID: now.ID})
		})
		if err != nil {
			t.Fatal(err)
		}
		h.check(t, now)
		h.check(t, bob)
		if left, err := h.w.WholeHistory(t.Context(), ann); err != nil || len(left) > 0 {
			t.Errorf("still there under the former id: %v, %v", left, err)
		}
	})
}

// eraHistory is what was appended, by its commit numbers.
type eraHistory struct {
	w    *store.Workspace
	want []int64
}

// add appends one entry of each record.
func (h *eraHistory) add(t *testing.T, keys ...gateway.RecordKey) {
	t.Helper()
	n := int64(len(h.want) + 1)
	h.want = append(h.want, n)
	entries := make([]gateway.HistoryEntry, len(keys))
	for i, key := range keys {
		entries[i] = gateway.HistoryEntry{Key: key, Version: gateway.Version{CommitAt: 1777620000000 + n, CommitNumber: n}}
	}
	err := h.w.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error { return tx.AppendHistory(ctx, entries) })
	if err != nil {
		t.Fatal(err)
	}
}

// check reads the entries of a record in every way there is.
func (h *eraHistory) check(t *testing.T, key gateway.RecordKey) {
	t.Helper()
	same := func(what string, got []gateway.HistoryEntry, err error, want []int64) {
		t.Helper()
		if err != nil || !slices.EqualFunc(got, want, func(e gateway.HistoryEntry, n int64) bool { return e.Version.CommitNumber == n }) {
			t.Errorf("%s: %+v, want %v: %v", what, got, want, err)
		}
	}
	whole, err := h.w.WholeHistory(t.Context(), key)
	same("whole", whole, err, h.want)
	back := slices.Clone(h.want)
	slices.Reverse(back)
	newest, err := h.w.History(t.Context(), key, 1, 0)
	same("first page", newest, err, back[:1])
	older, err := h.w.History(t.Context(), key, 100, newest[0].ID)
	same("second page", older, err, back[1:])
	page, err := h.w.Log(t.Context(), store.LogQuery{Object: key.Object, RecordID: key.ID, Limit: 100})
	if err != nil || len(page.Entries) != len(h.want) {
		t.Errorf("log: %d lines, want %d: %v", len(page.Entries), len(h.want), err)
	}
	var since map[gateway.RecordKey][]gateway.HistoryEntry
	err = h.w.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) (err error) {
		since, err = tx.HistorySince(ctx, map[gateway.RecordKey]gateway.Version{key: {}})
		return err
	})
	same("since", since[key], err, h.want)
}
