package backfill

import (
	"testing"
	"time"

	"tidegate/gateway"
)

var now = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func TestTheWayIsChosenByTheNumberOfRows(t *testing.T) {
	for _, tt := range []struct {
		rows  int
		bulk  bool
		sizes Sizes
		way   string
		calls int
	}{
		{0, true, Sizes{}, gateway.WayREST, 2},
		{1, true, Sizes{}, gateway.WayREST, 2},
		{FromBulk - 1, true, Sizes{}, gateway.WayREST, 11},
		{FromBulk, true, Sizes{}, gateway.WayBulk, 8},
		{FromBulk, false, Sizes{}, gateway.WayREST, 11},
		{1_000_000, true, Sizes{}, gateway.WayBulk, 27},
		{1_000_000, false, Sizes{}, gateway.WayREST, 501},
		{120, true, Sizes{FromBulk: 100, QueryPage: 50, BulkPage: 20}, gateway.WayBulk, 13},
		{99, true, Sizes{FromBulk: 100, QueryPage: 50, BulkPage: 20}, gateway.WayREST, 3},
	} {
		p := Choose(tt.rows, tt.bulk, tt.sizes)
		if p.Way != tt.way || p.Calls != tt.calls || p.Why == "" {
			t.Errorf("%d rows: %+v, want %s with %d calls", tt.rows, p, tt.way, tt.calls)
		}
	}
}

func TestFiveWishesAreOneReadingF74(t *testing.T) {
	b, started := Start(gateway.Backfill{}, false, Ask{Object: "Contact", By: "Mara", Why: "why", Now: now})
	if !started || b.State != gateway.BackfillRunning || b.Run != 1 || b.By != "Mara" || b.Total != -1 || !b.StartedAt.Equal(now) {
		t.Fatalf("%v %+v", started, b)
	}
	b.Rows, b.Paused = 70, true
	for range 4 {
		again, started := Start(b, true, Ask{Object: "Contact", By: "Jonah", Now: now.Add(time.Minute)})
		if started || again != b {
			t.Fatalf("F-74: a second reading: %+v", again)
		}
	}
}

func TestAWishKeepsAnOpenHole(t *testing.T) {
	hole := gateway.Backfill{Object: "Contact", State: gateway.BackfillRepairing, StartedAt: now.Add(-time.Hour), Run: 4, Complete: true, Job: "750"}
	b, started := Start(hole, true, Ask{Object: "Contact", Now: now})
	if !started || !b.StartedAt.Equal(hole.StartedAt) || b.Run != 5 || !b.Complete || b.Job != "750" || !b.BeganAt.Equal(now) {
		t.Errorf("%v %+v", started, b)
	}
	done := gateway.Backfill{Object: "Contact", State: gateway.BackfillDone, StartedAt: now.Add(-time.Hour), Run: 4}
	if b, _ := Start(done, true, Ask{Object: "Contact", Now: now}); !b.StartedAt.Equal(now) || !b.Complete {
		t.Errorf("after one that is done: %+v", b)
	}
}

func TestPausingAndCanceling(t *testing.T) {
	running := gateway.Backfill{Object: "Contact", State: gateway.BackfillRunning, Rows: 40, LastID: "003x", Run: 2, Job: "750", Locator: "l", PageRows: 4}
	paused, err := Pause(running, true, true)
	if err != nil || !paused.Paused || paused.Run != 2 || paused.LastID != "003x" {
		t.Errorf("paused: %+v %v", paused, err)
	}
	if resumed, err := Pause(paused, true, false); err != nil || resumed != running {
		t.Errorf("resumed: %+v %v", resumed, err)
	}
	first, err := Cancel(paused, true, now)
	if err != nil || first.State != gateway.BackfillCanceled || first.Paused || first.Run != 3 || first.Rows != 40 || first.Job != "750" {
		t.Errorf("the first reading canceled: %+v %v", first, err)
	}
	running.Complete = true
	again, err := Cancel(running, true, now)
	if err != nil || again.State != gateway.BackfillRepairing || again.LastID != "" {
		t.Errorf("a later one canceled: %+v %v", again, err)
	}
	for _, b := range []gateway.Backfill{{}, {State: gateway.BackfillDone}, {State: gateway.BackfillRepairing}, first} {
		_, pausing := Pause(b, b.State != "", true)
		_, canceling := Cancel(b, b.State != "", now)
		if gateway.CodeOf(pausing) != gateway.CodeConflict || gateway.CodeOf(canceling) != gateway.CodeConflict {
			t.Errorf("%q: %v, %v", b.State, pausing, canceling)
		}
	}
}

func TestProgress(t *testing.T) {
	for _, tt := range []struct {
		b    gateway.Backfill
		want Progress
	}{
		{gateway.Backfill{Total: -1}, Progress{Share: -1}},
		{gateway.Backfill{Total: 100}, Progress{Share: 0}},
		{gateway.Backfill{Total: 100, Rows: 25, Spent: 5 * time.Second}, Progress{Share: 0.25, Rate: 5, Left: 15 * time.Second}},
		{gateway.Backfill{Total: 100, Rows: 120, Spent: 2 * time.Second}, Progress{Share: 1, Rate: 60}},
		{gateway.Backfill{Total: -1, Rows: 50, Spent: time.Second}, Progress{Share: -1, Rate: 50}},
	} {
		if got := Of(tt.b); got != tt.want {
			t.Errorf("%+v: %+v, want %+v", tt.b, got, tt.want)
		}
	}
}
