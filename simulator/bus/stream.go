package bus

import (
	"sort"
	"strings"
)

// stream is a list of events by ascending replay id.
type stream struct {
	events []*Event
}

func (s *stream) add(e *Event) { s.events = append(s.events, e) }

// search returns the index of the first event after the replay id.
func (s *stream) search(after int64) int {
	n := len(s.events)
	if n == 0 || s.events[n-1].ReplayID <= after {
		return n // by far the most frequent: the reader is at the tip
	}
	return sort.Search(n, func(i int) bool { return s.events[i].ReplayID > after })
}

// dropBefore forgets events appended before the time in milliseconds. The slots
// are cleared because the array behind the slice lives on until it grows.
func (s *stream) dropBefore(oldest int64) {
	n := sort.Search(len(s.events), func(i int) bool { return s.events[i].at >= oldest })
	clear(s.events[:n])
	s.events = s.events[n:]
}

// Everything is the channel that carries the events of all selected objects.
const Everything = "/data/ChangeEvents"

const (
	channelPrefix = "/data/"
	channelSuffix = "ChangeEvent"

	// Platform events have channels of their own kind, named after them.
	eventPrefix = "/event/"
	eventSuffix = "__e"
)

// IsPlatformEvent reports whether events of the object are platform events.
func IsPlatformEvent(object string) bool { return strings.HasSuffix(object, eventSuffix) }

// ObjectOf returns the object whose events a channel carries: Contact for
// /data/ContactChangeEvent, Foo__c for /data/Foo__ChangeEvent, Foo__e for
// /event/Foo__e, and "" for /data/ChangeEvents. It is case-sensitive, as channels
// are.
func ObjectOf(channel string) (object string, ok bool) {
	if channel == Everything {
		return "", true
	}
	if event, ok := strings.CutPrefix(channel, eventPrefix); ok {
		if !IsPlatformEvent(event) || strings.ContainsAny(event, "/?") {
			return "", false
		}
		return event, true
	}
	name, ok := strings.CutPrefix(channel, channelPrefix)
	if !ok {
		return "", false
	}
	name, ok = strings.CutSuffix(name, channelSuffix)
	if !ok || name == "" || strings.ContainsAny(name, "/?") {
		return "", false
	}
	if strings.HasSuffix(name, "__") {
		name += "c"
	}
	return name, true
}

// ChannelOf returns the channel of one object; the opposite of ObjectOf.
func ChannelOf(object string) string {
	if object == "" {
		return Everything
	}
	if IsPlatformEvent(object) {
		return eventPrefix + object
	}
	if custom, ok := strings.CutSuffix(object, "__c"); ok {
		object = custom + "__"
	}
	return channelPrefix + object + channelSuffix
}
