package store

import (
	"context"

	"tidegate/gateway"
)

type auditRow struct {
	ID     int64  `db:"id"`
	At     int64  `db:"at"`
	ByName string `db:"by_name"`
	What   string `db:"what"`
	Target string `db:"target"`
	Before string `db:"before_text"`
	After  string `db:"after_text"`
	IP     string `db:"ip"`
}

const auditColumns = `id, at, by_name, what, target, before_text, after_text, ip`

// Audit appends one act. Id and a zero At are filled in.
func (w *Workspace) Audit(ctx context.Context, e gateway.AuditEntry) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error { return tx.Audit(ctx, e) })
}

// Audit is Workspace.Audit in this transaction: the act and its trace are
// kept together or not at all.
func (tx *Tx) Audit(ctx context.Context, e gateway.AuditEntry) error {
	if e.At.IsZero() {
		e.At = tx.now
	}
	_, err := tx.exec(ctx, "auditing", `INSERT INTO audit (workspace_id, `+auditColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, tx.ws, tx.db.ids.draw(tx.now), micros(e.At), clean(e.By), clean(e.What),
		clean(e.Target), clean(e.Before), clean(e.After), clean(e.IP))
	return err
}

// AuditLog returns acts, newest first; before continues an earlier page by the
// id of its last act, 0 starts.
func (w *Workspace) AuditLog(ctx context.Context, before int64, limit int) ([]gateway.AuditEntry, error) {
	if before <= 0 {
		before = 1<<63 - 1
	}
	if limit <= 0 {
		limit = pageSize
	}
	rows, err := list[auditRow](ctx, w.read, "reading audit log", `SELECT `+auditColumns+` FROM audit
		WHERE workspace_id = ? AND id < ? ORDER BY id DESC LIMIT ?`, w.id, before, limit)
	out := make([]gateway.AuditEntry, 0, len(rows))
	for _, r := range rows {
		out = append(out, gateway.AuditEntry{
			ID: r.ID, At: fromMicros(r.At), By: r.ByName, What: r.What, Target: r.Target,
			Before: r.Before, After: r.After, IP: r.IP,
		})
	}
	return out, err
}
