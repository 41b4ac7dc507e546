package outbox

import (
	"context"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/effect"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// saidSource is the source of what was said: meetings, calls, conversations,
// e-mails.
type saidSource struct {
	o    *Outbox
	only string // one kind, "" = all
}

func (saidSource) kind() string { return "said" }

func (s saidSource) count(ctx context.Context, w *store.Workspace) (int, error) {
	return w.CountSaid(ctx, s.only)
}

// looking is what many plans look at, read once, and the terms of one of them.
type looking struct {
	terms    Terms
	members  []gateway.Member
	contacts int // of the hour
	found    map[[2]string][]gateway.Record
	owed     func(gateway.RecordKey) (c *gateway.Change, known bool)
	fresh    bool // as if nothing had been written yet
	// made are the contacts that things before this one would have made, by whom
	// they are; they are recognized from then on.
	made map[string]gateway.Record
}

// before is the contact that a thing before would have made of somebody, nil for
// none.
func (k *looking) before(who gateway.Who) *gateway.Record {
	if k == nil || who.ID == "" {
		return nil
	}
	if r, made := k.made[who.ID]; made {
		return &r
	}
	return nil
}

// meets remembers whom a plan makes a contact of.
func (k *looking) meets(p planned) {
	for _, m := range p.met {
		for _, o := range p.owed {
			if o.Key == m.Key && outbound.MakesContact(o.Part) {
				k.made[m.ID] = gateway.Record{Key: o.Key, Fields: o.Fields}
			}
		}
	}
}

// once reads records by a key of theirs, unless that was done before.
func (k *looking) once(kind, value string, read func() []gateway.Record) []gateway.Record {
	key := [2]string{kind, value}
	if _, known := k.found[key]; !known {
		k.found[key] = read()
	}
	return k.found[key]
}

// The id of a thing is its kind and its own id.
func (s saidSource) page(ctx context.Context, w *store.Workspace, after string, n int) ([]thing, error) {
	kind, id, _ := strings.Cut(after, "/")
	all, err := w.Said(ctx, s.only, kind, id, n)
	if err != nil {
		return nil, err
	}
	return s.of(ctx, w, all)
}

// of makes things of what was said.
func (s saidSource) of(ctx context.Context, w *store.Workspace, all []store.Said) (_ []thing, err error) {
	if len(all) == 0 {
		return nil, nil
	}
	shared := looking{found: map[[2]string][]gateway.Record{}}
	if shared.members, err = w.Members(ctx); err != nil {
		return nil, err
	}
	l := loading{outbox: s.o, w: w}
	if shared.contacts = l.contactsInHour(ctx); l.err != nil {
		return nil, l.err
	}
	out := make([]thing, len(all))
	for i, said := range all {
		out[i] = thing{id: said.Kind + "/" + said.ExternalID, at: said.UpdatedAt, what: said, plan: s.planning(ctx, w, said, shared)}
	}
	return out, nil
}

func (s saidSource) planning(ctx context.Context, w *store.Workspace, said store.Said, shared looking) planning {
	return func(t Terms, owed func(gateway.RecordKey) (*gateway.Change, bool), now time.Time) ([]effect.Planned, error) {
		at := shared
		at.terms, at.owed = t, owed
		l := loading{outbox: s.o, w: w, looking: &at}
		p, err := l.plan(ctx, said)
		if err != nil {
			return nil, err
		}
		p.lane = lanePlanned
		return p.look(ctx, w, at, now)
	}
}

// look plans all parts as submitPlan does, and saves nothing.
func (p planned) look(ctx context.Context, w *store.Workspace, at looking, now time.Time) ([]effect.Planned, error) {
	given, err := w.Given(ctx, ids(p.local()))
	if err != nil {
		return nil, err
	}
	keys := make([]gateway.RecordKey, len(p.owed))
	for i, owed := range p.owed {
		keys[i] = numbered(owed.Key, given)
	}
	known, err := readKnown(ctx, w, keys)
	if err != nil {
		return nil, err
	}
	out := make([]effect.Planned, 0, len(p.owed))
	for i, owed := range p.owed {
		one := effect.Planned{Kind: p.kind, ID: p.id}
		if one.Record, one.Was, err = known(keys[i]); err != nil {
			return nil, err
		}
		if c, before := at.owed(keys[i]); before {
			one.Was = c
		}
		plan, omitted := outbound.PlanOwed(p.input(owed, one.Record, one.Was, now))
		if omitted == "" {
			one.Plan = plan
		}
		if omitted == "" && outbound.MakesContact(owed.Part) && p.written[owed.Part].Key.ID == "" {
			*at.terms.contacts++
		}
		out = append(out, one)
	}
	return out, nil
}

// again plans something that was said anew; what the product told of it since
// was planned under the settings of then.
func (s saidSource) again(ctx context.Context, ws gateway.WorkspaceID, t thing, cause gateway.Cause) (bool, error) {
	s.o.people.Lock()
	defer s.o.people.Unlock()
	said := t.what.(store.Said)
	receipts, err := s.o.submitUnder(ctx, ws, said, func(p *planned) {
		p.lane, p.cause = lanePlanned, cause
		p.save = func(ctx context.Context, tx *store.Tx) (bool, error) {
			told, err := tx.LockSaid(ctx, said.Kind, said.ExternalID)
			return err == nil && told.Equal(said.UpdatedAt), err
		}
	})
	for _, r := range receipts {
		if r.State == Waiting {
			return true, err
		}
	}
	return false, err
}

// personPlanned is the record that a person was planned to become earlier in
// the same walk, the zero key for none: when it happens he is linked by then.
func (l *loading) personPlanned(p gateway.Person) gateway.RecordKey {
	if l.looking == nil || p.ExternalID == "" {
		return gateway.RecordKey{}
	}
	key := personKey(p, l.looking.terms.Settings.Contacts)
	if c, known := l.looking.owed(key); !known || c == nil {
		return gateway.RecordKey{}
	}
	return key
}
