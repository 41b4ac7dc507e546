package cometd

import (
	"time"

	ws "github.com/gorilla/websocket"
)

// push sends events as fast as the socket takes them: the log is the only
// buffer. It also answers parked connects, which events do not wake here.
func (k *socket) push() {
	cut := k.s.enter()
	defer k.s.exit()
	check := time.NewTicker(k.s.cfg.TokenCheck)
	defer check.Stop()
	for {
		arrived := k.s.cfg.Log.Wake()
		n, w := k.state()
		more, ok := k.pushEvents(n)
		if !ok {
			return
		}
		if more {
			continue
		}
		if !k.pause(cut, arrived, n, w, check.C) {
			return
		}
	}
}

// state returns the session and the parked connect, nil where there is none.
func (k *socket) state() (*session, *waiting) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.session != nil && k.session.expired(k.s.cfg.Now()) {
		k.session = nil
	}
	return k.session, k.waiting
}

// pushEvents sends one frame of events. More says that there may be others, and
// ok that the socket still stands.
func (k *socket) pushEvents(n *session) (more, ok bool) {
	if n == nil {
		return false, true
	}
	batch := k.s.take(n, k.hold, k.s.cfg.FrameEvents)
	if len(batch) == 0 {
		return false, true
	}
	batch, why := k.s.deliver(n, k.hold, batch)
	switch why {
	case cutOff:
		k.breakOff(batch)
		return false, false
	case silent:
		k.mute.Store(true)
	}
	return true, k.write(nil, batch, nil) == nil
}

// pause waits until there is something to do. It returns false when the socket
// has ended.
func (k *socket) pause(cut, arrived <-chan struct{}, n *session, w *waiting, check <-chan time.Time) bool {
	var nudged, released <-chan struct{}
	var timeout <-chan time.Time
	if n != nil {
		nudged = n.wake
	}
	if w != nil {
		timer := time.NewTimer(max(0, time.Until(w.expires)))
		defer timer.Stop()
		timeout, released = timer.C, w.p.released
	}
	select {
	case <-arrived:
	case <-nudged:
	case <-k.wake:
	case <-timeout:
		return k.answerParked(w)
	case <-released:
		return k.answerParked(w)
	case <-check:
		return k.checkToken(w)
	case <-cut:
		k.abort()
		return false
	case <-k.hold.released:
		k.close(ws.CloseNormalClosure, "session continues elsewhere")
		return false
	case <-k.s.done:
		k.close(ws.CloseGoingAway, "closing")
		return false
	case <-k.done:
		return false
	}
	return true
}

// unpark ends the parking of a connect, unless another took its place meanwhile.
func (k *socket) unpark(w *waiting) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.waiting != w {
		return false
	}
	k.waiting = nil
	w.n.leave(w.p, k.s.cfg.Now(), k.s.cfg.SessionLife)
	return true
}

func (k *socket) answerParked(w *waiting) bool {
	return !k.unpark(w) || k.write(nil, nil, []reply{w.m.accept(w.n.id)}) == nil
}

// checkToken ends the parked connect of a client whose token is no longer good,
// and stops its events.
func (k *socket) checkToken(w *waiting) bool {
	if w == nil {
		return true
	}
	if _, ok := k.s.cfg.Authenticate(k.c.token); ok || !k.unpark(w) {
		return true
	}
	w.n.leave(k.hold, k.s.cfg.Now(), k.s.cfg.SessionLife)
	k.mu.Lock()
	k.session = nil
	k.mu.Unlock()
	return k.write(nil, nil, []reply{w.m.refuseAdvised(errInvalidToken, "none")}) == nil
}
