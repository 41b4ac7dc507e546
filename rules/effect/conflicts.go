package effect

import (
	"time"

	"tidegate/gateway"
	"tidegate/rules/inbound"
)

// Conflicts is what other rules about who wins would have made of the
// conflicts that there were.
type Conflicts struct {
	Looked    int
	Different []Redecided
}

// Redecided is a conflict that would have ended otherwise.
type Redecided struct {
	gateway.Conflict
	Before, After string // who would have won: "salesforce", "product" or "ask"
}

// AddConflict lets both rules decide a conflict once more, by the very
// function that decides when Salesforce's change arrives.
func (c *Conflicts) AddConflict(was gateway.Conflict, before, after func(object, field string) gateway.Winner, now time.Time) {
	c.Looked++
	a, b := decided(was, before, now), decided(was, after, now)
	if a != b {
		c.Different = append(c.Different, Redecided{was, a, b})
	}
}

func decided(c gateway.Conflict, winner func(object, field string) gateway.Winner, now time.Time) string {
	base := gateway.Version{CommitAt: c.TheirsAt.CommitAt - 1, CommitNumber: 1}
	d := inbound.Decide(inbound.Input{
		Current: &gateway.Record{Key: c.Key, Fields: gateway.Fields{c.Field: c.Base}, Version: base},
		Event: gateway.ChangeEvent{
			Object: c.Key.Object, RecordIDs: []string{c.Key.ID}, Type: gateway.Update, Version: c.TheirsAt,
			Fields: gateway.Fields{c.Field: c.Theirs}, User: c.TheirsBy,
		},
		RecordID: c.Key.ID,
		Pending: &gateway.Change{
			Key: c.Key, Op: gateway.OpUpdate, State: gateway.StateWaiting, EnqueuedAt: c.OursAt,
			Fields: gateway.Fields{c.Field: c.Ours}, Base: gateway.Fields{c.Field: c.Base},
		},
		Winner: func(field string) gateway.Winner { return winner(c.Key.Object, field) },
		Now:    now,
	})
	switch {
	case d.DropPending:
		return string(gateway.WinnerSalesforce)
	case d.PendingChanged && d.Pending.State == gateway.StateParked:
		return string(gateway.WinnerAsk)
	default:
		return string(gateway.WinnerProduct)
	}
}
