package store

import (
	"context"

	"tidegate/gateway"
)

type mappingRow struct {
	WorkspaceID string `db:"workspace_id"`
	Object      string `db:"object"`
	Field       string `db:"field"`
	Editable    bool   `db:"editable"`
	Topic       string `db:"topic"`
	Direction   string `db:"direction"`
	WriteMode   string `db:"write_mode"`
	Winner      string `db:"winner"`
	Imported    bool   `db:"imported"`
	ByName      string `db:"by_name"`
	At          int64  `db:"at"`
	Revision    int64  `db:"revision"`

	FieldType    string `db:"field_type"`
	Suspended    string `db:"suspended"`
	SuspendedWhy string `db:"suspended_why"`
	SuspendedAt  int64  `db:"suspended_at"`
}

const mappingColumns = `workspace_id, object, field, editable, topic, direction, write_mode, winner, imported, by_name, at, revision,
	field_type, suspended, suspended_why, suspended_at`

func (r mappingRow) mapping() gateway.Mapping {
	return gateway.Mapping{
		Object: r.Object, Field: r.Field, Editable: r.Editable, Topic: r.Topic, Direction: r.Direction,
		WriteMode: r.WriteMode, Winner: gateway.Winner(r.Winner), Imported: r.Imported, By: r.ByName,
		At: fromMicros(r.At), Revision: r.Revision, FieldType: gateway.FieldType(r.FieldType),
		Suspended: gateway.Suspension{Cause: r.Suspended, Why: r.SuspendedWhy, At: fromMicros(r.SuspendedAt)},
	}
}

// Mappings returns how the fields of an object travel, in the order of their
// names; of all objects when object is "".
func (w *Workspace) Mappings(ctx context.Context, object string) ([]gateway.Mapping, error) {
	rows, err := list[mappingRow](ctx, w.read, "reading mappings", `SELECT `+mappingColumns+` FROM mappings
		WHERE workspace_id = ? AND (? = '' OR object = ?) ORDER BY object, field`, w.id, object, object)
	out := make([]gateway.Mapping, 0, len(rows))
	for _, row := range rows {
		out = append(out, row.mapping())
	}
	return out, err
}

// SuspendedMappings returns the mappings that stand still, by object and field.
func (w *Workspace) SuspendedMappings(ctx context.Context) ([]gateway.Mapping, error) {
	rows, err := list[mappingRow](ctx, w.read, "reading suspended mappings", `SELECT `+mappingColumns+` FROM mappings
		WHERE workspace_id = ? AND suspended <> '' ORDER BY object, field`, w.id)
	out := make([]gateway.Mapping, 0, len(rows))
	for _, row := range rows {
		out = append(out, row.mapping())
	}
	return out, err
}

// ImportMapping saves a field as it was imported anew: its type, that it
// travels, by whom and when; what else was chosen stays.
func (w *Workspace) ImportMapping(ctx context.Context, m gateway.Mapping) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.exec(ctx, "importing mapping", `UPDATE mappings SET imported = ?, by_name = ?, at = ?, revision = revision + 1
			WHERE workspace_id = ? AND object = ? AND field = ?`, m.Imported, clean(m.By), micros(m.At), tx.ws, m.Object, m.Field)
		if err != nil {
			return err
		}
		return tx.SuspendMappings(ctx, []gateway.Mapping{m})
	})
}

// SuspendMappings writes type and suspension of mappings that exist, and
// nothing else of them: what people chose is theirs.
func (tx *Tx) SuspendMappings(ctx context.Context, mappings []gateway.Mapping) error {
	for _, m := range mappings {
		_, err := tx.exec(ctx, "suspending mapping", `UPDATE mappings SET
				field_type = ?, suspended = ?, suspended_why = ?, suspended_at = ?
			WHERE workspace_id = ? AND object = ? AND field = ?`,
			string(m.FieldType), m.Suspended.Cause, clean(m.Suspended.Why), micros(m.Suspended.At), tx.ws, m.Object, m.Field)
		if err != nil {
			return err
		}
	}
	return nil
}

// SaveMapping saves how one field travels, as the next revision; its type and
// suspension only where it is new. An At of zero becomes now.
func (w *Workspace) SaveMapping(ctx context.Context, m gateway.Mapping) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error { return tx.SaveMapping(ctx, m) })
}

// SaveMapping is Workspace.SaveMapping in this transaction.
func (tx *Tx) SaveMapping(ctx context.Context, m gateway.Mapping) error {
	if m.At.IsZero() {
		m.At = tx.now
	}
	_, err := tx.execRow(ctx, "saving mapping", `INSERT INTO mappings (`+mappingColumns+`)
		VALUES (:workspace_id, :object, :field, :editable, :topic, :direction, :write_mode, :winner, :imported,
			:by_name, :at, 1, :field_type, :suspended, :suspended_why, :suspended_at)
		ON CONFLICT (workspace_id, object, field) DO UPDATE SET
			editable = excluded.editable, topic = excluded.topic, direction = excluded.direction,
			write_mode = excluded.write_mode, winner = excluded.winner, imported = excluded.imported,
			by_name = excluded.by_name, at = excluded.at, revision = mappings.revision + 1`,
		mappingRow{
			WorkspaceID: string(tx.ws), Object: m.Object, Field: m.Field, Editable: m.Editable, Topic: m.Topic,
			Direction: m.Direction, WriteMode: m.WriteMode, Winner: string(m.Winner), Imported: m.Imported,
			ByName: clean(m.By), At: micros(m.At), FieldType: string(m.FieldType),
			Suspended: m.Suspended.Cause, SuspendedWhy: clean(m.Suspended.Why), SuspendedAt: micros(m.Suspended.At),
		})
	return err
}

// DropMapping takes a field out of the mapping: it only comes in from then on.
func (tx *Tx) DropMapping(ctx context.Context, object, field string) error {
	_, err := tx.exec(ctx, "dropping mapping", `DELETE FROM mappings WHERE workspace_id = ? AND object = ? AND field = ?`, tx.ws, object, field)
	return err
}
