package streaming

import (
	"tidegate/gateway"
	"tidegate/streaming/pubsub"
)

// header reads what the header says, whatever of it is there.
func (r *typedReader) header(h pubsub.Value) {
	if r.places.of != h.Type {
		r.places = placesOf(h.Type)
	}
	e, at := &r.head.event, &r.places
	e.Object = at.get(h, at.object).Text
	e.RecordIDs = texts(at.get(h, at.ids))
	e.Type = gateway.ChangeType(at.get(h, at.kind).Text)
	e.Origin = at.get(h, at.origin).Text
	e.TransactionKey = at.get(h, at.key).Text
	e.User = at.get(h, at.user).Text
	e.Version = gateway.Version{
		CommitAt:     at.get(h, at.commitAt).Int(),
		CommitNumber: at.get(h, at.commitNumber).Int(),
		Sequence:     int32(at.get(h, at.sequence).Int()),
	}
}

// headPlaces are the places of what we read of a header, -1 for what a schema
// does not have. Looking up a dozen names in each event took a tenth of reading
// it.
type headPlaces struct {
	of *pubsub.Type

	object, ids, kind, origin, key, user, commitAt, commitNumber, sequence int
	changed, nulled, differs                                               int
}

func placesOf(t *pubsub.Type) headPlaces {
	return headPlaces{
		of: t, object: t.Place("entityName"), ids: t.Place("recordIds"), kind: t.Place("changeType"),
		origin: t.Place("changeOrigin"), key: t.Place("transactionKey"), user: t.Place("commitUser"),
		commitAt: t.Place("commitTimestamp"), commitNumber: t.Place("commitNumber"), sequence: t.Place("sequenceNumber"),
		changed: t.Place("changedFields"), nulled: t.Place("nulledFields"), differs: t.Place("diffFields"),
	}
}

// get returns what stands at a place, null for what is not there: a header that
// is broken has fewer items.
func (headPlaces) get(h pubsub.Value, place int) pubsub.Value {
	if place < 0 || place >= len(h.Items) {
		return pubsub.Value{}
	}
	return h.Items[place]
}

func texts(v pubsub.Value) []string {
	out := make([]string, 0, len(v.Items))
	for _, item := range v.Items {
		out = append(out, item.Text)
	}
	return out
}
