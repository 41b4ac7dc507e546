package store

import (
	"cmp"
	"context"
	"slices"

	"tidegate/gateway"
)

type topicRow struct {
	WorkspaceID   string `db:"workspace_id"`
	Slug          string `db:"slug"`
	Name          string `db:"name"`
	DateSensitive bool   `db:"date_sensitive"`
	Examples      string `db:"examples"`
	Place         int    `db:"place"`
	Archived      bool   `db:"archived"`
	Revision      int64  `db:"revision"`
	ByName        string `db:"by_name"`
	At            int64  `db:"at"`
}

const topicColumns = `workspace_id, slug, name, date_sensitive, examples, place, archived, revision, by_name, at`

func (r topicRow) topic() (gateway.Topic, error) {
	t := gateway.Topic{
		Slug: r.Slug, Name: r.Name, DateSensitive: r.DateSensitive, Order: r.Place, Archived: r.Archived,
		Revision: r.Revision, By: r.ByName, At: fromMicros(r.At),
	}
	return t, readJSON(r.Examples, &t.Examples)
}

// Topics returns all topics in their order, archived ones too: those that the
// workspace begins with, as it has changed them, and its own.
func (w *Workspace) Topics(ctx context.Context) ([]gateway.Topic, error) {
	rows, err := list[topicRow](ctx, w.read, "reading topics", `SELECT `+topicColumns+` FROM topics WHERE workspace_id = ?`, w.id)
	if err != nil {
		return nil, err
	}
	out := gateway.DefaultTopics()
	for _, row := range rows {
		t, err := row.topic()
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(out, func(d gateway.Topic) bool { return d.Slug == t.Slug }); i >= 0 {
			out[i] = t
		} else {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b gateway.Topic) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Name, b.Name))
	})
	return out, nil
}

// Topic returns one topic, CodeNotFound when there is none.
func (w *Workspace) Topic(ctx context.Context, slug string) (gateway.Topic, error) {
	all, err := w.Topics(ctx)
	if err != nil {
		return gateway.Topic{}, err
	}
	for _, t := range all {
		if t.Slug == slug {
			return t, nil
		}
	}
	return gateway.Topic{}, notFound("There is no such topic.")
}

// SaveTopic saves a topic whole as the revision after t.Revision, the one that
// the person saw (0 = not saved yet). CodeConflict when there is a newer one.
func (w *Workspace) SaveTopic(ctx context.Context, t gateway.Topic) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error { return tx.SaveTopic(ctx, t) })
}

// SaveTopic is Workspace.SaveTopic in this transaction.
func (tx *Tx) SaveTopic(ctx context.Context, t gateway.Topic) error {
	if t.Examples == nil {
		t.Examples = []string{}
	}
	return tx.saveRevision(ctx, "saving topic", t.Revision, `UPDATE topics SET name = :name, date_sensitive = :date_sensitive,
			examples = :examples, place = :place, archived = :archived, revision = revision + 1, by_name = :by_name, at = :at
		WHERE workspace_id = :workspace_id AND slug = :slug AND revision = :revision`, `INSERT INTO topics (`+topicColumns+`)
		VALUES (:workspace_id, :slug, :name, :date_sensitive, :examples, :place, :archived, 1, :by_name, :at)`,
		topicRow{
			WorkspaceID: string(tx.ws), Slug: t.Slug, Name: clean(t.Name), DateSensitive: t.DateSensitive, Examples: writeJSON(t.Examples),
			Place: t.Order, Archived: t.Archived, Revision: t.Revision, ByName: clean(t.By), At: micros(tx.now),
		})
}

// saveRevision updates a row whose revision is still the one that was seen, or
// inserts it where it never was saved. Two at once: the primary key or the
// revision refuses the second as CodeConflict.
func (tx *Tx) saveRevision(ctx context.Context, doing string, seen int64, update, insert string, row any) error {
	if seen == 0 {
		_, err := tx.execRow(ctx, doing, insert, row)
		return err
	}
	n, err := tx.execRow(ctx, doing, update, row)
	if err == nil && n == 0 {
		err = gateway.Errorf(gateway.CodeConflict, "Somebody else saved this meanwhile. Look at it again, then save.")
	}
	return err
}
