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
}

const mappingColumns = `workspace_id, object, field, editable, topic, direction, write_mode, winner, imported, by_name, at, revision`

func (r mappingRow) mapping() gateway.Mapping {
	return gateway.Mapping{
		Object: r.Object, Field: r.Field, Editable: r.Editable, Topic: r.Topic, Direction: r.Direction,
		WriteMode: r.WriteMode, Winner: gateway.Winner(r.Winner), Imported: r.Imported, By: r.ByName,
		At: fromMicros(r.At), Revision: r.Revision,
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

// SaveMapping saves how one field travels, as the next revision. An At of zero
// becomes now.
func (w *Workspace) SaveMapping(ctx context.Context, m gateway.Mapping) error {
	if m.At.IsZero() {
		m.At = w.db.now()
	}
	_, err := w.write.execRow(ctx, "saving mapping", `INSERT INTO mappings (`+mappingColumns+`)
		VALUES (:workspace_id, :object, :field, :editable, :topic, :direction, :write_mode, :winner, :imported,
			:by_name, :at, 1)
		ON CONFLICT (workspace_id, object, field) DO UPDATE SET
			editable = excluded.editable, topic = excluded.topic, direction = excluded.direction,
			write_mode = excluded.write_mode, winner = excluded.winner, imported = excluded.imported,
			by_name = excluded.by_name, at = excluded.at, revision = mappings.revision + 1`,
		mappingRow{
			WorkspaceID: string(w.id), Object: m.Object, Field: m.Field, Editable: m.Editable, Topic: m.Topic,
			Direction: m.Direction, WriteMode: m.WriteMode, Winner: string(m.Winner), Imported: m.Imported,
			ByName: clean(m.By), At: micros(m.At),
		})
	return err
}
