package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tidegate/gateway"
)

func connection(t *testing.T, s *suite) {
	w := s.workspace(t)
	_, err := w.Connection(t.Context())
	wantCode(t, err, gateway.CodeNotFound)
	want := gateway.Connection{
		ID: "c1", Workspace: w.ID(), Environment: gateway.Sandbox, LoginURL: "https://login.example", InstanceURL: "https://i.example",
		OrgID: "00D000000000001AAA", OrgName: "Acme", UserID: "005", Username: "u@example.com", Flow: "web", APIVersion: "66.0",
		Scopes: "api refresh_token", State: gateway.StateCatchingUp, StateReason: "reading", StateSince: s.clock.Now(),
		Transport: "websocket", APIUsed: 7, APIMax: 100, APISeenAt: s.clock.Now(), ConnectedAt: s.clock.Now(), ConnectedBy: "Ann", APIReserve: 20,
	}
	ok(t, w.SaveConnection(t.Context(), want))
	got, err := w.Connection(t.Context())
	ok(t, err)
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	t.Run("the state's time moves only with the state", func(t *testing.T) {
		s.clock.Advance(time.Minute)
		for i, state := range []gateway.ConnectionState{gateway.StateCatchingUp, gateway.StateOK, gateway.StateOK} {
			changed, err := w.SetConnectionState(t.Context(), "c1", state, fmt.Sprint("why ", i))
			ok(t, err)
			if changed != (i == 1) {
				t.Errorf("%d: changed %v", i, changed)
			}
		}
		ok(t, w.SetAPIUse(t.Context(), "c1", 8, 200))
		ok(t, w.SetTransport(t.Context(), "c1", "long-polling", "the org offers no websocket"))
		got, err := w.Connection(t.Context())
		ok(t, err)
		if got.State != gateway.StateOK || got.StateReason != "why 2" || !got.StateSince.Equal(s.clock.Now()) ||
			got.APIUsed != 8 || got.APIMax != 200 || got.Transport != "long-polling" || got.TransportWhy != "the org offers no websocket" {
			t.Errorf("got %+v", got)
		}
		wantCode(t, w.SetTransport(t.Context(), "nobody", "polling", ""), gateway.CodeNotFound)
	})
}

func secrets(t *testing.T, s *suite) {
	w := s.workspace(t)
	ok(t, w.SaveConnection(t.Context(), gateway.Connection{ID: "c1"}))
	t.Run("secrets follow their generation", func(t *testing.T) {
		_, _, err := w.SealedSecrets(t.Context(), "c1")
		wantCode(t, err, gateway.CodeNotFound)
		wantCode(t, w.SaveSecrets(t.Context(), "c1", []byte("x"), 2), gateway.CodeConflict)
		ok(t, w.SaveSecrets(t.Context(), "c1", []byte{0, 1, 255}, 1))
		wantCode(t, w.SaveSecrets(t.Context(), "c1", []byte("x"), 1), gateway.CodeConflict)
		wantCode(t, w.SaveSecrets(t.Context(), "c1", []byte("x"), 3), gateway.CodeConflict)
		ok(t, w.SaveSecrets(t.Context(), "c1", []byte{0, 2, 255}, 2))
		sealed, generation, err := w.SealedSecrets(t.Context(), "c1")
		ok(t, err)
		if !slices.Equal(sealed, []byte{0, 2, 255}) || generation != 2 {
			t.Errorf("%v %d", sealed, generation)
		}
		for _, was := range []string{"\x00\x02\xff", "not these"} {
			swapped, err := w.SwapSecrets(t.Context(), "c1", []byte(was), []byte{0, 3})
			ok(t, err)
			if swapped != (was != "not these") {
				t.Errorf("swapped %q: %v", was, swapped)
			}
		}
		sealed, generation, err = w.SealedSecrets(t.Context(), "c1")
		ok(t, err)
		if !slices.Equal(sealed, []byte{0, 3}) || generation != 2 {
			t.Errorf("after swapping: %v %d", sealed, generation)
		}
		ok(t, w.EraseSecrets(t.Context(), "c1"))
		_, _, err = w.SealedSecrets(t.Context(), "c1")
		wantCode(t, err, gateway.CodeNotFound)
	})
	t.Run("one refresh at a time", func(t *testing.T) {
		var inside, worst, runs atomic.Int32
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				err := w.LockRefresh(t.Context(), "c1", func(context.Context) error {
					worst.Store(max(worst.Load(), inside.Add(1)))
					time.Sleep(time.Millisecond) // lets the others try
					inside.Add(-1)
					runs.Add(1)
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if worst.Load() != 1 || runs.Load() != 5 {
			t.Errorf("%d at once, %d runs", worst.Load(), runs.Load())
		}
		boom := errors.New("boom")
		if err := w.LockRefresh(t.Context(), "c1", func(context.Context) error { return boom }); !errors.Is(err, boom) {
			t.Errorf("error %v", err)
		}
		wantCode(t, w.LockRefresh(t.Context(), "nobody", func(context.Context) error { return nil }), gateway.CodeNotFound)
	})
	t.Run("a refresh that died is taken over", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		held := make(chan struct{})
		done := make(chan error)
		go func() {
			done <- w.LockRefresh(ctx, "c1", func(ctx context.Context) error {
				close(held)
				<-ctx.Done()
				return nil
			})
		}()
		<-held
		s.clock.Advance(time.Minute) // its lease is over
		ok(t, w.LockRefresh(t.Context(), "c1", func(context.Context) error { return nil }))
		cancel()
		ok(t, <-done)
	})
	t.Run("a refresh whose process is gone is given back", func(t *testing.T) {
		held, done := make(chan struct{}), make(chan error)
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			done <- w.LockRefresh(t.Context(), "c1", func(context.Context) error {
				close(held)
				<-ctx.Done()
				return nil
			})
		}()
		<-held
		var asked []string
		ok(t, s.db.ReleaseRefreshes(t.Context(), func(holder string) bool {
			asked = append(asked, holder)
			return true
		}))
		ok(t, w.LockRefresh(t.Context(), "c1", func(context.Context) error { return nil }))
		cancel()
		ok(t, <-done)
		if len(asked) != 1 {
			t.Errorf("asked about %q", asked)
		}
	})
}
