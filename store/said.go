package store

import (
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
	at                      time.Time
	search                  []string
	body                    any
}

func (tx *Tx) saveSaid(ctx context.Context, s said) error {
	_, err := tx.exec(ctx, "saving "+s.kind, `INSERT INTO said
		(workspace_id, kind, external_id, at, status, owner, search, body, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (workspace_id, kind, external_id) DO UPDATE SET
		at = excluded.at, status = excluded.status, owner = excluded.owner, search = excluded.search,
		body = excluded.body, updated_at = excluded.updated_at`,
		tx.ws, s.kind, s.id, micros(s.at), s.status, s.owner, clean(strings.ToLower(strings.Join(s.search, " "))),
		writeJSON(s.body), micros(tx.now))
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
	var page SaidPage[T]
	where := saidFilter(w, kind, q)
	total, _, err := one[int](ctx, w.read, "counting "+kind+"s", `SELECT COUNT(*) FROM said WHERE `+where.String(), where.args...)
	if err != nil {
		return page, err
	}
	page.Total = total
	order, token := "at DESC, external_id DESC", q.After
	if q.Before != "" {
		order, token = "at, external_id", q.Before
	}
	if token != "" {
		at, id, err := parseSaidToken(token)
		if err != nil {
			return page, err
		}
		where.and("(at, external_id) "+map[bool]string{true: ">", false: "<"}[q.Before != ""]+" (?, ?)", at, id)
	}
	limit := q.Limit
	if limit <= 0 {
		limit = pageSize
	}
	var tokens []string
	err = w.read.each(ctx, "listing "+kind+"s", func(rows *sql.Rows) error {
		var (
			at       int64
			id, body string
			item     T
		)
		if err := rows.Scan(&at, &id, &body); err != nil {
			return err
		}
		err := readJSON(body, &item)
		page.Items, tokens = append(page.Items, item), append(tokens, saidToken(at, id))
		return err
	}, `SELECT at, external_id, body FROM said WHERE `+where.String()+` ORDER BY `+order+` LIMIT ?`, append(where.args, limit+1)...)
	if err != nil {
		return page, err
	}
	return cutSaid(page, tokens, q, limit), nil
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
