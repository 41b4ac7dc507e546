package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"tidegate/gateway"
)

const recordColumns = `object, record_id, fields, commit_at, commit_number, sequence, read_at, deleted, partial, observed_at`

// labelBytes bounds the sort label: an index row of Postgres has at most
// 2,704 bytes.
const labelBytes = 300

// Record returns one record of the mirror, tombstones included. CodeNotFound
// when we have never seen it.
func (w *Workspace) Record(ctx context.Context, key gateway.RecordKey) (gateway.Record, error) {
	records, err := w.records(ctx, "reading record", `SELECT `+recordColumns+` FROM records
		WHERE workspace_id = ? AND object = ? AND record_id = ?`, w.id, key.Object, key.ID)
	if err != nil {
		return gateway.Record{}, err
	}
	if len(records) == 0 {
		return gateway.Record{}, notFound("There is no %s with the id %s here.", key.Object, key.ID)
	}
	return records[0], nil
}

// LoadRecords reads the records that exist, in one statement per object, and
// on Postgres locks them in the order of their keys, so that two transactions
// never wait for each other.
func (tx *Tx) LoadRecords(ctx context.Context, keys []gateway.RecordKey) (map[gateway.RecordKey]gateway.Record, error) {
	found, err := tx.fetch(ctx, keys)
	if err != nil {
		return nil, err
	}
	err = halves(len(found), func(from, to int) error { return parseRows(found[from:to]) })
	out := make(map[gateway.RecordKey]gateway.Record, len(found))
	for i := range found {
		out[found[i].Key] = found[i].Record
	}
	return out, tx.dialect.wrap(ctx, "loading records", err)
}

// fetch reads and locks the rows that exist, their fields not parsed yet.
func (tx *Tx) fetch(ctx context.Context, keys []gateway.RecordKey) ([]loadedRow, error) {
	found := make([]loadedRow, 0, len(keys))
	err := tx.perObject(keys, func(object string, ids any) error {
		return tx.each(ctx, "loading records", func(rows *sql.Rows) error {
			var row loadedRow
			err := row.scan(rows)
			found = append(found, row)
			return err
		}, tx.dialect.byID(recordColumns+", label", tx.dialect.forLock), tx.ws, object, ids)
	})
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if len(tx.loaded) == 0 {
		tx.loaded = make(map[gateway.RecordKey]*stored, len(keys))
	}
	for _, k := range keys {
		tx.loaded[k] = nil
	}
	for i := range found {
		tx.loaded[found[i].Key] = &found[i].stored
	}
	return found, err
}

// was returns what was loaded of a record; known is false where nobody looked.
func (tx *Tx) was(key gateway.RecordKey) (found *stored, known bool) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	found, known = tx.loaded[key]
	return found, known
}

func parseRows(found []loadedRow) error {
	for i := range found {
		if err := found[i].parse(); err != nil {
			return err
		}
	}
	return nil
}

// loadedRow is a record as LoadRecords finds it. Its fields are parsed after
// the query, on two processors: that took as long as the query.
type loadedRow struct {
	gateway.Record
	stored
}

func (l *loadedRow) scan(rows *sql.Rows) (err error) {
	l.Record, l.text, err = scanRow(rows, &l.label)
	l.deleted = l.Deleted
	return err
}

func (l *loadedRow) parse() (err error) {
	if l.Fields, l.names, err = parseText(l.text); err != nil {
		return fmt.Errorf("%s %s: %w", l.Key.Object, l.Key.ID, err)
	}
	return nil
}

// halvesFrom is how much work a second goroutine is worth.
const halvesFrom = 256

// halves calls f for both halves of n things side by side, or once for few.
func halves(n int, f func(from, to int) error) error {
	if n < halvesFrom {
		return f(0, n)
	}
	var first error
	var wait sync.WaitGroup
	wait.Go(func() { first = f(0, n/2) })
	second := f(n/2, n)
	wait.Wait()
	return errors.Join(first, second)
}

// SaveRecords writes whole rows of the mirror, new or not. ObservedAt is set
// to the transaction's time where it is zero. Of several records with one key
// the last wins. record_keys follow where they changed. A row that somebody
// else wrote meanwhile from a later commit stays: a row that was not there when
// the transaction loaded it is not locked, so the stream and the settling of a
// create may both make it.
func (tx *Tx) SaveRecords(ctx context.Context, records []gateway.Record) error {
	records = tx.observed(records)
	if err := tx.know(ctx, records); err != nil {
		return err
	}
	rows := tx.recordRows(records)
	defer tx.forget(records)
	var keys keyChange
	var wait sync.WaitGroup
	wait.Go(func() { keys = tx.changeOfKeys(records) }) // while the rows are written
	defer wait.Wait()
	for _, g := range rows {
		if err := tx.many(ctx, g.in, len(g.rows), tx.filling(g.rows)); err != nil {
			return err
		}
	}
	wait.Wait()
	if err := tx.saveKeys(ctx, keys); err != nil {
		return err
	}
	return tx.fileEmails(ctx, records)
}

// observed returns one record per key, sorted, each with the time when it was
// seen.
func (tx *Tx) observed(records []gateway.Record) []gateway.Record {
	records = lastOfEach(records)
	for i := range records {
		if records[i].ObservedAt.IsZero() {
			records[i].ObservedAt = tx.now
		}
	}
	return records
}

// filling gives the parameters of rows.
func (tx *Tx) filling(rows []recordRow) func(args []any, i int) []any {
	return func(args []any, i int) []any { return appendRecord(args, tx.ws, rows[i]) }
}

// know loads what nobody has loaded of the records: their keys are dropped by
// value.
func (tx *Tx) know(ctx context.Context, records []gateway.Record) error {
	var keys []gateway.RecordKey
	for i := range records {
		if _, known := tx.was(records[i].Key); !known {
			keys = append(keys, records[i].Key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	_, err := tx.LoadRecords(ctx, keys)
	return err
}

// forget what was loaded of records that were written since: who saves them
// again loads them again.
func (tx *Tx) forget(records []gateway.Record) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	for i := range records {
		delete(tx.loaded, records[i].Key)
	}
}

// recordRow is a record to be written, with the label of its row.
type recordRow struct {
	*gateway.Record
	label string
	was   *stored
}

// text returns the fields as their column holds them.
func (r recordRow) text() string {
	if r.was != nil {
		if text, ok := r.was.withLaid(r.Fields); ok {
			return text
		}
	}
	return fieldsText(r.Fields)
}

// recordRows parts rows that keep their label from the others. An upsert that
// names the label makes SQLite take the row out of records_label and put it in
// again although nothing changed there: 11 µs a row instead of 8, measured.
// Postgres looks at the values, so there one statement is better; but there
// somebody may make a record that was looked for and not there, and a newer one
// of his is neither overwritten nor given the keys of ours.
func (tx *Tx) recordRows(records []gateway.Record) [3]recordGroup {
	labeled, same, fresh := recordGroup{in: saveRecords}, recordGroup{in: saveSameLabel}, recordGroup{in: saveFresh}
	for i := range records {
		row := recordRow{Record: &records[i]}
		row.was, _ = tx.was(row.Key)
		if row.was != nil && row.was.keepsLabel() {
			row.label = row.was.label
		} else {
			row.label = sortLabel(records[i])
		}
		if row.was != nil && row.was.label == row.label && tx.dialect.rewritesIndexes {
			same.rows = append(same.rows, row)
			continue
		}
		if row.was == nil && tx.dialect.forLock != "" {
			fresh.rows = append(fresh.rows, row)
			continue
		}
		labeled.rows = append(labeled.rows, row)
	}
	return [3]recordGroup{fresh, labeled, same}
}

// recordGroup are rows that one statement writes.
type recordGroup struct {
	in   insert
	rows []recordRow
}

// stored is what LoadRecords found of a record, and in which fields alone it is
// said to differ since; nil = maybe in all.
type stored struct {
	text    string
	names   []uint32 // where they begin in the text; nil where that is not plain
	label   string
	deleted bool
	laid    gateway.Fields
}

var saveRecords = insert{
	doing: "saving records",
	head:  recordsHead,
	tail:  recordsTail + `, label = excluded.label` + recordsNewer,
	width: 12,
}

var saveFresh = insert{
	doing: "saving records",
	head:  recordsHead,
	tail:  recordsTail + `, label = excluded.label` + recordsNewer,
	width: 12,
	all:   true,
}

var saveSameLabel = insert{
	doing: "saving records",
	head:  recordsHead,
	tail:  recordsTail + recordsNewer,
	width: 12,
}

const (
	recordsHead = `INSERT INTO records (workspace_id, object, record_id, fields, commit_at, commit_number, sequence,
		read_at, deleted, partial, observed_at, label)`
	recordsTail = `ON CONFLICT (workspace_id, object, record_id) DO UPDATE SET
		fields = excluded.fields, commit_at = excluded.commit_at, commit_number = excluded.commit_number,
		sequence = excluded.sequence, read_at = excluded.read_at, deleted = excluded.deleted,
		partial = excluded.partial, observed_at = excluded.observed_at`
	recordsNewer = ` WHERE records.commit_at <= excluded.commit_at`
)

func appendRecord(args []any, ws gateway.WorkspaceID, r recordRow) []any {
	return append(args, string(ws), r.Key.Object, r.Key.ID, r.text(),
		r.Version.CommitAt, r.Version.CommitNumber, r.Version.Sequence, r.ReadAt,
		r.Deleted, r.Partial, micros(r.ObservedAt), r.label)
}

// lastOfEach returns one record per key, sorted by key: one statement cannot
// write a row twice, and a fixed order cannot deadlock.
func lastOfEach(records []gateway.Record) []gateway.Record {
	if ascending(len(records), func(i int) gateway.RecordKey { return records[i].Key }) {
		return slices.Clone(records)
	}
	last := make(map[gateway.RecordKey]int, len(records))
	for i := range records {
		last[records[i].Key] = i
	}
	out := make([]gateway.Record, 0, len(last))
	for _, i := range last {
		out = append(out, records[i])
	}
	slices.SortFunc(out, func(a, b gateway.Record) int { return compareKeys(a.Key, b.Key) })
	return out
}

// ascending reports whether n keys are sorted already, and each is there once.
func ascending(n int, key func(i int) gateway.RecordKey) bool {
	for i := 1; i < n; i++ {
		if compareKeys(key(i-1), key(i)) >= 0 {
			return false
		}
	}
	return true
}

func sortedKeys(keys []gateway.RecordKey) []gateway.RecordKey {
	if ascending(len(keys), func(i int) gateway.RecordKey { return keys[i] }) {
		return keys
	}
	out := slices.Clone(keys)
	slices.SortFunc(out, compareKeys)
	return slices.Compact(out)
}

func compareKeys(a, b gateway.RecordKey) int {
	return cmp.Or(strings.Compare(a.Object, b.Object), strings.Compare(a.ID, b.ID))
}

func sortLabel(r gateway.Record) string {
	label := strings.ToLower(clean(r.Label()))
	if len(label) > labelBytes {
		label = strings.ToValidUTF8(label[:labelBytes], "")
	}
	return label
}

// records reads rows of recordColumns.
func (r runner) records(ctx context.Context, doing, query string, args ...any) ([]gateway.Record, error) {
	var out []gateway.Record
	err := r.each(ctx, doing, func(rows *sql.Rows) error {
		record, err := scanRecord(rows)
		out = append(out, record)
		return err
	}, query, args...)
	return out, err
}

// scanRecord reads recordColumns, and whatever follows them into more.
func scanRecord(rows *sql.Rows, more ...any) (gateway.Record, error) {
	r, fields, err := scanRow(rows, more...)
	if err != nil {
		return r, err
	}
	if r.Fields, err = parseFields(fields); err != nil {
		return r, fmt.Errorf("%s %s: %w", r.Key.Object, r.Key.ID, err)
	}
	return r, nil
}

// scanRow is scanRecord with the fields still as text.
func scanRow(rows *sql.Rows, more ...any) (r gateway.Record, fields string, err error) {
	var observed int64
	into := append([]any{
		&r.Key.Object, &r.Key.ID, &fields, &r.Version.CommitAt, &r.Version.CommitNumber,
		&r.Version.Sequence, &r.ReadAt, &r.Deleted, &r.Partial, &observed,
	}, more...)
	err = rows.Scan(into...)
	r.ObservedAt = fromMicros(observed)
	return r, fields, err
}
