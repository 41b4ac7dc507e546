package store

import (
	"cmp"
	"context"
	"database/sql"
	"math"
	"slices"
	"strings"

	"tidegate/gateway"
)

// An observed change is done, whatever its outcome, with two exceptions: one
// that was stale when it came was skipped, and one that asks for the record to
// be read waits for as long as the mark is there.
const (
	rareOutcome  = `outcome IN ('stale', 'refetch')` // as in the partial index
	staleChange  = `outcome = 'stale'`
	openRefetch  = `outcome = 'refetch' AND EXISTS (SELECT 1 FROM refetches f WHERE f.workspace_id = record_history.workspace_id AND f.object = record_history.object AND f.record_id = record_history.record_id)`
	inboundState = `CASE WHEN ` + staleChange + ` THEN 'skipped' WHEN ` + openRefetch + ` THEN 'waiting' ELSE 'done' END`
)

// Log returns one page of the sync log: lines about what we sent or could not
// send, and the observed changes, newest first. The two tables are read with
// the same bounds and merged here, so that each uses its own index. Search
// folds the case of ASCII letters only.
func (w *Workspace) Log(ctx context.Context, q LogQuery) (LogPage, error) {
	if q.Limit <= 0 {
		q.Limit = pageSize
	}
	q, err := w.withObject(ctx, q)
	if err != nil {
		return LogPage{}, err
	}
	page, err := w.countLog(ctx, q)
	if err != nil {
		return page, err
	}
	end, err := w.searchEnd(ctx, q)
	if err != nil {
		return page, err
	}
	lines, err := w.logLines(ctx, q, end)
	if err != nil {
		return page, err
	}
	page.cut(q, lines, end)
	if w.eyes != nil {
		return w.logSeen(ctx, page)
	}
	return page, nil
}

// cut keeps the lines of the page and says where its neighbors begin. Where a
// search ended before it had found enough, the next page goes on behind end.
func (p *LogPage) cut(q LogQuery, lines []LogLine, end int64) {
	more := len(lines) > q.Limit
	backward := q.Before != 0
	if more {
		lines = lines[:q.Limit]
	}
	if backward {
		slices.Reverse(lines)
	}
	p.Entries = lines
	p.Total = max(p.Total, len(lines)) // what was found may be older than what was counted
	first, last := q.After-1, q.Before+1
	if len(lines) > 0 {
		first, last = lines[0].Entry.ID, lines[len(lines)-1].Entry.ID
	}
	if q.After != 0 || backward && more {
		p.Prev = first
	}
	if backward || more {
		p.Next = last
	}
	switch {
	case more || end == 0:
	case backward:
		p.Prev = end
	default:
		p.Next, p.Searched = end, timeOf(end)
	}
}

// searchEnd is the last id that a search for a page looks at: it looks at
// Within lines of each table, and both to the same place. 0 = there are no more
// lines than that, or an index finds what is looked for.
func (w *Workspace) searchEnd(ctx context.Context, q LogQuery) (end int64, err error) {
	if q.Within <= 0 || !q.scans() || q.State == string(gateway.LogNeedsYou) {
		return 0, nil
	}
	tables := []string{"sync_log"}
	if q.inbound() {
		tables = append(tables, "record_history")
	}
	span, from := ` AND id < ? ORDER BY id DESC`, cmp.Or(q.After, math.MaxInt64)
	if q.Before != 0 {
		span, from = ` AND id > ? ORDER BY id`, q.Before
	}
	for _, table := range tables {
		id, more, err := one[int64](ctx, w.read, "searching the sync log",
			`SELECT id FROM `+table+` WHERE workspace_id = ?`+span+` LIMIT 1 OFFSET ?`, w.id, from, q.Within)
		switch {
		case err != nil:
			return 0, err
		case !more:
		case end == 0, (id > end) == (q.Before == 0):
			end = id
		}
	}
	if !q.Since.IsZero() && end < idAt(q.Since) {
		end = 0
	}
	return end, nil
}

// logLines returns the lines nearest to the start of the page, at least
// Limit+1 of them if there are so many; going backward, oldest first. None is
// behind end, unless that is 0.
func (w *Workspace) logLines(ctx context.Context, q LogQuery, end int64) ([]LogLine, error) {
	bounds, bound := " AND id > ? AND id >= ? ORDER BY id DESC LIMIT ?", q.Before
	switch {
	case q.Before != 0:
		bounds, end = " AND id > ? AND id <= ? ORDER BY id LIMIT ?", cmp.Or(end, math.MaxInt64)
	case q.After != 0:
		bounds, bound = " AND id < ? AND id >= ? ORDER BY id DESC LIMIT ?", q.After
	}
	where := w.logFilter(q)
	where.state(q, false)
	lines, err := w.sentLines(ctx, where.String()+bounds, append(where.args, bound, end, q.Limit+1)...)
	if err != nil {
		return nil, err
	}
	if q.inbound() {
		where := w.inboundFilter(q)
		where.state(q, true)
		inbound, err := w.inboundLines(ctx, where.String()+bounds, append(where.args, bound, end, q.Limit+1)...)
		if err != nil {
			return nil, err
		}
		lines = append(lines, inbound...)
	}
	slices.SortFunc(lines, func(a, b LogLine) int {
		if q.Before != 0 {
			return cmp.Compare(a.Entry.ID, b.Entry.ID)
		}
		return cmp.Compare(b.Entry.ID, a.Entry.ID)
	})
	return lines, nil
}

// mostCounted is how many lines of each table are counted for a page: pages
// follow every change, and the log grows for years. Tests lower it.
var mostCounted = 10_000

// countLog counts the lines that a query selects, the newest of each table.
// What needs somebody is counted to the end: an index holds it.
func (w *Workspace) countLog(ctx context.Context, q LogQuery) (LogPage, error) {
	page := LogPage{Counts: map[gateway.LogState]int{}}
	count := func(table, state string, where *condition) error {
		bounds, args, err := w.countBounds(ctx, q, table)
		if err != nil {
			return err
		}
		page.More = page.More || q.scans() && len(args) > 0
		seen := 0
		err = w.read.each(ctx, "counting the sync log", func(rows *sql.Rows) error {
			var state gateway.LogState
			var n int
			err := rows.Scan(&state, &n)
			page.Counts[state] += n
			seen += n
			return err
		}, `SELECT state, COUNT(*) FROM (SELECT `+state+` AS state FROM `+table+` WHERE `+where.String()+bounds+`) AS counted GROUP BY state`,
			append(where.args, args...)...)
		page.More = page.More || seen >= mostCounted
		return err
	}
	err := count("sync_log", "state", w.logFilter(q))
	if err == nil && q.inbound() {
		err = count("record_history", inboundState, w.inboundFilter(q))
	}
	if err == nil && page.More {
		where := w.logFilter(q)
		page.Counts[gateway.LogNeedsYou], _, err = one[int](ctx, w.read, "counting what needs somebody",
			`SELECT COUNT(*) FROM sync_log WHERE `+where.String()+` AND state = 'needs_you'`, where.args...)
	}
	for state, n := range page.Counts {
		if n == 0 {
			delete(page.Counts, state)
		}
		if q.State == "" || q.State == string(state) {
			page.Total += n
		}
	}
	return page, err
}

// countBounds ends the counting: after so many lines that are selected, or,
// where a filter has no index and may select none, after so many lines.
func (w *Workspace) countBounds(ctx context.Context, q LogQuery, table string) (bounds string, args []any, err error) {
	if !q.scans() {
		return ` ORDER BY id DESC LIMIT ?`, []any{mostCounted}, nil
	}
	from, more, err := one[int64](ctx, w.read, "counting the sync log",
		`SELECT id FROM `+table+` WHERE workspace_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?`, w.id, mostCounted)
	if err != nil || !more {
		return "", nil, err
	}
	return ` AND id > ?`, []any{from}, nil
}

// scans reports whether lines are looked for by what no index holds: of an
// object, a state, a direction or a kind there may be few among very many. What
// waits or needs somebody is looked for to the end.
func (q LogQuery) scans() bool {
	if q.RecordID+q.Ref+q.Code != "" || q.State == string(gateway.LogWaiting) && q.plain() {
		return false
	}
	return !q.plain() || q.Object+q.State+q.Direction+q.Kind != ""
}

// plain reports whether no text is looked for.
func (q LogQuery) plain() bool {
	return strings.TrimSpace(q.Search)+strings.TrimSpace(q.User)+q.Rule == ""
}

// inbound reports whether observed changes can be among the lines: they have
// neither a problem nor a cause of ours.
func (q LogQuery) inbound() bool {
	return (q.Direction == "" || q.Direction == "in") && q.Code+q.What+q.Kind+q.Ref+q.Rule == ""
}

// logFilter is everything but State and the bounds of the page.
func (w *Workspace) logFilter(q LogQuery) *condition {
	where := w.lineFilter(q)
	if q.Direction != "" {
		where.and("direction = ?", q.Direction)
	}
	for _, part := range [...]struct{ column, value string }{
		{"problem_code", q.Code}, {"cause_kind", q.Kind}, {"cause_ref", q.Ref},
	} {
		if part.value != "" {
			where.and(part.column+" = ?", part.value)
		}
	}
	if q.Rule != "" {
		// Alone, or behind what it was made for: “Meeting “Weekly”: …”; or that of a
		// single field, which stands in the JSON of the cause and has an end there.
		text := strings.Trim(writeJSON(q.Rule), `"`)
		where.and(`(rule = ? OR rule LIKE ? ESCAPE '\' OR cause LIKE ? ESCAPE '\' OR cause LIKE ? ESCAPE '\')`,
			q.Rule, contains(": "+q.Rule), contains(`"Rule":"`+text+`"`), contains(": "+text+`"`))
	}
	// As the partial indexes say it: SQLite does not see that a value is none.
	if q.Ref != "" {
		where.and("cause_ref <> ''")
	}
	if q.Code != "" {
		where.and("problem_code <> ''")
	}
	if q.What != "" {
		// As it stands in the JSON, between its neighbors.
		where.and(`problem LIKE ? ESCAPE '\'`, contains(`"What":`+writeJSON(q.What)+`,"Who":`))
	}
	if user := strings.TrimSpace(q.User); user != "" {
		where.and(w.db.dialect.folded("by_name")+` LIKE ? ESCAPE '\'`, contains(lowerASCII(user)))
	}
	if search := strings.TrimSpace(q.Search); search != "" {
		where.anyHas(w.db.dialect, search, "label", "what", "rule", "problem")
	}
	return where
}

func (w *Workspace) inboundFilter(q LogQuery) *condition {
	where := w.lineFilter(q)
	if d := w.db.dialect; d.eras != "" && q.Object != "" && q.RecordID != "" {
		where.and(`id IN (SELECT id FROM `+d.history+` WHERE workspace_id = ? AND object = ? AND record_id = ?`+d.eras+`)`, w.id, q.Object, q.RecordID)
	}
	if user := strings.TrimSpace(q.User); user != "" {
		where.and(`user_id IN (SELECT record_id FROM records WHERE workspace_id = ? AND object = 'User' AND lower(label) LIKE ? ESCAPE '\')`,
			w.id, contains(lowerASCII(user)))
	}
	if search := strings.TrimSpace(q.Search); search != "" {
		where.anyHas(w.db.dialect, search, "label", "reason")
	}
	return where
}

// anyHas selects rows in which one of the columns contains a text.
func (c *condition) anyHas(d *dialect, text string, columns ...string) {
	var any []string
	for _, column := range columns {
		any = append(any, d.folded(column)+` LIKE ? ESCAPE '\'`)
		c.args = append(c.args, contains(lowerASCII(text)))
	}
	c.text = append(c.text, "("+strings.Join(any, " OR ")+")")
}

// lowerASCII folds what lower() folds in both engines, and no more.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// lineFilter is what both tables have.
func (w *Workspace) lineFilter(q LogQuery) *condition {
	where := &condition{}
	where.and("workspace_id = ?", w.id)
	if q.Object != "" {
		where.and("object = ?", q.Object)
	}
	if q.RecordID != "" {
		where.and("record_id = ?", q.RecordID)
	}
	if !q.Since.IsZero() {
		where.and("at >= ?", micros(q.Since))
		where.and("id >= ?", idAt(q.Since)) // ids begin with the time at which they are drawn
	}
	if !q.Until.IsZero() {
		where.and("at < ?", micros(q.Until))
	}
	return where
}

// state narrows to the state of the query.
func (c *condition) state(q LogQuery, inbound bool) {
	switch {
	case q.State == "":
	case !inbound:
		c.and("state = ?", q.State)
	case q.State == string(gateway.LogSkipped):
		c.and(rareOutcome + " AND " + staleChange)
	case q.State == string(gateway.LogWaiting):
		c.and(rareOutcome + " AND " + openRefetch)
	case q.State == string(gateway.LogDone):
		c.and("NOT (" + rareOutcome + " AND (" + staleChange + " OR " + openRefetch + "))")
	default:
		c.and("1 = 0") // no observed change needs anybody
	}
}

func (w *Workspace) sentLines(ctx context.Context, where string, args ...any) ([]LogLine, error) {
	rows, err := list[logRow](ctx, w.read, "reading the sync log", `SELECT `+logColumns+` FROM sync_log WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	lines := make([]LogLine, 0, len(rows))
	for _, row := range rows {
		entry, err := row.entry()
		if err != nil {
			return nil, err
		}
		lines = append(lines, LogLine{Entry: entry})
	}
	return lines, nil
}

func (w *Workspace) inboundLines(ctx context.Context, where string, args ...any) ([]LogLine, error) {
	var lines []LogLine
	err := w.read.each(ctx, "reading the sync log", func(rows *sql.Rows) error {
		var state gateway.LogState
		h, err := scanHistory(rows, &state)
		lines = append(lines, inboundLine(h, state))
		return err
	}, `SELECT `+historyColumns+`, `+inboundState+` FROM record_history WHERE `+where, args...)
	return lines, err
}

// inboundLine summarizes an observed change as a line of the log.
func inboundLine(h gateway.HistoryEntry, state gateway.LogState) LogLine {
	e := gateway.LogEntry{
		ID: h.ID, At: h.At, Direction: "in", Key: h.Key, Label: h.Label, What: h.Reason,
		State: state, Fields: h.Fields, Before: h.Before,
	}
	if state != gateway.LogWaiting {
		e.DoneAt = h.At
	}
	return LogLine{Entry: e, Inbound: &h}
}
