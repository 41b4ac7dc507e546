package tell_test

import (
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/tell"
)

var now = time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)

func TestWaitsGrowAndTellingEnds(t *testing.T) {
	last := time.Duration(0)
	for attempt := 1; attempt <= 9; attempt++ {
		got := tell.Settle(gateway.Telling{At: now, State: gateway.TellingWaiting, Attempt: attempt}, 500, "no", now, 0)
		wait := got.DueAt.Sub(now)
		if got.State != gateway.TellingWaiting || wait < last || wait > 6*time.Hour {
			t.Errorf("try %d: %+v", attempt, got)
		}
		last = wait
	}
	if got := tell.Settle(gateway.Telling{At: now.Add(-tell.GiveUp), State: gateway.TellingWaiting}, 0, "no", now, 0); got.State != gateway.TellingAbandoned {
		t.Errorf("after three days: %+v", got)
	}
	if got := tell.Settle(gateway.Telling{At: now, Problem: "before"}, 204, "", now, 0); got.State != gateway.TellingDone || got.Problem != "" {
		t.Errorf("taken: %+v", got)
	}
}

func TestSubscriberFollowsItsAnswers(t *testing.T) {
	failing := tell.After(gateway.Subscriber{}, false, 500, now)
	if failing.Disabled || failing.FailingSince != now {
		t.Errorf("first failure: %+v", failing)
	}
	if s := tell.After(failing, true, 200, now.Add(time.Hour)); !s.FailingSince.IsZero() {
		t.Errorf("success: %+v", s)
	}
	if s := tell.After(failing, false, 500, now.Add(tell.Disable)); !s.Disabled || s.Why == "" {
		t.Errorf("five days: %+v", s)
	}
	if s := tell.After(gateway.Subscriber{}, false, 410, now); !s.Disabled {
		t.Errorf("gone: %+v", s)
	}
}
