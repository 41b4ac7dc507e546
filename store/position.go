package store

import (
	"context"
	"time"

	"tidegate/gateway"
)

type positionRow struct {
	ConnectionID string `db:"connection_id"`
	Channel      string `db:"channel"`
	ReplayID     string `db:"replay_id"`
	Holder       string `db:"holder"`
	Epoch        int64  `db:"epoch"`
	LeaseUntil   int64  `db:"lease_until"`
	UpdatedAt    int64  `db:"updated_at"`
	LastEventAt  int64  `db:"last_event_at"`
	Lag          int64  `db:"lag"`
	Events       int64  `db:"events"`
}

const positionColumns = `connection_id, channel, replay_id, holder, epoch, lease_until, updated_at, last_event_at, lag, events`

func (r positionRow) lease() gateway.Lease {
	return gateway.Lease{
		Connection: r.ConnectionID, Channel: r.Channel, Holder: r.Holder, Epoch: r.Epoch,
		Until: fromMicros(r.LeaseUntil), Position: gateway.ReplayID(r.ReplayID),
	}
}

func (r positionRow) position() Position {
	return Position{
		Lease: r.lease(), UpdatedAt: fromMicros(r.UpdatedAt), LastEventAt: fromMicros(r.LastEventAt),
		Lag: fromMicrosDuration(r.Lag), Events: r.Events,
	}
}

// AcquireLease takes the lease of a channel for d when it is free, expired or
// already holder's. A new holder, or a lease that had run out, gets the next
// epoch, which fences whoever held it before (F-67, F-68). It returns false,
// and the lease as it stands, when somebody else holds it.
func (w *Workspace) AcquireLease(ctx context.Context, connection, channel, holder string, d time.Duration) (gateway.Lease, bool, error) {
	now := w.db.now()
	// One statement decides, so two processes cannot both take it.
	row, taken, err := one[positionRow](ctx, w.write, "acquiring lease", `
		INSERT INTO positions (workspace_id, connection_id, channel, replay_id, holder, epoch, lease_until,
			updated_at, last_event_at, lag, events)
		VALUES (?, ?, ?, '', ?, 1, ?, 0, 0, 0, 0)
		ON CONFLICT (workspace_id, connection_id, channel) DO UPDATE SET
			epoch = CASE WHEN positions.holder = excluded.holder AND positions.lease_until > ?
				THEN positions.epoch ELSE positions.epoch + 1 END,
			holder = excluded.holder,
			lease_until = excluded.lease_until
		WHERE positions.holder = excluded.holder OR positions.lease_until <= ?
		RETURNING `+positionColumns,
		w.id, connection, channel, holder, micros(now.Add(d)), micros(now), micros(now))
	if err != nil || taken {
		return row.lease(), taken, err
	}
	standing, err := w.Position(ctx, connection, channel)
	return standing.Lease, false, err
}

// RenewLease extends the lease by d from now. CodeFenced when somebody took
// it over; a lease that merely ran out is still ours.
func (w *Workspace) RenewLease(ctx context.Context, lease gateway.Lease, d time.Duration) error {
	n, err := w.write.exec(ctx, "renewing lease", `UPDATE positions SET lease_until = ?
		WHERE workspace_id = ? AND connection_id = ? AND channel = ? AND epoch = ? AND holder = ?`,
		micros(w.db.now().Add(d)), w.id, lease.Connection, lease.Channel, lease.Epoch, lease.Holder)
	return orFenced(n, err, lease)
}

// ReleaseLease gives the lease back, so that another process need not wait
// until it runs out. CodeFenced when it was not ours any more.
func (w *Workspace) ReleaseLease(ctx context.Context, lease gateway.Lease) error {
	n, err := w.write.exec(ctx, "releasing lease", `UPDATE positions SET lease_until = 0, holder = ''
		WHERE workspace_id = ? AND connection_id = ? AND channel = ? AND epoch = ? AND holder = ?`,
		w.id, lease.Connection, lease.Channel, lease.Epoch, lease.Holder)
	return orFenced(n, err, lease)
}

// Position returns where a channel stands. CodeNotFound when nobody ever took
// its lease.
func (w *Workspace) Position(ctx context.Context, connection, channel string) (Position, error) {
	row, found, err := one[positionRow](ctx, w.read, "reading position", `SELECT `+positionColumns+`
		FROM positions WHERE workspace_id = ? AND connection_id = ? AND channel = ?`, w.id, connection, channel)
	if err == nil && !found {
		err = notFound("The channel %s has no position yet.", channel)
	}
	return row.position(), err
}

// Advance moves the position of the lease's channel together with whatever
// else the transaction writes. CodeFenced when the lease is not ours any more:
// the transaction must then be rolled back. An empty position leaves the
// stored one and counts only.
func (tx *Tx) Advance(ctx context.Context, lease gateway.Lease, position gateway.ReplayID, stats AdvanceStats) error {
	n, err := tx.exec(ctx, "advancing position", `UPDATE positions SET
			replay_id = CASE WHEN ? = '' THEN replay_id ELSE ? END,
			updated_at = ?,
			last_event_at = CASE WHEN CAST(? AS BIGINT) = 0 THEN last_event_at ELSE ? END,
			lag = CASE WHEN CAST(? AS BIGINT) = 0 THEN lag ELSE ? END,
			events = events + ?
		WHERE workspace_id = ? AND connection_id = ? AND channel = ? AND epoch = ? AND holder = ?`,
		string(position), string(position), micros(tx.now),
		micros(stats.LastEventAt), micros(stats.LastEventAt), micros(stats.LastEventAt), stats.Lag.Microseconds(),
		stats.Events, tx.ws, lease.Connection, lease.Channel, lease.Epoch, lease.Holder)
	return orFenced(n, err, lease)
}

func orFenced(n int64, err error, lease gateway.Lease) error {
	if err != nil || n > 0 {
		return err
	}
	return fenced("The channel %s is read by another process now.", lease.Channel)
}
