package store

import (
	"context"
	"maps"
	"slices"

	"tidegate/gateway"
)

// RekeyRecords gives everything that is kept under the local ids of created
// records of one object their Salesforce ids, by local id: links, log lines,
// history, conflicts, writings and the rest of their outbox entries; the local
// ids are remembered, and what waited for them is due. A mirror row of a local id goes if Salesforce's own row
// has come already, and an entry that somebody made under the new id keeps the
// last word on its fields. One statement for each table, however many records.
func (tx *Tx) RekeyRecords(ctx context.Context, object string, ids map[string]string) error {
	var r rekeying
	for _, was := range slices.Sorted(maps.Keys(ids)) {
		if now := ids[was]; was != now {
			r.was = append(r.was, gateway.RecordKey{Object: object, ID: was})
			r.now = append(r.now, gateway.RecordKey{Object: object, ID: now})
			r.pairs = append(r.pairs, [2]string{clean(was), clean(now)})
		}
	}
	if len(r.was) == 0 {
		return nil
	}
	if err := tx.rekeyChanges(ctx, r); err != nil {
		return err
	}
	if err := tx.forgetKeys(ctx, slices.Concat(r.was, r.now)...); err != nil {
		return err
	}
	if err := tx.rememberLocal(ctx, r); err != nil {
		return err
	}
	if err := tx.rekeyRows(ctx, object, r); err != nil {
		return err
	}
	if err := tx.rebuildKeys(ctx, r.now); err != nil {
		return err
	}
	return tx.ReleaseAwaiting(ctx, slices.Collect(maps.Keys(ids)))
}

// rekeying are the records that get their ids: was[i] becomes now[i].
type rekeying struct {
	was, now []gateway.RecordKey
	pairs    [][2]string
}

func (tx *Tx) rememberLocal(ctx context.Context, r rekeying) error {
	var local []int
	for i, was := range r.was {
		if was.Local() {
			local = append(local, i)
		}
	}
	return tx.rows(ctx, saveLocalIDs, len(local), func(args []any, i int) []any {
		was, now := r.was[local[i]], r.now[local[i]]
		return append(args, string(tx.ws), clean(was.ID), now.Object, clean(now.ID))
	})
}

var saveLocalIDs = insert{
	doing: "saving local ids",
	head:  `INSERT INTO local_ids (workspace_id, local_id, object, record_id)`,
	tail:  `ON CONFLICT (workspace_id, local_id) DO UPDATE SET object = excluded.object, record_id = excluded.record_id`,
	width: 4,
}

func (tx *Tx) rekeyRows(ctx context.Context, object string, r rekeying) error {
	pairs := writeJSON(r.pairs)
	// What has one row per record cannot move onto a row that is there.
	for _, table := range [...]string{"records", "refetches"} {
		_, err := tx.exec(ctx, "rekeying "+table, `UPDATE `+table+` SET record_id = m.now FROM `+tx.dialect.pairs+` AS m
			WHERE workspace_id = ? AND object = ? AND record_id = m.was AND NOT EXISTS (SELECT 1 FROM `+table+` AS there
				WHERE there.workspace_id = ? AND there.object = ? AND there.record_id = m.now)`,
			pairs, tx.ws, object, tx.ws, object)
		if err != nil {
			return err
		}
		if err := tx.dropRows(ctx, table, r.was); err != nil {
			return err
		}
	}
	for _, in := range [...]struct{ table, object, id string }{
		{"links", "object", "record_id"},
		{"links", "chosen_object", "chosen_id"},
		{"link_history", "from_object", "from_id"},
		{"link_history", "to_object", "to_id"},
		{"sync_log", "object", "record_id"},
		{"record_history", "object", "record_id"},
		{"conflicts", "object", "record_id"},
		{"writings", "object", "record_id"},
	} {
		also, args := "", []any{pairs, tx.ws, object}
		if eras := tx.dialect.erasOf(in.table); eras != "" {
			also, args = amongPairs(tx.dialect)+eras, append(args, pairs)
		}
		_, err := tx.exec(ctx, "rekeying "+in.table, `UPDATE `+in.table+` SET `+in.id+` = m.now FROM `+tx.dialect.pairs+` AS m
			WHERE workspace_id = ? AND `+in.object+` = ? AND `+in.id+` = m.was`+also, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// amongPairs says beforehand which records a join with pairs is about: SQLite
// otherwise looks at all of the object.
func amongPairs(d *dialect) string { return ` AND record_id IN (SELECT was FROM ` + d.pairs + `)` }

func (tx *Tx) dropRows(ctx context.Context, table string, keys []gateway.RecordKey) error {
	return tx.perObject(keys, func(object string, ids any) error {
		_, err := tx.exec(ctx, "rekeying "+table, `DELETE FROM `+table+`
			WHERE workspace_id = ? AND object = ? AND record_id`+tx.dialect.among+tx.dialect.erasOf(table), tx.ws, object, ids)
		return err
	})
}

// rekeyChanges moves the outbox entries that are left, which is what was edited
// during the attempt.
func (tx *Tx) rekeyChanges(ctx context.Context, r rekeying) error {
	left, err := tx.LoadPending(ctx, r.was)
	if err != nil {
		return err
	}
	for i, was := range r.was {
		if _, owed := left[was]; !owed {
			continue
		}
		if err := tx.rekeyChange(ctx, was, r.now[i]); err != nil {
			return err
		}
	}
	return nil
}

// rekeyChange moves the outbox entry, or folds it into the one under the new
// id.
func (tx *Tx) rekeyChange(ctx context.Context, from, to gateway.RecordKey) error {
	moving, found, err := tx.PendingFor(ctx, from)
	if err != nil || !found {
		return err
	}
	standing, both, err := tx.PendingFor(ctx, to)
	if err != nil {
		return err
	}
	if !both {
		_, err := tx.exec(ctx, "rekeying outbox", `UPDATE outbox SET object = ?, record_id = ?
			WHERE workspace_id = ? AND object = ? AND record_id = ?`, to.Object, to.ID, tx.ws, from.Object, from.ID)
		return err
	}
	standing.Fields = moving.Fields.Overlay(standing.Fields)
	standing.Base = moving.Base.Overlay(standing.Base)
	standing.Edit++
	if err := tx.SaveChange(ctx, standing); err != nil {
		return err
	}
	return tx.dropRows(ctx, "outbox", []gateway.RecordKey{from})
}

// forgetKeys drops the keys of the records as they are stored.
func (tx *Tx) forgetKeys(ctx context.Context, keys ...gateway.RecordKey) error {
	if _, err := tx.LoadRecords(ctx, keys); err != nil {
		return err
	}
	var gone []ownedKey
	for _, key := range keys {
		if was, _ := tx.was(key); was != nil {
			all := was.values(allKinds)
			gone = appendMissing(gone, key, all.keys(allKinds), nil)
		}
		tx.loaded[key] = nil
	}
	return tx.dropKeys(ctx, gone)
}

// rebuildKeys writes the keys of the rows that are now under the new ids.
func (tx *Tx) rebuildKeys(ctx context.Context, keys []gateway.RecordKey) error {
	return tx.perObject(keys, func(object string, ids any) error {
		records, err := tx.records(ctx, "reading records", `SELECT `+recordColumns+` FROM records
			WHERE workspace_id = ? AND object = ? AND record_id`+tx.dialect.among, tx.ws, object, ids)
		if err != nil {
			return err
		}
		return tx.saveKeys(ctx, tx.changeOfKeys(records))
	})
}
