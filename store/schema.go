package store

import (
	"context"

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

// SaveSchemas replaces the describes of these objects; others stay.
func (w *Workspace) SaveSchemas(ctx context.Context, schemas []gateway.Schema) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		for _, s := range schemas {
			_, err := tx.exec(ctx, "saving schema", `INSERT INTO schemas (workspace_id, object, body, read_at)
				VALUES (?, ?, ?, ?) ON CONFLICT (workspace_id, object) DO UPDATE SET
				body = excluded.body, read_at = excluded.read_at`,
				tx.ws, s.Object, writeJSON(s), micros(tx.now))
			if err != nil {
				return err
			}
		}
		return nil
	})
}
