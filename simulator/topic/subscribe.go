package topic

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"tidegate/simulator/bus"
	"tidegate/simulator/org"
)

// What an org says to who may not subscribe.
const (
	ErrNoEntity      = "403::Subscriber does not have access to the entity in this topic"
	errNotEnabled    = "403::User not enabled for streaming"
	errNoWhere       = "403::Subscriber does not have access to all fields referenced in the where clause of the PushTopic"
	errNoChannel     = "403::No access on channel"
	errVariesByCase  = "404::channel names may not vary only by case"
	errUnknown       = "404::Unknown channel"
	errMissingFormat = "400::The channel you requested to subscribe to doesn't exist {%s}"
)

// Subscription is what a user gets on a channel.
type Subscription struct {
	Stream  string // in the log
	Refusal string // why he gets nothing; "" when he does
	// See shows him an event as he may get it; false when he gets nothing of it.
	See func(*bus.Event) (*bus.Event, bool)
}

// Subscribe finds a channel; false when the name is not one of this kind.
func (s *Set) Subscribe(o *org.Org, user, channel string) (Subscription, bool) {
	name, filter, _ := strings.Cut(channel, "?")
	isTopic, isGeneric := strings.HasPrefix(name, topicPrefix), strings.HasPrefix(name, genericPrefix)
	if !isTopic && !isGeneric || o.Object(PushTopics) == nil {
		return Subscription{}, false
	}
	if strings.ContainsAny(channel, "\"\\\x00\n\r\t") {
		return Subscription{Refusal: fmt.Sprintf(errMissingFormat, strings.ToValidUTF8(channel, ""))}, true
	}
	if isGeneric {
		return s.subscribeGeneric(o, user, name), true
	}
	return s.subscribeTopic(o, user, name, filter), true
}

func (s *Set) subscribeGeneric(o *org.Org, user, name string) Subscription {
	found, other := s.Generic(name)
	switch {
	case found && !o.SightOf(user, Channels).Object:
		return Subscription{Refusal: errNoChannel}
	case found:
		return Subscription{Stream: name, See: func(e *bus.Event) (*bus.Event, bool) {
			return e, len(e.For) == 0 || slices.Contains(e.For, user)
		}}
	case other != "":
		return Subscription{Refusal: errVariesByCase}
	}
	return Subscription{Refusal: errUnknown}
}

func (s *Set) subscribeTopic(o *org.Org, user, name, filter string) Subscription {
	q := s.find(strings.TrimPrefix(name, topicPrefix))
	if q == nil {
		return Subscription{Refusal: fmt.Sprintf(errMissingFormat, name)}
	}
	sight := o.SightOf(user, q.object)
	seen := o.ObjectFor(user, q.object)
	hidden := func(field string) bool { return seen.FieldFold(field) == nil }
	switch {
	case !o.SightOf(user, PushTopics).Object:
		return Subscription{Refusal: errNotEnabled}
	case !sight.Object:
		return Subscription{Refusal: ErrNoEntity}
	case slices.ContainsFunc(q.filtered, hidden):
		return Subscription{Refusal: errNoWhere}
	}
	wanted, unknown := conditions(q, filter)
	if len(unknown) > 0 {
		return Subscription{Refusal: "400::Query fields {" + strings.Join(unknown, ",") + "} do not exist on the topic entity"}
	}
	if len(wanted) == 0 && !sight.Limited {
		return Subscription{Stream: name, See: func(e *bus.Event) (*bus.Event, bool) { return e, true }}
	}
	object := q.object
	return Subscription{Stream: name, See: func(e *bus.Event) (*bus.Event, bool) {
		return see(o, user, object, wanted, e)
	}}
}

// conditions reads what is behind the question mark: values that fields of the
// notification must have.
func conditions(q *query, filter string) (wanted map[string]string, unknown []string) {
	wanted = map[string]string{}
	for part := range strings.SplitSeq(filter, "&") {
		field, value, ok := strings.Cut(part, "=")
		if !ok {
			continue
		}
		at := slices.IndexFunc(q.selected, func(name string) bool { return strings.EqualFold(name, field) })
		if at < 0 {
			unknown = append(unknown, field)
			continue
		}
		if plain, err := url.PathUnescape(value); err == nil {
			value = plain
		}
		wanted[strings.ToLower(field)] = strings.Trim(value, "'")
	}
	return wanted, unknown
}

// see shows a user a notification: only of records that he sees, without fields
// that are hidden from him, and only if it meets his conditions.
func see(o *org.Org, user, object string, wanted map[string]string, e *bus.Event) (*bus.Event, bool) {
	var data struct {
		Event   json.RawMessage            `json:"event"`
		Sobject map[string]json.RawMessage `json:"sobject"`
	}
	if json.Unmarshal(e.Data, &data) != nil {
		return nil, false // nothing rather than too much
	}
	met := 0
	for field, value := range data.Sobject {
		want, ok := wanted[strings.ToLower(field)]
		if ok && want == strings.Trim(string(value), `"`) {
			met++
		}
	}
	sight := o.SightOf(user, object)
	if met < len(wanted) || !sight.Object {
		return nil, false
	}
	var id string
	_ = json.Unmarshal(data.Sobject["Id"], &id) // an id of our own making
	if !sight.All && !sees(o, user, object, id) {
		return nil, false
	}
	if len(sight.Hidden) == 0 {
		return e, true
	}
	visible := o.ObjectFor(user, object)
	for field := range data.Sobject {
		if visible.FieldFold(field) == nil {
			delete(data.Sobject, field)
		}
	}
	record, err := json.Marshal(data.Sobject)
	if err != nil {
		return nil, false
	}
	seen := *e
	seen.Data = fmt.Appendf(nil, `{"event":%s,"sobject":%s}`, data.Event, record)
	return &seen, true
}

func sees(o *org.Org, user, object, id string) (ok bool) {
	o.ReadAs(user, func(v org.View) { _, ok = v.Get(object, id) })
	return ok
}
