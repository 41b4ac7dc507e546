package store

import (
	"context"
	"strings"
	"time"

	"tidegate/gateway"
)

type linkRow struct {
	WorkspaceID  string `db:"workspace_id"`
	Kind         string `db:"kind"`
	Role         string `db:"role"`
	ExternalID   string `db:"external_id"`
	Object       string `db:"object"`
	RecordID     string `db:"record_id"`
	ChosenObject string `db:"chosen_object"`
	ChosenID     string `db:"chosen_id"`
	Rule         string `db:"rule"`
	Reason       string `db:"reason"`
	Moved        string `db:"moved"`
	MovedAt      int64  `db:"moved_at"`
	Pinned       bool   `db:"pinned"`
	ByName       string `db:"by_name"`
	Broken       string `db:"broken"`
	At           int64  `db:"at"`
}

const linkColumns = `workspace_id, kind, role, external_id, object, record_id, chosen_object, chosen_id, rule, reason,
	moved, moved_at, pinned, by_name, broken, at`

func (r linkRow) link() gateway.Link {
	return gateway.Link{
		Kind: r.Kind, ExternalID: r.ExternalID, Role: gateway.LinkRole(r.Role),
		Key: gateway.RecordKey{Object: r.Object, ID: r.RecordID}, Chosen: gateway.RecordKey{Object: r.ChosenObject, ID: r.ChosenID},
		Rule: r.Rule, Reason: r.Reason, Moved: r.Moved, MovedAt: fromMicros(r.MovedAt),
		Pinned: r.Pinned, By: r.ByName, Broken: r.Broken, At: fromMicros(r.At),
	}
}

func (r runner) links(ctx context.Context, query string, args ...any) ([]gateway.Link, error) {
	rows, err := list[linkRow](ctx, r, "reading links", `SELECT `+linkColumns+` FROM links `+query, args...)
	out := make([]gateway.Link, 0, len(rows))
	for _, row := range rows {
		out = append(out, row.link())
	}
	return out, err
}

// Links returns what here is decided to be that record, or to belong to it.
func (w *Workspace) Links(ctx context.Context, key gateway.RecordKey) ([]gateway.Link, error) {
	return w.read.links(ctx, `WHERE workspace_id = ? AND object = ? AND record_id = ? ORDER BY kind, role, external_id`,
		w.id, key.Object, key.ID)
}

// LinkOf returns the record that a thing here is. CodeNotFound when nobody
// decided yet; a link that a person cut is there, with a zero Key.
func (w *Workspace) LinkOf(ctx context.Context, kind, externalID string) (gateway.Link, error) {
	found, err := w.LinksOf(ctx, kind, externalID)
	if err != nil {
		return gateway.Link{}, err
	}
	if len(found) == 0 || found[0].Role != gateway.RoleSelf {
		return gateway.Link{}, notFound("This %s is not linked to Salesforce.", kind)
	}
	return found[0], nil
}

// LinksOf returns the links of a thing here in all roles, its own first.
func (w *Workspace) LinksOf(ctx context.Context, kind, externalID string) ([]gateway.Link, error) {
	return w.read.links(ctx, `WHERE workspace_id = ? AND kind = ? AND external_id = ? ORDER BY role`, w.id, kind, externalID)
}

// AllLinks lists links by kind, role and external id; after is LinkToken of
// the last one of the page before, "" to begin.
func (w *Workspace) AllLinks(ctx context.Context, after string, limit int) ([]gateway.Link, error) {
	if limit <= 0 {
		limit = pageSize
	}
	kind, rest, _ := strings.Cut(after, "/")
	role, id, _ := strings.Cut(rest, "/")
	return w.read.links(ctx, `WHERE workspace_id = ? AND (kind, role, external_id) > (?, ?, ?)
		ORDER BY kind, role, external_id LIMIT ?`, w.id, kind, role, id, limit)
}

// LinksByRule counts of how many people and participants it was decided since
// then which record they are, by the rule that decided.
func (w *Workspace) LinksByRule(ctx context.Context, since time.Time) (map[string]int, error) {
	rows, err := list[struct {
		Rule  string `db:"rule"`
		Links int    `db:"links"`
	}](ctx, w.read, "counting links", `SELECT rule, COUNT(*) AS links FROM links
		WHERE workspace_id = ? AND role = ? AND kind IN (?, ?) AND at >= ? GROUP BY rule`,
		w.id, string(gateway.RoleSelf), gateway.KindPerson, gateway.KindParticipant, micros(since))
	out := make(map[string]int, len(rows))
	for _, row := range rows {
		out[row.Rule] = row.Links
	}
	return out, err
}

// LinkToken returns the place of a link in the list of AllLinks.
func LinkToken(l gateway.Link) string { return l.Kind + "/" + string(l.Role) + "/" + l.ExternalID }

// LinksThrough returns, locked, the links that lead to one of these records,
// or were chosen for one, or once moved on from one: those whose record may be
// another one now.
func (tx *Tx) LinksThrough(ctx context.Context, keys []gateway.RecordKey) ([]gateway.Link, error) {
	var out []gateway.Link
	seen := map[string]bool{}
	err := tx.perObject(keys, func(object string, ids any) error {
		among := tx.dialect.among
		// Three look-ups, each by its own index; rows of a UNION cannot be locked.
		for _, where := range [...]string{
			`object = ? AND record_id` + among,
			`chosen_object = ? AND chosen_id` + among,
			`(kind, role, external_id) IN (SELECT kind, role, external_id FROM link_history
				WHERE workspace_id = links.workspace_id AND from_object = ? AND from_id` + among + `)`,
		} {
			found, err := tx.links(ctx, `WHERE workspace_id = ? AND `+where+` ORDER BY kind, role, external_id`+tx.dialect.forLock,
				tx.ws, object, ids)
			if err != nil {
				return err
			}
			for _, l := range found {
				if token := LinkToken(l); !seen[token] {
					seen[token] = true
					out = append(out, l)
				}
			}
		}
		return nil
	})
	return out, err
}

// SaveLink saves one link, new or not. An At of zero becomes now, a zero
// Chosen becomes Key.
func (w *Workspace) SaveLink(ctx context.Context, l gateway.Link) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error { return tx.SaveLink(ctx, l) })
}

// SaveLink is Workspace.SaveLink in this transaction.
func (tx *Tx) SaveLink(ctx context.Context, l gateway.Link) error {
	_, err := tx.saveLink(ctx, l, replaceLink)
	return err
}

const replaceLink = `DO UPDATE SET
	object = excluded.object, record_id = excluded.record_id, chosen_object = excluded.chosen_object,
	chosen_id = excluded.chosen_id, rule = excluded.rule, reason = excluded.reason, moved = excluded.moved,
	moved_at = excluded.moved_at, pinned = excluded.pinned, by_name = excluded.by_name,
	broken = excluded.broken, at = excluded.at`

// KeepLink is SaveLink unless a person decided meanwhile, and says whether it
// did.
func (tx *Tx) KeepLink(ctx context.Context, l gateway.Link) (bool, error) {
	n, err := tx.saveLink(ctx, l, replaceLink+` WHERE NOT links.pinned`)
	return n > 0, err
}

// AddLink saves a link unless the thing has one in that role, and says whether
// it did.
func (tx *Tx) AddLink(ctx context.Context, l gateway.Link) (bool, error) {
	n, err := tx.saveLink(ctx, l, `DO NOTHING`)
	return n > 0, err
}

func (tx *Tx) saveLink(ctx context.Context, l gateway.Link, onConflict string) (int64, error) {
	if l.At.IsZero() {
		l.At = tx.now
	}
	if l.Chosen == (gateway.RecordKey{}) {
		l.Chosen = l.Key
	}
	return tx.execRow(ctx, "saving link", `INSERT INTO links (`+linkColumns+`)
		VALUES (:workspace_id, :kind, :role, :external_id, :object, :record_id, :chosen_object, :chosen_id, :rule, :reason,
			:moved, :moved_at, :pinned, :by_name, :broken, :at)
		ON CONFLICT (workspace_id, kind, role, external_id) `+onConflict,
		linkRow{
			WorkspaceID: string(tx.ws), Kind: l.Kind, Role: string(l.Role), ExternalID: l.ExternalID,
			Object: l.Key.Object, RecordID: l.Key.ID, ChosenObject: l.Chosen.Object, ChosenID: l.Chosen.ID,
			Rule: l.Rule, Reason: clean(l.Reason), Moved: clean(l.Moved), MovedAt: micros(l.MovedAt),
			Pinned: l.Pinned, ByName: clean(l.By), Broken: clean(l.Broken), At: micros(l.At),
		})
}
