package store

import (
	"context"
	"slices"
	"time"
)

// HoldParents takes those of the records that no other call holds, for so long at
// most, and returns them: Salesforce locks the parent of what is written, whichever
// process writes it. Lease names the call; see LeaveParents.
func (w *Workspace) HoldParents(ctx context.Context, ids []string, lease string, d time.Duration) (held map[string]bool, err error) {
	sorted := slices.Compact(slices.Sorted(slices.Values(ids))) // in one order, so that two calls never wait for each other
	err = w.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		held = make(map[string]bool, len(sorted))
		now, until := micros(tx.now), micros(tx.now.Add(d))
		if _, err := tx.exec(ctx, "leaving parents of calls that ended", `DELETE FROM held_parents WHERE workspace_id = ? AND until <= ?`, tx.ws, now); err != nil {
			return err
		}
		err := tx.rows(ctx, holdParents, len(sorted), func(args []any, i int) []any {
			return append(args, string(tx.ws), sorted[i], lease, until)
		})
		if err != nil {
			return err
		}
		mine, err := list[string](ctx, tx.runner, "reading held parents", `SELECT parent_id FROM held_parents WHERE workspace_id = ? AND lease = ?`, tx.ws, lease)
		for _, id := range mine {
			held[id] = true
		}
		return err
	})
	return held, err
}

var holdParents = insert{
	doing: "holding parents",
	head:  `INSERT INTO held_parents (workspace_id, parent_id, lease, until)`,
	tail:  `ON CONFLICT (workspace_id, parent_id) DO NOTHING`,
	width: 4,
}

// LeaveParents gives back what a call holds.
func (w *Workspace) LeaveParents(ctx context.Context, lease string) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.exec(ctx, "leaving parents", `DELETE FROM held_parents WHERE workspace_id = ? AND lease = ?`, tx.ws, lease)
		return err
	})
}
