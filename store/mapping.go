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

	Source       string `db:"source"`
	DisplayName  string `db:"display_name"`
	DefaultValue string `db:"default_value"`
	ChangedBy    string `db:"changed_by"`
	ChangedAt    int64  `db:"changed_at"`
}

const mappingColumns = `workspace_id, object, field, editable, topic, direction, write_mode, winner, imported, by_name, at, revision,
	field_type, suspended, suspended_why, suspended_at, source, display_name, default_value, changed_by, changed_at`

func (r mappingRow) mapping() gateway.Mapping {
	return gateway.Mapping{
		Object: r.Object, Field: r.Field, Editable: r.Editable, Topic: r.Topic, Direction: r.Direction,
		WriteMode: r.WriteMode, Winner: gateway.Winner(r.Winner), Imported: r.Imported, By: r.ByName,
		At: fromMicros(r.At), Revision: r.Revision, FieldType: gateway.FieldType(r.FieldType),
		Suspended: gateway.Suspension{Cause: r.Suspended, Why: r.SuspendedWhy, At: fromMicros(r.SuspendedAt)},
		Source:    r.Source, DisplayName: r.DisplayName, Default: r.DefaultValue, ChangedBy: r.ChangedBy, ChangedAt: fromMicros(r.ChangedAt),
	}
}

func (tx *Tx) mappingRow(m gateway.Mapping) mappingRow {
	if m.At.IsZero() {
		m.At = tx.now
	}
	return mappingRow{
		WorkspaceID: string(tx.ws), Object: m.Object, Field: m.Field, Editable: m.Editable, Topic: m.Topic,
		Direction: m.Direction, WriteMode: m.WriteMode, Winner: string(m.Winner), Imported: m.Imported,
		ByName: clean(m.By), At: micros(m.At), FieldType: string(m.FieldType),
		Suspended: m.Suspended.Cause, SuspendedWhy: clean(m.Suspended.Why), SuspendedAt: micros(m.Suspended.At),
		Source: m.Source, DisplayName: clean(m.DisplayName), DefaultValue: clean(m.Default),
		ChangedBy: clean(m.ChangedBy), ChangedAt: micros(m.ChangedAt), Revision: m.Revision,
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
	_, err := tx.execRow(ctx, "saving mapping", insertMapping+`
		ON CONFLICT (workspace_id, object, field) DO UPDATE SET
			editable = excluded.editable, topic = excluded.topic, direction = excluded.direction,
			write_mode = excluded.write_mode, winner = excluded.winner, imported = excluded.imported,
			source = excluded.source, display_name = excluded.display_name, default_value = excluded.default_value,
			changed_by = excluded.changed_by, changed_at = excluded.changed_at,
			by_name = excluded.by_name, at = excluded.at, revision = mappings.revision + 1`, tx.mappingRow(m))
	return err
}

const insertMapping = `INSERT INTO mappings (` + mappingColumns + `)
	VALUES (:workspace_id, :object, :field, :editable, :topic, :direction, :write_mode, :winner, :imported,
		:by_name, :at, 1, :field_type, :suspended, :suspended_why, :suspended_at,
		:source, :display_name, :default_value, :changed_by, :changed_at)`

// ReplaceMapping saves how one field travels if it still stands at m.Revision
// (0 = not mapped yet), else it is CodeConflict: somebody saved it meanwhile.
func (tx *Tx) ReplaceMapping(ctx context.Context, m gateway.Mapping) error {
	query := insertMapping + ` ON CONFLICT (workspace_id, object, field) DO NOTHING`
	if m.Revision > 0 {
		query = `UPDATE mappings SET editable = :editable, topic = :topic, direction = :direction, write_mode = :write_mode,
			winner = :winner, imported = :imported, source = :source, display_name = :display_name, default_value = :default_value,
			changed_by = :changed_by, changed_at = :changed_at, revision = revision + 1
			WHERE workspace_id = :workspace_id AND object = :object AND field = :field AND revision = :revision`
	}
	n, err := tx.execRow(ctx, "saving mapping", query, tx.mappingRow(m))
	return replaced(n, err)
}

func replaced(rows int64, err error) error {
	if err == nil && rows == 0 {
		return gateway.Errorf(gateway.CodeConflict, "Somebody else saved these fields meanwhile. Look at them again, then save.")
	}
	return err
}

// RemoveMapping is DropMapping if the field still stands at a revision, else
// CodeConflict.
func (tx *Tx) RemoveMapping(ctx context.Context, object, field string, revision int64) error {
	return replaced(tx.exec(ctx, "dropping mapping", `DELETE FROM mappings WHERE workspace_id = ? AND object = ? AND field = ? AND revision = ?`,
		tx.ws, object, field, revision))
}

// DropMapping takes a field out of the mapping: it only comes in from then on.
func (tx *Tx) DropMapping(ctx context.Context, object, field string) error {
	_, err := tx.exec(ctx, "dropping mapping", `DELETE FROM mappings WHERE workspace_id = ? AND object = ? AND field = ?`, tx.ws, object, field)
	return err
}
