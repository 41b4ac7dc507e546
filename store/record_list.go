package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"slices"
	"strings"

	"tidegate/gateway"
)

const pageSize = 50

// condition collects the WHERE of one query.
type condition struct {
	text []string
	args []any
}

func (c *condition) and(text string, args ...any) {
	c.text = append(c.text, text)
	c.args = append(c.args, args...)
}

func (c *condition) String() string { return strings.Join(c.text, " AND ") }

// contains returns the LIKE pattern for text that contains s as it stands.
func contains(s string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(clean(s)) + "%"
}

// Records returns one page of an object's records in the order of their
// labels (lower case, byte by byte), then ids. A page begins where the token
// says even when rows were added or removed meanwhile. A bad token is
// CodeInvalid.
func (w *Workspace) Records(ctx context.Context, q RecordQuery) (RecordPage, error) {
	if w.eyes != nil {
		return w.recordsSeen(ctx, q)
	}
	where, err := w.recordFilter(ctx, q)
	if err != nil {
		return RecordPage{}, err
	}
	total, err := w.matching(ctx, q, where)
	if err != nil {
		return RecordPage{}, err
	}
	order, token := "label, record_id", q.After
	if q.Before != "" {
		order, token = "label DESC, record_id DESC", q.Before
	}
	if token != "" {
		label, id, err := parseToken(token)
		if err != nil {
			return RecordPage{}, err
		}
		where.and("(label, record_id) "+map[bool]string{true: "<", false: ">"}[q.Before != ""]+" (?, ?)", label, id)
	}
	limit := q.Limit
	if limit <= 0 {
		limit = pageSize
	}
	var (
		records []gateway.Record
		labels  []string
	)
	err = w.read.each(ctx, "listing records", func(rows *sql.Rows) error {
		var label string
		record, err := scanRecord(rows, &label)
		records, labels = append(records, record), append(labels, label)
		return err
	}, `SELECT `+recordColumns+`, label FROM records WHERE `+where.String()+` ORDER BY `+order+` LIMIT ?`,
		append(where.args, limit+1)...)
	if err != nil {
		return RecordPage{}, err
	}
	return recordPage(records, labels, q, limit, total), nil
}

// matching counts what the query finds.
func (w *Workspace) matching(ctx context.Context, q RecordQuery, where *condition) (int, error) {
	if q.all() {
		return w.total(ctx, q.Object)
	}
	n, _, err := one[int](ctx, w.read, "counting records", `SELECT COUNT(*) FROM records WHERE `+where.String(), where.args...)
	return n, err
}

// all reports whether the query finds every living record.
func (q *RecordQuery) all() bool {
	return !q.IncludeDeleted && q.UpdatedAfter.IsZero() && strings.TrimSpace(q.Search) == "" && len(q.Where) == 0
}

// recordPage cuts the row that was read only to know that there are more.
func recordPage(records []gateway.Record, labels []string, q RecordQuery, limit, total int) RecordPage {
	more := len(records) > limit
	if more {
		records, labels = records[:limit], labels[:limit]
	}
	backward := q.Before != ""
	if backward {
		slices.Reverse(records)
		slices.Reverse(labels)
	}
	page := RecordPage{Records: records, Total: total}
	if len(records) == 0 {
		return page
	}
	last := len(records) - 1
	if backward || more {
		page.Next = token(labels[last], records[last].Key.ID)
	}
	if (backward && more) || q.After != "" {
		page.Prev = token(labels[0], records[0].Key.ID)
	}
	return page
}

func (w *Workspace) recordFilter(ctx context.Context, q RecordQuery) (*condition, error) {
	where := &condition{}
	where.and("workspace_id = ? AND object = ?"+w.db.dialect.listed, w.id, q.Object)
	if !q.IncludeDeleted {
		where.and("NOT deleted AND record_id NOT IN (SELECT record_id FROM outbox WHERE workspace_id = ? AND object = ? AND op = 'delete')", w.id, q.Object)
	}
	if !q.UpdatedAfter.IsZero() {
		where.and("observed_at > ?", micros(q.UpdatedAfter))
	}
	if search := strings.TrimSpace(q.Search); search != "" {
		found := stagedQuery{kinds: []string{KeyEmail, KeyDomain, KeyPhone}, object: q.Object}
		err := w.andStaged(ctx, where, found, func(k ownedKey) bool { return k.hasSearched(search) },
			`label LIKE ? ESCAPE '\' OR record_id IN (SELECT record_id FROM record_keys
			WHERE workspace_id = ? AND object = ? AND (kind IN ('email', 'domain') AND value LIKE ? ESCAPE '\' OR kind = 'phone' AND value LIKE ? ESCAPE '\'))`,
			contains(strings.ToLower(search)), w.id, q.Object, contains(strings.ToLower(search)), phonePart(search))
		if err != nil {
			return nil, err
		}
	}
	for field, id := range q.Where {
		if isLookup(field) {
			err := w.andStaged(ctx, where, stagedQuery{kinds: []string{field}, object: q.Object, values: []string{id}}, nil, `record_id IN (SELECT record_id FROM record_keys
				WHERE workspace_id = ? AND kind = ? AND value = ? AND object = ?)`, w.id, field, id, q.Object)
			if err != nil {
				return nil, err
			}
			continue
		}
		where.and("fields"+w.db.dialect.jsonText+" = ?", field, id) // not indexed
	}
	return where, nil
}

func token(label, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(id + "\x00" + label))
}

func parseToken(token string) (label, id string, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	id, label, ok := strings.Cut(string(raw), "\x00")
	if err != nil || !ok || clean(label) != label {
		return "", "", gateway.Errorf(gateway.CodeInvalid, "This page address is not valid. Please start from the first page.")
	}
	return label, id, nil
}

// phonePart is the pattern of the phone keys that a search text may mean. A
// key is the end of a number, so a whole number is known by its end, and a part
// finds the numbers that have it there.
func phonePart(search string) string {
	if whole := NormalizeKey(KeyPhone, search); len(whole) == phoneTail && !strings.ContainsAny(search, "@") {
		return whole
	}
	return contains(search)
}
