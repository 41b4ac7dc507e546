package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"tidegate/gateway"
	"tidegate/outbox"
	"tidegate/simulator/org"
)

// edits measures how fields of contacts are written.
type edits struct {
	*world
	*out
	box    *outbox.Outbox
	sender *sender
	mu     sync.Mutex
	want   map[string]gateway.Fields // by contact: what the org must hold
}

// submit edits one contact and remembers what it is to hold.
func (e *edits) submit(ctx context.Context, id string, lane int, fields gateway.Fields) (outbox.Receipt, error) {
	e.mu.Lock()
	e.want[id] = e.want[id].Overlay(fields)
	e.mu.Unlock()
	return e.box.Submit(ctx, workspace, outbox.Edit{
		Key: gateway.RecordKey{Object: "Contact", ID: id}, Fields: fields, Lane: lane, Cause: gateway.Cause{Kind: "edit", Rule: "Edit"},
	})
}

// raw makes the calls of a backlog and nothing else.
func (e *edits) raw(ctx context.Context) (float64, error) {
	const workers, batch = 4, 200
	start := time.Now()
	err := sideBySide(e.Edits/batch, workers, func(n int) error {
		changes := make([]gateway.Change, batch)
		for i := range changes {
			changes[i] = gateway.Change{
				Key: gateway.RecordKey{Object: "Contact", ID: e.ids[n*batch+i]}, Op: gateway.OpUpdate,
				Fields: gateway.Fields{"Title": gateway.Text(fmt.Sprint("Raw ", n))},
			}
		}
		for _, d := range e.sender.client.Deliver(ctx, "Contact", gateway.OpUpdate, changes, "") {
			if !d.Done {
				return d.Err
			}
		}
		return nil
	})
	return float64(e.Edits) / time.Since(start).Seconds(), err
}

// alone makes one edit after the other as a request does, nothing else running.
func (e *edits) alone(ctx context.Context) error {
	var over []time.Duration
	for i := range outAlone {
		start := time.Now()
		r, err := e.submit(ctx, e.ids[i], 0, gateway.Fields{"Title": gateway.Text(fmt.Sprint("Alone ", i))})
		if err != nil {
			return err
		}
		got, err := e.box.Deliver(ctx, workspace, r)
		if err != nil || got.State != outbox.Written {
			return errors.Join(err, fmt.Errorf("an edit is %s: %s", got.State, got.Why))
		}
		e.sender.mu.Lock()
		over = append(over, time.Since(start)-e.sender.took)
		e.sender.mu.Unlock()
	}
	e.AloneP50, e.AloneP99 = percentiles(over)
	return e.truth()
}

// laneBulk is the lane of what no person waits for.
const laneBulk = 2

// fill submits one edit of each contact.
func (e *edits) fill(ctx context.Context, title string) error {
	return sideBySide(e.Edits, outCallers, func(i int) error {
		_, err := e.submit(ctx, e.ids[i], laneBulk, gateway.Fields{"Title": gateway.Text(fmt.Sprint(title, " ", i))})
		return err
	})
}

// backlog measures edits that wait, from the start of the dispatcher until none
// is owed.
func (e *edits) backlog(ctx context.Context, profile string) error {
	start := time.Now()
	if err := e.fill(ctx, "Backlog"); err != nil {
		return err
	}
	e.Submitted = float64(e.Edits) / time.Since(start).Seconds()
	before, err := e.counted(ctx)
	if err != nil {
		return err
	}
	end, err := profiled(profile, "out-"+e.db.Engine())
	if err != nil {
		return err
	}
	busy, err := cpuTime()
	if err != nil {
		return err
	}
	err = dispatching(ctx, e.box, func() error {
		start := time.Now()
		err := e.written(ctx)
		e.Rate = float64(e.Edits) / time.Since(start).Seconds()
		return err
	})
	spent, failed := cpuTime()
	e.CPU = (spent - busy) / time.Duration(e.Edits)
	after, wrong := e.counted(ctx)
	e.Calls = after - before
	return errors.Join(err, failed, wrong, end(), e.truth())
}

// Persons edit one record after the other while a backlog is written, each with
// a pause between two.
const (
	persons     = 4
	personPause = 50 * time.Millisecond
)

// withPersons lets people edit records of a backlog while it is written.
func (e *edits) withPersons(ctx context.Context) error {
	if err := e.fill(ctx, "Again"); err != nil {
		return err
	}
	took := make([][]time.Duration, persons)
	failed := make([]error, persons)
	err := dispatching(ctx, e.box, func() error {
		var wait sync.WaitGroup
		editing, end := context.WithCancel(ctx)
		for n := range persons {
			wait.Go(func() {
				for i := 0; editing.Err() == nil && failed[n] == nil; i++ {
					start := time.Now()
					failed[n] = e.person(ctx, persons*i+n)
					took[n] = append(took[n], time.Since(start))
					time.Sleep(personPause)
				}
			})
		}
		err := e.nearlyWritten(ctx)
		end()
		wait.Wait()
		return errors.Join(err, e.written(ctx))
	})
	all := slices.Concat(took...)
	e.Persons = len(all)
	e.PersonP50, e.PersonP99 = percentiles(all)
	return errors.Join(append(failed, err, e.truth())...)
}

// nearlyWritten waits until no more is owed than what people just edit.
func (e *edits) nearlyWritten(ctx context.Context) error {
	return eventually(ctx, "the backlog", func() (bool, error) {
		owed, err := e.ws.PendingByObject(ctx)
		return owed["Contact"].Waiting <= persons, err
	})
}

// person edits a contact of the backlog and waits until the org has it.
func (e *edits) person(ctx context.Context, n int) error {
	id := e.ids[n*7919%e.Edits]
	phone := gateway.Fields{"Phone": gateway.Text(fmt.Sprintf("+1 415 %07d", n))}
	r, err := e.submit(ctx, id, 0, phone)
	if err != nil {
		return err
	}
	if got, err := e.box.Deliver(ctx, workspace, r); err != nil || got.State == outbox.Written {
		return err
	}
	return eventually(ctx, "a person's edit", func() (bool, error) {
		c, owed, err := e.ws.Pending(ctx, gateway.RecordKey{Object: "Contact", ID: id})
		return !owed || c.Edit > r.Edit, err
	})
}

// truth compares the org with what was sent.
func (e *edits) truth() (err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.org.Engine.Read(func(v org.View) {
		for id, fields := range e.want {
			there, _ := v.Get("Contact", id)
			for name, want := range fields {
				if got := valueOf(there.Value(name)); got != want {
					err = fmt.Errorf("the org is wrong: %s of %s is %s, sent was %s", name, id, got, want)
				}
			}
		}
	})
	return err
}
