package outbox

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"tidegate/gateway"
	"tidegate/rules/effect"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// The bounds of a backtest: somebody waits for it.
const (
	BacktestDays   = 30
	backtestFind   = 20_000
	backtestThings = 500
	backtestBrief  = 100 // beside a review
	backtestFor    = 6 * time.Second
)

// Backtest says what a proposal would have made of what was said within the
// last 30 days, part by part, by the rules of the live flow, as if nothing had
// been written yet; records are as they are now. A nil proposal means the
// settings in force, beside what was really done; another one is set beside
// what the settings in force would make. Of many things a sample over the whole
// time is looked at, fewer of them when brief. Nothing is saved.
func (o *Outbox) Backtest(ctx context.Context, ws gateway.WorkspaceID, p *Proposal, brief bool) (*effect.Backtest, error) {
	now, err := o.Terms(ctx, ws)
	if err != nil {
		return nil, err
	}
	w, at := o.db.In(ws), o.opts.Now()
	keys, err := w.SaidBetween(ctx, at.AddDate(0, 0, -BacktestDays), at, backtestFind)
	if err != nil {
		return nil, err
	}
	view := backtest{o: o, w: w, then: now, at: at, out: effect.NewBacktest(len(keys))}
	view.madeThen, view.madeNow = map[string]gateway.Record{}, map[string]gateway.Record{}
	if p != nil {
		view.then, view.now = now.With(p.Settings, p.Mappings).WithAgents(p.Agents), &now
	}
	most, span := backtestThings, backtestFor
	if brief {
		most, span = backtestBrief, backtestFor/3
	}
	within, stop := context.WithTimeout(ctx, span)
	defer stop()
	some := sample(keys, most)
	slices.Reverse(some)
	if err := view.walk(within, some); err != nil {
		if ctx.Err() != nil || !errors.Is(within.Err(), context.DeadlineExceeded) {
			return nil, err
		}
		view.out.Late = true
	}
	view.out.NewestFirst()
	return view.out, nil
}

// sample takes up to n of them, evenly.
func sample(keys []store.SaidKey, n int) []store.SaidKey {
	if len(keys) <= n {
		return keys
	}
	out := make([]store.SaidKey, n)
	for i := range out {
		out[i] = keys[i*len(keys)/n]
	}
	return out
}

// backtest adds up one walk.
type backtest struct {
	o    *Outbox
	w    *store.Workspace
	then Terms
	now  *Terms // nil = what really happened
	// Of whom either would have made a contact; see looking.
	madeThen, madeNow map[string]gateway.Record
	at                time.Time
	out               *effect.Backtest
}

// walk looks at the things by the page, oldest first: whom one makes a contact of,
// the next ones recognize.
func (b *backtest) walk(ctx context.Context, keys []store.SaidKey) error {
	shared := looking{found: map[[2]string][]gateway.Record{}, fresh: true, owed: nothingOwed}
	var err error
	if shared.members, err = b.w.Members(ctx); err != nil {
		return err
	}
	for page := range slices.Chunk(keys, replanPage) {
		all, err := b.read(ctx, page)
		if err != nil {
			return err
		}
		for _, key := range page {
			said, here := all[key]
			if !here {
				continue // went meanwhile
			}
			if err := b.one(ctx, said, shared); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *backtest) read(ctx context.Context, page []store.SaidKey) (map[store.SaidKey]store.Said, error) {
	ids := map[string][]string{}
	for _, key := range page {
		ids[key.Kind] = append(ids[key.Kind], key.ExternalID)
	}
	out := map[store.SaidKey]store.Said{}
	for _, kind := range slices.Sorted(maps.Keys(ids)) {
		all, err := b.w.SaidOf(ctx, kind, ids[kind])
		if err != nil {
			return nil, err
		}
		for _, s := range all {
			out[store.SaidKey{Kind: s.Kind, ExternalID: s.ExternalID}] = s
		}
	}
	return out, nil
}

// one plans a thing and sets it beside what became of it, or beside what the
// settings in force would make of it.
func (b *backtest) one(ctx context.Context, said store.Said, shared looking) error {
	then, err := b.plan(ctx, said, shared, b.then, b.madeThen)
	if err != nil {
		return err
	}
	title, at := said.Title()
	past := effect.Past{
		Kind: said.Kind, ID: said.ExternalID, Title: title, At: at,
		Owed: then.owed, Omitted: then.omitted, Creates: b.then.Settings.Contacts.AutoCreate,
	}
	if b.now == nil {
		past.Really, err = b.w.Writings(ctx, said.Kind, said.ExternalID)
		wishes := make([]gateway.Fields, len(past.Really))
		for i, was := range past.Really {
			wishes[i] = outbound.Sendable(was.Wanted, then.schemas[was.Key.Object], !then.changes[was.Part])
			past.Really[i].Wanted = wishes[i]
		}
		if err == nil {
			err = b.named(ctx, wishes)
		}
	} else {
		var now replanned
		now, err = b.plan(ctx, said, shared, *b.now, b.madeNow)
		for _, o := range now.owed {
			past.Really = append(past.Really, gateway.Writing{Part: o.Part, Key: o.Key, Wanted: o.Fields, Reason: o.Why})
		}
		for _, o := range now.omitted {
			past.Really = append(past.Really, gateway.Writing{Part: o.Part, Key: gateway.RecordKey{Object: o.Object}, Omitted: o.Why})
		}
	}
	if err == nil {
		b.out.Add(past)
	}
	return err
}

// plan is what a thing owes under terms, under the ids that hold now. The
// hour's bound of contacts is that of its own hour.
func (b *backtest) plan(ctx context.Context, said store.Said, shared looking, t Terms, made map[string]gateway.Record) (replanned, error) {
	t.contacts = new(int)
	shared.terms, shared.made = t, made
	l := loading{outbox: b.o, w: b.w, looking: &shared}
	p, err := l.plan(ctx, said)
	out := replanned{p, map[string]bool{}}
	if err != nil {
		return out, err
	}
	given, err := b.w.Given(ctx, ids(p.local()))
	wishes := make([]gateway.Fields, len(p.owed))
	for i, o := range p.owed {
		out.changes[o.Part] = !o.Key.Local()
		wishes[i] = outbound.Sendable(o.Fields, p.schemas[o.Key.Object], o.Key.Local())
		p.owed[i].Fields, p.owed[i].Key = wishes[i], numbered(o.Key, given)
	}
	if err == nil {
		err = b.named(ctx, wishes)
	}
	for i, m := range p.met {
		p.met[i].Key = numbered(m.Key, given)
	}
	shared.meets(p)
	return out, err
}

// named puts Salesforce's ids in the place of the local ones that wishes were made
// with, where it has given them: what names the same record is the same.
func (b *backtest) named(ctx context.Context, wishes []gateway.Fields) error {
	var local []string
	for _, fields := range wishes {
		for _, v := range fields {
			if id := v.String(); (gateway.RecordKey{ID: id}).Local() {
				local = append(local, id)
			}
		}
	}
	given, err := b.w.Given(ctx, local)
	for _, fields := range wishes {
		for name, v := range fields {
			if now, ok := given[v.String()]; ok {
				fields[name] = gateway.Text(now.ID)
			}
		}
	}
	return err
}

// replanned is a thing as it is planned once more. Of its parts, changes are those
// that only change a record which is there.
type replanned struct {
	planned
	changes map[string]bool
}

// unsaid is what a backtest thinks away of a thing.
func (l *loading) unsaid(ctx context.Context, kind, id string) map[string]gateway.Writing {
	if l.looking == nil || !l.looking.fresh {
		return nil
	}
	all, err := l.w.Writings(ctx, kind, id)
	l.did("earlier writings", err)
	return byPart(all)
}
