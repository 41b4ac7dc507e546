package simulator

import (
	"tidegate/simulator/bus"
	"tidegate/simulator/cdc"
	"tidegate/simulator/cometd"
	"tidegate/simulator/org"
	"tidegate/simulator/outbound"
	"tidegate/simulator/rest"
	"tidegate/simulator/topic"
)

// professional is the edition without change data capture.
const professional = "professional"

// refuseChannel says why a user may not subscribe to a channel. A channel of
// several objects is open to everybody: what he may not see is withheld.
func (o *Org) refuseChannel(user, channel string) string {
	if o.Engine.Edition() == professional {
		return cometd.ErrNoChannel(channel)
	}
	object, ok := bus.ObjectOf(channel)
	if !ok || object == "" {
		return ""
	}
	switch sight := o.Engine.SightOf(user, object); {
	case !sight.Object:
		return cometd.ErrNoEntity
	case !sight.All && !bus.IsPlatformEvent(object):
		return cometd.ErrNoViewAll
	}
	return ""
}

// knows reports whether there are events of an object of exactly that name.
func (o *Org) knows(object string) bool {
	schema := o.Engine.Object(object)
	return schema != nil && schema.Name == object && rest.HasChangeEvents(schema)
}

// eyes shows a subscriber what he may see with the rights that he has now.
func (o *Org) eyes(user string) func(*bus.Event) (*bus.Event, bool) {
	eyes := o.Engine.EyesOf(user)
	return func(e *bus.Event) (*bus.Event, bool) { return cdc.SeeWith(eyes, e) }
}

// checks are the rules that need to understand a query.
var checks = map[string]func(org.View, org.Record) *org.Error{topic.PushTopics: topic.Check, topic.Channels: topic.CheckChannel}

// topic finds a PushTopic or a generic channel for a subscriber.
func (o *Org) topic(user, channel string) (cometd.Topic, bool) {
	found, ok := o.Topics.Subscribe(o.Engine, user, channel)
	return cometd.Topic{Log: o.Topics.Log(), Stream: found.Stream, Refusal: found.Refusal, See: found.See}, ok
}

// push says something on a generic channel, or nothing where there are no events,
// and tells who listens.
func (o *Org) push(channel string, events []rest.PushEvent) map[string]bool {
	for _, e := range events {
		o.Topics.Say(channel, e.Payload, e.UserIDs)
	}
	return o.cometd.Subscribers(channel)
}

// enrich adds to an event of a custom channel what the channel wants.
func (o *Org) enrich(e *bus.Event, fields []string) []*bus.Event {
	return cdc.Enrich(o.Engine, e, fields)
}

// maxClients is how many streaming clients the org's edition admits at once.
func (o *Org) maxClients() int {
	switch o.Engine.Edition() {
	case "unlimited":
		return 2_000
	case "enterprise":
		return 1_000
	}
	return 20
}

// tell hands every transaction to several publishers, one after the other.
type tell []org.Publisher

func (p tell) Publish(t org.Transaction) {
	for _, one := range p {
		one.Publish(t)
	}
}

func (o *Org) newOutbound() *outbound.Sender {
	return outbound.New(outbound.Config{
		Org:     func() *org.Org { return o.Engine },
		BaseURL: func() string { return o.cfg.BaseURL },
		Session: func(string) string { return o.Auth.NewAccessToken() },
		Faults:  o.Faults, Now: o.cfg.Now,
	})
}
