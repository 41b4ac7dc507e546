package streaming

import (
	"errors"
	"sync"

	"tidegate/gateway"
)

// triesToRead is how often an event that cannot be read is taken from the stream
// before it is kept as it came (F-24): it may have been damaged on its way to us,
// or the schema that we read it by.
const triesToRead = 3

// errUnread ends a session at an event that could not be read: the next one
// begins at the position, which is before it.
var errUnread = errors.New("a change cannot be read and is asked for again")

// unreadTries counts how often events could not be read. It outlives sessions.
type unreadTries struct {
	mu  sync.Mutex
	of  map[gateway.ReplayID]int
	row int // batches in a row that were asked for once more
}

// mostInARow bounds how often in a row a batch is asked for once more: others
// that cannot be read may join it each time, and the stream must go on.
const mostInARow = 2 * triesToRead

// rememberedTries bounds what is remembered of events that could be read at
// last. Whoever is forgotten is tried anew.
const rememberedTries = 1000

// again reports whether a batch is to be asked for once more. An event without
// a replay id cannot be told from others, and is not waited for.
func (t *unreadTries) again(unreadable []gateway.Quarantined) (again bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(unreadable) == 0 {
		t.row = 0
		return false
	}
	if t.of == nil || len(t.of) > rememberedTries {
		t.of = map[gateway.ReplayID]int{}
	}
	for _, q := range unreadable {
		if q.ReplayID != "" {
			t.of[q.ReplayID]++
			again = again || t.of[q.ReplayID] < triesToRead
		}
	}
	if t.row++; !again || t.row > mostInARow {
		t.row = 0
		return false
	}
	return true
}
