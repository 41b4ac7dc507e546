package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tidegate/gateway"
	"tidegate/handlers"
	"tidegate/rules/mapping"
	"tidegate/store"
	"tidegate/streaming"
)

// The bounds of looking through an org's objects while a person waits for the
// Contacts tab (AVC-16). What was not described within them is described by the
// next look.
const (
	candidatesFresh  = 10 * time.Minute // how long an answer is believed
	candidatesWithin = 2 * time.Second
	candidatesAtOnce = 4
	candidatesMost   = 40 // described by one look
)

// candidates remembers what each org said of all its objects. The describes
// themselves lie in the store, with Salesforce's date of them.
type candidates struct {
	mu    sync.Mutex
	known map[gateway.WorkspaceID]knownObjects
}

type knownObjects struct {
	objects []gateway.ObjectInfo
	at      time.Time
}

func (k *candidates) of(ws gateway.WorkspaceID) (knownObjects, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	known := k.known[ws]
	return known, time.Since(known.at) < candidatesFresh
}

func (k *candidates) keep(ws gateway.WorkspaceID, objects []gateway.ObjectInfo) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = map[gateway.WorkspaceID]knownObjects{}
	}
	k.known[ws] = knownObjects{objects, time.Now()}
}

// Candidates lists the objects of the org, and describes those that may take
// activities by what the list says: one call for all, one for each of those
// whose describe is unknown or old, and none while both are fresh.
func (c connecting) Candidates(ctx context.Context, id gateway.WorkspaceID, again bool) (handlers.Candidates, error) {
	one, err := c.orgs.of(ctx, id)
	if err != nil {
		return handlers.Candidates{}, err
	}
	known, fresh := c.candidates.of(id)
	if again || !fresh {
		if known.objects, err = c.Objects(ctx, id); err != nil {
			return handlers.Candidates{}, err
		}
		c.candidates.keep(id, known.objects)
	}
	out := handlers.Candidates{Objects: known.objects}
	due, err := c.dueCandidates(ctx, one, known.objects, again)
	if err != nil {
		return out, err
	}
	out.Left, err = c.describeCandidates(ctx, one, due)
	return out, err
}

// dueCandidate is one that must be described, with the date of what is known.
type dueCandidate struct {
	object string
	date   store.SchemaDate
}

// dueCandidates are those whose describe is not fresh, unknown ones first. What
// is mirrored is kept fresh by its reading.
func (c connecting) dueCandidates(ctx context.Context, one *org, all []gateway.ObjectInfo, again bool) ([]dueCandidate, error) {
	dates, err := one.ws.SchemaDates(ctx)
	if err != nil {
		return nil, err
	}
	read, err := mirrored(ctx, one.ws)
	if err != nil {
		return nil, err
	}
	var due []dueCandidate
	for _, o := range all {
		date := dates[o.Name]
		if !mapping.MayTakeActivities(o) || slices.Contains(read, o.Name) || !again && time.Since(date.Read) < candidatesFresh {
			continue
		}
		due = append(due, dueCandidate{o.Name, date})
	}
	slices.SortStableFunc(due, func(a, b dueCandidate) int { return a.date.Read.Compare(b.date.Read) })
	return due, nil
}

// describeCandidates returns how many are still to be described.
func (c connecting) describeCandidates(ctx context.Context, one *org, due []dueCandidate) (left int, err error) {
	within, stop := context.WithTimeout(ctx, candidatesWithin)
	defer stop()
	left = len(due)
	var mu sync.Mutex
	work, each := errgroup.WithContext(within)
	work.SetLimit(candidatesAtOnce)
	for _, d := range due[:min(len(due), candidatesMost)] {
		work.Go(func() error {
			if each.Err() != nil {
				return nil
			}
			if err := one.describeCandidate(each, d); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			left--
			return nil
		})
	}
	if err := work.Wait(); err != nil && ctx.Err() == nil && within.Err() == nil {
		return left, err
	}
	return left, ctx.Err()
}

// describeCandidate takes up the describe of an object that takes no part. One
// that vanished since it was listed passes no test.
func (o *org) describeCandidate(ctx context.Context, d dueCandidate) error {
	schema, modified, changed, err := o.client.DescribeSince(ctx, d.object, d.date.Modified)
	o.budget.Heard(err)
	switch code := gateway.CodeOf(err); {
	case err != nil && (code == gateway.CodeSFGone || code == gateway.CodeSFUnavailable || code == gateway.CodeNotFound):
		schema, changed = gateway.Schema{Object: d.object}, true
	case err != nil:
		return fmt.Errorf("describing %s: %w", d.object, err)
	}
	if !changed {
		return o.ws.TouchSchema(ctx, d.object)
	}
	rows, err := o.ws.Mappings(ctx, d.object)
	if err != nil {
		return err
	}
	if len(rows) > 0 { // it took part once, and may again
		_, err = streaming.SaveDescribe(ctx, o.ws, schema, modified)
		return err
	}
	return o.ws.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tx.SaveSchema(ctx, schema, modified) })
}
