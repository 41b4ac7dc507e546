package store

import (
	"context"

	"tidegate/gateway"
)

// Wordings returns how the topics of a deal were worded last, by topic.
func (w *Workspace) Wordings(ctx context.Context, deal gateway.RecordKey) (map[string]gateway.Wording, error) {
	rows, err := list[struct {
		Topic   string `db:"topic"`
		Of      string `db:"of_notes"`
		Model   string `db:"model"`
		Lines   string `db:"lines"`
		Problem string `db:"problem"`
		DueAt   int64  `db:"due_at"`
		At      int64  `db:"at"`
	}](ctx, w.read, "reading wordings", `SELECT topic, of_notes, model, lines, problem, due_at, at FROM wordings
		WHERE workspace_id = ? AND deal_id = ?`, w.id, deal.ID)
	out := make(map[string]gateway.Wording, len(rows))
	for _, r := range rows {
		one := gateway.Wording{
			Deal: deal.ID, Topic: r.Topic, Of: r.Of, Model: r.Model, Problem: r.Problem, DueAt: fromMicros(r.DueAt), At: fromMicros(r.At),
		}
		if err := readJSON(r.Lines, &one.Lines); err != nil {
			return nil, err
		}
		out[r.Topic] = one
	}
	return out, err
}

// SaveWording puts a wording in place of the one before.
func (w *Workspace) SaveWording(ctx context.Context, g gateway.Wording) error {
	_, err := w.write.exec(ctx, "saving a wording", `INSERT INTO wordings
		(workspace_id, deal_id, topic, of_notes, model, lines, problem, due_at, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (workspace_id, deal_id, topic) DO UPDATE SET of_notes = excluded.of_notes, model = excluded.model,
		lines = excluded.lines, problem = excluded.problem, due_at = excluded.due_at, at = excluded.at`,
		w.id, g.Deal, g.Topic, g.Of, clean(g.Model), writeJSON(g.Lines), clean(g.Problem), micros(g.DueAt), micros(w.db.now()))
	return err
}
