package store

import (
	"context"
	"slices"

	"tidegate/gateway"
)

// Somebody's eyes are asked in chunks, and a page is not looked for for ever: who
// sees few of many records narrows the list down.
const (
	seenChunk  = 200
	seenChunks = 10
)

// recordsSeen is Records for somebody's eyes. Total counts the page alone: more is
// not looked at, and the number of what is hidden would tell of it.
func (w *Workspace) recordsSeen(ctx context.Context, q RecordQuery) (RecordPage, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = pageSize
	}
	backward := q.Before != ""
	all, chunk := *w, q
	all.eyes, chunk.Limit = nil, seenChunk
	var (
		shown  []gateway.Record
		tokens = map[gateway.RecordKey]string{} // of the labels that the list is sorted by
		more   bool
	)
	for n := 0; len(shown) <= limit; n++ {
		page, err := all.Records(ctx, chunk)
		if err != nil {
			return RecordPage{}, err
		}
		for _, r := range page.Records {
			tokens[r.Key] = token(sortLabel(r), r.Key.ID)
		}
		found, err := w.seenPage(ctx, q, page.Records)
		if err != nil {
			return RecordPage{}, err
		}
		chunk.After, chunk.Before = page.Next, ""
		if backward {
			chunk.After, chunk.Before = "", page.Prev
			found = append(found, shown...)
			shown = nil
		}
		shown = append(shown, found...)
		if chunk.After+chunk.Before == "" {
			break
		}
		if n == seenChunks-1 {
			more = len(shown) > 0 // not even that there is more, where nothing is shown
			break
		}
	}
	if len(shown) > limit {
		more = true
		if backward {
			shown = shown[len(shown)-limit:]
		} else {
			shown = shown[:limit]
		}
	}
	page := RecordPage{Records: slices.Clone(shown), Total: len(shown)}
	if len(shown) == 0 {
		return page, nil
	}
	if backward || more {
		page.Next = tokens[shown[len(shown)-1].Key]
	}
	if backward && more || q.After != "" {
		page.Prev = tokens[shown[0].Key]
	}
	return page, nil
}

// logSeen is a page of the log for somebody's eyes. It counts what it shows.
func (w *Workspace) logSeen(ctx context.Context, page LogPage) (LogPage, error) {
	lines, err := w.seenLines(ctx, page.Entries)
	if err != nil {
		return LogPage{}, err
	}
	page.Entries, page.Total, page.More = lines, len(lines), page.Next != 0 || page.Prev != 0
	page.Counts = map[gateway.LogState]int{}
	for _, l := range lines {
		page.Counts[l.Entry.State]++
	}
	return page, nil
}

// groupsSeen are the causes of the lines that somebody's eyes see.
func (w *Workspace) groupsSeen(ctx context.Context, q LogQuery) ([]LogGroup, error) {
	where := w.logFilter(q)
	where.state(q, false)
	lines, err := w.sentLines(ctx, `problem_code <> '' AND `+where.String()+` ORDER BY id DESC LIMIT ?`, append(where.args, mostCauses)...)
	if err == nil {
		lines, err = w.seenLines(ctx, lines)
	}
	found := make([]LogGroup, len(lines))
	for i, l := range lines {
		found[i] = LogGroup{Problem: l.Entry.Problem, N: 1, Newest: l.Entry.At, Oldest: l.Entry.At, NewestID: l.Entry.ID}
	}
	return joinGroups(found), err
}

// seenWritten lets somebody see what was written to a record; nil when he sees
// nothing of it.
func (w *Workspace) seenWritten(ctx context.Context, key gateway.RecordKey, more func(gateway.LogEntry) bool) (func(gateway.LogEntry) bool, error) {
	if w.eyes == nil {
		return more, nil
	}
	open, err := w.open(ctx, []gateway.RecordKey{key})
	sight, ok := open[key]
	if err != nil || !ok {
		return nil, err
	}
	return func(e gateway.LogEntry) bool {
		e.Fields, e.Before = sight.Strip(e.Fields), sight.Strip(e.Before)
		return more(e)
	}, nil
}
