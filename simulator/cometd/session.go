package cometd

import (
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"time"

	"tidegate/simulator/bus"
)

// session is one client between its handshake and its end.
type session struct {
	id      string
	user    string
	browser string    // value of its BAYEUX_BROWSER cookie
	sticky  string    // value of its sfdc-stream cookie
	moves   time.Time // when the routing cookie leads to a server that does not know it

	wake chan struct{} // something other than an event changed; capacity 1

	mu     sync.Mutex
	subs   []*subscription
	turn   int       // the subscription that is read first next time
	met    bool      // its first connect was answered
	due    time.Time // when it is forgotten; zero while a connect is parked
	parked *parking  // the connect that waits for its answer
	reader *parking  // the one that events go to: that connect, or a socket
	gone   bool
}

type subscription struct {
	channel string
	cursor  *bus.Cursor
	see     func(*bus.Event) (*bus.Event, bool) // nil shows everything
}

// delivery is one event on its way to one client.
type delivery struct {
	channel string
	event   *bus.Event
}

// parking is one connect that waits for events or its timeout.
type parking struct {
	released chan struct{} // closed when it must be answered now
	once     sync.Once
}

func newParking() *parking  { return &parking{released: make(chan struct{})} }
func (p *parking) release() { p.once.Do(func() { close(p.released) }) }
func newClientID() string   { return strings.ToLower(rand.Text()) }
func (n *session) nudge()   { signal(n.wake) }
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// touch restarts the session's life after an answer.
func (n *session) touch(now time.Time, life time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.parked == nil {
		n.due = now.Add(life)
	}
}

func (n *session) expired(now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.gone || (!n.due.IsZero() && now.After(n.due))
}

// end forgets the session's subscriptions and releases its parked connect.
func (n *session) end() {
	n.mu.Lock()
	n.gone = true
	n.subs = nil
	p := n.parked
	n.parked, n.reader = nil, nil
	n.mu.Unlock()
	if p != nil {
		p.release()
	}
	n.nudge()
}

// park makes p the session's one parked connect, releases the one before, and
// sends events to the reader from now on: p itself, or the socket p came over.
func (n *session) park(p, reader *parking) {
	n.mu.Lock()
	before, other := n.parked, n.reader
	n.parked = p
	n.due = time.Time{}
	n.reader = reader
	gone := n.gone
	n.mu.Unlock()
	if gone {
		p.release() // a disconnect came with the connect
	}
	if before != nil && before != p {
		before.release()
	}
	if other != nil && other != reader && other != before {
		other.release()
	}
}

// adopt sends events to a socket, which need not have a connect parked.
func (n *session) adopt(reader *parking) {
	n.mu.Lock()
	before := n.reader
	n.reader = reader
	n.mu.Unlock()
	if before != nil && before != reader {
		before.release()
	}
}

// leave ends the parking of p; the session's life starts to run again.
func (n *session) leave(p *parking, now time.Time, life time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.reader == p {
		n.reader = nil
	}
	if n.parked == p {
		n.parked = nil
		n.due = now.Add(life)
	}
}

// first reports whether this is the first connect since the handshake.
func (n *session) first() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	first := !n.met
	n.met = true
	return first
}

func (n *session) subscribe(channel string, cursor *bus.Cursor, see func(*bus.Event) (*bus.Event, bool)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.drop(channel)
	n.subs = append(n.subs, &subscription{channel, cursor, see})
	n.nudge()
}

func (n *session) unsubscribe(channel string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.drop(channel)
}

func (n *session) drop(channel string) {
	n.subs = slices.DeleteFunc(n.subs, func(s *subscription) bool { return s.channel == channel })
}

// take moves the cursors over the next events and returns those. What is taken
// and then not delivered is lost to this session: there is no acknowledgement in
// this protocol, and clients must be able to live with that. Only the reader that
// holds the session now gets anything. More says that there were events, though
// the user may not see them.
func (n *session) take(reader *parking, max, size int) (out []delivery, more bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.reader != reader {
		return nil, false
	}
	for i := range n.subs {
		sub := n.subs[(n.turn+i)%len(n.subs)]
		for _, e := range sub.cursor.Next(max-len(out), size) {
			more = true
			size -= len(e.Data)
			ok := true
			if sub.see != nil {
				e, ok = sub.see(e)
			}
			if ok {
				out = append(out, delivery{sub.channel, e})
			}
		}
		if len(out) >= max || size <= 0 {
			break
		}
	}
	if len(n.subs) > 1 {
		n.turn = (n.turn + 1) % len(n.subs)
	}
	return out, more
}

// sessions are all clients of the org by their id.
type sessions struct {
	mu   sync.Mutex
	byID map[string]*session
}

func (l *sessions) add(n *session, now time.Time, max int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, old := range l.byID {
		if old.expired(now) {
			old.end()
			delete(l.byID, id)
		}
	}
	if max > 0 && len(l.byID) >= max {
		return false
	}
	l.byID[n.id] = n
	return true
}

// on lists the users of the sessions that have subscribed to a channel.
func (l *sessions) on(channel string, now time.Time) map[string]bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	users := map[string]bool{}
	for _, n := range l.byID {
		if !n.expired(now) && n.has(channel) {
			users[n.user] = true
		}
	}
	return users
}

func (n *session) has(channel string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.ContainsFunc(n.subs, func(s *subscription) bool { return s.channel == channel })
}

// find returns the session, or nil where it is unknown or has expired.
func (l *sessions) find(id string, now time.Time) *session {
	l.mu.Lock()
	n := l.byID[id]
	l.mu.Unlock()
	if n != nil && n.expired(now) {
		l.remove(n)
		return nil
	}
	return n
}

func (l *sessions) remove(n *session) {
	l.mu.Lock()
	delete(l.byID, n.id)
	l.mu.Unlock()
	n.end()
}
