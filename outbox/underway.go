package outbox

import (
	"slices"
	"sync"
	"time"

	"tidegate/gateway"
)

// underway counts the calls in flight of each object, of what no person waits
// for. While one is in flight, and for a moment after it began, the others of
// its object gather, from many requests, and go together in the next: at full
// load a call carries what came in since the one before it. Nobody waits where
// nothing was sent just now.
type underway struct {
	window time.Duration // least time between the beginnings of two calls that are not full
	mu     sync.Mutex
	n      map[objectOf]int
	began  map[objectOf]time.Time
}

type objectOf struct {
	ws     gateway.WorkspaceID
	object string
}

// tryBegin counts a call if none is in flight, or began just now.
func (u *underway) tryBegin(ws gateway.WorkspaceID, object string, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	of := objectOf{ws, object}
	if u.n[of] > 0 || now.Sub(u.began[of]) < u.window && !now.Before(u.began[of]) {
		return false
	}
	u.count(of, 1)
	u.began[of] = now
	return true
}

// begin counts a call beside others.
func (u *underway) begin(ws gateway.WorkspaceID, object string, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.count(objectOf{ws, object}, 1)
	u.began[objectOf{ws, object}] = now
}

func (u *underway) end(ws gateway.WorkspaceID, object string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.count(objectOf{ws, object}, -1)
}

func (u *underway) count(of objectOf, by int) {
	if u.n == nil {
		u.n, u.began = map[objectOf]int{}, map[objectOf]time.Time{}
	}
	if u.n[of] += by; u.n[of] <= 0 {
		delete(u.n, of)
	}
}

// objects are those of a workspace of which tryBegin would say no.
func (u *underway) objects(ws gateway.WorkspaceID, now time.Time) (objects []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for of, began := range u.began {
		if of.ws == ws && (u.n[of] > 0 || now.Sub(began) < u.window && !now.Before(began)) {
			objects = append(objects, of.object)
		}
	}
	slices.Sort(objects)
	return objects
}
