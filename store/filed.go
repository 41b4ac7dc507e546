package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"tidegate/gateway"
)

// files are the objects of which some records are e-mails.
func files(object string) bool { return object == "Task" || object == "EmailMessage" }

// fileEmails keeps filed_emails as the records say that are being saved.
func (tx *Tx) fileEmails(ctx context.Context, records []gateway.Record) error {
	var filed []gateway.FiledEmail
	var none []gateway.RecordKey
	for i := range records {
		if !files(records[i].Key.Object) {
			continue
		}
		if e, ok := gateway.Filed(records[i]); ok {
			filed = append(filed, e)
		} else {
			none = append(none, records[i].Key)
		}
	}
	if err := tx.dropRows(ctx, "filed_emails", none); err != nil {
		return err
	}
	return tx.rows(ctx, saveFiled, len(filed), func(args []any, i int) []any {
		e := &filed[i]
		return append(args, string(tx.ws), e.Key.Object, e.Key.ID, micros(e.At), clean(e.MessageKey), clean(e.Task),
			clean(strings.ToLower(strings.Join([]string{e.Subject, e.From, e.To, e.Cc}, " "))))
	})
}

var saveFiled = insert{
	doing: "saving filed e-mails",
	head:  `INSERT INTO filed_emails (workspace_id, object, record_id, at, message_key, task_id, search)`,
	tail: `ON CONFLICT (workspace_id, object, record_id) DO UPDATE SET
		at = excluded.at, message_key = excluded.message_key, task_id = excluded.task_id, search = excluded.search`,
	width: 7,
}

// filedColumns are the fields that gateway.Filed reads.
var filedColumns = [...]string{
	"Subject", "TaskSubtype", "Type", "Description", "CreatedDate", "ActivityDate", "ActivityId",
	"MessageIdentifier", "FromAddress", "FromName", "ToAddress", "CcAddress", "MessageDate", "Status",
}

// fileSnapshot is fileEmails for the rows of a first reading.
func (tx *Tx) fileSnapshot(ctx context.Context, s Snapshot) error {
	if !files(s.Table.Object) {
		return nil
	}
	columns := map[string]int{}
	for _, name := range filedColumns {
		if at := s.Table.Column(name); at >= 0 {
			columns[name] = at
		}
	}
	var records []gateway.Record
	for _, i := range s.Rows {
		r := s.First(i)
		r.Fields = gateway.Fields{}
		for name, at := range columns {
			r.Fields[name] = s.Table.Rows[i].Values[at]
		}
		if _, ok := gateway.Filed(r); ok {
			records = append(records, r)
		}
	}
	return tx.fileEmails(ctx, records)
}

// ListedEmail is a row of the list of e-mails: one that the product told of, or
// one that Salesforce holds.
type ListedEmail struct {
	Email gateway.Email
	Filed gateway.FiledEmail // its key is zero for one of the product
}

// filedOnce leaves out what is in the list already: what we wrote ourselves,
// what the product told of under the same Message-ID, the Task that Salesforce
// made of an EmailMessage, and the second of two copies.
const filedOnce = `NOT EXISTS (SELECT 1 FROM writings w
		WHERE w.workspace_id = f.workspace_id AND w.object = f.object AND w.record_id = f.record_id)
	AND (f.message_key = '' OR NOT EXISTS (SELECT 1 FROM said s
		WHERE s.workspace_id = f.workspace_id AND s.message_key = f.message_key AND s.message_key <> ''))
	AND (f.message_key = '' OR NOT EXISTS (SELECT 1 FROM filed_emails c
		WHERE c.workspace_id = f.workspace_id AND c.message_key = f.message_key AND c.message_key <> '' AND c.record_id < f.record_id))
	AND (f.object <> 'Task' OR NOT EXISTS (SELECT 1 FROM filed_emails m
		WHERE m.workspace_id = f.workspace_id AND m.task_id = f.record_id AND m.task_id <> ''))`

// EmailsWith is Emails with those that Salesforce holds, as far as they are
// read, each e-mail once.
func (w *Workspace) EmailsWith(ctx context.Context, q SaidQuery, read gateway.EmailsRead) (SaidPage[ListedEmail], error) {
	here, err := selectSaid[gateway.Email](ctx, w, gateway.KindEmail, q)
	if err != nil {
		return SaidPage[ListedEmail]{}, err
	}
	all := make([]saidEntry[ListedEmail], 0, len(here.entries))
	for _, e := range here.entries {
		all = append(all, saidEntry[ListedEmail]{e.at, e.id, ListedEmail{Email: e.item}})
	}
	total := here.total
	if objects := read.Objects(); len(objects) > 0 && q.Status == "" && q.Owner == "" {
		there, err := w.selectFiled(ctx, q, objects)
		if err != nil {
			return SaidPage[ListedEmail]{}, err
		}
		all, total = append(all, there.entries...), total+there.total
	}
	slices.SortStableFunc(all, func(a, b saidEntry[ListedEmail]) int {
		if q.Before != "" {
			return a.compare(b)
		}
		return b.compare(a)
	})
	page := pageOfSaid(all[:min(len(all), q.limit()+1)], total, q)
	err = w.readFiled(ctx, page.Items)
	return w.filedSeen(page, q), err
}

// selectFiled returns the entries of a page of e-mails that Salesforce holds.
func (w *Workspace) selectFiled(ctx context.Context, q SaidQuery, objects []string) (out saidSelection[ListedEmail], err error) {
	where := &condition{}
	where.and("f.workspace_id = ? AND f.object"+w.db.dialect.among, w.id, w.db.dialect.list(objects))
	where.and(filedOnce)
	if search := strings.TrimSpace(q.Search); search != "" {
		where.and(`f.search LIKE ? ESCAPE '\'`, contains(strings.ToLower(search)))
	}
	out.total, _, err = one[int](ctx, w.read, "counting filed e-mails", `SELECT COUNT(*) FROM filed_emails f WHERE `+where.String(), where.args...)
	if err != nil {
		return out, err
	}
	order, err := q.page(where, "f.at", "f.record_id")
	if err != nil {
		return out, err
	}
	err = w.read.each(ctx, "listing filed e-mails", func(rows *sql.Rows) error {
		var e saidEntry[ListedEmail]
		err := rows.Scan(&e.at, &e.id, &e.item.Filed.Key.Object)
		e.item.Filed.Key.ID = e.id
		out.entries = append(out.entries, e)
		return err
	}, `SELECT f.at, f.record_id, f.object FROM filed_emails f WHERE `+where.String()+` ORDER BY `+order+` LIMIT ?`, append(where.args, q.limit()+1)...)
	return out, err
}

// readFiled reads the records of the rows that are e-mails of Salesforce.
func (w *Workspace) readFiled(ctx context.Context, rows []ListedEmail) error {
	var keys []gateway.RecordKey
	for _, r := range rows {
		if r.Filed.Key.ID != "" {
			keys = append(keys, r.Filed.Key)
		}
	}
	found, err := w.RecordsOf(ctx, keys)
	for i := range rows {
		if e, ok := gateway.Filed(found[rows[i].Filed.Key]); ok {
			rows[i].Filed = e
		}
	}
	return err
}

// filedSeen leaves out what somebody may not see, or was found by what he may not.
func (w *Workspace) filedSeen(page SaidPage[ListedEmail], q SaidQuery) SaidPage[ListedEmail] {
	if w.eyes == nil {
		return page
	}
	search := strings.ToLower(strings.TrimSpace(q.Search))
	page.Items = slices.DeleteFunc(page.Items, func(e ListedEmail) bool {
		f := e.Filed
		return f.Key.ID != "" && (f.At.IsZero() || !strings.Contains(strings.ToLower(strings.Join([]string{f.Subject, f.From, f.To, f.Cc, f.Text}, " ")), search))
	})
	page.Total = len(page.Items)
	return page
}

// WrittenAmong returns which of the records something here has become, or wrote into.
func (w *Workspace) WrittenAmong(ctx context.Context, keys []gateway.RecordKey) (map[gateway.RecordKey]bool, error) {
	out := map[gateway.RecordKey]bool{}
	err := w.read.perObject(keys, func(object string, ids any) error {
		found, err := list[string](ctx, w.read, "looking for writings", `SELECT DISTINCT record_id FROM writings
			WHERE workspace_id = ? AND object = ? AND record_id`+w.db.dialect.among, w.id, object, ids)
		for _, id := range found {
			out[gateway.RecordKey{Object: object, ID: id}] = true
		}
		return err
	})
	return out, err
}

// CountFiled counts the e-mails of an object that a list would show beside
// those of the product.
func (w *Workspace) CountFiled(ctx context.Context, object string) (int, error) {
	n, _, err := one[int](ctx, w.read, "counting filed e-mails",
		`SELECT COUNT(*) FROM filed_emails f WHERE f.workspace_id = ? AND f.object = ? AND `+filedOnce, w.id, object)
	return n, err
}

// FiledAs returns the EmailMessage that has a Message-ID, the zero key for none.
func (w *Workspace) FiledAs(ctx context.Context, messageID string) (gateway.RecordKey, error) {
	key := gateway.MessageKey(messageID)
	if key == "" {
		return gateway.RecordKey{}, nil
	}
	id, found, err := one[string](ctx, w.read, "looking for a filed e-mail", `SELECT record_id FROM filed_emails
		WHERE workspace_id = ? AND message_key = ? AND message_key <> '' AND object = 'EmailMessage' ORDER BY record_id LIMIT 1`, w.id, clean(key))
	if err != nil || !found {
		return gateway.RecordKey{}, err
	}
	return gateway.RecordKey{Object: "EmailMessage", ID: id}, nil
}

// dropChunk is how many records one transaction drops.
const dropChunk = 2000

// DropMirror drops what is mirrored of an object that is not to be read any
// more: its records with their keys and history, and how far it was read. Done
// in steps, so that nobody waits long; the last one forgets the reading, so
// that one which was broken off is gone on with. It reports whether there was
// anything.
func (w *Workspace) DropMirror(ctx context.Context, object string) (bool, error) {
	known, _, err := one[int](ctx, w.read, "looking for a mirror", `SELECT
		(SELECT COUNT(*) FROM backfills WHERE workspace_id = ? AND object = ?) + (SELECT COUNT(*) FROM object_status WHERE workspace_id = ? AND object = ?)`,
		w.id, object, w.id, object)
	if err != nil || known == 0 {
		return false, err
	}
	for more := true; more; {
		err := w.InTx(ctx, func(ctx context.Context, tx *Tx) (err error) {
			more, err = tx.dropRecords(ctx, object)
			return err
		})
		if err != nil {
			return true, err
		}
	}
	return true, w.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		for _, table := range [...]string{"refetches", "proofs", "object_status", "backfills"} {
			if _, err := tx.exec(ctx, "dropping a mirror", `DELETE FROM `+table+` WHERE workspace_id = ? AND object = ?`, tx.ws, object); err != nil {
				return err
			}
		}
		return nil
	})
}

// dropRecords drops some records of an object, and says whether there may be
// more. What an e-mail of our own became stays known, because its Task may
// still be here.
func (tx *Tx) dropRecords(ctx context.Context, object string) (more bool, err error) {
	ids, err := list[string](ctx, tx.runner, "looking for records", `SELECT record_id FROM records
		WHERE workspace_id = ? AND object = ? ORDER BY record_id LIMIT ?`, tx.ws, object, dropChunk)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	keys := make([]gateway.RecordKey, len(ids))
	for i, id := range ids {
		keys[i] = gateway.RecordKey{Object: object, ID: id}
	}
	if err := tx.forgetKeys(ctx, keys...); err != nil {
		return false, err
	}
	for _, table := range [...]string{"records", "record_history"} {
		if err := tx.dropRows(ctx, table, keys); err != nil {
			return false, err
		}
	}
	_, err = tx.exec(ctx, "dropping filed e-mails", `DELETE FROM filed_emails WHERE workspace_id = ? AND object = ? AND record_id`+tx.dialect.among+`
		AND NOT EXISTS (SELECT 1 FROM writings w WHERE w.workspace_id = filed_emails.workspace_id AND w.object = filed_emails.object
			AND w.record_id = filed_emails.record_id)`, tx.ws, object, tx.dialect.list(ids))
	return len(ids) == dropChunk, err
}

// RecordsUnder returns the live records of an object whose lookup field names
// an id, those made last first: ids count up.
func (w *Workspace) RecordsUnder(ctx context.Context, object, field, id string, n int) ([]gateway.Record, error) {
	staged, err := w.staged(ctx, stagedQuery{kinds: []string{field}, object: object, values: []string{id}})
	if err != nil {
		return nil, err
	}
	if len(staged) > 0 {
		return w.stagedUnder(ctx, object, field, id, n)
	}
	return w.records(ctx, "reading records by key", `SELECT `+recordColumns+`
		FROM (SELECT DISTINCT record_id AS i FROM record_keys
			WHERE workspace_id = ? AND kind = ? AND value = ? AND object = ? ORDER BY record_id DESC LIMIT ?) AS found
		JOIN records ON records.workspace_id = ? AND records.object = ? AND records.record_id = found.i
		ORDER BY record_id DESC`, w.id, field, id, object, n, w.id, object)
}

// stagedUnder is RecordsUnder while keys are staged.
func (w *Workspace) stagedUnder(ctx context.Context, object, field, id string, n int) ([]gateway.Record, error) {
	both, err := w.RecordsByKeys(ctx, field, []string{id})
	found := slices.DeleteFunc(both[id], func(r gateway.Record) bool { return r.Key.Object != object })
	slices.Reverse(found)
	return found[:min(len(found), n)], err
}
