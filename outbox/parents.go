package outbox

import (
	"cmp"
	"sync"

	"tidegate/gateway"
)

// parents are the records under which a write that found them locked is tried
// again: Salesforce locks the parent of what it writes, so two such calls side
// by side would keep out each other (F-55).
type parents struct {
	mu   sync.Mutex
	held map[parentKey]bool
}

type parentKey struct {
	ws gateway.WorkspaceID
	id string
}

// parentOf is the record that Salesforce locks with this one, "" for none.
func parentOf(c gateway.Change, r gateway.Record) string {
	for _, name := range [...]string{"AccountId", "WhatId", "WhoId"} {
		if id := cmp.Or(c.Fields[name].String(), r.Fields[name].String()); id != "" {
			return id
		}
	}
	return ""
}

// parentsOf names the parents of those changes that found theirs locked.
func parentsOf(changes []gateway.Change, records map[gateway.RecordKey]gateway.Record) map[gateway.RecordKey]string {
	of := map[gateway.RecordKey]string{}
	for _, c := range changes {
		if parent := parentOf(c, records[c.Key]); parent != "" && c.Problem.Code == string(gateway.CodeSFBusy) {
			of[c.Key] = parent
		}
	}
	return of
}

// oneByOne takes the parents of a call, and holds back what is under one that
// another call of this process has; leave gives them back.
func (o *Outbox) oneByOne(b batch) (leave func()) {
	o.parents.mu.Lock()
	defer o.parents.mu.Unlock()
	mine := map[parentKey]bool{}
	for record, id := range b.parents {
		key := parentKey{b.ws, id}
		if o.parents.held[key] {
			b.barred[record] = gateway.Errorf(gateway.CodeReference, "It waits for another write under the same record, because Salesforce locks that.")
			continue
		}
		mine[key] = true
	}
	if o.parents.held == nil {
		o.parents.held = map[parentKey]bool{}
	}
	for key := range mine {
		o.parents.held[key] = true
	}
	return func() {
		o.parents.mu.Lock()
		defer o.parents.mu.Unlock()
		for key := range mine {
			delete(o.parents.held, key)
		}
	}
}
