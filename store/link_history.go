package store

import (
	"context"

	"tidegate/gateway"
)

type linkMoveRow struct {
	WorkspaceID string `db:"workspace_id"`
	ID          int64  `db:"id"`
	Kind        string `db:"kind"`
	Role        string `db:"role"`
	ExternalID  string `db:"external_id"`
	Act         string `db:"act"`
	FromObject  string `db:"from_object"`
	FromID      string `db:"from_id"`
	ToObject    string `db:"to_object"`
	ToID        string `db:"to_id"`
	Reason      string `db:"reason"`
	ByName      string `db:"by_name"`
	At          int64  `db:"at"`
}

const linkMoveColumns = `workspace_id, id, kind, role, external_id, act, from_object, from_id, to_object, to_id, reason, by_name, at`

func (r linkMoveRow) move() gateway.LinkMove {
	return gateway.LinkMove{
		ID: r.ID, Kind: r.Kind, ExternalID: r.ExternalID, Role: gateway.LinkRole(r.Role), Act: gateway.LinkAct(r.Act),
		From: gateway.RecordKey{Object: r.FromObject, ID: r.FromID}, To: gateway.RecordKey{Object: r.ToObject, ID: r.ToID},
		Reason: r.Reason, By: r.ByName, At: fromMicros(r.At),
	}
}

// LinkHistory returns what became of the links of a thing here, oldest first.
func (w *Workspace) LinkHistory(ctx context.Context, kind, externalID string) ([]gateway.LinkMove, error) {
	rows, err := list[linkMoveRow](ctx, w.read, "reading link history", `SELECT `+linkMoveColumns+` FROM link_history
		WHERE workspace_id = ? AND kind = ? AND external_id = ? ORDER BY id`, w.id, kind, externalID)
	out := make([]gateway.LinkMove, 0, len(rows))
	for _, row := range rows {
		out = append(out, row.move())
	}
	return out, err
}

// AppendLinkMoves adds steps to the history of links. An At of zero becomes
// now.
func (tx *Tx) AppendLinkMoves(ctx context.Context, moves []gateway.LinkMove) error {
	return tx.rows(ctx, appendLinkMoves, len(moves), func(args []any, i int) []any {
		m := moves[i]
		if m.ID == 0 {
			m.ID = tx.db.ids.draw(tx.now)
		}
		if m.At.IsZero() {
			m.At = tx.now
		}
		return append(args, string(tx.ws), m.ID, m.Kind, string(m.Role), m.ExternalID, string(m.Act),
			m.From.Object, m.From.ID, m.To.Object, m.To.ID, clean(m.Reason), clean(m.By), micros(m.At))
	})
}

var appendLinkMoves = insert{
	doing: "writing link history",
	head:  `INSERT INTO link_history (` + linkMoveColumns + `)`,
	width: 13,
}
