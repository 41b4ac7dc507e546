package store

import (
	"context"

	"tidegate/gateway"
)

type hookRow struct {
	WorkspaceID string `db:"workspace_id"`
	HookID      string `db:"hook_id"`
	Kind        string `db:"kind"`
	Name        string `db:"name"`
	Sealed      []byte `db:"sealed"`
	OldSealed   []byte `db:"old_sealed"`
	OldUntil    int64  `db:"old_until"`
	Disabled    bool   `db:"disabled"`
	CreatedAt   int64  `db:"created_at"`
	CreatedBy   string `db:"created_by"`
	RotatedAt   int64  `db:"rotated_at"`
}

const hookColumns = `workspace_id, hook_id, kind, name, sealed, old_sealed, old_until, disabled, created_at, created_by, rotated_at`

func (r hookRow) hook() gateway.Hook {
	return gateway.Hook{
		ID: r.HookID, Workspace: gateway.WorkspaceID(r.WorkspaceID), Kind: gateway.HookKind(r.Kind), Name: r.Name,
		Sealed: r.Sealed, OldSealed: r.OldSealed, OldUntil: fromMicros(r.OldUntil), Disabled: r.Disabled,
		CreatedAt: fromMicros(r.CreatedAt), CreatedBy: r.CreatedBy, RotatedAt: fromMicros(r.RotatedAt),
	}
}

func newHookRow(ws gateway.WorkspaceID, h gateway.Hook) hookRow {
	return hookRow{
		WorkspaceID: string(ws), HookID: h.ID, Kind: string(h.Kind), Name: clean(h.Name), Sealed: bytesOf(h.Sealed),
		OldSealed: bytesOf(h.OldSealed), OldUntil: micros(h.OldUntil), Disabled: h.Disabled,
		CreatedAt: micros(h.CreatedAt), CreatedBy: clean(h.CreatedBy), RotatedAt: micros(h.RotatedAt),
	}
}

// bytesOf never returns nil, which would be NULL.
func bytesOf(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// CreateHook stores a hook. CodeConflict when its id is taken.
func (w *Workspace) CreateHook(ctx context.Context, h gateway.Hook) error {
	if h.CreatedAt.IsZero() {
		h.CreatedAt = w.db.now()
	}
	_, err := w.write.execRow(ctx, "creating hook", `INSERT INTO hooks (`+hookColumns+`) VALUES (:workspace_id, :hook_id, :kind, :name,
		:sealed, :old_sealed, :old_until, :disabled, :created_at, :created_by, :rotated_at)`, newHookRow(w.id, h))
	return err
}

// SaveHook replaces name, secrets and state of a hook. CodeNotFound when it is
// gone.
func (w *Workspace) SaveHook(ctx context.Context, h gateway.Hook) error {
	n, err := w.write.execRow(ctx, "saving hook", `UPDATE hooks SET name = :name, sealed = :sealed, old_sealed = :old_sealed,
		old_until = :old_until, disabled = :disabled, rotated_at = :rotated_at
		WHERE workspace_id = :workspace_id AND hook_id = :hook_id`, newHookRow(w.id, h))
	if err == nil && n == 0 {
		err = noHook()
	}
	return err
}

// SwapHookSecrets replaces the sealed secrets of a hook, if they still are what
// they were; it reports whether they were.
func (w *Workspace) SwapHookSecrets(ctx context.Context, was, now gateway.Hook) (bool, error) {
	n, err := w.write.exec(ctx, "swapping the secrets of a hook", `UPDATE hooks SET sealed = ?, old_sealed = ?
		WHERE workspace_id = ? AND hook_id = ? AND sealed = ? AND old_sealed = ?`,
		bytesOf(now.Sealed), bytesOf(now.OldSealed), w.id, was.ID, bytesOf(was.Sealed), bytesOf(was.OldSealed))
	return n > 0, err
}

// DeleteHook deletes a hook with everything that is kept of what came.
// Records that it told of are still read.
func (w *Workspace) DeleteHook(ctx context.Context, id string) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		n, err := tx.exec(ctx, "deleting hook", `DELETE FROM hooks WHERE workspace_id = ? AND hook_id = ?`, tx.ws, clean(id))
		if err == nil && n == 0 {
			err = noHook()
		}
		for _, table := range [...]string{"hook_deliveries", "hook_messages"} {
			if err == nil {
				_, err = tx.exec(ctx, "deleting hook", `DELETE FROM `+table+` WHERE workspace_id = ? AND hook_id = ?`, tx.ws, clean(id))
			}
		}
		return err
	})
}

func noHook() error { return notFound("There is no such webhook.") }

// Hooks returns the hooks, newest first, disabled ones too.
func (w *Workspace) Hooks(ctx context.Context) ([]gateway.Hook, error) {
	rows, err := list[hookRow](ctx, w.read, "reading hooks", `SELECT `+hookColumns+` FROM hooks
		WHERE workspace_id = ? ORDER BY created_at DESC, hook_id`, w.id)
	out := make([]gateway.Hook, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.hook())
	}
	return out, err
}

// Hook returns one hook, else CodeNotFound.
func (w *Workspace) Hook(ctx context.Context, id string) (gateway.Hook, error) {
	return oneHook(ctx, w.read, `workspace_id = ? AND hook_id = ?`, w.id, clean(id))
}

func oneHook(ctx context.Context, r runner, where string, args ...any) (gateway.Hook, error) {
	row, found, err := one[hookRow](ctx, r, "reading hook", `SELECT `+hookColumns+` FROM hooks WHERE `+where, args...)
	if err == nil && !found {
		err = noHook()
	}
	return row.hook(), err
}

// HoldHook makes other deliveries of a hook wait until this transaction ends.
// CodeNotFound when the hook is gone.
func (tx *Tx) HoldHook(ctx context.Context, id string) error {
	_, err := oneHook(ctx, tx.runner, `workspace_id = ? AND hook_id = ?`+tx.dialect.forLock, tx.ws, clean(id))
	return err
}
