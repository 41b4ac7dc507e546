package store

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"

	"tidegate/gateway"
)

// said is the row of something that was said here; body is the whole of it.
type said struct {
	kind, id, status, owner string
	messageKey              string // of an e-mail
	at                      time.Time
	search                  []string
	body                    any
}

func (tx *Tx) saveSaid(ctx context.Context, s said) error {
	_, err := tx.exec(ctx, "saving "+s.kind, `INSERT INTO said
		(workspace_id, kind, external_id, at, status, owner, search, body, updated_at, message_key) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (workspace_id, kind, external_id) DO UPDATE SET
		at = excluded.at, status = excluded.status, owner = excluded.owner, search = excluded.search,
		body = excluded.body, updated_at = excluded.updated_at, message_key = excluded.message_key`,
		tx.ws, s.kind, s.id, micros(s.at), s.status, s.owner, clean(strings.ToLower(strings.Join(s.search, " "))),
		writeJSON(s.body), micros(tx.now), s.messageKey)
	return err
}

func readSaid[T any](ctx context.Context, r runner, ws gateway.WorkspaceID, kind, id string) (T, error) {
	var out T
	body, found, err := one[string](ctx, r, "reading "+kind,
		`SELECT body FROM said WHERE workspace_id = ? AND kind = ? AND external_id = ?`, ws, kind, id)
	if err == nil && !found {
		err = notFound("There is no such %s.", kind)
	}
	if err != nil {
		return out, err
	}
	return out, readJSON(body, &out)
}

// SaidQuery selects what was said, newest first. Zero fields do not filter.
type SaidQuery struct {
	Search string // part of a title, a name or an address, any case
	Status string
	Owner  string // e-mail
	// After and Before are tokens of an earlier page: SaidPage.Next goes to
	// After, SaidPage.Prev to Before. At most one of them is set.
	After, Before string
	Limit         int // 50 when 0
}

// SaidPage is one page of a list of T.
type SaidPage[T any] struct {
	Items      []T
	Next, Prev string // "" = there is no such page
	Total      int    // over all pages
}

func listSaid[T any](ctx context.Context, w *Workspace, kind string, q SaidQuery) (SaidPage[T], error) {
	found, err := selectSaid[T](ctx, w, kind, q)
	if err != nil {
		return SaidPage[T]{}, err
	}
	return pageOfSaid(found.entries, found.total, q), nil
}

// saidEntry is a row of a list with its place.
type saidEntry[T any] struct {
	at   int64
	id   string
	item T
}

// compare orders entries by time, then id.
func (e saidEntry[T]) compare(o saidEntry[T]) int {
	return cmp.Or(cmp.Compare(e.at, o.at), strings.Compare(e.id, o.id))
}

// saidSelection is what a page is cut from: a row more than it has, in its order.
type saidSelection[T any] struct {
	entries []saidEntry[T]
	total   int // over all pages
}

func selectSaid[T any](ctx context.Context, w *Workspace, kind string, q SaidQuery) (out saidSelection[T], err error) {
	where := saidFilter(w, kind, q)
	out.total, _, err = one[int](ctx, w.read, "counting "+kind+"s", `SELECT COUNT(*) FROM said WHERE `+where.String(), where.args...)
	if err != nil {
		return out, err
	}
	order, err := q.page(where, "at", "external_id")
	if err != nil {
		return out, err
	}
	err = w.read.each(ctx, "listing "+kind+"s", func(rows *sql.Rows) error {
		var e saidEntry[T]
		var body string
		if err := rows.Scan(&e.at, &e.id, &body); err != nil {
			return err
		}
		err := readJSON(body, &e.item)
		out.entries = append(out.entries, e)
		return err
	}, `SELECT at, external_id, body FROM said WHERE `+where.String()+` ORDER BY `+order+` LIMIT ?`, append(where.args, q.limit()+1)...)
	return out, err
}

// page adds where a page begins to its condition, and returns its order.
func (q SaidQuery) page(where *condition, at, id string) (order string, err error) {
	order, token, beyond := at+" DESC, "+id+" DESC", q.After, "<"
	if q.Before != "" {
		order, token, beyond = at+", "+id, q.Before, ">"
	}
	if token == "" {
		return order, nil
	}
	when, which, err := parseSaidToken(token)
	if err == nil {
		where.and("("+at+", "+id+") "+beyond+" (?, ?)", when, which)
	}
	return order, err
}

func (q SaidQuery) limit() int {
	if q.Limit <= 0 {
		return pageSize
	}
	return q.Limit
}

// pageOfSaid makes a page of what was selected for it.
func pageOfSaid[T any](entries []saidEntry[T], total int, q SaidQuery) SaidPage[T] {
	page := SaidPage[T]{Total: total}
	var tokens []string
	for _, e := range entries {
		page.Items, tokens = append(page.Items, e.item), append(tokens, saidToken(e.at, e.id))
	}
	return cutSaid(page, tokens, q, q.limit())
}

func saidFilter(w *Workspace, kind string, q SaidQuery) *condition {
	where := &condition{}
	where.and("workspace_id = ? AND kind = ?", w.id, kind)
	if search := strings.TrimSpace(q.Search); search != "" {
		where.and(`search LIKE ? ESCAPE '\'`, contains(strings.ToLower(search)))
	}
	if q.Status != "" {
		where.and("status = ?", q.Status)
	}
	if q.Owner != "" {
		where.and("owner = ?", strings.ToLower(q.Owner))
	}
	return where
}

// cutSaid cuts the row that was read only to know that there are more.
func cutSaid[T any](page SaidPage[T], tokens []string, q SaidQuery, limit int) SaidPage[T] {
	more, backward := len(page.Items) > limit, q.Before != ""
	if more {
		page.Items, tokens = page.Items[:limit], tokens[:limit]
	}
	if backward {
		slices.Reverse(page.Items)
		slices.Reverse(tokens)
	}
	if len(tokens) == 0 {
		return page
	}
	if backward || more {
		page.Next = tokens[len(tokens)-1]
	}
	if backward && more || q.After != "" {
		page.Prev = tokens[0]
	}
	return page
}

func saidToken(at int64, id string) string { return token(strconv.FormatInt(at, 10), id) }

func parseSaidToken(t string) (at int64, id string, err error) {
	label, id, err := parseToken(t)
	if err != nil {
		return 0, "", err
	}
	at, err = strconv.ParseInt(label, 10, 64)
	if err != nil {
		return 0, "", gateway.Errorf(gateway.CodeInvalid, "This page address is not valid. Please start from the first page.")
	}
	return at, id, nil
}
