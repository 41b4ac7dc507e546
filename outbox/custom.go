package outbox

import (
	"context"
	"slices"

	"tidegate/gateway"
	"tidegate/rules/mapping"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// SubmitCustom is SubmitMeeting for a record of a kind that only the product has.
// What its properties hold is remembered, so that an admin can map them.
func (o *Outbox) SubmitCustom(ctx context.Context, ws gateway.WorkspaceID, r gateway.CustomRecord) ([]Receipt, error) {
	said := store.Said{Kind: r.SaidKind(), ExternalID: r.ExternalID, Custom: r}
	return o.submitSaid(ctx, ws, said, func(ctx context.Context, tx *store.Tx) error {
		if err := learn(ctx, tx, r); err != nil {
			return err
		}
		return tx.SaveCustomRecord(ctx, r)
	})
}

// learn remembers the properties of a kind that were not known, or held
// something else so far.
func learn(ctx context.Context, tx *store.Tx, r gateway.CustomRecord) error {
	known, err := tx.CustomKind(ctx, r.Kind)
	if err != nil {
		return err
	}
	had := map[string]string{}
	for _, p := range known.Properties {
		had[p.Name] = p.Holds
	}
	fresh := map[string]string{}
	for name, v := range r.Properties {
		before, seen := had[name]
		if now := string(mapping.Wider(mapping.Kind(before), mapping.Holds(v))); !seen || now != before {
			fresh[name] = now
		}
	}
	if len(fresh) == 0 && len(known.Properties) > 0 {
		return nil
	}
	return tx.SaveCustomKind(ctx, r.Kind, fresh)
}

func (l *loading) planCustom(ctx context.Context, r gateway.CustomRecord) planned {
	in := outbound.CustomInput{Record: r, Surroundings: l.outbox.surroundings(l.w.ID(), "")}
	l.settings(ctx, r.Owner, &in.Surroundings)
	in.Settings.Contacts.AutoCreate = false // people come by their own call here
	in.Mappings = slices.DeleteFunc(slices.Clone(l.mappings(ctx)), func(m gateway.Mapping) bool {
		kind, _, ok := mapping.CustomOf(m.Source)
		return !ok || kind != r.Kind
	})
	if len(in.Mappings) > 0 {
		l.customTargets(ctx, &in)
	}
	return planOf(r.SaidKind(), r.ExternalID, "Record of the kind “"+r.Kind+"”", r.Kind+" "+r.ExternalID, outbound.PlanCustom(in), in.Surroundings).noted(0)
}

// customTargets reads which records a custom record may be, and those that it
// refers to.
func (l *loading) customTargets(ctx context.Context, in *outbound.CustomInput) {
	r := in.Record
	l.users(ctx, in.Users, r.Owner)
	in.Written, in.Gone = l.written(ctx, r.SaidKind(), r.ExternalID)
	in.Found, in.By, in.Unread = map[string][]gateway.Record{}, map[string]string{}, map[string]string{}
	for _, m := range in.Mappings {
		if in.Schemas[m.Object].Object == "" {
			l.schemas(ctx, in.Schemas, m.Object)
		}
		if was := in.Written["record:"+m.Object].Key; was.ID != "" {
			in.Found[m.Object] = []gateway.Record{l.record(ctx, was)}
			continue
		}
		f, _ := in.Schemas[m.Object].Field(m.Field)
		value := outbound.CustomValue(r, m.Source)
		if value == "" || in.By[m.Object] != "" || !f.ExternalID && !f.IDLookup {
			continue
		}
		found, err := l.w.RecordsByField(ctx, m.Field, value, m.Object)
		l.did("records by a field", err)
		in.Found[m.Object], in.By[m.Object] = found, m.Field
		if len(found) == 0 {
			in.Unread[m.Object], err = unread(ctx, l.w, m.Object)
			l.did("what is read", err)
		}
	}
	if r.Person != "" {
		in.Attendees = []outbound.Attendee{l.other(ctx, r.Person, gateway.Participant{}, in.Settings.Contacts)}
	}
	if r.Meeting != "" {
		written, err := l.w.Writings(ctx, gateway.KindMeeting, r.Meeting)
		l.did("the meeting of a record", err)
		in.Event = byPart(written)[outbound.PartEvent].Key
	}
	if id, ok := gateway.NormalizeID(r.Deal); ok {
		if deal := l.record(ctx, gateway.RecordKey{Object: "Opportunity", ID: id}); deal.Fields != nil {
			in.Deal = deal
		}
	}
}
