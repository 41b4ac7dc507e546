package org

import "slices"

// bin sets IsDeleted and, when deleting, follows the cascading references.
func (tx *Tx) bin(t *table, at int, deleted bool) *Error {
	row := t.copyAt(at)
	with := tx.binned(t.at(at), deleted)
	w := &write{tx: tx, object: t.object, row: row, before: t.at(at)}
	w.set("IsDeleted", deleted)
	if !deleted && t.object.Field("MasterRecordId") != nil {
		w.set("MasterRecordId", nil) // "or has not been deleted, the value is null": Object Reference, Contact
	}
	tx.stamp(w, false)
	tx.replace(t, at, row, false)
	id := w.before.ID()
	if err := tx.afterBin(w, with); err != nil {
		return err
	}
	if !deleted {
		return tx.revive(t.object.Name, id, with)
	}
	if other := tx.table(noteTwin(t.object.Name)); other != nil {
		if i, ok := other.byID[id]; ok && other.at(i).Value("IsDeleted") != true {
			if err := tx.bin(other, i, true); err != nil {
				return err
			}
		}
	}
	return tx.cascade(t.object.Name, id)
}

// afterBin tells the parent of a record that it went into the recycle bin or left it.
func (tx *Tx) afterBin(w *write, with removal) *Error {
	switch w.object.Name {
	case "OpportunityLineItem":
		return tx.sumProducts(w.text("OpportunityId"))
	case "TaskRelation", "EventRelation":
		return tx.related(w.record(), w.get("IsDeleted") != true)
	case "Event":
		id := w.before.ID()
		return tx.binChildren(id, with, w.get("IsDeleted") == true)
	}
	return nil
}

func (tx *Tx) cascade(object, id string) *Error {
	return tx.belongings(object, id, func(r Record) bool { return r.Value("IsDeleted") != true }, true)
}

// removal is the deletion by which a record went into the recycle bin: that of
// itself, or of what it belongs to. root is "" for one that was kept by a version
// which wrote down only the moment.
type removal struct {
	commit int64
	root   string
	moment any
}

// binned notes the deletion by which a record goes into the recycle bin, or returns
// the one by which it went there.
func (tx *Tx) binned(r Record, deleted bool) removal {
	id := r.ID()
	if !deleted {
		by, known := tx.org.removals[id]
		if !known {
			by.moment = r.Value("SystemModstamp")
		}
		return by
	}
	if tx.root == "" {
		tx.root = id
	}
	by := removal{commit: tx.org.commits, root: tx.root}
	tx.org.removals[id] = by
	return by
}

// went reports whether a record in the recycle bin went there by a deletion.
func (tx *Tx) went(r Record, by removal) bool {
	return r.Value("IsDeleted") == true && tx.binned(r, false) == by
}

// revive takes out of the recycle bin exactly what went into it with the parent.
// What a merge put there stays.
func (tx *Tx) revive(object, id string, with removal) *Error {
	return tx.belongings(object, id, func(r Record) bool {
		return tx.went(r, with) && r.Value("MasterRecordId") == nil
	}, false)
}

// belongings bins or revives the records that are deleted with their parent.
func (tx *Tx) belongings(object, id string, which func(Record) bool, deleted bool) *Error {
	for _, child := range tx.org.Objects() {
		for i, f := range child.Fields {
			if !f.CascadeDelete || !slices.Contains(f.ReferenceTo, object) {
				continue
			}
			t := tx.table(child.Name)
			for _, n := range t.referring(i, id) {
				if !which(t.at(n)) {
					continue
				}
				if err := tx.bin(t, n, deleted); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
