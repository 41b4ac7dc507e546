package store

import (
	"context"

	"tidegate/gateway"
)

// RekeyRecord gives everything that is kept under the local id of a created
// record its Salesforce id: links, log lines, history, conflicts, writings and
// the rest of its outbox entry; the local id is remembered. The mirror's row of the local id goes if Salesforce's
// own row has come already, and an entry that somebody made under the new id
// keeps the last word on its fields.
func (tx *Tx) RekeyRecord(ctx context.Context, from, to gateway.RecordKey) error {
	if from == to {
		return nil
	}
	if err := tx.rekeyChange(ctx, from, to); err != nil {
		return err
	}
	if err := tx.forgetKeys(ctx, from, to); err != nil {
		return err
	}
	if from.Local() {
		_, err := tx.exec(ctx, "saving local id", `INSERT INTO local_ids (workspace_id, local_id, object, record_id) VALUES (?, ?, ?, ?)
			ON CONFLICT (workspace_id, local_id) DO UPDATE SET object = excluded.object, record_id = excluded.record_id`,
			tx.ws, from.ID, to.Object, to.ID)
		if err != nil {
			return err
		}
	}
	// What has one row per record cannot move onto a row that is there.
	for _, table := range [...]string{"records", "refetches"} {
		_, err := tx.exec(ctx, "rekeying "+table, `UPDATE `+table+` SET object = ?, record_id = ?
			WHERE workspace_id = ? AND object = ? AND record_id = ? AND NOT EXISTS (SELECT 1 FROM `+table+`
				WHERE workspace_id = ? AND object = ? AND record_id = ?)`,
			to.Object, to.ID, tx.ws, from.Object, from.ID, tx.ws, to.Object, to.ID)
		if err != nil {
			return err
		}
		if err := tx.dropRow(ctx, table, from); err != nil {
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
		_, err := tx.exec(ctx, "rekeying "+in.table, `UPDATE `+in.table+` SET `+in.object+` = ?, `+in.id+` = ?
			WHERE workspace_id = ? AND `+in.object+` = ? AND `+in.id+` = ?`, to.Object, to.ID, tx.ws, from.Object, from.ID)
		if err != nil {
			return err
		}
	}
	return tx.rebuildKeys(ctx, to)
}

func (tx *Tx) dropRow(ctx context.Context, table string, key gateway.RecordKey) error {
	_, err := tx.exec(ctx, "rekeying "+table, `DELETE FROM `+table+`
		WHERE workspace_id = ? AND object = ? AND record_id = ?`, tx.ws, key.Object, key.ID)
	return err
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
	return tx.dropRow(ctx, "outbox", from)
}

// forgetKeys drops the keys of the records as they are stored.
func (tx *Tx) forgetKeys(ctx context.Context, keys ...gateway.RecordKey) error {
	if _, err := tx.LoadRecords(ctx, keys); err != nil {
		return err
	}
	var gone []ownedKey
	for _, key := range keys {
		if was := tx.loaded[key]; was != nil {
			gone = appendMissing(gone, key, was.keys.keys(allKinds), nil)
		}
		tx.loaded[key] = nil
	}
	return tx.dropKeys(ctx, gone)
}

// rebuildKeys writes the keys of the row that is now under the new id.
func (tx *Tx) rebuildKeys(ctx context.Context, to gateway.RecordKey) error {
	records, err := tx.records(ctx, "reading record", `SELECT `+recordColumns+` FROM records
		WHERE workspace_id = ? AND object = ? AND record_id = ?`, tx.ws, to.Object, to.ID)
	if err != nil {
		return err
	}
	return tx.saveKeys(ctx, tx.changeOfKeys(records))
}
