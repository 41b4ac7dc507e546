package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// together proves that what is told of all workspaces at once is what each
// tells of itself.
func together(t *testing.T, s *suite) {
	var all []*store.Workspace
	for _, name := range []string{"a", "b", "c"} {
		id := gateway.WorkspaceID(t.Name() + " " + name)
		ok(t, s.db.CreateWorkspace(t.Context(), id, name))
		all = append(all, s.db.In(id))
	}
	t.Run("what is to be read", func(t *testing.T) { unread(t, s, all) })
	t.Run("what is owed", func(t *testing.T) { owed(t, s, all) })
	t.Run("marks", func(t *testing.T) { marksOfAll(t, s, all) })
	t.Run("leases (F-67, F-68)", func(t *testing.T) { renewed(t, s, all) })
}

func unread(t *testing.T, s *suite, all []*store.Workspace) {
	w := all[1]
	listed := func(when string, want bool) {
		t.Helper()
		got, err := s.db.Unread(t.Context())
		ok(t, err)
		if slices.Contains(got, w.ID()) != want || slices.Contains(got, all[0].ID()) {
			t.Errorf("%s: %v", when, got)
		}
	}
	listed("at first", false)
	marks := []gateway.RecordKey{contact("1")}
	tx(t, w, func(ctx context.Context, tx *store.Tx) error { return tx.MarkRefetch(ctx, marks, "gap") })
	listed("with a mark", true)
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		return tx.DeferRefetch(ctx, marks, tx.Now().Add(time.Hour))
	})
	listed("with a mark that was put off", false)
	s.clock.Advance(time.Hour)
	listed("an hour later", true)
	tx(t, w, func(ctx context.Context, tx *store.Tx) error { return tx.ClearRefetch(ctx, marks) })
	for _, b := range []struct {
		gateway.Backfill
		want bool
	}{
		{gateway.Backfill{State: gateway.BackfillRunning}, true},
		{gateway.Backfill{State: gateway.BackfillRepairing}, true},
		{gateway.Backfill{State: gateway.BackfillDone, Job: "750"}, true},
		{gateway.Backfill{State: gateway.BackfillCanceled}, false},
		{gateway.Backfill{State: gateway.BackfillDone}, false},
	} {
		b.Object = "Contact"
		ok(t, w.SaveBackfill(t.Context(), b.Backfill))
		listed(fmt.Sprintf("with a reading that is %s %s", b.State, b.Job), b.want)
	}
	hole := gateway.Hole{Connection: "c1", Cause: gateway.HoleGap, State: gateway.HoleRepairing, StartedAt: s.clock.Now()}
	tx(t, w, func(ctx context.Context, tx *store.Tx) (err error) {
		hole.ID, err = tx.SaveHole(ctx, hole)
		return err
	})
	listed("with a hole", true)
	hole.State = gateway.HoleClosed
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.SaveHole(ctx, hole)
		return err
	})
	listed("with its repair", false)
	began, err := w.RequestProof(t.Context(), "Contact")
	if asked, failed := s.db.AskedProofs(t.Context()); err != nil || failed != nil || !began || !slices.Contains(asked, w.ID()) {
		t.Errorf("asked proofs %v: %v, %v", asked, err, failed)
	}
}

func owed(t *testing.T, s *suite, all []*store.Workspace) {
	for i, n := range []int{2, 0, 1} {
		for k := range n {
			tx(t, all[i], func(ctx context.Context, tx *store.Tx) error {
				c := gateway.Change{Key: contact(fmt.Sprint(k)), Op: gateway.OpUpdate, Edit: 1, State: gateway.StateWaiting}
				if k == 1 {
					c.State = gateway.StateParked
				}
				return tx.SaveChange(ctx, c)
			})
		}
	}
	counts, err := s.db.Owed(t.Context())
	ok(t, err)
	owing, err := s.db.Owing(t.Context())
	ok(t, err)
	for i, n := range []int{2, 0, 1} {
		if ws := all[i].ID(); counts[ws] != n || owing[ws] != (n > 0) {
			t.Errorf("%s owes %d, %v, want %d", ws, counts[ws], owing[ws], n)
		}
	}
	if len(counts) != len(owing) {
		t.Errorf("%d are counted and %d listed", len(counts), len(owing))
	}
}

func marksOfAll(t *testing.T, s *suite, all []*store.Workspace) {
	a, b := all[0], all[1]
	ok(t, a.SaveSchemas(t.Context(), []gateway.Schema{{Object: "Contact"}}))
	ok(t, b.SaveSchemas(t.Context(), []gateway.Schema{{Object: "Lead"}, {Object: "Contact"}}))
	before, err := s.db.SettingsMarks(t.Context())
	ok(t, err)
	_, err = a.SaveSetting(t.Context(), gateway.SettingRow{Scope: gateway.OrgScope, Tab: gateway.TabObjects, Body: []byte("{}")}, 0)
	ok(t, err)
	after, err := s.db.SettingsMarks(t.Context())
	ok(t, err)
	if after[a.ID()] == before[a.ID()] || after[b.ID()] != before[b.ID()] {
		t.Errorf("marks of the settings %v, were %v", after, before)
	}
	told, err := s.db.TermsMarks(t.Context())
	ok(t, err)
	for _, w := range all[:2] {
		if own, err := w.TermsMark(t.Context()); err != nil || own != told[w.ID()] {
			t.Errorf("%s has the mark %q, %q is told: %v", w.ID(), own, told[w.ID()], err)
		}
	}
}

func renewed(t *testing.T, s *suite, all []*store.Workspace) {
	const ttl = 30 * time.Second
	leases := map[gateway.WorkspaceID]gateway.Lease{}
	for _, w := range all {
		lease, got, err := w.AcquireLease(t.Context(), "c", "/data/ChangeEvents", "a", ttl)
		if err != nil || !got {
			t.Fatal(got, err)
		}
		leases[w.ID()] = lease
	}
	s.clock.Advance(20 * time.Second)
	lost := all[1]
	ok(t, lost.ReleaseLease(t.Context(), leases[lost.ID()]))
	b, _, err := lost.AcquireLease(t.Context(), "c", "/data/ChangeEvents", "b", ttl)
	ok(t, err)
	busy := all[2]
	var kept map[gateway.WorkspaceID]bool
	// A batch of one that is being committed keeps nobody's lease from being renewed.
	commit, stop := make(chan struct{}), make(chan error, 1)
	advanced := make(chan struct{})
	go func() {
		stop <- busy.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			err := tx.Advance(ctx, leases[busy.ID()], "7", store.AdvanceStats{})
			close(advanced)
			if s.db.Engine() == "postgres" { // SQLite has one writer, who is waited for
				<-commit
			}
			return err
		})
	}()
	<-advanced
	kept, err = s.db.RenewLeases(t.Context(), leases, ttl)
	close(commit)
	ok(t, errors.Join(err, <-stop))
	if !kept[all[0].ID()] || kept[lost.ID()] || s.db.Engine() == "postgres" && kept[busy.ID()] {
		t.Errorf("renewed %v", kept)
	}
	wantCode(t, lost.RenewLease(t.Context(), leases[lost.ID()], ttl), gateway.CodeFenced)
	ok(t, busy.RenewLease(t.Context(), leases[busy.ID()], ttl))
	for _, w := range all {
		at, err := w.Position(t.Context(), "c", "/data/ChangeEvents")
		ok(t, err)
		if w == lost && at.Lease.Holder != b.Holder || !at.Lease.Until.Equal(s.clock.Now().Add(ttl)) {
			t.Errorf("%s: %+v", w.ID(), at.Lease)
		}
	}
}
