package continuity

import (
	"slices"
	"testing"
	"time"

	"tidegate/gateway"
)

func TestTroubleIsToldOnceAndWhenItIsOver_UX13(t *testing.T) {
	const ok, behind, away, gap = gateway.StateOK, gateway.StateCatchingUp, gateway.StateNeedsReconnect, gateway.StateRepairing
	for _, c := range []struct {
		name   string
		states []gateway.ConnectionState // one a minute
		want   []string
	}{
		{"nothing happens", []gateway.ConnectionState{ok, behind, ok, ok}, nil},
		{"once, however often it is looked at", []gateway.ConnectionState{ok, away, away, away, ok, ok}, []string{
			"Not in sync: Salesforce needs a new sign-in", "In sync again after 3 min; it was: Not in sync: Salesforce needs a new sign-in",
		}},
		{"what follows is not over yet", []gateway.ConnectionState{away, behind, gap, behind, ok}, []string{
			"Not in sync: Salesforce needs a new sign-in", "Repairing a gap", "In sync again after 4 min; it was: Repairing a gap",
		}},
		{"a person pauses", []gateway.ConnectionState{gap, gateway.StatePaused, gap, ok}, []string{
			"Repairing a gap", "In sync again after 3 min; it was: Repairing a gap",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var told Trouble
			var got []string
			for minute, state := range c.states {
				conn := gateway.Connection{State: state, StateSince: noon.Add(time.Duration(minute) * time.Minute)}
				var what string
				if told, what = Alert(told, conn); what != "" {
					got = append(got, what)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	if _, what := Alert(Standing(gateway.Connection{State: away, StateSince: noon}), gateway.Connection{State: away, StateSince: noon}); what != "" {
		t.Errorf("told again after a restart: %q", what)
	}
}
