package org

import (
	"fmt"
	"time"

	"tidegate/simulator/fault"
)

// Caller is who writes and through what: it becomes the audit fields and the
// change origin.
type Caller struct {
	UserID string // 18 characters
	Origin string // changeOrigin, e.g. "com/salesforce/api/rest/61.0;client=x"
	// Trusted callers (the seed) may fill read-only fields.
	Trusted bool
	// Immune callers (the org's own control and team) meet no write faults.
	Immune bool
	// Quiet writes are not published: the past that an org is seeded with.
	Quiet bool
	// At overrides the clock, for seeding a past; zero = now.
	At time.Time
}

// UIOrigin is the change origin of an edit made by a person in the org's own
// pages.
const UIOrigin = "com/salesforce/api/soap/61.0;client=SfdcInternalAPI/"

// Tx is a running transaction. It sees its own writes; nobody else does before
// it has committed.
type Tx struct {
	View
	caller Caller
	when   DateTime
	late   bool // stamped earlier than it commits
	log    []undo
	spare  [][]any // rows that are of no more use
	root   string  // what is being deleted with all that belongs to it

	sent  []EventMessage    // published whatever becomes of the transaction
	uuids map[string]string // of platform events, by the ids that they were answered with
}

// undo remembers what a row was before one put; old is nil for an insert. Or it
// is a platform event, which no table has.
type undo struct {
	message *EventMessage
	table   *table
	row     int
	old     *row
	silent  bool // formula refresh: no event, no new modification stamp
}

// Transact runs fn as one transaction: all its writes become visible together
// and go to the Publisher as one Transaction, or none do when fn fails. The
// number of records changed is returned.
func (o *Org) Transact(caller Caller, fn func(*Tx) error) (int, error) {
	at, late := o.stampedAt(caller)
	o.mu.Lock()
	defer o.mu.Unlock()
	tx := &Tx{View: View{org: o}, caller: caller, when: o.instant(at), late: late}
	if tx.caller.UserID == "" {
		tx.caller.UserID = o.adminID
	}
	err := fn(tx)
	if err == nil {
		err = tx.runFlows()
	}
	if err != nil {
		tx.Rollback(0)
	}
	changes, messages := tx.changes(), tx.messages()
	if len(changes)+len(messages) == 0 {
		return 0, err
	}
	o.commits++
	if o.publisher != nil && !caller.Quiet {
		t := o.transaction(tx, changes)
		t.Messages = messages
		o.publisher.Publish(t)
	}
	return len(changes), err
}

// stampedAt is the time that a caller's records get. With the late_commit
// fault that is some time ago: the transaction began then and took long, so
// that its rows come to light behind newer ones. Where the fault says so it does
// take that long, before anybody can see its rows.
func (o *Org) stampedAt(caller Caller) (at time.Time, late bool) {
	f, late := o.faults.Active(fault.LateCommit, fault.Subject{})
	if !late || caller.Trusted || !caller.At.IsZero() {
		return caller.At, false
	}
	took := time.Duration(f.Millis) * time.Millisecond
	if f.Mode == "hold" {
		began := o.now()
		time.Sleep(took)
		return began, true
	}
	return o.now().Add(-took), true
}

// instant is the time of a transaction with the platform's grain of a second.
// It never runs backwards, so that a stepping clock cannot reorder commits.
func (o *Org) instant(at time.Time) DateTime {
	if !at.IsZero() {
		return DateTime(at.Unix() * 1000)
	}
	o.lastWhen = max(o.lastWhen, DateTime(o.now().Unix()*1000))
	return o.lastWhen
}

// firstCommit is above 2^53, like the commit numbers of present-day orgs.
const firstCommit = int64(1_725_357_365_187_780_000)

func (o *Org) transaction(tx *Tx, changes []Change) Transaction {
	n := o.commits
	committed := tx.when
	if tx.late {
		committed = o.instant(time.Time{})
	}
	return Transaction{
		Key: fmt.Sprintf("%08x-%04x-%04x-%04x-%012x",
			uint32(o.started.Unix())^uint32(n*2654435761), uint16(n>>16), 0x4000|uint16(n)&0xfff, 0x8000|uint16(n>>4)&0x3fff, uint64(n)),
		CommitTimestamp: int64(committed),
		// Not by one: a reader that counts on it should find out here.
		CommitNumber: firstCommit + n*3 + n%2,
		Ordinal:      n,
		CommitUser:   tx.caller.UserID,
		ChangeOrigin: tx.caller.Origin,
		Changes:      changes,
		View:         View{org: o},
	}
}

// As makes the following writes those of another user at another time, for
// seeding a past.
func (tx *Tx) As(user string, at time.Time) {
	tx.caller.UserID, tx.when = user, DateTime(at.Unix()*1000)
}

// Mark is a place to roll back to.
func (tx *Tx) Mark() int { return len(tx.log) }

// Rollback takes back everything written since the mark.
func (tx *Tx) Rollback(mark int) {
	for i := len(tx.log) - 1; i >= mark; i-- {
		u := tx.log[i]
		switch {
		case u.message != nil && u.message.object.Immediate:
			tx.sent = append(tx.sent, *u.message)
		case u.message != nil:
		case u.old == nil:
			u.table.remove(u.row)
		default:
			u.table.replace(u.row, *u.old)
		}
	}
	tx.log = tx.log[:mark]
}

func (tx *Tx) insert(t *table, values []any) {
	tx.log = append(tx.log, undo{table: t, row: t.insert(t.pack(values))})
}

func (tx *Tx) replace(t *table, row int, values []any, silent bool) {
	old := t.rows[row]
	tx.log = append(tx.log, undo{table: t, row: row, old: &old, silent: silent})
	t.replace(row, t.pack(values))
}

// changes folds the log into one Change per record, in the order of the first
// write: several writes of one record collapse into one with final values.
func (tx *Tx) changes() []Change {
	type place struct {
		table *table
		row   int
	}
	seen := make(map[place]bool, len(tx.log))
	var list []Change
	for _, u := range tx.log {
		at := place{u.table, u.row}
		if u.message != nil || u.silent || seen[at] {
			continue
		}
		seen[at] = true
		if c, ok := changeOf(u.table.object, u.old, u.table.rows[u.row]); ok {
			list = append(list, c)
		}
	}
	return list
}

func changeOf(o *Object, old *row, now row) (Change, bool) {
	after := Record{o, now}
	c := Change{Object: o.Name, RecordID: after.ID(), Type: Update, After: after}
	isDeleted := after.Value("IsDeleted") == true
	if old == nil {
		c.Type = Create
		c.ChangedFields = filled(after)
		return c, !isDeleted
	}
	c.Before = Record{o, *old}
	wasDeleted := c.Before.Value("IsDeleted") == true
	switch {
	case isDeleted && wasDeleted:
		return c, false
	case isDeleted:
		c.Type = Delete
	case wasDeleted:
		c.Type = Undelete
	}
	for i, f := range o.Fields {
		if old.at(i) != now.at(i) {
			c.ChangedFields = append(c.ChangedFields, f.Name)
		}
	}
	return c, true
}

func filled(r Record) []string {
	var names []string
	for i, f := range r.object.Fields {
		if r.At(i) != nil {
			names = append(names, f.Name)
		}
	}
	return names
}
