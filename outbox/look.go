package outbox

import (
	"context"
	"slices"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/rules/undo"
)

// look asks the org how records are that are not mirrored, so that it is known
// what of our writes to them stands: one call for 200 of an object. An org that
// does not answer leaves them as they are, with the reason.
func (o *Outbox) look(ctx context.Context, ws gateway.WorkspaceID, in *undo.Input) error {
	in.Unseen = map[gateway.RecordKey]string{}
	asked := map[string][]string{}
	for key := range in.Pending {
		if _, here := in.Records[key]; !here && outbound.Unmirrored(key.Object) && !key.Local() {
			asked[key.Object] = append(asked[key.Object], key.ID)
		}
	}
	for object, ids := range asked {
		slices.Sort(ids)
		for some := range slices.Chunk(ids, maxBatch) {
			now, err := o.caller.Read(ctx, ws, object, some, outbound.LookFields(object))
			for _, id := range some {
				key := gateway.RecordKey{Object: object, ID: id}
				if err != nil {
					in.Unseen[key] = "How it is now could not be read from Salesforce: " + failure(err).Message + " Look again later."
					continue
				}
				in.Records[key] = asSeen(key, wroteTo(key, in.Writes), now)
			}
		}
	}
	return ctx.Err()
}

// asSeen is the record that the org's answer tells of, in the fields that we
// wrote: with our values where nobody touched it, else without.
func asSeen(key gateway.RecordKey, wrote gateway.Fields, now map[string]gateway.Fields) gateway.Record {
	fields, there := now[key.ID]
	r := gateway.Record{Key: key, Fields: gateway.Fields{}, Deleted: !there}
	if there && outbound.Untouched(key.Object, wrote, fields) {
		r.Fields = wrote
	}
	return r
}

// wroteTo is what our writes, newest first, left in a record.
func wroteTo(key gateway.RecordKey, newestFirst []undo.Write) gateway.Fields {
	fields := gateway.Fields{}
	for _, w := range newestFirst {
		if w.Key != key {
			continue
		}
		for name, v := range w.Fields {
			if _, later := fields[name]; !later {
				fields[name] = v
			}
		}
	}
	return fields
}
