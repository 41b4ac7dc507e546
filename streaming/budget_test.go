package streaming

import (
	"context"
	"errors"
	"testing"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

func TestBudgetStopsReadingsAndOpensAgainF49(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	looked, told := 0, 9_000
	b := NewBudget(func() time.Time { return now }, func(context.Context) (int, int, error) {
		looked++
		return told, 10_000, nil
	})
	b.Keep(20)
	b.Saw(5_000, 10_000)
	ask := func(r outbound.Reading, calls int, allowed bool) {
		t.Helper()
		if err := b.Take(t.Context(), r, calls); (err == nil) != allowed {
			t.Errorf("%s of %d calls: %v", r, calls, err)
		}
	}
	ask(outbound.ReadVerify, 600, true)
	ask(outbound.ReadVerify, 1, false) // its own calls count before Salesforce tells them
	ask(outbound.ReadRepair, 1, true)
	b.Keep(10) // an admin gives it a larger share, and nothing is said to wait any more
	if slowed := b.Slowed(); len(slowed) != 0 {
		t.Errorf("still slowed: %v", slowed)
	}
	b.Keep(20)
	b.Heard(gateway.Errorf(gateway.CodeSFLimit, "TotalRequests Limit exceeded."))
	ask(outbound.ReadRepair, 1, false)
	if len(b.Slowed()) != 2 || looked != 0 {
		t.Errorf("slowed %v, looked up %d times", b.Slowed(), looked)
	}
	now = now.Add(16 * time.Minute)
	ask(outbound.ReadRepair, 1, true) // the refusal is old; the use as last told has room
	told = 100
	ask(outbound.ReadVerify, 1, true) // looked up: there is room again
	if looked != 1 || len(b.Slowed()) != 0 {
		t.Errorf("looked up %d times, still slowed: %v", looked, b.Slowed())
	}
}

func TestBudgetWaitEndsWithItsContext(t *testing.T) {
	b := NewBudget(nil, nil)
	b.Saw(100, 100)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Wait(ctx, outbound.ReadPoll, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait = %v", err)
	}
	if err := (*Budget)(nil).Wait(t.Context(), outbound.ReadPoll, 1000); err != nil {
		t.Errorf("without a budget: %v", err)
	}
}
