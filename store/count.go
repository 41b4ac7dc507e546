package store

import (
	"context"
	"sync"
	"time"
)

// countLiving subtracts the tombstones, which are few, from all: neither needs
// the rows themselves.
const countLiving = `SELECT (SELECT COUNT(*) FROM records WHERE workspace_id = ? AND object = ?) -
	(SELECT COUNT(*) FROM records WHERE workspace_id = ? AND object = ? AND deleted)`

// CountRecords returns how many records of an object are in the mirror,
// without tombstones.
func (w *Workspace) CountRecords(ctx context.Context, object string) (int, error) {
	n, _, err := one[int](ctx, w.read, "counting records", countLiving, w.id, object, w.id, object)
	return n, err
}

// rowsHere is CountRecords for all objects.
func (w *Workspace) rowsHere(ctx context.Context) (map[string]int, error) {
	rows, err := list[struct {
		Object string `db:"object"`
		N      int    `db:"n"`
	}](ctx, w.read, "counting records", `SELECT object, COUNT(*) AS n FROM records WHERE workspace_id = ? GROUP BY object
		UNION ALL SELECT object, -COUNT(*) FROM records WHERE workspace_id = ? AND deleted GROUP BY object`, w.id, w.id)
	out := make(map[string]int, len(rows))
	for _, r := range rows {
		out[r.Object] += r.N
	}
	return out, err
}

// Counts of so many records are used again, for manyHold times as long as
// counting took: a list of a million records that changes all the time would
// else be counted for every look at it.
const (
	many     = 5000
	manyHold = 50
)

// counts remembers the number of an object's living records where they are many.
type counts struct {
	mu sync.Mutex
	of map[counted]count
}

type counted struct{ workspace, object string }

type count struct {
	n     int
	until time.Time
}

// total counts an object's living records, or says what was counted a moment
// ago.
func (w *Workspace) total(ctx context.Context, object string) (int, error) {
	c, key, began := &w.db.counts, counted{string(w.id), object}, time.Now()
	c.mu.Lock()
	known := c.of[key]
	c.mu.Unlock()
	if began.Before(known.until) {
		return known.n, nil
	}
	n, err := w.CountRecords(ctx, object)
	if err != nil {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[counted]count{}
	}
	delete(c.of, key)
	if n >= many {
		now := time.Now()
		c.of[key] = count{n: n, until: now.Add(manyHold * now.Sub(began))}
	}
	return n, nil
}
