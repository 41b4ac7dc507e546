package bayeux

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"tidegate/streaming/protocol"
)

// One request carries at most so many subscribes and bytes; Salesforce refuses
// requests over 32,768 bytes.
const (
	subscribesPerRequest = 50
	bytesPerRequest      = 30_000
)

// subscribe asks for all channels with their present positions. It happens
// after every handshake, because subscriptions die with the client id.
func (s *session) subscribe(ctx context.Context) error {
	requests := make([]*request, 0, len(s.c.channels))
	for _, sub := range s.c.channels {
		q, err := s.subscribeRequest(ctx, sub)
		if err != nil {
			return err
		}
		requests = append(requests, q)
	}
	for len(requests) > 0 {
		n := portion(requests)
		if err := s.subscribeTo(ctx, requests[:n]); err != nil {
			return err
		}
		requests = requests[n:]
	}
	if len(s.c.channels) == 0 {
		return s.c.lastRefusal
	}
	s.c.change(func(st *State) { st.Subscribed = true })
	return nil
}

func (s *session) subscribeRequest(ctx context.Context, sub Subscription) (*request, error) {
	q := &request{ID: s.nextID(), Channel: metaSubscribe, ClientID: s.clientID, Subscription: sub.Channel}
	if sub.Replay == nil {
		return q, nil
	}
	position, err := sub.Replay(ctx)
	if err != nil {
		text := "asking where to resume on " + sub.Channel
		if protocol.IsPermanent(err) {
			return nil, fmt.Errorf("bayeux: %s: %w", text, err)
		}
		return nil, &setback{course: courseDelivery, text: text, err: err}
	}
	// The map holds just this channel: a shared map makes servers take the
	// wrong key. The key is the channel without its filter.
	key, _, _ := strings.Cut(sub.Channel, "?")
	q.Ext = &requestExt{Replay: map[string]json.RawMessage{key: position}}
	return q, nil
}

// portion is how many requests fit into one.
func portion(requests []*request) int {
	size := 0
	for i, q := range requests {
		size += len(q.Subscription)*2 + len(q.ClientID) + 200
		if i > 0 && (i == subscribesPerRequest || size > bytesPerRequest) {
			return i
		}
	}
	return len(requests)
}

func (s *session) subscribeTo(ctx context.Context, out []*request) error {
	replies, err := s.ask(ctx, s.c.cfg.RequestTimeout, out...)
	if err != nil {
		return err
	}
	for i := range replies {
		if err := s.subscribed(out[i].Subscription, &replies[i]); err != nil {
			return err
		}
	}
	return nil
}

// subscribed weighs the reply to one subscribe.
func (s *session) subscribed(channel string, reply *message) error {
	course, text := judge(reply)
	switch course {
	case courseOn:
		return nil
	case courseReplayLost:
		return s.c.refused(channel, &protocol.ReplayLostError{Channel: channel, Text: text})
	case courseRefused:
		return s.c.refused(channel, &protocol.SubscriptionError{Channel: channel, Text: text})
	}
	return s.refusal(course, text, reply)
}

// refused asks whether to go on without the channel, and then forgets it.
func (c *Client) refused(channel string, err error) error {
	if c.cfg.OnRefused == nil || !c.cfg.OnRefused(channel, err) {
		return err
	}
	kept := make([]Subscription, 0, len(c.channels))
	for _, sub := range c.channels {
		if sub.Channel != channel {
			kept = append(kept, sub)
		}
	}
	c.channels, c.lastRefusal = kept, errors.Join(c.lastRefusal, err)
	return nil
}
