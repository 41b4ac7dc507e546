package store

import (
	"context"
	"slices"
	"strings"
	"sync"

	"tidegate/gateway"
)

// Known returns which of the ids are already something here: a record of the
// mirror, a waiting change, a refetch mark or a link; it may name others between them
// too. During a first reading these are the few that the stream brought
// meanwhile.
func (tx *Tx) Known(ctx context.Context, object string, ids []string) (map[string]bool, error) {
	known := map[string]bool{}
	if len(ids) == 0 {
		return known, nil
	}
	for _, table := range [...]string{"records", "outbox", "refetches", "links"} {
		found, err := tx.known(ctx, table, object, ids)
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			known[id] = true
		}
	}
	return known, nil
}

// known looks at the span of the ids first: where next to nothing is here it
// costs one look at the index, not one for each id. A bulk result is in the
// order of ids by pieces only, so the span may hold very many; then each id is
// looked up.
func (tx *Tx) known(ctx context.Context, table, object string, ids []string) ([]string, error) {
	// Ordered, so that Postgres walks along the primary key also while it has
	// no statistics.
	found, err := list[string](ctx, tx.runner, "looking for records", `SELECT record_id FROM `+table+`
		WHERE workspace_id = ? AND object = ? AND record_id >= ? AND record_id <= ?
		ORDER BY workspace_id, object, record_id LIMIT ?`, tx.ws, object, slices.Min(ids), slices.Max(ids), len(ids)+1)
	if err != nil || len(found) <= len(ids) {
		return found, err
	}
	return list[string](ctx, tx.runner, "looking for records", `SELECT record_id FROM `+table+`
		WHERE workspace_id = ? AND object = ? AND record_id`+tx.dialect.among, tx.ws, object, tx.dialect.list(ids))
}

// Snapshot says what is to be made of the rows of a table that are not here
// yet.
type Snapshot struct {
	Table *gateway.Table
	Rows  []int // places in Table.Rows
	// First is the record of a row, as a first reading makes it, but for its
	// fields, which are those of the row.
	First func(row int) gateway.Record
}

// InsertSnapshot writes records that Known does not name, with their keys. An
// empty field is left out: what is missing from a record that was read whole is
// empty. CodeConflict when somebody made one of them meanwhile; the transaction
// is then lost, and the rows are to be saved one by one.
func (tx *Tx) InsertSnapshot(ctx context.Context, s Snapshot) error {
	w := newSnapshotWriter(tx, s)
	var keys []ownedKey
	var wait sync.WaitGroup
	wait.Go(func() { keys = w.keys() }) // while the rows are written
	err := tx.append(ctx, tx.all(saveRecords), len(s.Rows), w.record)
	wait.Wait()
	if err != nil {
		return err
	}
	if err := tx.insertKeys(ctx, s.Table.Object, keys); err != nil {
		return err
	}
	return tx.fileSnapshot(ctx, s)
}

// all is an insert of rows of which none is there.
func (tx *Tx) all(in insert) insert {
	in.tail = ""
	in.head = strings.Replace(in.head, "INSERT INTO", tx.dialect.insertAll, 1)
	return in
}

// snapshotWriter turns rows of a table into rows of the mirror.
type snapshotWriter struct {
	tx       *Tx
	s        Snapshot
	prefixes []string // `"Name":` of each column
	label    gateway.Fields
	labels   []columnAt
	keyed    []columnAt
	text     []byte
}

// columnAt is a column of the table that something is made of.
type columnAt struct {
	name  string
	place int
	key   int // place in keyFields
}

func newSnapshotWriter(tx *Tx, s Snapshot) *snapshotWriter {
	w := &snapshotWriter{tx: tx, s: s, label: gateway.Fields{}}
	for _, name := range s.Table.Columns {
		w.prefixes = append(w.prefixes, `"`+name+`":`)
	}
	for _, name := range [...]string{"Name", "Subject", "Title", "FirstName", "LastName"} {
		if at := s.Table.Column(name); at >= 0 {
			w.labels = append(w.labels, columnAt{name: name, place: at})
		}
	}
	for i, k := range keyFields {
		if at := s.Table.Column(k.field); at >= 0 {
			w.keyed = append(w.keyed, columnAt{name: k.field, place: at, key: i})
		}
	}
	slices.SortStableFunc(w.keyed, func(a, b columnAt) int { return strings.Compare(keyFields[a.key].kind, keyFields[b.key].kind) })
	return w
}

// record appends the parameters of one row of records.
func (w *snapshotWriter) record(args []any, i int) []any {
	row := &w.s.Table.Rows[w.s.Rows[i]]
	r := w.s.First(w.s.Rows[i])
	if r.ObservedAt.IsZero() {
		r.ObservedAt = w.tx.now
	}
	clear(w.label)
	for _, c := range w.labels {
		w.label[c.name] = row.Values[c.place]
	}
	r.Fields = w.label // for the label alone
	return append(args, string(w.tx.ws), r.Key.Object, r.Key.ID, w.fields(row),
		r.Version.CommitAt, r.Version.CommitNumber, r.Version.Sequence, r.ReadAt,
		r.Deleted, r.Partial, micros(r.ObservedAt), sortLabel(r))
}

// fields writes what fieldsText does of the fields that are not empty; the
// columns are in order already.
func (w *snapshotWriter) fields(row *gateway.TableRow) string {
	text := append(w.text[:0], '{')
	for k, v := range row.Values {
		if v.Empty() {
			continue
		}
		if len(text) > 1 {
			text = append(text, ',')
		}
		text = append(text, w.prefixes[k]...)
		text = append(text, v...)
	}
	w.text = append(text, '}')
	return clean(string(w.text))
}

// keys returns the keys of all rows in the order in which they are looked up:
// neighbors then go to the same pages of the index.
func (w *snapshotWriter) keys() []ownedKey {
	all := make([]ownedKey, 0, len(w.s.Rows)*len(w.keyed))
	for from := 0; from < len(w.keyed); {
		kind, to := keyFields[w.keyed[from].key].kind, from+1
		for to < len(w.keyed) && keyFields[w.keyed[to].key].kind == kind {
			to++
		}
		all = w.keysOf(all, kind, w.keyed[from:to])
		from = to
	}
	return sortKeys(all)
}

// keysOf appends the keys of one kind, which the given columns hold.
func (w *snapshotWriter) keysOf(all []ownedKey, kind string, columns []columnAt) []ownedKey {
	for _, i := range w.s.Rows {
		row := &w.s.Table.Rows[i]
		if row.Deleted {
			continue
		}
		first := len(all)
		for _, c := range columns {
			v := row.Values[c.place]
			if v.Empty() {
				continue
			}
			k := ownedKey{gateway.RecordKey{Object: w.s.Table.Object, ID: row.ID}, recordKey{kind, NormalizeKey(kind, v.String())}}
			if k.value != "" && !slices.Contains(all[first:], k) {
				all = append(all, k)
			}
		}
	}
	return all
}
