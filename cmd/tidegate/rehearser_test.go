package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"tidegate/gateway"
)

// A rehearsal that a page begins is played once at a time; one that ends without
// a result says why, and ending the server ends it (M6).
func TestRehearserPlaysOneAtATime_M6(t *testing.T) {
	p := newProven(t, "sqlite://"+t.TempDir()+"/store.db", 1)
	r := newRehearser(p.app)
	if r.play == nil {
		t.Fatal("nothing plays")
	}
	begun, end := make(chan struct{}), make(chan error)
	r.play = func(ctx context.Context, _ gateway.WorkspaceID, said func(string)) error {
		said("tidegate: playing gap events")
		begun <- struct{}{}
		select {
		case err := <-end:
			said("tidegate: the disk is full")
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	begin := func(ws gateway.WorkspaceID, want bool, code gateway.Code) {
		t.Helper()
		began, err := r.begin(t.Context(), ws, "Ada")
		if began != want || gateway.CodeOf(err) != code && err != nil {
			t.Errorf("began %v, %v", began, err)
		}
	}
	if err := ensureWorkspace(t.Context(), p.app.db, "other"); err != nil {
		t.Fatal(err)
	}
	begin(acme, true, "")
	<-begun
	begin(acme, false, "")
	begin("other", false, gateway.CodeConflict)
	end <- errors.New("exit status 1")
	state := func(want string) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
			s, err := p.ws.Rehearsal(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if !s.EndedAt.IsZero() && s.Problem == want {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%+v, want %q", s, want)
			}
		}
	}
	state("the disk is full")
	begin(acme, true, "")
	<-begun
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	state("It ended before its result.")
}
