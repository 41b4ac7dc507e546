package org

import (
	"slices"
	"time"
)

// Keeper hears of what happens to an org outside of transactions, after it was
// done and before anything else happens.
type Keeper interface {
	// KeepSchema gets the n-th alteration of the schema.
	KeepSchema(n int64, a Alteration)
	// KeepPurge gets the ids of records that are gone for good.
	KeepPurge(object string, ids []string)
}

// KeepBy names the org's keeper. It is called once, before the org is used.
func (o *Org) KeepBy(k Keeper) { o.keeper = k }

// Purge takes records away for good, from the recycle bin or past it. What was
// in the bin goes without an event; of a live record there is the event of its
// deletion.
func (o *Org) Purge(caller Caller, object string, ids []string) error {
	target := o.Object(object)
	if target == nil {
		return NotFound(resourceMissing)
	}
	_, err := o.Transact(caller, func(tx *Tx) error {
		for i, id := range ids {
			full, _ := NormalizeID(id)
			r, ok := tx.Get(target.Name, full)
			if !ok {
				return NotFound("there is no " + target.Name + " " + id)
			}
			ids[i] = full
			if r.Value("IsDeleted") == true {
				continue
			}
			if err := tx.Delete(target.Name, full); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tables[target.Name].purge(ids, o.rememberedFrom())
	for _, id := range ids {
		delete(o.removals, id)
	}
	if o.keeper != nil {
		o.keeper.KeepPurge(target.Name, ids)
	}
	return nil
}

// RestorePurge repeats a purge of an earlier run.
func (o *Org) RestorePurge(object string, ids []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t := o.tables[object]; t != nil && len(ids) > 0 {
		t.purge(ids, o.rememberedFrom())
	}
}

// Deletion says when a record was deleted.
type Deletion struct {
	ID string
	At DateTime
}

// remembered is how long an org lists deletions.
const remembered = 15 * 24 * time.Hour

func (o *Org) rememberedFrom() DateTime {
	return max(o.forgot, DateTime(o.Now().Add(-remembered).UnixMilli()))
}

// ForgetDeletions makes the org list no deletion up to now any more, as one
// does that deletes very much.
func (o *Org) ForgetDeletions() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.forgot = DateTime(o.Now().UnixMilli())
}

// Deletions lists what was deleted from one time until before another, whether
// it is in the recycle bin or has left it. Of the time before earliest not all
// is known any more.
func (v View) Deletions(object string, from, to DateTime) (list []Deletion, earliest DateTime) {
	earliest = v.org.rememberedFrom()
	t := v.org.tables[object]
	if t == nil {
		return nil, earliest
	}
	all := slices.Clone(t.purged)
	v.Scan(object, func(r Record) bool {
		if at, _ := r.Value("SystemModstamp").(DateTime); r.Value("IsDeleted") == true {
			all = append(all, Deletion{r.ID(), at})
		}
		return true
	})
	for _, d := range all {
		if d.At >= max(from, earliest) && d.At < to {
			list = append(list, d)
		}
	}
	return list, earliest
}

// purge removes rows and numbers the others anew. Deletions since then are
// kept in mind.
func (t *table) purge(ids []string, since DateTime) {
	t.purged = slices.DeleteFunc(t.purged, func(d Deletion) bool { return d.At < since })
	for _, id := range ids {
		if i, ok := t.byID[id]; ok {
			at, _ := t.at(i).Value("SystemModstamp").(DateTime)
			t.purged = append(t.purged, Deletion{id, at})
		}
	}
	gone := make(map[string]bool, len(ids))
	for _, id := range ids {
		gone[id] = true
	}
	t.rows = slices.DeleteFunc(t.rows, func(r row) bool { return gone[Record{t.object, r}.ID()] })
	t.byID = make(map[string]int, len(t.rows))
	for i := range t.rows {
		t.byID[t.at(i).ID()] = i
	}
	t.rekey()
}

// Issued tells, for each object, how many ids were given out so far.
func (o *Org) Issued() map[string]uint64 {
	o.mu.RLock()
	defer o.mu.RUnlock()
	issued := make(map[string]uint64, len(o.tables))
	for name, t := range o.tables {
		issued[name] = t.next
	}
	return issued
}

// RestoreIssued keeps ids of an earlier run from being given out again, also
// those of purged records.
func (o *Org) RestoreIssued(issued map[string]uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for name, n := range issued {
		if t := o.tables[name]; t != nil {
			t.next = max(t.next, n)
		}
	}
}
