// Package topic announces what PushTopics and generic streaming channels announce:
// changes to the results of a query, and whatever somebody says on a channel.
package topic

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tidegate/simulator/bus"
	"tidegate/simulator/org"
)

// Retention is how long these events are kept.
const Retention = 24 * time.Hour

// The objects whose records are the channels, and how their channels begin.
const (
	PushTopics = "PushTopic"
	Channels   = "StreamingChannel"

	topicPrefix   = "/topic/"
	genericPrefix = "/u/"
)

// Set is every PushTopic and channel of an org. It is the org's Publisher for
// them, and safe for concurrent use.
type Set struct {
	log *bus.Log
	now func() time.Time

	mu       sync.Mutex
	topics   map[string]*query   // by record id, the active ones
	channels map[string]string   // names of generic channels by record id
	objects  map[string][]string // object → record ids of its topics, by name
}

// New returns an empty set that appends to the log.
func New(log *bus.Log, now func() time.Time) *Set {
	return &Set{log: log, now: now, topics: map[string]*query{}, channels: map[string]string{}, objects: map[string][]string{}}
}

// Log is where the events are.
func (s *Set) Log() *bus.Log { return s.log }

// Load takes up the records that there are.
func (s *Set) Load(v org.View) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, object := range []string{PushTopics, Channels} {
		v.Scan(object, func(r org.Record) bool {
			s.take(r)
			return true
		})
	}
}

// take makes the set what a record says now. The caller holds the lock.
func (s *Set) take(r org.Record) {
	id, gone := r.ID(), r.Value("IsDeleted") == true
	if r.Object().Name == Channels {
		delete(s.channels, id)
		if !gone {
			s.channels[id], _ = r.Value("Name").(string)
		}
		return
	}
	delete(s.topics, id)
	if q, err := read(r); err == nil && !gone && r.Value("IsActive") == true {
		s.topics[id] = q
	}
	s.objects = map[string][]string{}
	for _, id := range slices.Sorted(maps.Keys(s.topics)) {
		object := s.topics[id].object
		s.objects[object] = append(s.objects[object], id)
	}
}

// Publish appends the notifications of one transaction, the last change first, as
// Salesforce may send them.
func (s *Set) Publish(t org.Transaction) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var messages []bus.Message
	for i := len(t.Changes) - 1; i >= 0; i-- {
		c := &t.Changes[i]
		for _, id := range s.objects[c.Object] {
			if q := s.topics[id]; q.concerns(t.View, c) {
				messages = append(messages, s.message(q, &t, c))
			}
		}
	}
	// A topic that is made here hears of later transactions only.
	for i := range t.Changes {
		if c := &t.Changes[i]; c.Object == PushTopics || c.Object == Channels {
			s.take(c.After)
		}
	}
	if len(messages) > 0 {
		s.log.Append(messages...)
	}
}

var kinds = map[org.ChangeType]string{org.Create: "created", org.Update: "updated", org.Delete: "deleted", org.Undelete: "undeleted"}

func (s *Set) message(q *query, t *org.Transaction, c *org.Change) bus.Message {
	record := q.sobject(c)
	created := stamp(time.UnixMilli(t.CommitTimestamp))
	return bus.Message{Object: topicPrefix + q.name, Commit: t.CommitNumber, Encode: func(id int64) []byte {
		b := append([]byte(`{"event":{"createdDate":`), created...)
		b = strconv.AppendInt(append(b, `,"replayId":`...), id, 10)
		b = append(append(b, `,"type":"`...), kinds[c.Type]...)
		return append(append(append(b, `"},"sobject":`...), record...), '}')
	}}
}

func stamp(at time.Time) []byte {
	return at.UTC().AppendFormat(nil, `"2006-01-02T15:04:05.000Z"`)
}

// Say announces a text on a generic channel, to everybody or to some users.
func (s *Set) Say(channel, text string, users []string) {
	created := stamp(s.now())
	s.log.Append(bus.Message{Object: channel, For: users, Encode: func(id int64) []byte {
		b := append([]byte(`{"event":{"createdDate":`), created...)
		b = strconv.AppendInt(append(b, `,"replayId":`...), id, 10)
		return append(org.AppendString(append(b, `},"payload":`...), text), '}')
	}})
}

// Generic finds the generic channel of that exact name; other is one whose name
// differs in letter case only.
func (s *Set) Generic(name string) (found bool, other string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, have := range s.channels {
		if have == name {
			return true, ""
		}
		if strings.EqualFold(have, name) {
			other = have
		}
	}
	return false, other
}

// find returns the active topic of that exact name.
func (s *Set) find(name string) *query {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, q := range s.topics {
		if q.name == name {
			return q
		}
	}
	return nil
}
