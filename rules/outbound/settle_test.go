package outbound_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tidegate/gateway"
	"tidegate/rules/outbound"
)

func refusal(code gateway.Code) gateway.Delivery {
	return gateway.Delivery{Err: &gateway.Error{Code: code, Said: "400 X: text", Fields: []string{"Title"}}}
}

func TestEveryCodeHasOneConsequence(t *testing.T) {
	tests := []struct {
		code  gateway.Code
		state gateway.ChangeState
		first time.Duration // delay after the first attempt, without jitter
		cap   time.Duration
	}{
		{gateway.CodeSFDown, gateway.StateWaiting, time.Second, 5 * time.Minute},
		{gateway.CodeSFBusy, gateway.StateWaiting, 500 * time.Millisecond, time.Minute},
		{gateway.CodeSFLimit, gateway.StateWaiting, time.Minute, 15 * time.Minute},
		{gateway.CodeSFAuth, gateway.StateWaiting, 30 * time.Second, 5 * time.Minute},
		{gateway.CodeSFPolicy, gateway.StateWaiting, time.Minute, 15 * time.Minute},
		{gateway.CodeUnavailable, gateway.StateWaiting, time.Second, time.Minute},
		{gateway.CodeInternal, gateway.StateWaiting, time.Second, 0},
		{gateway.CodeSFStale, gateway.StateWaiting, time.Second, time.Minute}, // F-65: what only fills yields by itself
		{gateway.CodeSFValidation, gateway.StateParked, 0, 0},
		{gateway.CodeSFField, gateway.StateParked, 0, 0},
		{gateway.CodeSFPermission, gateway.StateParked, 0, 0},
		{gateway.CodeSFGone, gateway.StateParked, 0, 0},
		{gateway.CodeSFDuplicate, gateway.StateParked, 0, 0},
		{gateway.CodeSFConverted, gateway.StateParked, 0, 0},
		{gateway.CodeSFOwner, gateway.StateParked, 0, 0},
		{gateway.CodeSFUnavailable, gateway.StateParked, 0, 0},
		{gateway.CodeSFOther, gateway.StateParked, 0, 0},
		{gateway.CodeSFRequest, gateway.StateParked, 0, 0},
		{gateway.CodeInvalid, gateway.StateParked, 0, 0},
		{gateway.CodeForbidden, gateway.StateParked, 0, 0},
		{gateway.CodeNotFound, gateway.StateParked, 0, 0},
		{gateway.CodeConflict, gateway.StateParked, 0, 0},
		{"never heard of", gateway.StateParked, 0, 0},
	}
	for _, tt := range tests {
		t.Run(string(tt.code), func(t *testing.T) {
			c := gateway.Change{Op: gateway.OpUpdate, Attempt: 1}
			s := outbound.Settle(c, refusal(tt.code), now, 0)
			if s.State != tt.state || s.Problem.Retries != (tt.state == gateway.StateWaiting) {
				t.Fatalf("settlement = %+v", s)
			}
			p := s.Problem
			if p.What == "" || p.Who == "" || p.Said != "400 X: text" || p.Code != string(tt.code) || !slices.Equal(p.Fields, []string{"Title"}) {
				t.Errorf("problem = %+v", p)
			}
			if tt.state == gateway.StateWaiting && s.DueAt.Sub(now) != tt.first {
				t.Errorf("first delay = %v, want %v", s.DueAt.Sub(now), tt.first)
			}
			c.Attempt = 1000
			if s = outbound.Settle(c, refusal(tt.code), now, 0); tt.cap > 0 && s.DueAt.Sub(now) != tt.cap {
				t.Errorf("delay after many attempts = %v, want %v", s.DueAt.Sub(now), tt.cap)
			}
			if tt.cap == 0 && s.State != gateway.StateParked {
				t.Errorf("tried for ever: %+v", s)
			}
		})
	}
}

func TestSettlingFollowsTheOutcome(t *testing.T) {
	update, remove := gateway.Change{Op: gateway.OpUpdate, Attempt: 1}, gateway.Change{Op: gateway.OpDelete, Attempt: 1}
	unknown := refusal(gateway.CodeSFOther)
	unknown.Unknown = true
	later := refusal(gateway.CodeSFBusy)
	later.Err.RetryAfter = time.Minute
	duplicate := refusal(gateway.CodeSFDuplicate)
	duplicate.Err.RecordID = "0035500000WO1ZiAAL"
	tests := []struct {
		name     string
		change   gateway.Change
		delivery gateway.Delivery
		state    gateway.ChangeState
		due      time.Duration
	}{
		{"done", update, gateway.Delivery{Done: true}, "", 0},
		{"F-51 a lost answer is tried again", update, unknown, gateway.StateWaiting, time.Second},
		{"no answer and no error", update, gateway.Delivery{}, gateway.StateWaiting, time.Second},
		{"F-50 Retry-After is honored", update, later, gateway.StateWaiting, time.Minute},
		{"deleting what is gone is done", remove, refusal(gateway.CodeSFGone), "", 0},
		{"deleting what was never there is done", remove, refusal(gateway.CodeNotFound), "", 0},
		{"F-61 updating what is gone parks", update, refusal(gateway.CodeSFGone), gateway.StateParked, 0},
		{"F-56 a duplicate parks", update, duplicate, gateway.StateParked, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := outbound.Settle(tt.change, tt.delivery, now, 0)
			if s.State != tt.state {
				t.Fatalf("state = %q, want %q", s.State, tt.state)
			}
			if tt.due > 0 && s.DueAt.Sub(now) != tt.due {
				t.Errorf("due in %v, want %v", s.DueAt.Sub(now), tt.due)
			}
		})
	}
	if who := outbound.Settle(update, duplicate, now, 0).Problem.Who; who != "Link the existing record 0035500000WO1ZiAAL instead of creating another." {
		t.Errorf("F-56 offer: %q", who)
	}
}

// DEM-19
func TestBackoffGrowsStaysInBoundsAndSpreads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		attempt := rapid.IntRange(1, 10_000).Draw(t, "attempt")
		jitter := rapid.Float64Range(0, 0.999).Draw(t, "jitter")
		got := outbound.Backoff(time.Second, time.Minute, attempt, jitter)
		full := outbound.Backoff(time.Second, time.Minute, attempt, 0)
		if got > full || got < full/2 || full > time.Minute || full < time.Second {
			t.Fatalf("attempt %d: %v of %v", attempt, got, full)
		}
		if next := outbound.Backoff(time.Second, time.Minute, attempt+1, 0); next < full {
			t.Fatalf("attempt %d waits %v, the next %v", attempt, full, next)
		}
	})
}

func TestOnlyErrorsOfTheConnectionHoldOthersBack(t *testing.T) {
	for code, want := range map[gateway.Code]bool{
		gateway.CodeSFDown: true, gateway.CodeSFLimit: true, gateway.CodeSFAuth: true, gateway.CodeSFPolicy: true,
		gateway.CodeSFBusy: false, gateway.CodeSFValidation: false, gateway.CodeSFField: false, gateway.CodeInternal: false,
	} {
		if outbound.Holds(code) != want {
			t.Errorf("Holds(%s) = %v", code, !want)
		}
	}
}

// F-57
func TestRefusedFieldLeavesTheOthers(t *testing.T) {
	c := gateway.Change{
		Fields: gateway.Fields{"Title": `"CEO"`, "Phone": `"1"`}, Base: gateway.Fields{"Title": `"CTO"`, "Phone": gateway.Null},
	}
	tests := []struct {
		name    string
		err     *gateway.Error
		dropped []string
		ok      bool
	}{
		{"one of two", &gateway.Error{Code: gateway.CodeSFField, Fields: []string{"Title"}}, []string{"Title"}, true},
		{"both", &gateway.Error{Code: gateway.CodeSFField, Fields: []string{"Title", "Phone"}}, []string{"Title", "Phone"}, false},
		{"another", &gateway.Error{Code: gateway.CodeSFField, Fields: []string{"Email"}}, nil, false},
		{"another code", &gateway.Error{Code: gateway.CodeSFValidation, Fields: []string{"Title"}}, nil, false},
		{"none", nil, nil, false},
	}
	for _, tt := range tests {
		kept, dropped, ok := outbound.DropRefused(c, tt.err)
		if ok != tt.ok || !slices.Equal(dropped, tt.dropped) {
			t.Errorf("%s: %v %v", tt.name, dropped, ok)
		}
		if ok && (len(kept.Fields) != 1 || len(kept.Base) != 1 || kept.Fields["Phone"] != `"1"`) {
			t.Errorf("%s: kept %v", tt.name, kept.Fields)
		}
		if len(c.Fields) != 2 || len(c.Base) != 2 {
			t.Fatalf("%s: the argument changed", tt.name)
		}
	}
}
