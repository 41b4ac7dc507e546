package store

import (
	"context"

	"tidegate/gateway"
)

// SealedSecrets returns what the vault sealed for a connection and its
// generation. CodeNotFound when there is nothing.
func (w *Workspace) SealedSecrets(ctx context.Context, connectionID string) (sealed []byte, generation int64, err error) {
	row, found, err := one[struct {
		Sealed     []byte `db:"sealed"`
		Generation int64  `db:"generation"`
	}](ctx, w.read, "reading sealed secrets", `SELECT sealed, generation FROM connection_secrets
		WHERE workspace_id = ? AND connection_id = ?`, w.id, connectionID)
	if err == nil && !found {
		err = notFound("Nothing is stored for this connection. Please connect Salesforce.")
	}
	return row.Sealed, row.Generation, err
}

// SaveSecrets replaces the sealed secrets. generation must follow the stored
// one by exactly one (1 when there is none), else the error is CodeConflict:
// somebody else refreshed meanwhile, and his are the newer.
func (w *Workspace) SaveSecrets(ctx context.Context, connectionID string, sealed []byte, generation int64) error {
	n, err := w.write.exec(ctx, "saving sealed secrets", `INSERT INTO connection_secrets
			(workspace_id, connection_id, sealed, generation, saved_at)
		SELECT CAST(? AS TEXT), CAST(? AS TEXT), `+w.db.dialect.blob+`, CAST(? AS BIGINT), CAST(? AS BIGINT)
		WHERE CAST(? AS BIGINT) = 1 OR EXISTS (SELECT 1 FROM connection_secrets WHERE workspace_id = ? AND connection_id = ?)
		ON CONFLICT (workspace_id, connection_id) DO UPDATE SET
			sealed = excluded.sealed, generation = excluded.generation, saved_at = excluded.saved_at
		WHERE connection_secrets.generation = excluded.generation - 1`,
		w.id, connectionID, sealed, generation, micros(w.db.now()), generation, w.id, connectionID)
	if err == nil && n == 0 {
		err = gateway.Errorf(gateway.CodeConflict, "The Salesforce tokens were renewed meanwhile.")
	}
	return err
}

// SwapSecrets replaces the sealed secrets of a connection under the generation
// that they have, if they still are what was read. It reports whether they
// were.
func (w *Workspace) SwapSecrets(ctx context.Context, connectionID string, was, sealed []byte) (bool, error) {
	n, err := w.write.exec(ctx, "replacing sealed secrets", `UPDATE connection_secrets SET sealed = `+w.db.dialect.blob+`, saved_at = ?
		WHERE workspace_id = ? AND connection_id = ? AND sealed = `+w.db.dialect.blob,
		sealed, micros(w.db.now()), w.id, connectionID, was)
	return n > 0, err
}

// EraseSecrets deletes the secrets of a connection, as on disconnect.
func (w *Workspace) EraseSecrets(ctx context.Context, connectionID string) error {
	_, err := w.write.exec(ctx, "erasing secrets", `DELETE FROM connection_secrets
		WHERE workspace_id = ? AND connection_id = ?`, w.id, connectionID)
	return err
}
