package simulator

import (
	"net/url"

	"tidegate/simulator/cdc"
	"tidegate/simulator/pubsub"
)

// newPubSub joins the Pub/Sub API to the org: the same log, tokens and schemas
// as the other ways to its events.
func (o *Org) newPubSub() *pubsub.Server {
	return pubsub.New(pubsub.Config{
		Log: o.Log, Faults: o.Faults, Tenant: o.Engine.ID(),
		Keepalive: o.cfg.PubSubKeepalive, Patience: o.cfg.PubSubPatience,
		Authenticate: func(token string) (string, bool) {
			session, ok := o.Auth.Check(token)
			return session.UserID, ok
		},
		Instance: o.isInstance,
		Captured: func(object string) (cdc.Layout, bool) {
			schema := o.Engine.Object(object)
			if schema == nil || !o.CDC.Selects(object) {
				return cdc.Layout{}, false
			}
			return cdc.LayoutOf(schema), true
		},
		Layout: o.layout,
	})
}

// layout finds a schema among those that events were published with, and among
// those that they would be published with now.
func (o *Org) layout(schema string) (cdc.Layout, bool) {
	if l, ok := o.CDC.Layout(schema); ok {
		return l, true
	}
	for _, object := range o.Engine.Objects() {
		if l := cdc.LayoutOf(object); l.Schema == schema {
			return l, true
		}
	}
	return cdc.Layout{}, false
}

// isInstance compares hosts: clients send the URL that they were given with
// their token, with or without a slash at its end.
func (o *Org) isInstance(instance string) bool {
	given, err := url.Parse(instance)
	if err != nil {
		return false
	}
	ours, err := url.Parse(o.cfg.BaseURL)
	return err == nil && given.Host == ours.Host
}
