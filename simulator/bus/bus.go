// Package bus is the simulated org's event log: an append-only list in memory
// from which any number of subscribers read at their own pace.
//
// An event is encoded once, when it is appended; every subscriber shares those
// bytes. Replay ids increase and leave holes, as an org's do.
package bus

import (
	"errors"
	"math"
	"strconv"
	"sync"
	"time"
)

// Replay positions with a meaning of their own.
const (
	// Tip starts with the next event that is appended.
	Tip int64 = -1
	// Earliest starts with the oldest event still retained.
	Earliest int64 = -2
)

// Retention is how long an org keeps change events.
const Retention = 72 * time.Hour

var (
	// ErrReplayID says that a replay id was never issued or is no longer retained.
	ErrReplayID = errors.New("replay id unknown or no longer retained")
	// ErrChannel says that a name is not the name of a change event channel.
	ErrChannel = errors.New("not a change event channel")
)

// Message is an event before the log has given it a replay id.
type Message struct {
	// Object is the API name of the record's object, such as Contact.
	Object string
	// Commit is the commit number; the events of one transaction share it.
	Commit int64
	// Schema is the id of the event schema, 22 characters.
	Schema string
	// Payload is the JSON object with the header and the body.
	Payload []byte
	// Encode, where it is given, makes the event's whole data instead.
	Encode func(replayID int64) []byte
	// For are the ids of the users that it is for; none: everybody.
	For []string
	// UUID of a platform event; "" for the others.
	UUID string
}

// Event is one entry of the log. It is never changed after it was appended.
type Event struct {
	ReplayID int64
	Commit   int64
	Object   string
	// Data is the JSON object {"schema","payload","event":{"replayId"}}.
	Data []byte
	// For are the ids of the users that it is for; none: everybody.
	For []string
	// UUID of a platform event; "" for the others.
	UUID string

	at int64 // when it was appended, milliseconds since 1970
}

// Config sets up a log. The zero value works.
type Config struct {
	// Now is the clock that retention goes by; nil means time.Now.
	Now func() time.Time
	// Retention is how long events are kept; 0 means 72 hours.
	Retention time.Duration
	// Start is the replay id before the first one; 0 derives it from the clock, so
	// that an org that starts anew does not issue the same ids for other events.
	Start int64
	// Keep, where it is given, gets each step's events before any subscriber sees
	// them, and the replay id up to which nothing is retained. It is called with
	// the log locked.
	Keep func(events []*Event, floor int64)
	// Wakes is another log whose sleepers wake up with this one's.
	Wakes *Log
}

// Log is the event log. All methods may be called concurrently.
type Log struct {
	now       func() time.Time
	retention time.Duration
	keep      func([]*Event, int64)
	wakes     *Log

	mu       sync.Mutex
	streams  map[string]*stream // by object; "" holds every event
	last     int64
	floor    int64 // ids up to this one count as no longer retained
	base     int64 // a place without an event from which nothing is lost; -1: none
	holes    uint64
	wake     chan struct{}
	restored bool // replay ids go on from an earlier run
	channels map[string]*Channel
	enrich   func(*Event, []string) []*Event
	quota    *Quota
}

// New returns an empty log.
func New(c Config) *Log {
	l := &Log{
		now: c.Now, retention: c.Retention, last: c.Start, keep: c.Keep, wakes: c.Wakes,
		streams: map[string]*stream{"": {}},
		holes:   0x9e3779b97f4a7c15,
	}
	if l.now == nil {
		l.now = time.Now
	}
	if l.retention == 0 {
		l.retention = Retention
	}
	if l.last == 0 {
		// 10,000 ids a second: more than an org appends on average, and far below
		// 2^53, so that clients that read JSON numbers as floats stay exact.
		l.last = l.now().UnixMicro() / 100
	}
	l.floor, l.base = l.last, l.last
	l.channels, l.quota = map[string]*Channel{}, &Quota{now: l.now}
	return l
}

// Append adds the messages in order, as one step for every subscriber, and
// returns the last replay id of the log.
func (l *Log) Append(messages ...Message) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now().UnixMilli()
	l.prune(now)
	step := make([]*Event, 0, len(messages))
	for i := range messages {
		step = append(step, l.append(&messages[i], now))
	}
	if l.keep != nil {
		l.keep(step, l.floor)
	}
	if len(messages) > 0 {
		l.rouse()
		if l.wakes != nil {
			l.wakes.mu.Lock()
			l.wakes.rouse()
			l.wakes.mu.Unlock()
		}
	}
	return l.last
}

// rouse wakes who waits for the next event. The caller holds the lock.
func (l *Log) rouse() {
	if l.wake != nil {
		close(l.wake)
		l.wake = nil
	}
}

func (l *Log) append(m *Message, now int64) *Event {
	l.last += 1 + l.hole()
	e := &Event{ReplayID: l.last, Commit: m.Commit, Object: m.Object, For: m.For, UUID: m.UUID, at: now}
	if m.Encode != nil {
		e.Data = m.Encode(e.ReplayID)
	} else {
		e.Data = encode(m, e.ReplayID)
	}
	l.add(e)
	return e
}

func (l *Log) add(e *Event) {
	l.streams[""].add(e)
	own := l.streams[e.Object]
	if own == nil {
		own = &stream{}
		l.streams[e.Object] = own
	}
	own.add(e)
}

// hole returns how many ids to leave out before the next one: mostly none.
func (l *Log) hole() int64 {
	l.holes ^= l.holes << 13
	l.holes ^= l.holes >> 7
	l.holes ^= l.holes << 17
	if l.holes%4 != 0 {
		return 0
	}
	return int64(l.holes>>8) & 3
}

func encode(m *Message, id int64) []byte {
	const around = len(`{"schema":"","payload":,"event":{"replayId":}}`) + 20
	b := make([]byte, 0, around+len(m.Schema)+len(m.Payload))
	b = append(b, `{"schema":"`...)
	b = append(b, m.Schema...)
	b = append(b, `","payload":`...)
	b = append(b, m.Payload...)
	b = append(b, `,"event":{"replayId":`...)
	b = strconv.AppendInt(b, id, 10)
	return append(b, `}}`...)
}

// Last returns the replay id of the newest event ever appended.
func (l *Log) Last() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// Len returns how many events are retained.
func (l *Log) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prune(l.now().UnixMilli())
	return len(l.streams[""].events)
}

// Wake returns a channel that is closed when the next event is appended. Take it
// before reading, and nothing that is appended in between is slept through.
func (l *Log) Wake() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.wake == nil {
		l.wake = make(chan struct{})
	}
	return l.wake
}

// Expire makes every replay id issued so far count as no longer retained. Cursors
// that are already open go on; only opening from such an id fails.
func (l *Log) Expire() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++ // no event's: whoever learned this place after now may come back to it
	l.floor, l.base = l.last, l.last
	if l.keep != nil {
		l.keep(nil, l.floor)
	}
}

// prune forgets what is older than the retention. The caller holds the lock.
func (l *Log) prune(now int64) {
	oldest := now - l.retention.Milliseconds()
	all := l.streams[""].events
	if len(all) == 0 || all[0].at >= oldest {
		return
	}
	for _, s := range l.streams {
		s.dropBefore(oldest)
	}
	l.base = -1
	if first := l.streams[""].events; len(first) > 0 {
		l.floor = max(l.floor, first[0].ReplayID-1)
	}
}

// Cursor is a subscriber's place in one channel. It belongs to one goroutine at
// a time.
type Cursor struct {
	log    *Log
	object string
	custom *Channel // nil on the org's own channels
	all    bool     // platform events too
	after  int64
}

// Open returns a cursor on a channel such as /data/ChangeEvents,
// /data/ContactChangeEvent or /event/Order__e, strictly after the given replay id, or from Tip or
// Earliest. It answers ErrChannel or ErrReplayID.
func (l *Log) Open(channel string, replay int64) (*Cursor, error) {
	object, ok := ObjectOf(channel)
	l.mu.Lock()
	defer l.mu.Unlock()
	custom := l.channels[channel]
	if !ok && custom == nil {
		return nil, ErrChannel
	}
	return l.open(&Cursor{log: l, object: object, custom: custom}, replay)
}

// OpenObject is Open for the events of the object of that name, whatever channel
// they are delivered on.
func (l *Log) OpenObject(object string, replay int64) (*Cursor, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open(&Cursor{log: l, object: object}, replay)
}

func (l *Log) open(c *Cursor, replay int64) (*Cursor, error) {
	l.prune(l.now().UnixMilli())
	c.after = replay
	switch {
	case replay == Tip:
		c.after = l.last
	case replay == Earliest:
		c.after = l.floor
	case !l.retained(replay):
		return nil, ErrReplayID
	}
	return c, nil
}

func (l *Log) retained(id int64) bool {
	if id == l.base {
		return true
	}
	events := l.streams[""].events
	i := l.streams[""].search(id - 1)
	return id > l.floor && i < len(events) && events[i].ReplayID == id
}

// Next returns the following events of the channel, at most max of them and at
// most about size bytes (but at least one), and moves the cursor behind them. It
// returns nil where the cursor is at the tip. The events are shared: read only.
func (c *Cursor) Next(max, size int) []*Event {
	for {
		events := c.next(max, size)
		// What a custom channel leaves out may be all there was so far.
		if own := c.of(events); len(own) > 0 || len(events) == 0 {
			return own
		}
	}
}

func (c *Cursor) next(max, size int) []*Event {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	s := c.log.streams[c.object]
	if s == nil {
		return nil
	}
	from := s.search(c.after)
	to := from
	for to < len(s.events) && to-from < max && (size > 0 || to == from) {
		size -= len(s.events[to].Data)
		to++
	}
	if to == from {
		return nil
	}
	c.after = s.events[to-1].ReplayID
	return append([]*Event(nil), s.events[from:to]...)
}

// After returns the replay id that the cursor stands behind.
func (c *Cursor) After() int64 { return c.after }

// All returns every retained event, oldest first. It is for comparing.
func (l *Log) All() []*Event {
	c := Cursor{log: l, after: math.MinInt64, all: true}
	return c.Next(math.MaxInt, math.MaxInt)
}

// ReplayID is the replay id of the newest platform event of that object and UUID.
func (l *Log) ReplayID(object, uuid string) (id int64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.streams[object]; s != nil {
		for i := len(s.events) - 1; i >= 0; i-- {
			if e := s.events[i]; e.UUID == uuid {
				return e.ReplayID, true
			}
		}
	}
	return 0, false
}
