package store

import (
	"sync"
	"testing"
	"time"
)

func TestIDsRiseAndNeverRepeat(t *testing.T) {
	s := newIDs()
	now := time.Now()
	var mu sync.Mutex
	seen := map[int64]bool{}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			last := int64(0)
			for range 2000 {
				id := s.draw(now) // one moment for all of a transaction
				if id <= last {
					t.Errorf("%d after %d", id, last)
				}
				last = id
				mu.Lock()
				if seen[id] {
					t.Errorf("%d twice", id)
				}
				seen[id] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if back := s.draw(now.Add(-time.Hour)); seen[back] {
		t.Errorf("%d again after the clock was set back", back)
	}
}

func TestIDsFollowTime(t *testing.T) {
	a, b := newIDs(), newIDs() // two processes
	early, late := a.draw(time.Unix(1777620337, 0)), b.draw(time.Unix(1777620338, 0))
	if early >= late || early <= 0 {
		t.Errorf("%d, then %d", early, late)
	}
}
