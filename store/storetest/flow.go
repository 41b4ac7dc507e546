package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// change returns an update of a contact.
func change(id string, edit int64, fields gateway.Fields) gateway.Change {
	return gateway.Change{
		Key: contact(id), Op: gateway.OpUpdate, Fields: fields, Base: gateway.Fields{"Title": gateway.Text("old")},
		BaseAt: gateway.Version{CommitAt: 5, CommitNumber: 1<<60 + 1, Sequence: 3}, Edit: edit, State: gateway.StateWaiting,
		Cause:   gateway.Cause{Kind: "edit", By: "m1", Name: "Ann", Rule: "Edit on the contact page"},
		Problem: gateway.Problem{Code: "x", Fields: []string{"Title"}, Retries: true}, LogID: 42, Fills: []string{"Title", "Phone"},
	}
}

func enqueue(t *testing.T, w *store.Workspace, changes ...gateway.Change) {
	t.Helper()
	tx(t, w, func(ctx context.Context, tx *store.Tx) error {
		for _, c := range changes {
			if err := tx.SaveChange(ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
}

func claim(t *testing.T, s *suite, w *store.Workspace, lease string, limit int) []gateway.Change {
	t.Helper()
	got, err := s.db.Claim(t.Context(), store.ClaimRequest{
		Holder: "h", Lease: lease, For: time.Minute, Limit: limit, Workspace: w.ID(),
	})
	ok(t, err)
	return got
}

func outbox(t *testing.T, s *suite) {
	t.Run("an entry comes back as saved", func(t *testing.T) {
		w := s.workspace(t)
		want := change("1", 1, awkward())
		want.DueAt, want.FirstSentAt, want.Lane, want.Attempt = s.clock.Now().Add(time.Hour), s.clock.Now(), 1, 4
		enqueue(t, w, want)
		want.Workspace, want.EnqueuedAt = w.ID(), s.clock.Now()
		got, found, err := w.Pending(t.Context(), contact("1"))
		ok(t, err)
		if !found || !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			loaded, err := tx.LoadPending(ctx, []gateway.RecordKey{contact("1"), contact("2")})
			if !reflect.DeepEqual(loaded, map[gateway.RecordKey]gateway.Change{contact("1"): want}) {
				t.Errorf("loaded %+v", loaded)
			}
			return err
		})
	})
	t.Run("one entry per record: a later edit folds in", func(t *testing.T) {
		w := s.workspace(t)
		enqueue(t, w, change("1", 1, gateway.Fields{"Title": gateway.Text("a")}))
		enqueue(t, w, change("1", 2, gateway.Fields{"Title": gateway.Text("b"), "Email": gateway.Null}))
		got := claim(t, s, w, "L", 10)
		if len(got) != 1 || got[0].Edit != 2 || len(got[0].Fields) != 2 {
			t.Errorf("claimed %+v", got)
		}
	})
	t.Run("a stale fold is run again", func(t *testing.T) {
		w := s.workspace(t)
		enqueue(t, w, change("1", 5, gateway.Fields{"Title": gateway.Text("a")}))
		runs := 0
		err := w.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
			runs++
			return tx.SaveChange(ctx, change("1", 4+int64(runs/3), gateway.Fields{}))
		})
		ok(t, err)
		if runs != 3 {
			t.Errorf("%d runs", runs)
		}
	})
}

func claims(t *testing.T, s *suite) {
	t.Run("claims take what is due, by lane and time, of one kind", func(t *testing.T) {
		w := s.workspace(t)
		late, lane, lead, parked := change("late", 1, nil), change("lane", 1, nil), change("lead", 1, nil), change("parked", 1, nil)
		late.DueAt = s.clock.Now().Add(time.Hour)
		lane.Lane = 2
		lead.Key.Object, lead.DueAt = "Lead", s.clock.Now().Add(-time.Hour)
		parked.State = gateway.StateParked
		enqueue(t, w, late, lane, lead, parked, change("c1", 1, nil), change("c2", 1, nil))
		ids := func(cs []gateway.Change) (out []string) {
			for _, c := range cs {
				out = append(out, c.Key.ID)
				if c.State != gateway.StateSending || c.Attempt != 1 || c.Lease == "" || !c.FirstSentAt.Equal(s.clock.Now()) {
					t.Errorf("claimed %+v", c)
				}
			}
			slices.Sort(out)
			return out
		}
		for i, want := range [][]string{{"lead"}, {"c1", "c2", "lane"}, nil} {
			if got := ids(claim(t, s, w, fmt.Sprint("L", i), 10)); !slices.Equal(got, want) {
				t.Errorf("claim %d: %v, want %v", i, got, want)
			}
		}
		counts, err := w.PendingByObject(t.Context())
		ok(t, err)
		if want := map[string]store.PendingCounts{"Contact": {Waiting: 4, Parked: 1}, "Lead": {Waiting: 1}}; !maps.Equal(counts, want) {
			t.Errorf("counts %v", counts)
		}
	})
	t.Run("an expired lease is claimed again with its first sending kept (F-51)", func(t *testing.T) {
		w := s.workspace(t)
		enqueue(t, w, change("1", 1, gateway.Fields{"Title": gateway.Text("a")}))
		first := claim(t, s, w, "L1", 1)[0]
		if got := claim(t, s, w, "L2", 1); len(got) != 0 {
			t.Fatalf("claimed twice: %v", got)
		}
		s.clock.Advance(time.Minute)
		second := claim(t, s, w, "L2", 1)[0]
		if second.Attempt != 2 || !second.FirstSentAt.Equal(first.FirstSentAt) {
			t.Errorf("second claim %+v", second)
		}
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			got, err := settleOne(ctx, tx, first, gateway.Settlement{})
			if !got.Fenced {
				t.Errorf("the former holder settled: %+v", got)
			}
			return err
		})
	})
}

func races(t *testing.T, s *suite) {
	t.Run("concurrent claims do not overlap", func(t *testing.T) {
		w := s.workspace(t)
		const n = 300
		for i := range n {
			enqueue(t, w, change(fmt.Sprint(i), 1, gateway.Fields{"Title": gateway.Text("a")}))
		}
		var mu sync.Mutex
		seen := map[gateway.RecordKey]int{}
		var wg sync.WaitGroup
		for worker := range 4 {
			wg.Go(func() {
				for round := 0; ; round++ {
					got, err := s.db.Claim(t.Context(), store.ClaimRequest{
						Holder: "h", Lease: fmt.Sprint(worker, "/", round), For: time.Hour, Limit: 7, Workspace: w.ID(),
					})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					for _, c := range got {
						seen[c.Key]++
					}
					all := len(seen) == n
					mu.Unlock()
					if len(got) == 0 && (all || round > 10*n) {
						return
					}
				}
			})
		}
		wg.Wait()
		for key, times := range seen {
			if times != 1 {
				t.Errorf("%s was claimed %d times", key.ID, times)
			}
		}
		if len(seen) != n {
			t.Errorf("%d of %d claimed", len(seen), n)
		}
	})
	t.Run("concurrent edits of one record all count", func(t *testing.T) {
		w := s.workspace(t)
		const n = 8
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				err := w.InTx(t.Context(), func(ctx context.Context, tx *store.Tx) error {
					c, found, err := tx.PendingFor(ctx, contact("1"))
					if err != nil {
						return err
					}
					if !found {
						c = change("1", 0, gateway.Fields{})
					}
					c.Edit++
					c.Fields = c.Fields.Overlay(gateway.Fields{fmt.Sprint("F", i): "1"})
					return tx.SaveChange(ctx, c)
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		c, _, err := w.Pending(t.Context(), contact("1"))
		ok(t, err)
		if c.Edit != n || len(c.Fields) != n {
			t.Errorf("edit %d, fields %v", c.Edit, c.Fields)
		}
	})
	t.Run("the next due time is known", func(t *testing.T) {
		at, found, err := s.db.NextDue(t.Context(), store.AllLanes)
		ok(t, err)
		if !found || at.IsZero() {
			t.Errorf("next due %v %v", at, found)
		}
	})
	t.Run("what waits for a later try can be made due, of this workspace alone", func(t *testing.T) {
		w, other := s.workspace(t), s.workspace(t)
		for _, ws := range []*store.Workspace{w, other} {
			c := change("1", 1, gateway.Fields{"Title": gateway.Text("a")})
			c.DueAt = s.clock.Now().Add(time.Hour)
			enqueue(t, ws, c)
		}
		ok(t, w.DueNow(t.Context()))
		mine, theirs := claim(t, s, w, "L", 9), claim(t, s, other, "L", 9)
		ok(t, w.DueNow(t.Context())) // what is being sent stays with its claimer
		if again := claim(t, s, w, "M", 9); len(mine) != 1 || len(theirs) != 0 || len(again) != 0 {
			t.Errorf("claimed %d, of the other workspace %d, again %d", len(mine), len(theirs), len(again))
		}
	})
	t.Run("deletion compares the edit", func(t *testing.T) {
		w := s.workspace(t)
		enqueue(t, w, change("1", 3, nil))
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			wrong, err := tx.DeleteChange(ctx, contact("1"), 2)
			right, err2 := tx.DeleteChange(ctx, contact("1"), 3)
			if wrong || !right {
				t.Errorf("deleted %v %v", wrong, right)
			}
			return errors.Join(err, err2)
		})
	})
	t.Run("claims of somebody who is gone are due at once, others are not", func(t *testing.T) {
		w := s.workspace(t)
		enqueue(t, w, change("1", 1, gateway.Fields{"Title": gateway.Text("a")}))
		claim(t, s, w, "L", 1)
		for _, step := range []struct {
			gone string
			due  int
		}{{"other", 0}, {"h", 1}} {
			_, err := s.db.ReleaseClaims(t.Context(), func(holder string) bool { return holder == step.gone })
			ok(t, err)
			if got := claim(t, s, w, "after "+step.gone, 1); len(got) != step.due {
				t.Errorf("%d entries due when %q is gone, want %d", len(got), step.gone, step.due)
			}
		}
	})
	t.Run("a claim needs a lease", func(t *testing.T) {
		_, err := s.db.Claim(t.Context(), store.ClaimRequest{})
		wantCode(t, err, gateway.CodeInvalid)
	})
}
