package store

import (
	"context"

	"tidegate/gateway"
)

type rehearsalRow struct {
	BegunAt int64  `db:"begun_at"`
	SeenAt  int64  `db:"seen_at"`
	ByName  string `db:"by_name"`
	Playing string `db:"playing"`
	Done    int    `db:"done"`
	Total   int    `db:"total"`
	EndedAt int64  `db:"ended_at"`
	Problem string `db:"problem"`
	Body    string `db:"body"`
	BodyAt  int64  `db:"body_at"`
}

// Rehearsal returns the last rehearsal; the zero one if there was none.
func (w *Workspace) Rehearsal(ctx context.Context) (gateway.Rehearsal, error) {
	r, found, err := one[rehearsalRow](ctx, w.read, "reading the rehearsal", `SELECT begun_at, seen_at, by_name, playing, done, total, ended_at, problem, body, body_at
		FROM rehearsals WHERE workspace_id = ?`, w.id)
	if err != nil || !found {
		return gateway.Rehearsal{}, err
	}
	out := gateway.Rehearsal{
		BegunAt: fromMicros(r.BegunAt), SeenAt: fromMicros(r.SeenAt), By: r.ByName, Playing: r.Playing, Done: r.Done, Total: r.Total,
		EndedAt: fromMicros(r.EndedAt), Problem: r.Problem, BodyAt: fromMicros(r.BodyAt),
	}
	if r.Body != "" {
		out.Body = []byte(r.Body)
	}
	return out, nil
}

// BeginRehearsal writes down that one begins; false when one runs already.
func (w *Workspace) BeginRehearsal(ctx context.Context, by string, total int) (began bool, err error) {
	err = w.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		if err := tx.dialect.lockNames(ctx, tx.on, []string{"rehearsal " + string(tx.ws)}); err != nil {
			return err
		}
		seen, _, err := one[rehearsalRow](ctx, tx.runner, "reading the rehearsal", `SELECT begun_at, seen_at, ended_at FROM rehearsals WHERE workspace_id = ?`, tx.ws)
		if err != nil {
			return err
		}
		was := gateway.Rehearsal{BegunAt: fromMicros(seen.BegunAt), SeenAt: fromMicros(seen.SeenAt), EndedAt: fromMicros(seen.EndedAt)}
		if began = !was.Running(tx.now); !began {
			return nil
		}
		_, err = tx.exec(ctx, "beginning a rehearsal", `INSERT INTO rehearsals (workspace_id, begun_at, seen_at, by_name, playing, done, total, ended_at, problem, body, body_at)
			VALUES (?, ?, ?, ?, '', 0, ?, 0, '', '', 0) ON CONFLICT (workspace_id) DO UPDATE SET begun_at = excluded.begun_at, seen_at = excluded.seen_at,
			by_name = excluded.by_name, playing = '', done = 0, total = excluded.total, ended_at = 0, problem = ''`,
			tx.ws, micros(tx.now), micros(tx.now), clean(by), total)
		return err
	})
	return began, err
}

// Rehearsing writes down how far the rehearsal that runs is.
func (w *Workspace) Rehearsing(ctx context.Context, playing string, done int) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.exec(ctx, "telling of a rehearsal", `UPDATE rehearsals SET playing = ?, done = ?, seen_at = ? WHERE workspace_id = ?`,
			clean(playing), done, micros(tx.now), tx.ws)
		return err
	})
}

// EndRehearsal writes down what it found, or why it came to no result.
func (w *Workspace) EndRehearsal(ctx context.Context, body []byte, problem string) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		at := micros(tx.now)
		if problem != "" {
			_, err := tx.exec(ctx, "ending a rehearsal", `UPDATE rehearsals SET ended_at = ?, problem = ? WHERE workspace_id = ?`, at, clean(problem), tx.ws)
			return err
		}
		_, err := tx.exec(ctx, "ending a rehearsal", `UPDATE rehearsals SET ended_at = ?, problem = '', done = total, body = ?, body_at = ? WHERE workspace_id = ?`,
			at, string(body), at, tx.ws)
		return err
	})
}
