package outbound

import (
	"time"

	"tidegate/gateway"
)

// RemoveInput is everything that PlanRemove looks at.
type RemoveInput struct {
	Record  gateway.Record  // as the mirror has it
	Pending *gateway.Change // what the outbox already holds for the record
	// Ours tells that the record was created from here, or that something here is
	// linked to it.
	Ours bool
	// On is whether the object is written to Salesforce at all, and Deletable
	// whether Salesforce lets the connected user delete records of it.
	On, Deletable bool
	// Wrote is what was written to a record of which the org is asked first
	// whether it is still so; see Looked.
	Wrote gateway.Fields
	Cause gateway.Cause
	Now   time.Time
}

// Removal is what a wish to delete leads to.
type Removal struct {
	Change gateway.Change // the entry to save
	// Log is the line to save with it: a new one when ID is 0.
	Log gateway.LogEntry
	// Given is the line of the edit that goes with the record, nil when none
	// waited.
	Given *gateway.LogEntry
}

// PlanRemove plans the deletion of a record in Salesforce, with everything that
// was still owed to it. The error is CodeForbidden where that is not ours to do,
// CodeNotFound for what is deleted already and CodeSFConverted for a converted
// lead.
func PlanRemove(in RemoveInput) (Removal, error) {
	object := in.Record.Key.Object
	switch {
	case in.Record.Deleted:
		return Removal{}, gateway.Errorf(gateway.CodeNotFound, "This record was deleted in Salesforce already.")
	case !in.On:
		return Removal{}, gateway.Errorf(gateway.CodeForbidden, "%s is not synced to Salesforce; switch that on under Objects first.", object)
	case !in.Deletable:
		return Removal{}, gateway.Errorf(gateway.CodeForbidden, "Salesforce does not let the connected user delete %s records.", object)
	case !in.Ours:
		return Removal{}, gateway.Errorf(gateway.CodeForbidden, "This record was neither created from here nor is anything linked to it. Delete it in Salesforce.")
	}
	if err := Barred(in.Record); err != nil {
		return Removal{}, err
	}
	c := gateway.Change{
		Key: in.Record.Key, BaseAt: in.Record.Version, EnqueuedAt: in.Now, State: gateway.StateWaiting, DueAt: in.Now,
	}
	var given *gateway.LogEntry
	if in.Pending != nil {
		c, given = instead(*in.Pending, in)
	}
	c.Op, c.Cause, c.Lane = gateway.OpDelete, in.Cause, 0
	c.Fields, c.Base, c.Fills = gateway.Fields{}, gateway.Fields{}, nil
	if Looked(object) {
		c.Base = in.Wrote
	}
	return Removal{Change: c, Log: Line(c, in.Record, nil), Given: given}, nil
}

// instead puts the deletion in the place of what waits. An edit that has not been
// sent goes unsent; one that is on its way is followed by the deletion, and keeps
// its line until it has its answer.
func instead(was gateway.Change, in RemoveInput) (c gateway.Change, given *gateway.LogEntry) {
	c = was
	c.Edit++
	if c.State == gateway.StateSending {
		return c, nil
	}
	if was.Op != gateway.OpDelete {
		line := Line(was, in.Record, nil)
		line.State, line.NextTry, line.DoneAt = gateway.LogSkipped, time.Time{}, in.Now
		line.Problem = gateway.Problem{What: "The record was deleted here before this was written."}
		given, c.LogID = &line, 0
		c.EnqueuedAt = in.Now
	}
	c.State, c.DueAt, c.Problem, c.Awaits = gateway.StateWaiting, in.Now, gateway.Problem{}, ""
	c.Attempt = min(c.Attempt, 1)
	return c, given
}
