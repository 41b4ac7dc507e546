package outbox

import (
	"slices"
	"sync"

	"tidegate/gateway"
)

// underway counts the calls in flight of each object, of what no person waits
// for. While one is in flight the others of its object gather, from many
// requests, and go together in the next: at full load a call carries what came
// in during the one before it. Nobody waits where nothing is in flight.
type underway struct {
	mu sync.Mutex
	n  map[objectOf]int
}

type objectOf struct {
	ws     gateway.WorkspaceID
	object string
}

// tryBegin counts a call if none is in flight.
func (u *underway) tryBegin(ws gateway.WorkspaceID, object string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.n[objectOf{ws, object}] > 0 {
		return false
	}
	u.count(objectOf{ws, object}, 1)
	return true
}

// begin counts a call beside others.
func (u *underway) begin(ws gateway.WorkspaceID, object string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.count(objectOf{ws, object}, 1)
}

func (u *underway) end(ws gateway.WorkspaceID, object string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.count(objectOf{ws, object}, -1)
}

func (u *underway) count(of objectOf, by int) {
	if u.n == nil {
		u.n = map[objectOf]int{}
	}
	if u.n[of] += by; u.n[of] <= 0 {
		delete(u.n, of)
	}
}

// objects are those of a workspace of which calls are in flight.
func (u *underway) objects(ws gateway.WorkspaceID) (objects []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for of := range u.n {
		if of.ws == ws {
			objects = append(objects, of.object)
		}
	}
	slices.Sort(objects)
	return objects
}
