package store

import (
	"context"
	"strings"

	"tidegate/gateway"
)

type linkRow struct {
	WorkspaceID string `db:"workspace_id"`
	Kind        string `db:"kind"`
	ExternalID  string `db:"external_id"`
	Object      string `db:"object"`
	RecordID    string `db:"record_id"`
	Reason      string `db:"reason"`
	Pinned      bool   `db:"pinned"`
	Broken      string `db:"broken"`
	At          int64  `db:"at"`
}

const linkColumns = `workspace_id, kind, external_id, object, record_id, reason, pinned, broken, at`

func (r linkRow) link() gateway.Link {
	return gateway.Link{
		Kind: r.Kind, ExternalID: r.ExternalID, Key: gateway.RecordKey{Object: r.Object, ID: r.RecordID},
		Reason: r.Reason, Pinned: r.Pinned, Broken: r.Broken, At: fromMicros(r.At),
	}
}

func (r runner) links(ctx context.Context, tail string, args ...any) ([]gateway.Link, error) {
	rows, err := list[linkRow](ctx, r, "reading links", `SELECT `+linkColumns+` FROM links `+tail, args...)
	out := make([]gateway.Link, 0, len(rows))
	for _, row := range rows {
		out = append(out, row.link())
	}
	return out, err
}

// Links returns what here is decided to be that record.
func (w *Workspace) Links(ctx context.Context, key gateway.RecordKey) ([]gateway.Link, error) {
	return w.read.links(ctx, `WHERE workspace_id = ? AND object = ? AND record_id = ? ORDER BY kind, external_id`,
		w.id, key.Object, key.ID)
}

// LinkOf returns the record that a thing here is. CodeNotFound when nobody
// decided yet.
func (w *Workspace) LinkOf(ctx context.Context, kind, externalID string) (gateway.Link, error) {
	found, err := w.read.links(ctx, `WHERE workspace_id = ? AND kind = ? AND external_id = ?`, w.id, kind, externalID)
	if err == nil && len(found) == 0 {
		err = notFound("This %s is not linked to Salesforce.", kind)
	}
	if err != nil {
		return gateway.Link{}, err
	}
	return found[0], nil
}

// AllLinks lists links by kind and external id; after is LinkToken of the last
// one of the page before, "" to begin.
func (w *Workspace) AllLinks(ctx context.Context, after string, limit int) ([]gateway.Link, error) {
	if limit <= 0 {
		limit = pageSize
	}
	kind, id, _ := strings.Cut(after, "/")
	return w.read.links(ctx, `WHERE workspace_id = ? AND (kind, external_id) > (?, ?)
		ORDER BY kind, external_id LIMIT ?`, w.id, kind, id, limit)
}

// LinkToken returns the place of a link in the list of AllLinks.
func LinkToken(l gateway.Link) string { return l.Kind + "/" + l.ExternalID }

// SaveLink saves one link, new or not. An At of zero becomes now.
func (w *Workspace) SaveLink(ctx context.Context, l gateway.Link) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error { return tx.SaveLink(ctx, l) })
}

// SaveLink is Workspace.SaveLink in this transaction.
func (tx *Tx) SaveLink(ctx context.Context, l gateway.Link) error {
	if l.At.IsZero() {
		l.At = tx.now
	}
	_, err := tx.execRow(ctx, "saving link", `INSERT INTO links (`+linkColumns+`)
		VALUES (:workspace_id, :kind, :external_id, :object, :record_id, :reason, :pinned, :broken, :at)
		ON CONFLICT (workspace_id, kind, external_id) DO UPDATE SET
			object = excluded.object, record_id = excluded.record_id, reason = excluded.reason,
			pinned = excluded.pinned, broken = excluded.broken, at = excluded.at`,
		linkRow{
			WorkspaceID: string(tx.ws), Kind: l.Kind, ExternalID: l.ExternalID, Object: l.Key.Object, RecordID: l.Key.ID,
			Reason: clean(l.Reason), Pinned: l.Pinned, Broken: clean(l.Broken), At: micros(l.At),
		})
	return err
}

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
	return err
}
