package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"tidegate/gateway"
)

type objectRow struct {
	WorkspaceID string `db:"workspace_id"`
	Object      string `db:"object"`
	Label       string `db:"label"`
	State       string `db:"state"`
	Reason      string `db:"reason"`
	Transport   string `db:"transport"`
	LastEvent   int64  `db:"last_event"`
	Lag         int64  `db:"lag"`
	RowsThere   int    `db:"rows_there"`
	CountedAt   int64  `db:"counted_at"`
	Backfilled  bool   `db:"backfilled"`
	StreamedAt  int64  `db:"streamed_at"` // written by NoteStreamed alone
}

const objectColumns = `workspace_id, object, label, state, reason, transport, last_event, lag, rows_there, counted_at, backfilled`

// ObjectStatuses returns the rows of the health page in the order of object
// names. RowsHere, Pending and Parked are counted now.
func (w *Workspace) ObjectStatuses(ctx context.Context) ([]gateway.ObjectStatus, error) {
	rows, err := list[objectRow](ctx, w.read, "reading object status", `SELECT `+objectColumns+`, streamed_at FROM object_status
		WHERE workspace_id = ? ORDER BY object`, w.id)
	if err != nil {
		return nil, err
	}
	here, err := w.rowsHere(ctx)
	if err != nil {
		return nil, err
	}
	pending, err := w.PendingByObject(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]gateway.ObjectStatus, 0, len(rows))
	for _, r := range rows {
		out = append(out, gateway.ObjectStatus{
			Object: r.Object, Label: r.Label, State: gateway.ConnectionState(r.State), Reason: r.Reason,
			Transport: r.Transport, LastEvent: fromMicros(r.LastEvent), Lag: fromMicrosDuration(r.Lag),
			RowsHere: here[r.Object], RowsThere: r.RowsThere, CountedAt: fromMicros(r.CountedAt),
			Pending: pending[r.Object].Waiting, Parked: pending[r.Object].Parked, Backfilled: r.Backfilled,
			StreamedAt: fromMicros(r.StreamedAt),
		})
	}
	return out, nil
}

// SaveObjectStatus saves state, reason, transport, label, the count in
// Salesforce and whether the first backfill finished. LastEvent and Lag move
// only forward: the stream writes them too, by TouchObjects.
func (w *Workspace) SaveObjectStatus(ctx context.Context, s gateway.ObjectStatus) error {
	_, err := w.write.execRow(ctx, "saving object status", `INSERT INTO object_status (`+objectColumns+`)
		VALUES (:workspace_id, :object, :label, :state, :reason, :transport, :last_event, :lag, :rows_there,
			:counted_at, :backfilled)
		ON CONFLICT (workspace_id, object) DO UPDATE SET
			label = excluded.label, state = excluded.state, reason = excluded.reason, transport = excluded.transport,
			rows_there = excluded.rows_there, counted_at = excluded.counted_at, backfilled = excluded.backfilled,
			lag = CASE WHEN excluded.last_event > object_status.last_event THEN excluded.lag ELSE object_status.lag END,
			last_event = CASE WHEN excluded.last_event > object_status.last_event THEN excluded.last_event
				ELSE object_status.last_event END`,
		objectRow{
			WorkspaceID: string(w.id), Object: s.Object, Label: clean(s.Label), State: string(s.State), Reason: clean(s.Reason),
			Transport: s.Transport, LastEvent: micros(s.LastEvent), Lag: s.Lag.Microseconds(), RowsThere: s.RowsThere,
			CountedAt: micros(s.CountedAt), Backfilled: s.Backfilled,
		})
	return err
}

// TouchObjects records the newest event of each object of a batch. An object
// without a row yet gets one in state ok with an unknown count.
func (tx *Tx) TouchObjects(ctx context.Context, touched map[string]ObjectTouch) error {
	objects := slices.Sorted(maps.Keys(touched))
	return tx.rows(ctx, touchObjects, len(objects), func(args []any, i int) []any {
		t := touched[objects[i]]
		return append(args, string(tx.ws), objects[i], objects[i], string(gateway.StateOK), "", "stream",
			micros(t.LastEvent), t.Lag.Microseconds(), -1, 0, false)
	})
}

var touchObjects = insert{
	doing: "touching objects",
	head:  `INSERT INTO object_status (` + objectColumns + `)`,
	tail: `ON CONFLICT (workspace_id, object) DO UPDATE SET last_event = excluded.last_event, lag = excluded.lag
		WHERE excluded.last_event >= object_status.last_event`,
	width: 11,
}

// NoteStreamed records that Salesforce was seen to put these objects into the
// stream, by its clock. It never moves back.
func (tx *Tx) NoteStreamed(ctx context.Context, seen map[string]time.Time) error {
	objects := slices.Sorted(maps.Keys(seen))
	return tx.rows(ctx, noteStreamed, len(objects), func(args []any, i int) []any {
		return append(args, string(tx.ws), objects[i], objects[i], string(gateway.StateOK), "", "stream",
			0, 0, -1, 0, false, micros(seen[objects[i]]))
	})
}

var noteStreamed = insert{
	doing: "noting what is streamed",
	head:  `INSERT INTO object_status (` + objectColumns + `, streamed_at)`,
	tail: `ON CONFLICT (workspace_id, object) DO UPDATE SET streamed_at = excluded.streamed_at
		WHERE excluded.streamed_at > object_status.streamed_at`,
	width: 12,
}
