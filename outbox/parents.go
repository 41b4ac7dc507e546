package outbox

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"tidegate/gateway"
)

// parentOf is the record that Salesforce locks with this one, "" for none.
func parentOf(c gateway.Change, r gateway.Record) string {
	for _, name := range [...]string{"AccountId", "WhatId", "WhoId"} {
		if id := cmp.Or(c.Fields[name].String(), r.Fields[name].String()); id != "" {
			return id
		}
	}
	return ""
}

// underAnother is why a change waits whose parent another call has.
const underAnother = "It waits for another write under the same record, because Salesforce locks that."

// parentsOf names the parents of those changes that found theirs locked: two such
// calls side by side would keep out each other (F-55).
func parentsOf(changes []gateway.Change, records map[gateway.RecordKey]gateway.Record) map[gateway.RecordKey]string {
	of := map[gateway.RecordKey]string{}
	for _, c := range changes {
		locked := c.Problem.Code == string(gateway.CodeSFBusy) || c.Problem.What == underAnother
		if parent := parentOf(c, records[c.Key]); parent != "" && locked {
			of[c.Key] = parent
		}
	}
	return of
}

// oneByOne takes the parents of a call, and holds back what is under one that
// another call has, of this process or of another one; leave gives them back.
func (o *Outbox) oneByOne(ctx context.Context, b batch) (leave func()) {
	if len(b.parents) == 0 {
		return func() {}
	}
	w, lease := o.db.In(b.ws), b.changes[0].Lease
	held, err := w.HoldParents(ctx, slices.Collect(maps.Values(b.parents)), lease, o.opts.Lease)
	if err != nil {
		o.opts.Logger.WarnContext(ctx, "whether others write under the same records is not known; Salesforce says so", "error", err)
		return func() {}
	}
	for record, id := range b.parents {
		if !held[id] {
			b.barred[record] = gateway.Errorf(gateway.CodeReference, "%s", underAnother)
		}
	}
	return func() {
		if err := w.LeaveParents(context.WithoutCancel(ctx), lease); err != nil {
			o.opts.Logger.WarnContext(ctx, "records under which nobody writes any more are free again after the lease", "error", err)
		}
	}
}
