package store

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"tidegate/gateway"
)

// What is planned anew is read by the page: one statement for all of a page's
// links, matches, records and entries, instead of four for each thing. Nothing
// here locks.

// People returns persons in the order of their external ids, beginning behind
// after ("" = at the first). Fewer than limit means the end.
func (w *Workspace) People(ctx context.Context, after string, limit int) ([]gateway.Person, error) {
	bodies, err := list[string](ctx, w.read, "reading people", `SELECT body FROM people
		WHERE workspace_id = ? AND external_id > ? ORDER BY external_id LIMIT ?`, w.id, after, limit)
	out := make([]gateway.Person, len(bodies))
	for i, body := range bodies {
		if err := readJSON(body, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, err
}

// PeopleOf returns those of the persons that are here, by external id.
func (w *Workspace) PeopleOf(ctx context.Context, externalIDs []string) ([]gateway.Person, error) {
	d := w.db.dialect
	bodies, err := list[string](ctx, w.read, "reading people", `SELECT body FROM people
		WHERE workspace_id = ? AND external_id`+d.among+` ORDER BY external_id`, w.id, d.list(externalIDs))
	out := make([]gateway.Person, len(bodies))
	for i, body := range bodies {
		if err := readJSON(body, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, err
}

// CountPeople counts the persons that the host product told of.
func (w *Workspace) CountPeople(ctx context.Context) (int, error) {
	n, _, err := one[int](ctx, w.read, "counting people", `SELECT COUNT(*) FROM people WHERE workspace_id = ?`, w.id)
	return n, err
}

// LockPerson returns a person and keeps others from saving him until the
// transaction ends. CodeNotFound when there is none.
func (tx *Tx) LockPerson(ctx context.Context, externalID string) (gateway.Person, error) {
	var p gateway.Person
	body, found, err := one[string](ctx, tx.runner, "locking person",
		`SELECT body FROM people WHERE workspace_id = ? AND external_id = ?`+tx.dialect.forLock, tx.ws, externalID)
	if err == nil && !found {
		err = notFound("There is no such person.")
	}
	if err != nil {
		return p, err
	}
	return p, readJSON(body, &p)
}

// OwnLinks returns the links that say which record each of these things is, by
// external id. A thing without one is absent.
func (w *Workspace) OwnLinks(ctx context.Context, kind string, externalIDs []string) (map[string]gateway.Link, error) {
	d := w.db.dialect
	found, err := w.read.links(ctx, `WHERE workspace_id = ? AND kind = ? AND role = ? AND external_id`+d.among,
		w.id, kind, string(gateway.RoleSelf), d.list(externalIDs))
	out := make(map[string]gateway.Link, len(found))
	for _, l := range found {
		out[l.ExternalID] = l
	}
	return out, err
}

// RecordsByKeys is RecordsByKey for many values at once, by value as given. A
// value that is no key is absent.
func (w *Workspace) RecordsByKeys(ctx context.Context, kind string, values []string) (map[string][]gateway.Record, error) {
	given := map[string][]string{} // by normal form
	for _, v := range values {
		if normal := NormalizeKey(kind, v); normal != "" && !slices.Contains(given[normal], v) {
			given[normal] = append(given[normal], v)
		}
	}
	normals := make([]string, 0, len(given))
	for normal := range given {
		normals = append(normals, normal)
	}
	staged, err := w.staged(ctx, stagedQuery{kinds: []string{kind}, values: normals})
	if err != nil {
		return nil, err
	}
	d := w.db.dialect
	type hit struct {
		Value    string `db:"value"`
		Object   string `db:"object"`
		RecordID string `db:"record_id"`
	}
	hits, err := list[hit](ctx, w.read, "reading record keys", `SELECT value, object, record_id FROM record_keys
		WHERE workspace_id = ? AND kind = ? AND value`+d.among+` ORDER BY object, record_id`, w.id, kind, d.list(normals))
	if err != nil {
		return nil, err
	}
	if len(staged) > 0 {
		for _, k := range staged {
			hits = append(hits, hit{k.value, k.key.Object, k.key.ID})
		}
		slices.SortFunc(hits, func(a, b hit) int {
			return cmp.Or(strings.Compare(a.Object, b.Object), strings.Compare(a.RecordID, b.RecordID), strings.Compare(a.Value, b.Value))
		})
		hits = slices.Compact(hits)
	}
	keys := make([]gateway.RecordKey, len(hits))
	for i, h := range hits {
		keys[i] = gateway.RecordKey{Object: h.Object, ID: h.RecordID}
	}
	records, err := w.RecordsOf(ctx, keys)
	out := map[string][]gateway.Record{}
	for i, h := range hits {
		r, here := records[keys[i]]
		if !here || r.Deleted {
			continue
		}
		for _, value := range given[h.Value] {
			out[value] = append(out[value], r)
		}
	}
	return out, err
}

// RecordsOf returns those of the records that are here, tombstones included.
func (w *Workspace) RecordsOf(ctx context.Context, keys []gateway.RecordKey) (map[gateway.RecordKey]gateway.Record, error) {
	out := make(map[gateway.RecordKey]gateway.Record, len(keys))
	err := w.read.perObject(keys, func(object string, ids any) error {
		found, err := w.records(ctx, "reading records by id", w.db.dialect.byID(recordColumns, ""), w.id, object, ids)
		for _, r := range found {
			out[r.Key] = r
		}
		return err
	})
	return out, err
}

// PendingOf returns what Salesforce is owed for these records, as far as it is.
func (w *Workspace) PendingOf(ctx context.Context, keys []gateway.RecordKey) (map[gateway.RecordKey]gateway.Change, error) {
	out := map[gateway.RecordKey]gateway.Change{}
	err := w.read.perObject(keys, func(object string, ids any) error {
		changes, err := w.changes(ctx, "reading changes", `SELECT `+outboxColumns+` FROM outbox
			WHERE workspace_id = ? AND object = ? AND record_id`+w.db.dialect.among, w.id, object, ids)
		for _, c := range changes {
			out[c.Key] = c
		}
		return err
	})
	return out, err
}

// Changes returns entries of the outbox in the order of object and record id,
// beginning behind after. Fewer than limit means the end.
func (w *Workspace) Changes(ctx context.Context, after gateway.RecordKey, limit int) ([]gateway.Change, error) {
	return w.changes(ctx, "reading changes", `SELECT `+outboxColumns+` FROM outbox
		WHERE workspace_id = ? AND (object, record_id) > (?, ?) ORDER BY object, record_id LIMIT ?`, w.id, after.Object, after.ID, limit)
}

// LinksTo returns the links of things of one kind to these records, as what
// they are. A record without one is absent.
func (w *Workspace) LinksTo(ctx context.Context, kind string, keys []gateway.RecordKey) (map[gateway.RecordKey][]gateway.Link, error) {
	d := w.db.dialect
	byObject := map[string][]string{}
	for _, k := range keys {
		byObject[k.Object] = append(byObject[k.Object], k.ID)
	}
	out := map[gateway.RecordKey][]gateway.Link{}
	for object, ids := range byObject {
		found, err := w.read.links(ctx, `WHERE workspace_id = ? AND object = ? AND record_id`+d.among+` AND kind = ? AND role = ? ORDER BY external_id`,
			w.id, object, d.list(ids), kind, string(gateway.RoleSelf))
		if err != nil {
			return nil, err
		}
		for _, l := range found {
			out[l.Key] = append(out[l.Key], l)
		}
	}
	return out, nil
}
