package store

import (
	"context"

	"tidegate/gateway"
)

// RecordsAfter returns records of an object in the order of their ids,
// tombstones included, beginning behind the given id ("" = at the first).
// Fewer than limit means the end.
func (w *Workspace) RecordsAfter(ctx context.Context, object, after string, limit int) ([]gateway.Record, error) {
	return w.records(ctx, "reading records in order", `SELECT `+recordColumns+` FROM records
		WHERE workspace_id = ? AND object = ? AND record_id > ? ORDER BY record_id LIMIT ?`, w.id, object, after, limit)
}

// RecordsByID returns those of the records that are here, tombstones included,
// by id. Nothing is locked.
func (w *Workspace) RecordsByID(ctx context.Context, object string, ids []string) (map[string]gateway.Record, error) {
	d := w.db.dialect
	records, err := w.records(ctx, "reading records by id", d.byID(recordColumns, ""), w.id, object, d.list(ids))
	out := make(map[string]gateway.Record, len(records))
	for _, r := range records {
		out[r.Key.ID] = r
	}
	return out, err
}

type proofRow struct {
	Object      string `db:"object"`
	Last        string `db:"last"`
	Running     string `db:"running"`
	RequestedAt int64  `db:"requested_at"`
	Problem     string `db:"problem"`
	UpdatedAt   int64  `db:"updated_at"`
}

func (r proofRow) status() (gateway.ProofStatus, error) {
	s := gateway.ProofStatus{
		Object: r.Object, RequestedAt: fromMicros(r.RequestedAt), Problem: r.Problem, UpdatedAt: fromMicros(r.UpdatedAt),
	}
	if r.Last != "" {
		if err := readJSON(r.Last, &s.Last); err != nil {
			return s, err
		}
	}
	if r.Running != "" {
		return s, readJSON(r.Running, &s.Running)
	}
	return s, nil
}

// Proofs returns where the comparison of each object stands, by object.
// Objects that nobody ever compared or asked for are left out.
func (w *Workspace) Proofs(ctx context.Context) ([]gateway.ProofStatus, error) {
	rows, err := list[proofRow](ctx, w.read, "reading proofs", `SELECT object, last, running, requested_at, problem, updated_at
		FROM proofs WHERE workspace_id = ? ORDER BY object`, w.id)
	if err != nil {
		return nil, err
	}
	out := make([]gateway.ProofStatus, 0, len(rows))
	for _, r := range rows {
		s, err := r.status()
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// RequestProof asks for a cycle over an object. It returns false when one was
// asked for already that is not finished.
func (w *Workspace) RequestProof(ctx context.Context, object string) (bool, error) {
	n, err := w.write.exec(ctx, "asking for a proof", `INSERT INTO proofs (workspace_id, object, last, running, requested_at, problem, updated_at)
		VALUES (?, ?, '', '', ?, '', ?)
		ON CONFLICT (workspace_id, object) DO UPDATE SET requested_at = excluded.requested_at, updated_at = excluded.updated_at
		WHERE proofs.requested_at = 0`, w.id, object, micros(w.db.now()), micros(w.db.now()))
	return n > 0, err
}

// SaveProofProblem keeps why an object could not be compared; the next slice
// that can clears it.
func (w *Workspace) SaveProofProblem(ctx context.Context, object, problem string) error {
	_, err := w.write.exec(ctx, "saving a proof's problem", `INSERT INTO proofs (workspace_id, object, last, running, requested_at, problem, updated_at)
		VALUES (?, ?, '', '', 0, ?, ?)
		ON CONFLICT (workspace_id, object) DO UPDATE SET problem = excluded.problem, updated_at = excluded.updated_at`,
		w.id, object, clean(problem), micros(w.db.now()))
	return err
}

// SaveProof keeps how far the cycle under way of an object came.
func (tx *Tx) SaveProof(ctx context.Context, p gateway.Proof) error {
	_, err := tx.exec(ctx, "saving a proof", `INSERT INTO proofs (workspace_id, object, last, running, requested_at, problem, updated_at)
		VALUES (?, ?, '', ?, 0, '', ?)
		ON CONFLICT (workspace_id, object) DO UPDATE SET running = excluded.running, problem = '', updated_at = excluded.updated_at`,
		tx.ws, p.Object, writeJSON(p), micros(tx.now))
	return err
}

// FinishProof makes a cycle that looked at everything the last one of its
// object. What was asked for before it began is answered with it.
func (tx *Tx) FinishProof(ctx context.Context, p gateway.Proof) error {
	_, err := tx.exec(ctx, "finishing a proof", `INSERT INTO proofs (workspace_id, object, last, running, requested_at, problem, updated_at)
		VALUES (?, ?, ?, '', 0, '', ?)
		ON CONFLICT (workspace_id, object) DO UPDATE SET last = excluded.last, running = '', problem = '',
			requested_at = CASE WHEN proofs.requested_at <= ? THEN 0 ELSE proofs.requested_at END,
			updated_at = excluded.updated_at`,
		tx.ws, p.Object, writeJSON(p), micros(tx.now), micros(p.BegunAt))
	return err
}
