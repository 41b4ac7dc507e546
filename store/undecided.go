package store

import (
	"context"

	"tidegate/gateway"
)

type undecidedRow struct {
	Kind   string `db:"kind"`
	ID     string `db:"external_id"`
	State  string `db:"state"`
	Name   string `db:"name"`
	Reason string `db:"reason"`
	At     int64  `db:"at"`
}

func (r undecidedRow) undecided() gateway.Undecided {
	return gateway.Undecided{
		Who: gateway.Who{Kind: r.Kind, ID: r.ID}, State: gateway.UndecidedState(r.State), Name: r.Name, Reason: r.Reason, At: fromMicros(r.At),
	}
}

// SaveUndecided saves that it is not known which record somebody is; since when
// stays. Who was decided meanwhile is undecided again. It is asked for outside
// of the transaction who fits: where by now a record has what he is known by, he
// is asked for once more, since that record told nobody who was undecided then.
func (tx *Tx) SaveUndecided(ctx context.Context, u gateway.Undecided) error {
	n, err := tx.exec(ctx, "saving who is undecided", `INSERT INTO undecided (workspace_id, kind, external_id, state, name, reason, at)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (workspace_id, kind, external_id) DO UPDATE SET
		state = excluded.state, name = excluded.name, reason = excluded.reason
		WHERE undecided.state <> excluded.state OR undecided.reason <> excluded.reason OR undecided.name <> excluded.name`,
		tx.ws, u.Kind, u.ID, string(u.State), clean(u.Name), clean(u.Reason), micros(tx.now))
	if err != nil || n == 0 {
		return err
	}
	_, err = tx.exec(ctx, "asking for a revisit", `INSERT INTO revisits (workspace_id, kind, external_id, reason, at)
		SELECT DISTINCT w.workspace_id, w.kind, w.external_id, CAST(? AS TEXT), CAST(? AS BIGINT) FROM who_keys w
		JOIN record_keys r ON r.workspace_id = w.workspace_id AND r.kind IN (?, ?) AND r.value = w.key
		WHERE w.workspace_id = ? AND w.kind = ? AND w.external_id = ? `+revisitOnce,
		"A record has this address or number.", micros(tx.now), KeyEmail, KeyPhone, tx.ws, u.Kind, u.ID)
	return err
}

// Decided saves that it is known who somebody is, or that a person cut him. If
// it was not before, everything that he takes part in is planned anew, and so
// are those undecided who have the same e-mail address.
func (tx *Tx) Decided(ctx context.Context, who gateway.Who, reason string) error {
	if some, err := tx.someUndecided(ctx); err != nil || !some {
		return err
	}
	_, err := tx.exec(ctx, "asking for a revisit", `INSERT INTO revisits (workspace_id, kind, external_id, reason, at)
		SELECT workspace_id, kind, external_id, CAST(? AS TEXT), CAST(? AS BIGINT) FROM undecided WHERE workspace_id = ?
			AND (kind = ? AND external_id = ? OR (kind, external_id) IN (`+sameWho+`)) `+revisitOnce,
		clean(reason), micros(tx.now), tx.ws, who.Kind, who.ID, tx.ws, who.Kind, who.ID)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, "forgetting who was undecided", `DELETE FROM undecided WHERE workspace_id = ? AND kind = ? AND external_id = ?`,
		tx.ws, who.Kind, who.ID)
	return err
}

// someUndecided says whether anybody is undecided: mostly nobody is, and loadings
// bring hundreds of thousands of records.
func (tx *Tx) someUndecided(ctx context.Context) (bool, error) {
	_, some, err := one[int](ctx, tx.runner, "looking who is undecided", `SELECT 1 FROM undecided WHERE workspace_id = ? LIMIT 1`, tx.ws)
	return some, err
}

// revisitOnce keeps one revisit of somebody, as late as the last that asked.
const revisitOnce = `ON CONFLICT (workspace_id, kind, external_id) DO UPDATE SET reason = excluded.reason, at = excluded.at`

// Revisit asks for everything that somebody takes part in to be planned anew; of
// the kind of something said, for that thing.
func (tx *Tx) Revisit(ctx context.Context, who gateway.Who, reason string) error {
	_, err := tx.exec(ctx, "asking for a revisit", `INSERT INTO revisits (workspace_id, kind, external_id, reason, at)
		VALUES (?, ?, ?, ?, ?) `+revisitOnce, tx.ws, who.Kind, who.ID, clean(reason), micros(tx.now))
	return err
}

// RevisitNamed is Revisit of somebody who takes part in something already: who
// is told of before what he says needs none.
func (tx *Tx) RevisitNamed(ctx context.Context, who gateway.Who, reason string) error {
	_, err := tx.exec(ctx, "asking for a revisit", `INSERT INTO revisits (workspace_id, kind, external_id, reason, at)
		SELECT DISTINCT workspace_id, who_kind, who_id, CAST(? AS TEXT), CAST(? AS BIGINT) FROM said_of_people WHERE workspace_id = ? AND who_kind = ? AND who_id = ? `+revisitOnce,
		clean(reason), micros(tx.now), tx.ws, who.Kind, who.ID)
	return err
}

// revisitKnown asks for a revisit of those undecided who are known by a key that
// a record got or lost.
func (tx *Tx) revisitKnown(ctx context.Context, c keyChange) error {
	var keys []string
	for _, list := range [...][]ownedKey{c.gone, c.fresh} {
		for _, k := range list {
			if k.kind == KeyEmail || k.kind == KeyPhone {
				keys = append(keys, k.value)
			}
		}
	}
	if len(keys) == 0 {
		return nil
	}
	if some, err := tx.someUndecided(ctx); err != nil || !some {
		return err
	}
	_, err := tx.exec(ctx, "asking for a revisit", `INSERT INTO revisits (workspace_id, kind, external_id, reason, at)
		SELECT DISTINCT u.workspace_id, u.kind, u.external_id, CAST(? AS TEXT), CAST(? AS BIGINT) FROM who_keys k
		JOIN undecided u ON u.workspace_id = k.workspace_id AND u.kind = k.kind AND u.external_id = k.external_id
		WHERE k.workspace_id = ? AND k.key`+tx.dialect.among+` `+revisitOnce,
		"Who has this address or number changed in Salesforce.", micros(tx.now), tx.ws, tx.dialect.list(keys))
	return err
}

// RevisitUnread asks for a revisit of everybody who waited for Salesforce to be
// read. They are nobody's from here on, until that finds out more.
func (tx *Tx) RevisitUnread(ctx context.Context, reason string) error {
	err := tx.revisitAll(ctx, gateway.UndecidedUnread, reason)
	if err == nil {
		_, err = tx.exec(ctx, "ending the wait for a reading", `UPDATE undecided SET state = ? WHERE workspace_id = ? AND state = ?`,
			string(gateway.UndecidedNobody), tx.ws, string(gateway.UndecidedUnread))
	}
	return err
}

// RevisitReading is RevisitUnread for records of the product's own kinds. It says
// of each itself whether it waits on.
func (tx *Tx) RevisitReading(ctx context.Context, reason string) error {
	err := tx.revisitAll(ctx, gateway.UndecidedReading, reason)
	if err == nil {
		_, err = tx.exec(ctx, "ending the wait for an object", `DELETE FROM undecided WHERE workspace_id = ? AND state = ?`,
			tx.ws, string(gateway.UndecidedReading))
	}
	return err
}

func (tx *Tx) revisitAll(ctx context.Context, state gateway.UndecidedState, reason string) error {
	_, err := tx.exec(ctx, "asking for revisits", `INSERT INTO revisits (workspace_id, kind, external_id, reason, at)
		SELECT workspace_id, kind, external_id, CAST(? AS TEXT), CAST(? AS BIGINT) FROM undecided WHERE workspace_id = ? AND state = ? `+revisitOnce,
		clean(reason), micros(tx.now), tx.ws, string(state))
	return err
}

// Revisiting lists the workspaces that have revisits, or somebody or something
// that waits for Salesforce to be read.
func (db *DB) Revisiting(ctx context.Context) ([]gateway.WorkspaceID, error) {
	return list[gateway.WorkspaceID](ctx, db.read(), "reading revisits", `SELECT workspace_id FROM revisits
		UNION SELECT workspace_id FROM undecided WHERE state IN (?, ?) ORDER BY workspace_id`, string(gateway.UndecidedUnread), string(gateway.UndecidedReading))
}

// Revisits returns up to n of them, the longest asked for first.
func (w *Workspace) Revisits(ctx context.Context, n int) ([]gateway.Revisit, error) {
	rows, err := list[struct {
		whoRow
		Reason string `db:"reason"`
		At     int64  `db:"at"`
	}](ctx, w.read, "reading revisits", `SELECT kind, external_id, reason, at FROM revisits WHERE workspace_id = ? ORDER BY at, kind, external_id LIMIT ?`, w.id, n)
	out := make([]gateway.Revisit, len(rows))
	for i, r := range rows {
		out[i] = gateway.Revisit{Who: gateway.Who(r.whoRow), Reason: r.Reason, At: fromMicros(r.At)}
	}
	return out, err
}

// RevisitWaits reports whether a revisit was asked for and is still to be done.
func (w *Workspace) RevisitWaits(ctx context.Context, who gateway.Who) (bool, error) {
	_, found, err := one[int](ctx, w.read, "reading a revisit", `SELECT 1 FROM revisits WHERE workspace_id = ? AND kind = ? AND external_id = ?`, w.id, who.Kind, who.ID)
	return found, err
}

// EndRevisit drops a revisit, unless it was asked for again since.
func (w *Workspace) EndRevisit(ctx context.Context, r gateway.Revisit) error {
	_, err := w.write.exec(ctx, "ending a revisit", `DELETE FROM revisits WHERE workspace_id = ? AND kind = ? AND external_id = ? AND at = ?`,
		w.id, r.Kind, r.ID, micros(r.At))
	return err
}

// UndecidedOf returns that somebody is undecided, CodeNotFound when he is not.
func (w *Workspace) UndecidedOf(ctx context.Context, who gateway.Who) (gateway.Undecided, error) {
	row, found, err := one[undecidedRow](ctx, w.read, "reading who is undecided", `SELECT kind, external_id, state, name, reason, at FROM undecided
		WHERE workspace_id = ? AND kind = ? AND external_id = ?`, w.id, who.Kind, who.ID)
	if err == nil && !found {
		err = notFound("Nothing is to be decided about this %s any more.", who.Kind)
	}
	return row.undecided(), err
}

// Undecided lists up to n of those undecided of a state behind one, by kind and
// id.
func (w *Workspace) Undecided(ctx context.Context, state gateway.UndecidedState, after gateway.Who, n int) ([]gateway.Undecided, error) {
	rows, err := list[undecidedRow](ctx, w.read, "reading who is undecided", `SELECT kind, external_id, state, name, reason, at FROM undecided
		WHERE workspace_id = ? AND state = ? AND (kind, external_id) > (?, ?) ORDER BY kind, external_id LIMIT ?`,
		w.id, string(state), after.Kind, after.ID, n)
	out := make([]gateway.Undecided, len(rows))
	for i, r := range rows {
		out[i] = r.undecided()
	}
	return out, err
}

// CountUndecided counts those undecided by their states.
func (w *Workspace) CountUndecided(ctx context.Context) (map[gateway.UndecidedState]int, error) {
	rows, err := list[struct {
		State string `db:"state"`
		N     int    `db:"n"`
	}](ctx, w.read, "counting who is undecided", `SELECT state, COUNT(*) AS n FROM undecided WHERE workspace_id = ? GROUP BY state`, w.id)
	out := map[gateway.UndecidedState]int{}
	for _, r := range rows {
		out[gateway.UndecidedState(r.State)] = r.N
	}
	return out, err
}

// CutPeople lists up to n of those, behind one, of whom a person decided that
// they are no record, by kind and id.
func (w *Workspace) CutPeople(ctx context.Context, after gateway.Who, n int) ([]gateway.Undecided, error) {
	links, err := w.read.links(ctx, `WHERE workspace_id = ? AND role = ? AND kind IN (?, ?) AND pinned AND record_id = '' AND (kind, external_id) > (?, ?)
		ORDER BY kind, external_id LIMIT ?`, w.id, string(gateway.RoleSelf), gateway.KindParticipant, gateway.KindPerson, after.Kind, after.ID, n)
	out := make([]gateway.Undecided, len(links))
	for i, l := range links {
		out[i] = gateway.Undecided{Who: gateway.Who{Kind: l.Kind, ID: l.ExternalID}, Name: l.ExternalID, Reason: l.Reason, At: l.At}
	}
	return out, err
}
