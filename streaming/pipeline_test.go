package streaming

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"tidegate/gateway"
)

// TestSmallBatchesJoinWhileOneCommits: what comes meanwhile is one transaction,
// in order, and there is no room for more than one.
func TestSmallBatchesJoinWhileOneCommits(t *testing.T) {
	b := newBench(t, "sqlite://"+filepath.Join(t.TempDir(), "join.db"))
	commits := 0
	b.apply.Notify = func(gateway.WorkspaceID, []gateway.RecordKey) { commits++ }
	c := &Consumer{cfg: Config{Objects: []string{"Contact"}}, rules: &rules{}, store: b.ws, apply: b.apply, health: newHealth(time.Now, time.Minute)}
	p := newPipeline(c, t.Context(), func() { t.Error("the session was ended") }, b.lease)
	pass := func(n int64) {
		t.Helper()
		e := change(n, gateway.Create, gateway.Fields{"LastName": gateway.Text(fmt.Sprint(n))})
		if n > 1 {
			e.Type = gateway.Update
		}
		if err := p.pass(gateway.Batch{Events: []gateway.ChangeEvent{e}, Position: e.ReplayID}); err != nil {
			t.Fatal(err)
		}
	}
	b.apply.mu.Lock() // the first batch hangs
	for n := range int64(5) {
		if err := p.room(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		pass(n + 1)
	}
	full, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := p.room(full, gatherMost); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("room for %d more beside %d: %v", gatherMost, len(p.gathered.Events), err)
	}
	b.apply.mu.Unlock()
	if err := p.room(t.Context(), gatherMost); err != nil {
		t.Error(err)
	}
	if err := p.drain(); err != nil {
		t.Fatal(err)
	}
	at, err := b.ws.Position(t.Context(), "c1", Channel)
	if err != nil || at.Lease.Position != "5" || commits != 2 || b.record(ada).Fields["LastName"] != `"5"` {
		t.Errorf("position %v, %d commits, %v, %v", at.Lease.Position, commits, b.record(ada).Fields, err)
	}
}

// TestNothingIsPassedAfterAFailedCommit: what gathered is dropped with the batch
// that failed, and comes again from the position.
func TestNothingIsPassedAfterAFailedCommit(t *testing.T) {
	b := newBench(t, "sqlite://"+filepath.Join(t.TempDir(), "failed.db"))
	c := &Consumer{cfg: Config{Objects: []string{"Contact"}}, rules: &rules{}, store: b.ws, apply: b.apply, health: newHealth(time.Now, time.Minute)}
	ended := make(chan struct{}, 1)
	former := b.lease
	former.Epoch--
	p := newPipeline(c, t.Context(), func() { ended <- struct{}{} }, former)
	b.apply.mu.Lock()
	for n := range int64(2) {
		e := change(n+1, gateway.Create, gateway.Fields{"LastName": `"A"`})
		if err := p.pass(gateway.Batch{Events: []gateway.ChangeEvent{e}, Position: e.ReplayID}); err != nil {
			t.Fatal(err)
		}
	}
	b.apply.mu.Unlock()
	<-ended
	if err := p.drain(); !isFenced(err) {
		t.Errorf("drained with %v", err)
	}
	if err := p.pass(gateway.Batch{Position: "3"}); !isFenced(err) {
		t.Errorf("passed with %v", err)
	}
	if _, err := b.ws.Record(t.Context(), gateway.RecordKey{Object: "Contact", ID: ada}); gateway.CodeOf(err) != gateway.CodeNotFound {
		t.Errorf("the record: %v", err)
	}
}
