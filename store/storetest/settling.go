package storetest

import (
	"context"
	"maps"
	"reflect"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/store"
)

func settling(t *testing.T, s *suite) {
	sent := gateway.Fields{"Title": gateway.Text("a"), "Email": gateway.Text("a@x.example")}
	later := s.clock.Now().Add(time.Hour)
	problem := gateway.Problem{Code: "c", What: "w", Who: "you", Said: "400 X: y", Fields: []string{"Title"}}
	cases := []struct {
		name  string
		op    gateway.Op     // of the edit made meanwhile, "" = the same
		edit  gateway.Fields // made during the attempt, nil = none
		s     gateway.Settlement
		state gateway.ChangeState
		left  gateway.Fields
		base  gateway.Fields
		due   time.Time // zero = now
		moved bool
	}{
		{name: "done goes"},
		{name: "retry waits", s: gateway.Settlement{State: gateway.StateWaiting, DueAt: later, Problem: problem}, state: gateway.StateWaiting, left: sent, base: gateway.Fields{"Title": gateway.Text("old")}, due: later},
		{name: "parked stays", s: gateway.Settlement{State: gateway.StateParked, DueAt: later, Problem: problem}, state: gateway.StateParked, left: sent, base: gateway.Fields{"Title": gateway.Text("old")}, due: later},
		{name: "done with a moved edit leaves the difference", edit: gateway.Fields{"Title": gateway.Text("b"), "Phone": "null"}, state: gateway.StateWaiting, left: gateway.Fields{"Title": gateway.Text("b"), "Phone": "null"}, base: gateway.Fields{"Title": gateway.Text("a")}, moved: true},
		{name: "done with an edit back to what was sent leaves nothing", edit: gateway.Fields{"Title": gateway.Text("a")}, moved: true},
		{name: "done with a deletion meanwhile stays owed", op: gateway.OpDelete, edit: gateway.Fields{}, state: gateway.StateWaiting, left: gateway.Fields{}, base: gateway.Fields{}, moved: true},
		{name: "retry with a moved edit keeps all", edit: gateway.Fields{"Title": gateway.Text("b")}, s: gateway.Settlement{State: gateway.StateWaiting, DueAt: later, Problem: problem}, state: gateway.StateWaiting, left: sent.Overlay(gateway.Fields{"Title": gateway.Text("b")}), base: gateway.Fields{"Title": gateway.Text("old")}, due: later, moved: true},
		{name: "parking with a moved edit is a new attempt", edit: gateway.Fields{"Title": gateway.Text("b")}, s: gateway.Settlement{State: gateway.StateParked, DueAt: later, Problem: problem}, state: gateway.StateWaiting, left: sent.Overlay(gateway.Fields{"Title": gateway.Text("b")}), base: gateway.Fields{"Title": gateway.Text("old")}, moved: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := s.workspace(t)
			enqueue(t, w, change("1", 1, sent))
			claimed := claim(t, s, w, "L", 1)[0]
			if c.edit != nil {
				edited := change("1", 2, sent.Overlay(c.edit))
				edited.State, edited.Lease = gateway.StateWaiting, "" // SaveChange must keep the lease
				if c.op != "" {
					edited.Op = c.op
				}
				enqueue(t, w, edited)
			}
			var got store.SettleResult
			tx(t, w, func(ctx context.Context, tx *store.Tx) (err error) {
				got, err = settleOne(ctx, tx, claimed, c.s)
				return err
			})
			if got.Gone || got.Moved != c.moved || got.State != c.state {
				t.Errorf("result %+v", got)
			}
			row, found, err := w.Pending(t.Context(), contact("1"))
			ok(t, err)
			if found != (c.state != "") {
				t.Fatalf("row is there: %v", found)
			}
			if !found {
				return
			}
			if c.due.IsZero() {
				c.due = s.clock.Now()
			}
			if row.State != c.state || row.Lease != "" || !row.DueAt.Equal(c.due) ||
				!maps.Equal(row.Fields, c.left) || !maps.Equal(row.Base, c.base) {
				t.Errorf("row %+v", row)
			}
			if c.s.State == "" && !row.FirstSentAt.IsZero() {
				t.Error("what is left after success has never been sent")
			}
			if !reflect.DeepEqual(row, got.Left) {
				t.Errorf("left %+v\nrow  %+v", got.Left, row)
			}
		})
	}
	t.Run("an entry deleted meanwhile is gone", func(t *testing.T) {
		w := s.workspace(t)
		enqueue(t, w, change("1", 1, sent))
		claimed := claim(t, s, w, "L", 1)[0]
		tx(t, w, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.DeleteChange(ctx, contact("1"), 1); err != nil {
				return err
			}
			got, err := settleOne(ctx, tx, claimed, gateway.Settlement{})
			if !got.Gone {
				t.Errorf("result %+v", got)
			}
			return err
		})
	})
}

func settleOne(ctx context.Context, tx *store.Tx, c gateway.Change, s gateway.Settlement) (store.SettleResult, error) {
	got, err := tx.SettleChanges(ctx, []gateway.Change{c}, []gateway.Settlement{s})
	if err != nil {
		return store.SettleResult{}, err
	}
	return got[0], nil
}
