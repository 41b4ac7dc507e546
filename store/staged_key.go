package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"

	"tidegate/gateway"
)

// The keys of a first reading do not go into record_keys one by one: they would
// go to as many pages of its index, and from some hundred thousand records on
// that took most of the time. Each chunk of the reading leaves its keys here,
// sorted, in pieces that are single rows. Who looks keys up looks here too,
// first: filing moves them from here to there. See ADR 12.

var (
	// stageKeysFrom is how many keys of a chunk are worth it. Tests lower both.
	stageKeysFrom = 1000
	// filedPieces is how many pieces are filed at once: some 20,000 keys.
	filedPieces = 300
)

// stagedBytes bounds the entries of a piece: a page of SQLite holds one.
const stagedBytes = 3400

// piece is one row of staged_keys.
type piece struct {
	ID      string `db:"id"`
	Object  string `db:"object"`
	Kind    string `db:"kind"`
	Entries string `db:"entries"`
}

var saveStagedKeys = insert{
	doing: "staging record keys",
	head:  `INSERT INTO staged_keys (workspace_id, id, object, kind, lowest, highest, entries)`,
	width: 7,
}

// insertKeys writes the sorted keys of records of one object that had none.
func (tx *Tx) insertKeys(ctx context.Context, object string, keys []ownedKey) error {
	staged := len(keys) >= stageKeysFrom
	if staged {
		// What was dropped and is read again must not count as lost.
		least, most := keys[0].key.ID, keys[0].key.ID
		for i := range keys {
			least, most = min(least, keys[i].key.ID), max(most, keys[i].key.ID)
		}
		_, lost, err := one[int](ctx, tx.runner, "looking for lost keys", `SELECT 1 FROM unstaged_keys
			WHERE workspace_id = ? AND object = ? AND record_id >= ? AND record_id <= ? LIMIT 1`, tx.ws, object, least, most)
		if err != nil {
			return err
		}
		staged = !lost
	}
	if staged {
		return tx.stageKeys(ctx, object, keys)
	}
	return tx.append(ctx, tx.all(saveRecordKeys), len(keys), func(args []any, i int) []any {
		return appendKey(append(args, string(tx.ws)), &keys[i])
	})
}

// stageKeys writes the sorted keys of records of one object.
func (tx *Tx) stageKeys(ctx context.Context, object string, keys []ownedKey) error {
	var ends []int // of each piece
	size := 0
	for i, k := range keys {
		if size += len(k.value) + len(k.key.ID) + len(`["",""],`); i > 0 && (size > stagedBytes || k.kind != keys[i-1].kind) {
			ends, size = append(ends, i), len(k.value)+len(k.key.ID)
		}
	}
	ends = append(ends, len(keys))
	return tx.append(ctx, tx.all(saveStagedKeys), len(ends), func(args []any, i int) []any {
		from := 0
		if i > 0 {
			from = ends[i-1]
		}
		of := keys[from:ends[i]]
		return append(args, string(tx.ws), strconv.FormatInt(tx.NewID(), 10), object, of[0].kind, of[0].value, of[len(of)-1].value, writeEntries(of))
	})
}

// keys appends the keys of the piece that are wanted.
func (p *piece) keys(to []ownedKey, wanted func(value string) bool) ([]ownedKey, error) {
	entries, err := readEntries(p.Entries)
	for _, e := range entries {
		if wanted == nil || wanted(e[0]) {
			to = append(to, ownedKey{gateway.RecordKey{Object: p.Object, ID: e[1]}, recordKey{p.Kind, e[0]}})
		}
	}
	return to, err
}

// stagedQuery selects staged keys. Values are normalized; nil = all.
type stagedQuery struct {
	kinds  []string
	object string // "" = any
	values []string
}

// staged finds staged keys. It is asked before record_keys: filing moves them
// from here to there. One statement, so that what is lost and what is here are
// seen at one moment.
func (w *Workspace) staged(ctx context.Context, q stagedQuery) (found []ownedKey, err error) {
	d := w.db.dialect
	where := condition{}
	where.and("workspace_id = ? AND kind"+d.among, w.id, d.list(q.kinds))
	if q.object != "" {
		where.and("object = ?", q.object)
	}
	span := condition{text: where.text, args: where.args}
	wanted := func(string) bool { return true }
	if q.values != nil {
		if len(q.values) == 0 {
			return nil, nil
		}
		span.and("lowest <= ? AND highest >= ?", slices.Max(q.values), slices.Min(q.values))
		wanted = func(value string) bool { return slices.Contains(q.values, value) }
	}
	lost := map[ownedKey]bool{}
	err = w.read.each(ctx, "reading staged keys", func(rows *sql.Rows) error {
		var p piece
		var value string
		if err := rows.Scan(&p.Object, &p.Kind, &value, &p.Entries); err != nil {
			return err
		}
		if value != "" {
			lost[ownedKey{gateway.RecordKey{Object: p.Object, ID: p.Entries}, recordKey{p.Kind, value}}] = true
			return nil
		}
		found, err = p.keys(found, wanted)
		return err
	}, `SELECT object, kind, '' AS value, entries FROM staged_keys WHERE `+span.String()+`
		UNION ALL SELECT object, kind, value, record_id FROM unstaged_keys WHERE `+where.String(), append(slices.Clone(span.args), where.args...)...)
	return slices.DeleteFunc(found, func(k ownedKey) bool { return lost[k] }), err
}

// andStaged adds a condition on record_keys, or that a staged key is there which
// is wanted.
func (w *Workspace) andStaged(ctx context.Context, where *condition, q stagedQuery, wanted func(ownedKey) bool, text string, args ...any) error {
	found, err := w.staged(ctx, q)
	var ids []string
	for _, k := range found {
		if wanted == nil || wanted(k) {
			ids = append(ids, k.key.ID)
		}
	}
	if len(ids) > 0 {
		text, args = text+" OR record_id"+w.db.dialect.among, append(args, w.db.dialect.list(ids))
	}
	where.and("("+text+")", args...)
	return err
}

// unstageKeys notes that records lost keys that may be staged. It comes before
// they are dropped from record_keys: filing has moved a key there already, or
// waits for this transaction to end.
func (tx *Tx) unstageKeys(ctx context.Context, gone []ownedKey) error {
	if len(gone) == 0 {
		return nil
	}
	_, some, err := one[int](ctx, tx.runner, "looking for staged keys", `SELECT 1 FROM staged_keys WHERE workspace_id = ? LIMIT 1`, tx.ws)
	if err != nil || !some {
		return err
	}
	if err := tx.lockStaged(ctx); err != nil {
		return err
	}
	return tx.rows(ctx, loseKeys, len(gone), func(args []any, i int) []any {
		return appendKey(append(args, string(tx.ws)), &gone[i])
	})
}

var loseKeys = insert{
	doing: "noting lost keys",
	head:  `INSERT INTO unstaged_keys (workspace_id, kind, value, object, record_id)`,
	tail:  `ON CONFLICT DO NOTHING`,
	width: 5,
}

func (tx *Tx) lockStaged(ctx context.Context) error {
	return tx.lock(ctx, "staged keys", gateway.RecordKey{})
}

// KeysStaged reports whether keys wait to be filed.
func (w *Workspace) KeysStaged(ctx context.Context) (bool, error) {
	_, some, err := one[int](ctx, w.read, "looking for staged keys", `SELECT 1 FROM staged_keys WHERE workspace_id = ?
		UNION ALL SELECT 1 FROM unstaged_keys WHERE workspace_id = ? LIMIT 1`, w.id, w.id)
	return some, err
}

// FileKeys moves some staged keys into record_keys, in the order of its index,
// and says whether there are more.
func (w *Workspace) FileKeys(ctx context.Context) (more bool, err error) {
	some, err := w.KeysStaged(ctx)
	if err != nil || !some {
		return false, err
	}
	if more, err = w.fileKeys(ctx, true); gateway.CodeOf(err) == gateway.CodeConflict {
		more, err = w.fileKeys(ctx, false)
	}
	return more, err
}

// fileKeys files some keys. A staged key is in no record's row of record_keys, so
// it is written as what meets no conflict, unless that turned out wrong.
func (w *Workspace) fileKeys(ctx context.Context, fresh bool) (more bool, err error) {
	err = w.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		if err := tx.lockStaged(ctx); err != nil {
			return err
		}
		pieces, err := list[piece](ctx, tx.runner, "reading staged keys", `SELECT id, object, kind, entries FROM staged_keys
			WHERE workspace_id = ? ORDER BY kind, lowest LIMIT ?`, tx.ws, filedPieces)
		if err != nil {
			return err
		}
		if more = len(pieces) == filedPieces; len(pieces) > 0 {
			err = tx.filePieces(ctx, pieces, fresh)
		}
		if err == nil && !more {
			_, err = tx.exec(ctx, "forgetting lost keys", `DELETE FROM unstaged_keys WHERE workspace_id = ?`, tx.ws)
		}
		return err
	})
	return more, err
}

// filePieces files pieces that are neighbors.
func (tx *Tx) filePieces(ctx context.Context, pieces []piece, fresh bool) (err error) {
	var keys []ownedKey
	ids := make([]string, len(pieces))
	for i := range pieces {
		ids[i] = pieces[i].ID
		if keys, err = pieces[i].keys(keys, nil); err != nil {
			return err
		}
	}
	lost, err := tx.lostKeys(ctx)
	if err != nil {
		return err
	}
	keys = slices.DeleteFunc(keys, func(k ownedKey) bool { return lost[k] })
	keys = sortKeys(keys)
	in := saveRecordKeys
	if fresh {
		in = tx.all(in)
	}
	err = tx.append(ctx, in, len(keys), func(args []any, i int) []any {
		return appendKey(append(args, string(tx.ws)), &keys[i])
	})
	if err == nil {
		_, err = tx.exec(ctx, "dropping staged keys", `DELETE FROM staged_keys WHERE workspace_id = ? AND id`+tx.dialect.among, tx.ws, tx.dialect.list(ids))
	}
	return err
}

func (tx *Tx) lostKeys(ctx context.Context) (map[ownedKey]bool, error) {
	lost := map[ownedKey]bool{}
	err := tx.each(ctx, "reading lost keys", func(rows *sql.Rows) error {
		var k ownedKey
		err := rows.Scan(&k.kind, &k.value, &k.key.Object, &k.key.ID)
		lost[k] = true
		return err
	}, `SELECT kind, value, object, record_id FROM unstaged_keys WHERE workspace_id = ?`, tx.ws)
	return lost, err
}

// hasSearched reports whether a search of a list means the key.
func (k ownedKey) hasSearched(search string) bool {
	if k.kind == KeyPhone {
		if whole := phonePart(search); !strings.HasPrefix(whole, "%") {
			return k.value == whole
		}
		return strings.Contains(k.value, clean(search))
	}
	return strings.Contains(k.value, clean(strings.ToLower(search)))
}
