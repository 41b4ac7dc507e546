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
// else be counted for every look at it. For manyStale times as long they are
// still shown while somebody else counts, so that hardly any page waits for it.
const (
	many      = 5000
	manyHold  = 50
	manyStale = 500
	// countFor bounds a count that no page waits for.
	countFor = 10 * time.Second
)

// counts remembers the number of an object's living records where they are many.
type counts struct {
	mu   sync.Mutex
	of   map[counted]count
	open sync.WaitGroup // of counts that no page waits for
}

type counted struct{ workspace, object string }

type count struct {
	n            int
	until, stale time.Time
	anew         bool // it is being counted
}

// total counts an object's living records, or says what was counted a moment
// ago.
func (w *Workspace) total(ctx context.Context, object string) (int, error) {
	c, key, now := &w.db.counts, counted{string(w.id), object}, time.Now()
	c.mu.Lock()
	known := c.of[key]
	behind := now.Before(known.stale) && !now.Before(known.until) && !known.anew
	if behind {
		known.anew = true
		c.of[key] = known
	}
	c.mu.Unlock()
	if behind {
		c.open.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), countFor)
			defer cancel()
			_, _ = w.count(ctx, key) // where it fails, the next page counts, and says so
		})
	}
	if now.Before(known.stale) {
		return known.n, nil
	}
	return w.count(ctx, key)
}

// count counts, and remembers what is worth it.
func (w *Workspace) count(ctx context.Context, key counted) (int, error) {
	c, began := &w.db.counts, time.Now()
	n, err := w.CountRecords(ctx, key.object)
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[counted]count{}
	}
	delete(c.of, key)
	if err == nil && n >= many {
		took := now.Sub(began)
		c.of[key] = count{n: n, until: now.Add(manyHold * took), stale: now.Add(manyStale * took)}
	}
	return n, err
}
