package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tidegate/gateway"
)

const (
	// rememberMessages is how long the id of a message is known. Salesforce
	// sends an outbound message for 24 hours; the rest is for clocks and
	// queues.
	rememberMessages = 48 * time.Hour
	// keepDeliveries and mostDeliveries bound the list of a hook.
	keepDeliveries = 7 * 24 * time.Hour
	mostDeliveries = 1000
	// foldRefusals is how long the same refusal counts up one row: who knows
	// the address must not fill the list.
	foldRefusals = time.Minute
)

// FreshMessages remembers the ids of messages at a hook, and returns those
// that were not known. Hold the hook before.
func (tx *Tx) FreshMessages(ctx context.Context, hookID string, ids []string) (map[string]bool, error) {
	_, err := tx.exec(ctx, "forgetting old messages", `DELETE FROM hook_messages WHERE workspace_id = ? AND hook_id = ? AND at < ?`,
		tx.ws, hookID, micros(tx.now.Add(-rememberMessages)))
	if err != nil {
		return nil, err
	}
	fresh := make(map[string]bool, len(ids))
	var cleaned []string
	for _, id := range ids {
		if id = clean(id); !fresh[id] {
			fresh[id] = true
			cleaned = append(cleaned, id)
		}
	}
	known, err := list[string](ctx, tx.runner, "reading messages", `SELECT message_id FROM hook_messages
		WHERE workspace_id = ? AND hook_id = ? AND message_id`+tx.dialect.among, tx.ws, hookID, tx.dialect.list(cleaned))
	if err != nil {
		return nil, err
	}
	for _, id := range known {
		delete(fresh, id)
	}
	return fresh, tx.rows(ctx, rememberMessage, len(cleaned), func(args []any, i int) []any {
		return append(args, string(tx.ws), hookID, cleaned[i], micros(tx.now))
	})
}

var rememberMessage = insert{
	doing: "remembering messages",
	head:  `INSERT INTO hook_messages (workspace_id, hook_id, message_id, at)`,
	tail:  `ON CONFLICT (workspace_id, hook_id, message_id) DO NOTHING`,
	width: 4,
}

// AddDelivery keeps what became of a request and drops what is old. Its
// records are marked to be read, with the delivery as their hint. It returns
// the delivery's id.
func (tx *Tx) AddDelivery(ctx context.Context, d gateway.HookDelivery) (int64, error) {
	if d.ID == 0 {
		d.ID = tx.db.ids.draw(tx.now)
	}
	if d.At.IsZero() {
		d.At = tx.now
	}
	_, err := tx.exec(ctx, "keeping a delivery", `INSERT INTO hook_deliveries
			(workspace_id, id, hook_id, at, outcome, reason, messages, records, times, old_secret)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, tx.ws, d.ID, d.HookID, micros(d.At), d.Outcome, clean(d.Reason),
		d.Messages, clean(writeJSON(d.Records)), max(d.Times, 1), d.OldSecret)
	if err != nil {
		return 0, err
	}
	_, err = tx.exec(ctx, "dropping old deliveries", `DELETE FROM hook_deliveries WHERE workspace_id = ? AND hook_id = ? AND (at < ?
		OR id <= COALESCE((SELECT id FROM hook_deliveries WHERE workspace_id = ? AND hook_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?), 0))`,
		tx.ws, d.HookID, micros(tx.now.Add(-keepDeliveries)), tx.ws, d.HookID, mostDeliveries)
	if err != nil {
		return 0, err
	}
	return d.ID, tx.markHints(ctx, d.ID, d.Records)
}

// markHints marks records to be read whole, because the delivery told of them.
func (tx *Tx) markHints(ctx context.Context, delivery int64, keys []gateway.RecordKey) error {
	keys = sortedKeys(keys)
	return tx.rows(ctx, markHint, len(keys), func(args []any, i int) []any {
		return append(args, string(tx.ws), keys[i].Object, keys[i].ID, "A webhook told of the record.", micros(tx.now), micros(tx.now), delivery)
	})
}

var markHint = insert{
	doing: "marking hints",
	head:  `INSERT INTO refetches (workspace_id, object, record_id, reason, marked_at, due_at, hint)`,
	tail:  markRefetch.tail + `, hint = excluded.hint`,
	width: 7,
}

// Hints returns, for those of the records that are marked because of a
// delivery, which one it was last.
func (w *Workspace) Hints(ctx context.Context, object string, ids []string) (map[gateway.RecordKey]int64, error) {
	rows, err := list[struct {
		RecordID string `db:"record_id"`
		Hint     int64  `db:"hint"`
	}](ctx, w.read, "reading hints", `SELECT record_id, hint FROM refetches
		WHERE workspace_id = ? AND object = ? AND hint <> 0 AND record_id`+w.db.dialect.among, w.id, object, w.db.dialect.list(ids))
	out := make(map[gateway.RecordKey]int64, len(rows))
	for _, r := range rows {
		out[gateway.RecordKey{Object: object, ID: r.RecordID}] = r.Hint
	}
	return out, err
}

// ClearHints removes the marks of records that were read after these hints had
// come. A mark with a newer hint stays: the reading may not contain it.
func (tx *Tx) ClearHints(ctx context.Context, seen map[gateway.RecordKey]int64) error {
	keys := make([]gateway.RecordKey, 0, len(seen))
	for key := range seen {
		keys = append(keys, key)
	}
	keys = sortedKeys(keys)
	return tx.rows(ctx, clearHint, len(keys), func(args []any, i int) []any {
		return append(args, string(tx.ws), keys[i].Object, keys[i].ID, fmt.Sprint(seen[keys[i]]))
	})
}

// As text, because an engine takes parameters of a list for texts.
var clearHint = insert{
	doing: "clearing hints",
	head:  `DELETE FROM refetches WHERE (workspace_id, object, record_id, CAST(hint AS TEXT)) IN (`,
	tail:  `)`,
	width: 4,
}

// AddRefusal keeps that a request was refused. The same refusal within a
// minute counts up the row that is there.
func (w *Workspace) AddRefusal(ctx context.Context, d gateway.HookDelivery) error {
	d.Outcome = gateway.HookRefused
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		if err := tx.HoldHook(ctx, d.HookID); err != nil {
			return err
		}
		n, err := tx.exec(ctx, "counting a refusal", `UPDATE hook_deliveries SET times = times + ?
			WHERE workspace_id = ? AND outcome = ? AND reason = ? AND at > ? AND id = (SELECT MAX(id) FROM hook_deliveries
				WHERE workspace_id = ? AND hook_id = ?)`,
			max(d.Times, 1), tx.ws, d.Outcome, clean(d.Reason), micros(tx.now.Add(-foldRefusals)), tx.ws, d.HookID)
		if err != nil || n > 0 {
			return err
		}
		_, err = tx.AddDelivery(ctx, d)
		return err
	})
}

type deliveryRow struct {
	ID        int64  `db:"id"`
	HookID    string `db:"hook_id"`
	At        int64  `db:"at"`
	Outcome   string `db:"outcome"`
	Reason    string `db:"reason"`
	Messages  int    `db:"messages"`
	Records   string `db:"records"`
	Times     int    `db:"times"`
	OldSecret bool   `db:"old_secret"`
	Waiting   int    `db:"waiting"`
}

// HookDeliveries returns what came at a hook, newest first; before continues
// an earlier page by the id of its last delivery, 0 starts. An empty hookID
// returns what came at all of them.
func (w *Workspace) HookDeliveries(ctx context.Context, hookID string, before int64, limit int) ([]gateway.HookDelivery, error) {
	if before <= 0 {
		before = 1<<63 - 1
	}
	where, args := `workspace_id = ? AND id < ?`, []any{w.id, before}
	if hookID != "" {
		where, args = where+` AND hook_id = ?`, append(args, clean(hookID))
	}
	rows, err := list[deliveryRow](ctx, w.read, "reading deliveries", `SELECT id, hook_id, at, outcome, reason, messages, records, times, old_secret,
			(SELECT COUNT(*) FROM refetches r WHERE r.workspace_id = hook_deliveries.workspace_id AND r.hint = hook_deliveries.id AND r.hint <> 0) AS waiting
		FROM hook_deliveries WHERE `+where+` ORDER BY id DESC LIMIT ?`, append(args, limit)...)
	if err != nil {
		return nil, err
	}
	out := make([]gateway.HookDelivery, 0, len(rows))
	for _, r := range rows {
		d := gateway.HookDelivery{
			ID: r.ID, HookID: r.HookID, At: fromMicros(r.At), Outcome: gateway.HookOutcome(r.Outcome), Reason: r.Reason,
			Messages: r.Messages, Times: r.Times, OldSecret: r.OldSecret, Waiting: r.Waiting,
		}
		if err := json.Unmarshal([]byte(r.Records), &d.Records); err != nil {
			return nil, fmt.Errorf("reading the records of delivery %d: %w", r.ID, err)
		}
		out = append(out, d)
	}
	return out, nil
}
