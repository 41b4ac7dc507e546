package handlers

import (
	"sync"
	"time"
)

// attempts slows password guessing (S-42): per address and per client it
// counts failures and blocks after the fifth, whether the address is known or not. It lives in memory; a restart
// forgives, and the table is bounded.
type attempts struct {
	mu   sync.Mutex
	now  func() time.Time
	seen map[string]*guess
}

type guess struct {
	failures int
	last     time.Time
}

const (
	freeAttempts  = 5
	perClient     = 20 // an office shares one address
	blockFor      = 5 * time.Minute
	forgetAfter   = time.Hour
	maxRemembered = 10_000
)

func newAttempts(now func() time.Time) *attempts {
	return &attempts{now: now, seen: make(map[string]*guess)}
}

// begin returns how long the address or the client must still wait. Where it
// returns 0 the attempt is counted as failed before it is judged, so that
// guesses made at the same moment count too.
func (a *attempts) begin(email, ip string) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	wait := max(a.wait("m:"+email, freeAttempts), a.wait("i:"+ip, perClient))
	if wait == 0 {
		a.failed(email, ip)
	}
	return wait
}

func (a *attempts) wait(key string, free int) time.Duration {
	g := a.seen[key]
	if g == nil || g.failures < free {
		return 0
	}
	return max(0, g.last.Add(blockFor).Sub(a.now()))
}

func (a *attempts) failed(email, ip string) {
	if len(a.seen) > maxRemembered {
		a.forget()
	}
	for _, key := range [...]string{"m:" + email, "i:" + ip} {
		g := a.seen[key]
		if g == nil || a.now().Sub(g.last) > forgetAfter {
			g = &guess{}
			a.seen[key] = g
		}
		g.failures++
		g.last = a.now()
	}
}

// succeeded forgives the address and takes back what begin counted for the
// client.
func (a *attempts) succeeded(email, ip string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.seen, "m:"+email)
	if g := a.seen["i:"+ip]; g != nil {
		g.failures = max(0, g.failures-1)
	}
}

// forget drops what is old, and everything when that is not enough: better a
// forgiven guess than memory that an attacker fills.
func (a *attempts) forget() {
	for key, g := range a.seen {
		if a.now().Sub(g.last) > blockFor {
			delete(a.seen, key)
		}
	}
	if len(a.seen) > maxRemembered {
		clear(a.seen)
	}
}
