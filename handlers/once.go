package handlers

import (
	"sync"
	"time"
)

// once remembers keys until they expire, so that each opens something a
// single time (S-07). It is kept in memory: a second process would accept a
// state again, but Salesforce takes each code only once anyway.
type once struct {
	mu   sync.Mutex
	seen map[string]time.Time // key → when it expires by itself
}

// take reports whether the key is used for the first time.
func (o *once) take(key string, now, until time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for k, end := range o.seen {
		if !now.Before(end) {
			delete(o.seen, k)
		}
	}
	if _, used := o.seen[key]; used {
		return false
	}
	if o.seen == nil {
		o.seen = make(map[string]time.Time)
	}
	o.seen[key] = until
	return true
}
