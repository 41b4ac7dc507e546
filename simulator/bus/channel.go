package bus

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Channel is a custom channel: some objects, each with the fields that an
// update or a deletion carries besides what changed, or some platform events.
type Channel struct {
	Name    string              `json:"name"`    // /data/Sales__chn, or /event/Orders__chn
	Members map[string][]string `json:"members"` // object → enriched fields
}

const (
	maxEnriched = 10
	maxChannels = 100
)

// Define makes or replaces a custom channel, or says what the channel of all
// objects is enriched with: there the members have no other meaning.
func (l *Log) Define(c Channel) error {
	name, ok := strings.CutPrefix(c.Name, channelPrefix)
	ofEvents := false
	if !ok {
		name, ofEvents = strings.CutPrefix(c.Name, eventPrefix)
	}
	if c.Name != Everything && (!ok && !ofEvents || !strings.HasSuffix(name, "__chn") || strings.ContainsAny(name, "/?")) {
		return fmt.Errorf("a custom channel is named like /data/Sales__chn or /event/Orders__chn, not %q", c.Name)
	}
	for object, fields := range c.Members {
		if IsPlatformEvent(object) != ofEvents {
			return fmt.Errorf("%s: %s is an event of the other kind", c.Name, object)
		}
		if ofEvents && len(fields) > 0 {
			return fmt.Errorf("%s: the platform event %s is not enriched", c.Name, object)
		}
		if len(fields) > maxEnriched {
			return fmt.Errorf("%s: at most %d enriched fields of %s", c.Name, maxEnriched, object)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.channels[c.Name] == nil && len(l.channels) >= maxChannels {
		return fmt.Errorf("no more than %d custom channels", maxChannels)
	}
	l.channels[c.Name] = &c
	return nil
}

// Remove takes a custom channel away. Who subscribed to it goes on until he leaves.
func (l *Log) Remove(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.channels, name)
}

// Custom returns the definition of a custom channel.
func (l *Log) Custom(name string) (Channel, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.channels[name]
	if c == nil {
		return Channel{}, false
	}
	return *c, true
}

// Channels lists the custom channels by name.
func (l *Log) Channels() []Channel {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]Channel, 0, len(l.channels))
	for _, name := range slices.Sorted(maps.Keys(l.channels)) {
		list = append(list, *l.channels[name])
	}
	return list
}

// EnrichBy sets what adds the enriched fields to an event, at the moment it is
// delivered: it returns the events that go out instead, all of the same replay
// id. It is called without the log's lock.
func (l *Log) EnrichBy(fn func(e *Event, fields []string) []*Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enrich = fn
}

// of is the part of the events that belongs to the channel; all of them where
// the cursor is not on a custom one.
func (c *Cursor) of(events []*Event) []*Event {
	if c.custom == nil {
		return c.changes(events)
	}
	c.log.mu.Lock()
	enrich := c.log.enrich
	c.log.mu.Unlock()
	var own []*Event
	for _, e := range events {
		fields, member := c.custom.Members[e.Object]
		member = member || c.custom.Name == Everything && !e.isPlatform()
		switch {
		case !member:
		case len(fields) > 0 && enrich != nil:
			own = append(own, enrich(e, fields)...)
		default:
			own = append(own, e)
		}
	}
	return own
}

// changes leaves platform events out of the channel of all objects. The slice is
// the caller's own.
func (c *Cursor) changes(events []*Event) []*Event {
	if c.object != "" || c.all || !slices.ContainsFunc(events, (*Event).isPlatform) {
		return events
	}
	return slices.DeleteFunc(events, (*Event).isPlatform)
}

func (e *Event) isPlatform() bool { return IsPlatformEvent(e.Object) }
