package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

// continuity proves what is promised of continuity records.
func continuity(t *testing.T, s *suite) {
	w := s.workspace(t)
	now := s.clock.Now().UTC()
	put := func(t *testing.T, h gateway.Hole) (id int64) {
		t.Helper()
		tx(t, w, func(ctx context.Context, tx *store.Tx) (err error) {
			id, err = tx.SaveHole(ctx, h)
			return err
		})
		return id
	}
	open := gateway.Hole{
		Connection: "c", OrgID: "00D000000000001", Cause: gateway.HoleExpired, Said: "The replay id was refused.\x00", Bound: "The last change.",
		From: now.Add(-time.Hour), To: now, StartedAt: now, State: gateway.HoleRepairing,
		Objects: []gateway.HolePart{
			{Object: "Account", Means: gateway.MeansChanges, State: gateway.HoleRepairing, Expected: -1},
			{Object: "Contact", Means: gateway.MeansWhole, State: gateway.HoleRepairing, Expected: 1900},
		},
	}
	id := put(t, open)
	put2 := open
	put2.Cause, put2.Objects, put2.StartedAt = gateway.HoleGap, open.Objects[1:], now.Add(time.Minute)
	second := put(t, put2)

	t.Run("a record is read as it was written", func(t *testing.T) {
		got, err := w.Hole(t.Context(), id)
		ok(t, err)
		open.ID, open.Said = id, "The replay id was refused."
		got.Certificate = gateway.Certificate{}
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", open) {
			t.Errorf("got  %+v\nwant %+v", got, open)
		}
		_, err = w.Hole(t.Context(), id+1)
		wantCode(t, err, gateway.CodeNotFound)
		_, err = s.db.In("another").Hole(t.Context(), id)
		wantCode(t, err, gateway.CodeNotFound)
	})
	t.Run("unclosed ones are oldest first", func(t *testing.T) {
		got, err := w.UnclosedHoles(t.Context())
		ok(t, err)
		if len(got) != 2 || got[0].ID != id || got[1].ID != second || len(got[0].Objects) != 2 || len(got[1].Objects) != 1 {
			t.Errorf("unclosed: %+v", got)
		}
	})
	t.Run("a step of the repair and its certificate are one transaction", func(t *testing.T) {
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			unclosed, err := tx.UnclosedHoles(ctx)
			if err != nil {
				return err
			}
			h := unclosed[0]
			for i := range h.Objects {
				h.Objects[i].Add(gateway.HoleCount{Read: 5, Changed: 4, Deleted: 3, Restored: 2, Calls: 1})
				h.Objects[i].State = gateway.HoleClosed
			}
			h.State, h.EndedAt = gateway.HoleClosed, tx.Now()
			h.Certificate = gateway.Certificate{Statement: []byte("{}"), Signature: []byte{1, 0, 2}, Key: []byte{3}}
			_, err = tx.SaveHole(ctx, h)
			return err
		})
		got, err := w.Hole(t.Context(), id)
		ok(t, err)
		if got.Total() != (gateway.HoleCount{Read: 10, Changed: 8, Deleted: 6, Restored: 4, Calls: 2}) || !got.EndedAt.Equal(now) ||
			string(got.Certificate.Signature) != "\x01\x00\x02" || string(got.Certificate.Statement) != "{}" {
			t.Errorf("got %+v", got)
		}
		unclosed, err := w.UnclosedHoles(t.Context())
		ok(t, err)
		if len(unclosed) != 1 || unclosed[0].ID != second {
			t.Errorf("unclosed: %+v", unclosed)
		}
	})
	t.Run("pages and filters, newest first", func(t *testing.T) {
		for _, c := range []struct {
			q    store.HoleQuery
			want string
		}{
			{store.HoleQuery{}, fmt.Sprint([]int64{second, id})},
			{store.HoleQuery{State: gateway.HoleClosed}, fmt.Sprint([]int64{id})},
			{store.HoleQuery{Cause: gateway.HoleGap}, fmt.Sprint([]int64{second})},
			{store.HoleQuery{Object: "Account"}, fmt.Sprint([]int64{id})},
			{store.HoleQuery{Since: now.Add(time.Second)}, fmt.Sprint([]int64{second})},
			{store.HoleQuery{Before: second}, fmt.Sprint([]int64{id})},
			{store.HoleQuery{Object: "Lead"}, "[]"},
		} {
			page, more, err := w.Holes(t.Context(), c.q)
			ok(t, err)
			ids := []int64{}
			for _, h := range page {
				ids = append(ids, h.ID)
			}
			if fmt.Sprint(ids) != c.want || more {
				t.Errorf("%+v: %v, more %v", c.q, ids, more)
			}
		}
		page, more, err := w.Holes(t.Context(), store.HoleQuery{Limit: 1})
		ok(t, err)
		if len(page) != 1 || page[0].ID != second || !more || len(page[0].Objects) != 1 {
			t.Errorf("first page: %+v, more %v", page, more)
		}
		n, err := w.CountHoles(t.Context(), store.HoleQuery{Object: "Contact", Before: 1})
		ok(t, err)
		if n != 2 {
			t.Errorf("counted %d", n)
		}
	})
	t.Run("when an object was streamed never moves back (F-36)", func(t *testing.T) {
		for _, at := range []time.Time{now, now.Add(time.Hour), now.Add(time.Minute)} {
			tx(t, w, func(ctx context.Context, tx *store.Tx) error {
				return tx.NoteStreamed(ctx, map[string]time.Time{"Contact": at})
			})
		}
		ok(t, w.SaveObjectStatus(t.Context(), gateway.ObjectStatus{Object: "Contact", State: gateway.StatePolling, Transport: "poll"}))
		got, err := w.ObjectStatuses(t.Context())
		ok(t, err)
		if len(got) != 1 || !got[0].StreamedAt.Equal(now.Add(time.Hour)) || got[0].State != gateway.StatePolling {
			t.Errorf("got %+v", got)
		}
	})
}
