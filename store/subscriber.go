package store

import (
	"context"
	"time"

	"tidegate/gateway"
)

type subscriberRow struct {
	WorkspaceID  string `db:"workspace_id"`
	SubscriberID string `db:"subscriber_id"`
	Name         string `db:"name"`
	URL          string `db:"url"`
	Sealed       []byte `db:"sealed"`
	Place        int64  `db:"place"`
	Disabled     bool   `db:"disabled"`
	Why          string `db:"why"`
	FailingSince int64  `db:"failing_since"`
	CreatedAt    int64  `db:"created_at"`
	CreatedBy    string `db:"created_by"`
}

const subscriberColumns = `workspace_id, subscriber_id, name, url, sealed, place, disabled, why, failing_since, created_at, created_by`

func (r subscriberRow) subscriber() gateway.Subscriber {
	return gateway.Subscriber{
		ID: r.SubscriberID, Name: r.Name, URL: r.URL, Sealed: r.Sealed, Place: r.Place, Disabled: r.Disabled, Why: r.Why,
		FailingSince: fromMicros(r.FailingSince), CreatedAt: fromMicros(r.CreatedAt), CreatedBy: r.CreatedBy,
	}
}

func newSubscriberRow(ws gateway.WorkspaceID, s gateway.Subscriber) subscriberRow {
	return subscriberRow{
		WorkspaceID: string(ws), SubscriberID: s.ID, Name: clean(s.Name), URL: clean(s.URL), Sealed: bytesOf(s.Sealed), Place: s.Place,
		Disabled: s.Disabled, Why: clean(s.Why), FailingSince: micros(s.FailingSince), CreatedAt: micros(s.CreatedAt), CreatedBy: clean(s.CreatedBy),
	}
}

// CreateSubscriber stores a subscriber, who is told of what is observed from
// now on. CodeConflict when the id is taken.
func (w *Workspace) CreateSubscriber(ctx context.Context, s gateway.Subscriber) error {
	s.CreatedAt = w.db.now()
	s.Place = idAt(s.CreatedAt)
	_, err := w.write.execRow(ctx, "creating subscriber", `INSERT INTO subscribers (`+subscriberColumns+`) VALUES (:workspace_id, :subscriber_id,
		:name, :url, :sealed, :place, :disabled, :why, :failing_since, :created_at, :created_by)`, newSubscriberRow(w.id, s))
	return err
}

// SaveSubscriber replaces secret and state of a subscriber. CodeNotFound when
// it is gone.
func (w *Workspace) SaveSubscriber(ctx context.Context, s gateway.Subscriber) error {
	n, err := w.write.execRow(ctx, "saving subscriber", `UPDATE subscribers SET sealed = :sealed, disabled = :disabled, why = :why,
		failing_since = :failing_since WHERE workspace_id = :workspace_id AND subscriber_id = :subscriber_id`, newSubscriberRow(w.id, s))
	if err == nil && n == 0 {
		err = notFound("There is no such webhook.")
	}
	return err
}

// Subscribers lists those of the workspace, the oldest first.
func (w *Workspace) Subscribers(ctx context.Context) ([]gateway.Subscriber, error) {
	rows, err := list[subscriberRow](ctx, w.read, "reading subscribers", `SELECT `+subscriberColumns+` FROM subscribers
		WHERE workspace_id = ? ORDER BY created_at, subscriber_id`, w.id)
	out := make([]gateway.Subscriber, len(rows))
	for i, row := range rows {
		out[i] = row.subscriber()
	}
	return out, err
}

// Subscriber returns one, CodeNotFound when there is none.
func (w *Workspace) Subscriber(ctx context.Context, id string) (gateway.Subscriber, error) {
	row, found, err := one[subscriberRow](ctx, w.read, "reading subscriber", `SELECT `+subscriberColumns+` FROM subscribers
		WHERE workspace_id = ? AND subscriber_id = ?`, w.id, clean(id))
	if err == nil && !found {
		err = notFound("There is no such webhook.")
	}
	return row.subscriber(), err
}

// SwapSubscriberSecret replaces the sealed secret of a subscriber, if it still
// is what it was; it reports whether it was.
func (w *Workspace) SwapSubscriberSecret(ctx context.Context, id string, was, sealed []byte) (bool, error) {
	n, err := w.write.exec(ctx, "swapping the secret of a subscriber", `UPDATE subscribers SET sealed = ?
		WHERE workspace_id = ? AND subscriber_id = ? AND sealed = ?`, sealed, w.id, clean(id), was)
	return n > 0, err
}

// DeleteSubscriber deletes one with its queue.
func (w *Workspace) DeleteSubscriber(ctx context.Context, id string) error {
	return w.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		n, err := tx.exec(ctx, "deleting subscriber", `DELETE FROM subscribers WHERE workspace_id = ? AND subscriber_id = ?`, tx.ws, clean(id))
		if err == nil && n == 0 {
			err = notFound("There is no such webhook.")
		}
		if err == nil {
			_, err = tx.exec(ctx, "deleting subscriber", `DELETE FROM tellings WHERE workspace_id = ? AND subscriber_id = ?`, tx.ws, clean(id))
		}
		return err
	})
}

// Untold returns up to n observed changes that a subscriber is to be told of:
// those behind its place, and those that committed late, within so long before
// it, though their ids are lower. What is in its queue already is left out.
func (w *Workspace) Untold(ctx context.Context, s gateway.Subscriber, late time.Duration, n int) ([]gateway.HistoryEntry, error) {
	from := max(s.Place-late.Microseconds()<<12, idAt(s.CreatedAt))
	return w.history(ctx, "reading what is to be told", `SELECT `+historyColumns+` FROM record_history
		WHERE workspace_id = ? AND id > ? AND NOT EXISTS (SELECT 1 FROM tellings t
			WHERE t.workspace_id = record_history.workspace_id AND t.subscriber_id = ? AND t.id = record_history.id)
		ORDER BY id LIMIT ?`, w.id, from, s.ID, n)
}

var insertTellings = insert{
	doing: "queueing what is to be told",
	head:  `INSERT INTO tellings (workspace_id, subscriber_id, ` + tellingColumns + `)`,
	tail:  ` ON CONFLICT DO NOTHING`,
	width: 13,
}

// QueueTellings puts messages into the queue of a subscriber and moves its
// place on. One that is there already stays as it is.
func (tx *Tx) QueueTellings(ctx context.Context, subscriber string, all []gateway.Telling) error {
	place := int64(0)
	for _, t := range all {
		place = max(place, t.ID)
	}
	err := tx.rows(ctx, insertTellings, len(all), func(args []any, i int) []any {
		t := all[i]
		return append(args, string(tx.ws), subscriber, t.ID, micros(t.At), t.Key.Object, t.Key.ID, clean(t.Body), string(t.State), t.Attempt,
			micros(t.DueAt), micros(t.DoneAt), t.Status, clean(t.Problem))
	})
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, "moving a subscriber's place", `UPDATE subscribers SET place = ? WHERE workspace_id = ? AND subscriber_id = ? AND place < ?`,
		place, tx.ws, subscriber, place)
	return err
}

type tellingRow struct {
	ID       int64  `db:"id"`
	At       int64  `db:"at"`
	Object   string `db:"object"`
	RecordID string `db:"record_id"`
	Body     string `db:"body"`
	State    string `db:"state"`
	Attempt  int    `db:"attempt"`
	DueAt    int64  `db:"due_at"`
	DoneAt   int64  `db:"done_at"`
	Status   int    `db:"status"`
	Problem  string `db:"problem"`
}

const tellingColumns = `id, at, object, record_id, body, state, attempt, due_at, done_at, status, problem`

func tellingsOf(rows []tellingRow) []gateway.Telling {
	out := make([]gateway.Telling, len(rows))
	for i, r := range rows {
		out[i] = gateway.Telling{
			ID: r.ID, At: fromMicros(r.At), Key: gateway.RecordKey{Object: r.Object, ID: r.RecordID}, Body: r.Body,
			State: gateway.TellingState(r.State), Attempt: r.Attempt, DueAt: fromMicros(r.DueAt), DoneAt: fromMicros(r.DoneAt),
			Status: r.Status, Problem: r.Problem,
		}
	}
	return out
}

// ClaimTellings takes up to n messages that are due, for so long: whoever took
// them and died leaves them to the next after that.
func (w *Workspace) ClaimTellings(ctx context.Context, subscriber string, n int, hold time.Duration) ([]gateway.Telling, error) {
	now := w.db.now()
	rows, err := list[tellingRow](ctx, w.write, "claiming what is to be told", `UPDATE tellings SET attempt = attempt + 1, due_at = ?
		WHERE workspace_id = ? AND subscriber_id = ? AND state = 'waiting' AND due_at <= ? AND id IN (
			SELECT id FROM tellings WHERE workspace_id = ? AND subscriber_id = ? AND state = 'waiting' AND due_at <= ? ORDER BY due_at, id LIMIT ?)
		RETURNING `+tellingColumns, micros(now.Add(hold)), w.id, subscriber, micros(now), w.id, subscriber, micros(now), n)
	return tellingsOf(rows), err
}

// SettleTelling saves what became of a message.
func (w *Workspace) SettleTelling(ctx context.Context, subscriber string, t gateway.Telling) error {
	_, err := w.write.exec(ctx, "saving what was told", `UPDATE tellings SET state = ?, due_at = ?, done_at = ?, status = ?, problem = ?
		WHERE workspace_id = ? AND subscriber_id = ? AND id = ? AND attempt = ?`,
		string(t.State), micros(t.DueAt), micros(t.DoneAt), t.Status, clean(t.Problem), w.id, subscriber, t.ID, t.Attempt)
	return err
}

// Tellings lists messages of a subscriber, the newest first, behind after (0 =
// from the newest).
func (w *Workspace) Tellings(ctx context.Context, subscriber string, after int64, n int) ([]gateway.Telling, error) {
	rows, err := list[tellingRow](ctx, w.read, "reading what was told", `SELECT `+tellingColumns+` FROM tellings
		WHERE workspace_id = ? AND subscriber_id = ? AND (? = 0 OR id < ?) ORDER BY id DESC LIMIT ?`, w.id, clean(subscriber), after, after, n)
	return tellingsOf(rows), err
}

// ForgetTellings deletes messages that came to an end before a time.
func (w *Workspace) ForgetTellings(ctx context.Context, before time.Time) error {
	_, err := w.write.exec(ctx, "forgetting what was told", `DELETE FROM tellings WHERE workspace_id = ? AND state <> 'waiting' AND done_at < ?`, w.id, micros(before))
	return err
}
