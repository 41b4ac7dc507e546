package bus

import (
	"sync"
	"time"
)

// quotaDay is the rolling window of the delivery allocation.
const quotaDay = 24 * time.Hour

// Quota counts the events delivered in the last 24 hours, over all subscribers
// of all transports, replays included.
type Quota struct {
	now func() time.Time

	mu    sync.Mutex
	max   int // 0: no limit
	spent []spending
	total int
}

// spending are the deliveries of one minute.
type spending struct {
	minute time.Time
	events int
}

// SetMax sets how many events may be delivered in 24 hours; 0 lifts the limit.
func (q *Quota) SetMax(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.max = n
}

// Spend counts deliveries.
func (q *Quota) Spend(events int) {
	if events == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	minute := q.now().Truncate(time.Minute)
	q.total += events
	if last := len(q.spent) - 1; last >= 0 && q.spent[last].minute.Equal(minute) {
		q.spent[last].events += events
		return
	}
	q.spent = append(q.spent, spending{minute, events})
}

// Used returns the limit, 0 when there is none, and how much of it is used.
func (q *Quota) Used() (max, used int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.spent) > 0 && q.now().Sub(q.spent[0].minute) >= quotaDay {
		q.total -= q.spent[0].events
		q.spent = q.spent[1:]
	}
	return q.max, q.total
}

// Left returns how many events may still be delivered now; with no limit it is
// more than anybody asks for.
func (q *Quota) Left() int {
	max, used := q.Used()
	if max == 0 {
		return 1 << 30
	}
	return max - used
}

// Quota is the allocation that every transport draws on.
func (l *Log) Quota() *Quota { return l.quota }
