package simulator

import (
	"fmt"
	"net/url"

	"tidegate/simulator/bus"
	"tidegate/simulator/cdc"
	"tidegate/simulator/oauth"
	"tidegate/simulator/org"
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
		Instance: o.isInstance, Access: o.mayStream,
		See: func(user string, e *bus.Event) (*bus.Event, bool) { return cdc.See(o.Engine, user, e) },
		Captured: func(object string) (cdc.Layout, bool) {
			schema := o.Engine.Object(object)
			if schema == nil || schema.Name != object || !bus.IsPlatformEvent(object) && !o.CDC.Selects(object) {
				return cdc.Layout{}, false
			}
			return cdc.LayoutOf(schema), true
		},
		MayPublish: func(user, object string) bool {
			schema := o.Engine.ObjectFor(user, object)
			return schema != nil && schema.Createable
		},
		Publish: o.publish,
		Layout:  o.layout,
	})
}

// mayStream is what a user may do with a topic. One of several objects is open to
// everybody: what he may not see is withheld.
func (o *Org) mayStream(user, topic string) pubsub.Access {
	if o.Engine.Edition() == professional {
		return pubsub.Missing
	}
	if object, ok := bus.ObjectOf(topic); ok && object != "" {
		sight := o.Engine.SightOf(user, object)
		if !sight.Object || !sight.All && !bus.IsPlatformEvent(object) {
			return pubsub.Denied
		}
	}
	return pubsub.Open
}

// publish puts a platform event on its channel. Who published it and when is what
// the publisher says.
func (o *Org) publish(user string, p pubsub.Produced) (replayID int64, err error) {
	given := org.Given{UUID: p.UUID}
	if by, ok := org.NormalizeID(fmt.Sprint(p.Values["CreatedById"])); ok {
		given.CreatedBy = by
	}
	given.Created, _ = org.ParseDateTime(fmt.Sprint(p.Values["CreatedDate"]))
	for _, name := range []string{"CreatedById", "CreatedDate"} {
		delete(p.Values, name)
	}
	for name, value := range p.Values {
		if value == nil {
			delete(p.Values, name) // left out: a default takes its place
		}
	}
	_, err = o.Engine.Transact(org.Caller{UserID: user}, func(tx *org.Tx) error {
		if _, refused := tx.PublishEvent(p.Object, given, p.Values); refused != nil {
			return refused
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	id, _ := o.Log.ReplayID(p.Object, p.UUID)
	return id, nil
}

// layout finds a schema among those that events were published with since the
// start, and else among all that the org ever had: kept events may be older.
func (o *Org) layout(schema string) (cdc.Layout, bool) {
	if l, ok := o.CDC.Layout(schema); ok {
		return l, true
	}
	past := org.New(org.Config{Now: o.cfg.Now, Edition: o.cfg.Edition})
	objects := past.Objects()
	for n, a := range o.Engine.Alterations() {
		if err := past.RestoreSchema(int64(n+1), a); err != nil {
			return cdc.Layout{}, false
		}
		objects = append(objects, past.Object(a.Object))
	}
	for _, object := range objects {
		if l := cdc.LayoutOf(object); l.Schema == schema {
			return l, true
		}
	}
	return cdc.Layout{}, false
}

// isInstance compares hosts: clients send the URL that they were given with
// their token, with or without a slash at its end. After a move both answer.
func (o *Org) isInstance(instance string) bool {
	given, err := url.Parse(instance)
	if err != nil {
		return false
	}
	for _, address := range []string{o.cfg.BaseURL, oauth.MovedURL(o.cfg.BaseURL)} {
		if ours, err := url.Parse(address); err == nil && given.Host == ours.Host {
			return true
		}
	}
	return false
}
