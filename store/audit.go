package store

import (
	"context"
	"crypto/rand"

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
	N      int64  `db:"n"`
	Mac    []byte `db:"mac"`
}

const auditColumns = `id, at, by_name, what, target, before_text, after_text, ip, n, mac`

// Audit appends one act. Id and a zero At are filled in.
func (w *Workspace) Audit(ctx context.Context, e gateway.AuditEntry) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error { return tx.Audit(ctx, e) })
}

// Audit is Workspace.Audit in this transaction: the act and its trace are
// kept together or not at all. From here on the transaction holds the end of
// the workspace's chain, so it comes last where that is possible.
func (tx *Tx) Audit(ctx context.Context, e gateway.AuditEntry) error {
	if e.At.IsZero() {
		e.At = tx.now
	}
	head, key, err := tx.chainEnd(ctx)
	if err != nil {
		return err
	}
	row := auditRow{
		ID: tx.db.ids.draw(tx.now), At: micros(e.At), ByName: clean(e.By), What: clean(e.What), Target: clean(e.Target),
		Before: clean(e.Before), After: clean(e.After), IP: clean(e.IP), N: head.N + 1,
	}
	row.Mac = row.code(key, head.Mac)
	_, err = tx.exec(ctx, "auditing", `INSERT INTO audit (workspace_id, `+auditColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tx.ws, row.ID, row.At, row.ByName, row.What, row.Target, row.Before, row.After, row.IP, row.N, row.Mac)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, "moving the end of the audit chain", `UPDATE audit_heads SET n = ?, mac = ?, began = ? WHERE workspace_id = ?`,
		row.N, row.Mac, head.Began, tx.ws)
	return err
}

// chainEnd locks the end of the chain until the transaction ends, and begins a
// chain where there is none.
func (tx *Tx) chainEnd(ctx context.Context) (auditHead, []byte, error) {
	fresh := make([]byte, auditKeySize)
	rand.Read(fresh) // never fails since Go 1.24
	sealed, err := tx.db.sealer.Seal(fresh, gateway.WorkspaceID(tx.ws), SealedAsAudit)
	if err != nil {
		return auditHead{}, nil, err
	}
	none := []byte{}
	// The update changes nothing and locks the row, in both engines.
	head, _, err := one[auditHead](ctx, tx.runner, "locking the audit chain", `INSERT INTO audit_heads (workspace_id, n, mac, began, sealed)
		VALUES (?, 0, ?, ?, ?) ON CONFLICT (workspace_id) DO UPDATE SET n = audit_heads.n RETURNING n, mac, began, sealed`, tx.ws, none, none, sealed)
	if err != nil {
		return head, nil, err
	}
	key, err := tx.db.sealer.Unseal(head.Sealed, gateway.WorkspaceID(tx.ws), SealedAsAudit)
	if err != nil {
		return head, nil, err
	}
	if head.N == 0 {
		if head.Began, _, err = digestOlder(ctx, tx.runner, string(tx.ws)); err != nil {
			return head, nil, err
		}
		head.Mac = head.Began
	}
	return head, key, nil
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
