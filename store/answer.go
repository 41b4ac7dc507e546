package store

import (
	"context"
	"time"

	"tidegate/gateway"
)

const (
	// keepAnswers is how long the answer to a repeatable call is known.
	keepAnswers = 24 * time.Hour
	// answerLease is how long a call may run. One that has not answered by then
	// died with its process, and who repeats it runs it. It is longer than any
	// request may take.
	answerLease = 2 * time.Minute
	// dropAnswers bounds what one new call deletes of the old; more than one,
	// so that the table shrinks.
	dropAnswers = 20
)

// Answer is what a call with an Idempotency-Key was answered. Key and Request
// are hashes, so that nothing of the caller's key is kept.
type Answer struct {
	Key     string `db:"key"`     // of the API key and the Idempotency-Key
	Request string `db:"request"` // of method, path and body
	Status  int    `db:"status"`  // of HTTP; 0 = not answered yet
	Body    string `db:"body"`
	Began   int64  `db:"at"` // microseconds; tells this run of the call from another
}

// ClaimAnswer begins a call, unless one with the same key is known. When mine is
// true the caller runs it, and ends it with SaveAnswer or ReleaseAnswer; else
// the answer is the one that is there, which may be of another request or not
// be given yet.
func (w *Workspace) ClaimAnswer(ctx context.Context, key, request string) (a Answer, mine bool, err error) {
	err = w.InTx(ctx, func(ctx context.Context, tx *Tx) (err error) {
		a, mine, err = tx.claimAnswer(ctx, key, request)
		return err
	})
	return a, mine, err
}

func (tx *Tx) claimAnswer(ctx context.Context, key, request string) (Answer, bool, error) {
	a := Answer{Key: key, Request: request, Began: micros(tx.now)}
	n, err := tx.exec(ctx, "claiming an answer", `INSERT INTO api_answers (workspace_id, key, request, status, body, at) VALUES (?, ?, ?, 0, '', ?)
		ON CONFLICT (workspace_id, key) DO UPDATE SET request = excluded.request, status = 0, body = '', at = excluded.at
		WHERE api_answers.at <= ? OR (api_answers.status = 0 AND api_answers.request = excluded.request AND api_answers.at <= ?)`,
		tx.ws, key, request, a.Began, micros(tx.now.Add(-keepAnswers)), micros(tx.now.Add(-answerLease)))
	if err != nil {
		return a, false, err
	}
	if n > 0 {
		return a, true, tx.dropOldAnswers(ctx)
	}
	a, found, err := one[Answer](ctx, tx.runner, "reading an answer",
		`SELECT key, request, status, body, at FROM api_answers WHERE workspace_id = ? AND key = ?`, tx.ws, key)
	if err == nil && !found {
		err = errRace // released meanwhile
	}
	return a, false, err
}

// dropOldAnswers deletes some answers that nobody can ask for any more, also
// those of workspaces that make no calls now.
func (tx *Tx) dropOldAnswers(ctx context.Context) error {
	_, err := tx.exec(ctx, "dropping old answers", `DELETE FROM api_answers WHERE (workspace_id, key) IN (
		SELECT workspace_id, key FROM api_answers WHERE at <= ? ORDER BY at LIMIT ?`+tx.dialect.skip+`)`,
		micros(tx.now.Add(-keepAnswers)), dropAnswers)
	return err
}

// SaveAnswer keeps what a call was answered. CodeConflict when the call ran
// longer than its lease and somebody else has begun it again.
func (w *Workspace) SaveAnswer(ctx context.Context, a Answer) error {
	n, err := w.write.exec(ctx, "keeping an answer", `UPDATE api_answers SET status = ?, body = ?
		WHERE workspace_id = ? AND key = ? AND at = ? AND status = 0`, a.Status, clean(a.Body), w.id, a.Key, a.Began)
	if err == nil && n == 0 {
		err = gateway.Errorf(gateway.CodeConflict, "The call was begun again meanwhile.")
	}
	return err
}

// ReleaseAnswer forgets a call that could not be answered, so that it can be
// tried again with the same key.
func (w *Workspace) ReleaseAnswer(ctx context.Context, a Answer) error {
	_, err := w.write.exec(ctx, "releasing an answer", `DELETE FROM api_answers
		WHERE workspace_id = ? AND key = ? AND at = ? AND status = 0`, w.id, a.Key, a.Began)
	return err
}

// CountAnswers returns how many answers the workspace keeps, old ones that were
// not dropped yet too.
func (w *Workspace) CountAnswers(ctx context.Context) (int, error) {
	n, _, err := one[int](ctx, w.read, "counting answers", `SELECT COUNT(*) FROM api_answers WHERE workspace_id = ?`, w.id)
	return n, err
}
