package store

import (
	"context"
	"time"

	"tidegate/gateway"
)

// Schema returns the stored describe of one object. CodeNotFound when it was
// never read.
func (w *Workspace) Schema(ctx context.Context, object string) (gateway.Schema, error) {
	var s gateway.Schema
	body, found, err := one[string](ctx, w.read, "reading schema",
		`SELECT body FROM schemas WHERE workspace_id = ? AND object = ?`, w.id, object)
	if err == nil && !found {
		err = notFound("The fields of %s have not been read from Salesforce yet.", object)
	}
	if err != nil {
		return s, err
	}
	return s, readJSON(body, &s)
}

// Schemas returns all stored describes in the order of their object names.
func (w *Workspace) Schemas(ctx context.Context) ([]gateway.Schema, error) {
	bodies, err := list[string](ctx, w.read, "reading schemas",
		`SELECT body FROM schemas WHERE workspace_id = ? ORDER BY object`, w.id)
	if err != nil {
		return nil, err
	}
	out := make([]gateway.Schema, len(bodies))
	for i, body := range bodies {
		if err := readJSON(body, &out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// SchemaDate says how old a stored describe is.
type SchemaDate struct {
	// Read is when it was last known to be right, by our clock.
	Read time.Time
	// Modified is Salesforce's date of it, zero where it gave none.
	Modified time.Time
}

// SchemaDates returns the dates of all stored describes by object.
func (w *Workspace) SchemaDates(ctx context.Context) (map[string]SchemaDate, error) {
	rows, err := list[struct {
		Object   string `db:"object"`
		Read     int64  `db:"read_at"`
		Modified int64  `db:"modified_at"`
	}](ctx, w.read, "reading the dates of schemas", `SELECT object, read_at, modified_at FROM schemas WHERE workspace_id = ?`, w.id)
	out := make(map[string]SchemaDate, len(rows))
	for _, row := range rows {
		out[row.Object] = SchemaDate{fromMicros(row.Read), fromMicros(row.Modified)}
	}
	return out, err
}

// TouchSchema notes that the stored describe is still right.
func (w *Workspace) TouchSchema(ctx context.Context, object string) error {
	_, err := w.write.exec(ctx, "touching schema", `UPDATE schemas SET read_at = ? WHERE workspace_id = ? AND object = ?`,
		micros(w.db.now()), w.id, object)
	return err
}

// SaveSchemas replaces the describes of these objects; others stay.
func (w *Workspace) SaveSchemas(ctx context.Context, schemas []gateway.Schema) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		for _, s := range schemas {
			if err := tx.SaveSchema(ctx, s, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
}

// SaveSchema replaces the describe of one object. modified is Salesforce's date
// of it, zero when that is not known.
func (tx *Tx) SaveSchema(ctx context.Context, s gateway.Schema, modified time.Time) error {
	_, err := tx.exec(ctx, "saving schema", `INSERT INTO schemas (workspace_id, object, body, read_at, modified_at)
		VALUES (?, ?, ?, ?, ?) ON CONFLICT (workspace_id, object) DO UPDATE SET
		body = excluded.body, read_at = excluded.read_at, modified_at = excluded.modified_at`,
		tx.ws, s.Object, writeJSON(s), micros(tx.now), micros(modified))
	return err
}
