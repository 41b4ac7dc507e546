package store

import (
	"context"
	"time"

	"tidegate/gateway"
)

const (
	// TrafficStep is the span that traffic is counted in.
	TrafficStep = 5 * time.Minute
	// TrafficKept is how long the counts are kept.
	TrafficKept = 31 * 24 * time.Hour
	// trafficSettles is how long after a step a transaction that began in it may
	// still commit; trafficRecount is how long a write may take to be decided.
	trafficSettles = time.Minute
	trafficRecount = time.Hour
	// trafficAtOnce is what one round counts at most, after a long time away.
	trafficAtOnce = 24 * time.Hour
)

type trafficRow struct {
	At     int64 `db:"at"`
	In     int   `db:"rows_in"`
	Out    int   `db:"rows_out"`
	Failed int   `db:"failed"`
	Calls  int   `db:"calls"`
}

func (r trafficRow) traffic() gateway.Traffic {
	return gateway.Traffic{At: fromMicros(r.At), In: r.In, Out: r.Out, Failed: r.Failed, Calls: r.Calls}
}

// Traffic returns the steps since a time in which something happened, oldest
// first: those that were kept, and what happened since, counted now.
func (w *Workspace) Traffic(ctx context.Context, since, now time.Time) ([]gateway.Traffic, error) {
	kept, err := list[trafficRow](ctx, w.read, "reading the traffic", `SELECT at, rows_in, rows_out, failed, calls FROM traffic
		WHERE workspace_id = ? AND at >= ? ORDER BY at`, w.id, micros(since.Truncate(TrafficStep)))
	if err != nil {
		return nil, err
	}
	out := make([]gateway.Traffic, 0, len(kept)+1)
	from := since.Truncate(TrafficStep)
	for _, r := range kept {
		out = append(out, r.traffic())
		from = fromMicros(r.At).Add(TrafficStep)
	}
	// The keeping runs behind by minutes; after a long time away it needs a
	// round a day, and is not waited for here.
	from = maxTime(from, now.Add(-trafficRecount))
	fresh, err := w.read.countTraffic(ctx, w.id, from, from, now)
	for _, r := range fresh {
		out = append(out, r.traffic())
	}
	return out, err
}

// TrafficDue is until when the traffic can be kept now. It moves once a step.
func TrafficDue(now time.Time) time.Time { return now.Add(-trafficSettles).Truncate(TrafficStep) }

// KeepTraffic counts the steps that are over and not yet kept, and once more
// the writes of the hour before, which may have been decided meanwhile. calls
// is the API use seen now. It is repeatable, and several may do it at once.
func (tx *Tx) KeepTraffic(ctx context.Context, calls int) error {
	end := TrafficDue(tx.now)
	newest, _, err := one[int64](ctx, tx.runner, "reading the traffic", `SELECT COALESCE(MAX(at), 0) FROM traffic WHERE workspace_id = ?`, tx.ws)
	if err != nil {
		return err
	}
	from := fromMicros(newest).Add(TrafficStep)
	if newest == 0 {
		from = end.Add(-trafficAtOnce)
	}
	from = maxTime(from, end.Add(-TrafficKept))
	if !from.Before(end) {
		return nil
	}
	if far := from.Add(trafficAtOnce); far.Before(end) {
		end = far
	}
	counted, err := tx.countTraffic(ctx, tx.ws, from, from.Add(-trafficRecount), end)
	if err != nil {
		return err
	}
	last := trafficRow{At: micros(end.Add(-TrafficStep))}
	if n := len(counted); n > 0 && counted[n-1].At == last.At {
		last, counted = counted[n-1], counted[:n-1]
	}
	last.Calls = calls
	for _, r := range append(counted, last) {
		if _, err := tx.exec(ctx, "keeping the traffic", `INSERT INTO traffic (workspace_id, at, rows_in, rows_out, failed, calls) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (workspace_id, at) DO UPDATE SET rows_out = excluded.rows_out, failed = excluded.failed`,
			tx.ws, r.At, r.In, r.Out, r.Failed, r.Calls); err != nil {
			return err
		}
	}
	_, err = tx.exec(ctx, "forgetting old traffic", `DELETE FROM traffic WHERE workspace_id = ? AND at < ?`, tx.ws, micros(end.Add(-TrafficKept)))
	return err
}

// countTraffic counts what came in since one time and went out since another,
// by the ids of the lines, which are in the order of time.
func (r runner) countTraffic(ctx context.Context, ws gateway.WorkspaceID, in, out, to time.Time) ([]trafficRow, error) {
	return list[trafficRow](ctx, r, "counting the traffic", `SELECT at * CAST(? AS BIGINT) AS at, SUM(i) AS rows_in, SUM(o) AS rows_out, SUM(f) AS failed, -1 AS calls FROM (
			SELECT ((id >> 12) + CAST(? AS BIGINT)) / CAST(? AS BIGINT) AS at, COUNT(*) AS i, 0 AS o, 0 AS f FROM record_history
				WHERE workspace_id = ? AND id >= ? AND id < ? GROUP BY 1
			UNION ALL
			SELECT ((id >> 12) + CAST(? AS BIGINT)) / CAST(? AS BIGINT) AS at, 0, COUNT(CASE state WHEN 'done' THEN 1 END),
				COUNT(CASE state WHEN 'needs_you' THEN 1 WHEN 'ignored' THEN 1 END) FROM sync_log
				WHERE workspace_id = ? AND id >= ? AND id < ? AND direction = 'out' GROUP BY 1
		) AS counted GROUP BY 1 HAVING SUM(i) + SUM(o) + SUM(f) > 0 ORDER BY 1`,
		step, int64(idEpoch), step, ws, idAt(in), idAt(to), int64(idEpoch), step, ws, idAt(out), idAt(to))
}

const step = int64(TrafficStep / time.Microsecond)

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
