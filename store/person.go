package store

import (
	"context"

	"tidegate/gateway"
)

// Person returns somebody the host product told us about, CodeNotFound when it
// did not.
func (w *Workspace) Person(ctx context.Context, externalID string) (gateway.Person, error) {
	var p gateway.Person
	body, found, err := one[string](ctx, w.read, "reading person",
		`SELECT body FROM people WHERE workspace_id = ? AND external_id = ?`, w.id, externalID)
	if err == nil && !found {
		err = notFound("There is no such person.")
	}
	if err != nil {
		return p, err
	}
	return p, readJSON(body, &p)
}

// SavePerson saves a person whole, new or not. An UpdatedAt of zero becomes
// now.
func (w *Workspace) SavePerson(ctx context.Context, p gateway.Person) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error { return tx.SavePerson(ctx, p) })
}

// SavePerson is Workspace.SavePerson in this transaction.
func (tx *Tx) SavePerson(ctx context.Context, p gateway.Person) error {
	if p.UpdatedAt.IsZero() {
		p.UpdatedAt = tx.now
	}
	_, err := tx.exec(ctx, "saving person", `INSERT INTO people (workspace_id, external_id, body, updated_at)
		VALUES (?, ?, ?, ?) ON CONFLICT (workspace_id, external_id) DO UPDATE SET
		body = excluded.body, updated_at = excluded.updated_at`,
		tx.ws, p.ExternalID, writeJSON(p), micros(p.UpdatedAt))
	if err != nil {
		return err
	}
	return tx.saveWhoKeys(ctx, gateway.Who{Kind: gateway.KindPerson, ID: p.ExternalID}, whoKeys(p.Email, p.MobilePhone, p.Phone))
}
