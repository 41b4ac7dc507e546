package store

import (
	"context"
	"slices"

	"tidegate/gateway"
)

// whoKeys returns the normalized keys by which somebody is known, without
// repetition.
func whoKeys(email string, numbers ...string) (keys []string) {
	add := func(kind, value string) {
		if key := NormalizeKey(kind, value); key != "" && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	add(KeyEmail, email)
	for _, number := range numbers {
		add(KeyPhone, number)
	}
	return keys
}

// saveWhoKeys saves by what somebody is known, in place of what was before.
func (tx *Tx) saveWhoKeys(ctx context.Context, who gateway.Who, keys []string) error {
	d := tx.dialect
	_, err := tx.exec(ctx, "forgetting keys of somebody", `DELETE FROM who_keys WHERE workspace_id = ? AND kind = ? AND external_id = ?
		AND NOT key`+d.among, tx.ws, who.Kind, who.ID, d.list(keys))
	if err != nil {
		return err
	}
	return tx.rows(ctx, saveWhoKeys, len(keys), func(args []any, i int) []any {
		return append(args, string(tx.ws), keys[i], who.Kind, who.ID)
	})
}

var saveWhoKeys = insert{
	doing: "saving keys of somebody",
	head:  `INSERT INTO who_keys (workspace_id, key, kind, external_id)`,
	tail:  `ON CONFLICT DO NOTHING`,
	width: 4,
}

// LinksOfKey returns the links that say which record those are whom the product
// knows by an e-mail address or a number: people and participants, in the order
// of their kinds and ids. A number finds others that end alike too.
func (w *Workspace) LinksOfKey(ctx context.Context, value string) ([]gateway.Link, error) {
	key := NormalizeKey(KeyEmail, value)
	if key == "" {
		key = NormalizeKey(KeyPhone, value)
	}
	if key == "" {
		return nil, nil
	}
	return w.read.links(ctx, `WHERE workspace_id = ? AND role = ? AND (kind, external_id) IN (SELECT kind, external_id FROM who_keys
		WHERE workspace_id = ? AND key = ?) ORDER BY kind, external_id`, w.id, string(gateway.RoleSelf), w.id, key)
}

// SaveMet saves who takes part in something that was said and who of them is
// undecided, in place of what was before. Whoever is decided by it has his
// other things planned anew.
func (tx *Tx) SaveMet(ctx context.Context, kind, externalID string, met []gateway.Met) error {
	if err := tx.saveWhoTakesPart(ctx, kind, externalID, met); err != nil {
		return err
	}
	for _, m := range met {
		if m.Kind != gateway.KindParticipant {
			continue // whether a person is decided is known when he is told of
		}
		if m.State == "" {
			if err := tx.Decided(ctx, m.Who, m.Reason); err != nil {
				return err
			}
			continue
		}
		err := tx.SaveUndecided(ctx, gateway.Undecided{Who: m.Who, State: m.State, Name: m.Name, Reason: m.Reason})
		if err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) saveWhoTakesPart(ctx context.Context, kind, externalID string, met []gateway.Met) error {
	was, err := list[whoRow](ctx, tx.runner, "reading who takes part", `SELECT who_kind AS kind, who_id AS external_id FROM said_of_people
		WHERE workspace_id = ? AND kind = ? AND external_id = ?`, tx.ws, kind, externalID)
	if err != nil {
		return err
	}
	var fresh []gateway.Who
	for _, m := range met {
		if !slices.Contains(was, whoRow(m.Who)) && !slices.Contains(fresh, m.Who) {
			fresh = append(fresh, m.Who)
		}
	}
	for _, old := range was {
		if slices.ContainsFunc(met, func(m gateway.Met) bool { return whoRow(m.Who) == old }) {
			continue
		}
		_, err := tx.exec(ctx, "forgetting who takes part", `DELETE FROM said_of_people
			WHERE workspace_id = ? AND who_kind = ? AND who_id = ? AND kind = ? AND external_id = ?`, tx.ws, old.Kind, old.ID, kind, externalID)
		if err != nil {
			return err
		}
	}
	err = tx.rows(ctx, saveWhoTakesPart, len(fresh), func(args []any, i int) []any {
		return append(args, string(tx.ws), fresh[i].Kind, fresh[i].ID, kind, externalID)
	})
	for _, who := range fresh {
		if err == nil && who.Kind == gateway.KindParticipant {
			err = tx.saveWhoKeys(ctx, who, whoKeys(who.ID, who.ID))
		}
	}
	return err
}

var saveWhoTakesPart = insert{
	doing: "saving who takes part",
	head:  `INSERT INTO said_of_people (workspace_id, who_kind, who_id, kind, external_id)`,
	tail:  `ON CONFLICT DO NOTHING`,
	width: 5,
}

type whoRow struct {
	Kind string `db:"kind"`
	ID   string `db:"external_id"`
}

// SaidOfWho returns up to n things behind one, by kind and external id, in which
// somebody takes part, or whoever has the same e-mail address.
func (w *Workspace) SaidOfWho(ctx context.Context, who gateway.Who, after SaidKey, n int) ([]SaidKey, error) {
	return list[SaidKey](ctx, w.read, "reading in what somebody takes part", `SELECT DISTINCT kind, external_id FROM said_of_people
		WHERE workspace_id = ? AND (kind, external_id) > (?, ?) AND (who_kind = ? AND who_id = ? OR (who_kind, who_id) IN (`+sameWho+`))
		ORDER BY kind, external_id LIMIT ?`, w.id, after.Kind, after.ExternalID, who.Kind, who.ID, w.id, who.Kind, who.ID, n)
}

// SameWho returns whoever else has the same e-mail address.
func (w *Workspace) SameWho(ctx context.Context, who gateway.Who) ([]gateway.Who, error) {
	rows, err := list[whoRow](ctx, w.read, "reading who is the same", sameWho, w.id, who.Kind, who.ID)
	var out []gateway.Who
	for _, r := range rows {
		if gateway.Who(r) != who {
			out = append(out, gateway.Who(r))
		}
	}
	return out, err
}

// sameWho selects who has an e-mail address that somebody has.
const sameWho = `SELECT b.kind, b.external_id FROM who_keys a JOIN who_keys b ON b.workspace_id = a.workspace_id AND b.key = a.key
	WHERE a.workspace_id = ? AND a.kind = ? AND a.external_id = ? AND a.key LIKE '%@%'`
