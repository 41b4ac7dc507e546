package outbox

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/effect"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// A source is one kind of thing here that Salesforce is owed by the settings:
// persons, waiting edits, and so on. What planning a thing needs is read
// first, by the page; planning it is then a function of the terms, so that the
// same plan serves the terms in force and those that somebody asks about.
type source interface {
	// kind names the source; it is stored as a place, and orders nothing.
	kind() string
	// count is how many things there are.
	count(ctx context.Context, w *store.Workspace) (int, error)
	// page reads up to n things behind the id after ("" = from the first), in
	// the order of their ids. Fewer than n means the end.
	page(ctx context.Context, w *store.Workspace, after string, n int) ([]thing, error)
	// again plans a thing of a page anew, under the settings in force, saves
	// what it leads to, and says whether Salesforce is owed something by it.
	again(ctx context.Context, ws gateway.WorkspaceID, t thing, cause gateway.Cause) (bool, error)
}

// thing is one thing of a page.
type thing struct {
	id string
	at time.Time // when the product last told of it
	// plan says what it leads to under the terms, for each record concerned.
	// owed is what a record is owed by what was planned before in the same walk.
	plan planning
	what any // for again
	// outside is a thing that nobody asked about; it only moves the place on.
	outside bool
}

type planning func(t Terms, owed func(gateway.RecordKey) (c *gateway.Change, known bool), now time.Time) ([]effect.Planned, error)

// sources are all kinds, in the order in which they are walked: what waits
// comes before what is planned on top of it.
func (o *Outbox) sources() []source {
	return []source{waitingEdits{o: o}, personSource{o, rivalry{}}, saidSource{o: o}}
}

const lanePlanned = outbound.LaneAgain

// personSource is the source of people.
type personSource struct {
	o *Outbox
	// met are those whom the walk has matched to a record so far: saving them
	// links them, and those behind them contend with them.
	met rivalry
}

func (personSource) kind() string { return linkPerson }

func (personSource) count(ctx context.Context, w *store.Workspace) (int, error) {
	return w.CountPeople(ctx)
}

func (s personSource) page(ctx context.Context, w *store.Workspace, after string, n int) ([]thing, error) {
	people, err := w.People(ctx, after, n)
	if err != nil {
		return nil, err
	}
	return s.of(ctx, w, people)
}

// of makes things of people.
func (s personSource) of(ctx context.Context, w *store.Workspace, people []gateway.Person) ([]thing, error) {
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = p.ExternalID
	}
	links, err := w.OwnLinks(ctx, linkPerson, ids)
	if err != nil {
		return nil, err
	}
	look, candidates, err := readAhead(ctx, w, people)
	if err != nil {
		return nil, err
	}
	of, err := locale(ctx, w)
	if err != nil {
		return nil, err
	}
	known, err := readKnown(ctx, w, append(candidates, ownKeys(people, links)...))
	if err != nil {
		return nil, err
	}
	rivals, err := readRivals(ctx, w, append(candidates, ownKeys(people, links)...))
	if err != nil {
		return nil, err
	}
	out := make([]thing, len(people))
	for i, p := range people {
		was, linked := links[p.ExternalID]
		same, err := linksOf(ctx, w, p, was, linked)
		if err != nil {
			return nil, err
		}
		out[i] = thing{id: p.ExternalID, at: p.UpdatedAt, what: p, plan: planAgain(p, known, s.met.beside(rivals), func(t Terms) (personMatch, error) {
			if m, decided := matchByLink(p, was, same); decided {
				return m, nil
			}
			return matchByChain(p, was, t.Settings.Contacts, of, look, func() (string, error) { return unread(ctx, w) })
		}, func(t Terms, m personMatch) (outbound.Employer, error) {
			if m.link.Key.Object != "Contact" {
				return outbound.Employer{}, nil
			}
			l := loading{outbox: s.o, w: w}
			e := l.employerOf(ctx, p, t.Settings.Contacts)
			if l.err != nil {
				return e, l.err
			}
			return given(ctx, w, e)
		})}
	}
	return out, nil
}

// ownKeys are the records that people are linked to, and those that they would
// become.
func ownKeys(people []gateway.Person, links map[string]gateway.Link) []gateway.RecordKey {
	var keys []gateway.RecordKey
	for _, p := range people {
		keys = append(keys, gateway.RecordKey{Object: outbound.PersonObject(p), ID: outbound.LocalPrefix + p.ExternalID})
		if was, linked := links[p.ExternalID]; linked {
			keys = append(keys, was.Key)
		}
	}
	return keys
}

// readAhead reads for a page of people whom their addresses and numbers find;
// a field of the customer's own is looked for one by one, as only the terms say
// which it is.
func readAhead(ctx context.Context, w *store.Workspace, people []gateway.Person) (find, []gateway.RecordKey, error) {
	values := map[string][]string{}
	for _, p := range people {
		values[store.KeyEmail] = append(values[store.KeyEmail], strings.ToLower(strings.TrimSpace(p.Email)))
		values[store.KeyPhone] = append(values[store.KeyPhone], strings.TrimSpace(p.MobilePhone), strings.TrimSpace(p.Phone))
	}
	var keys []gateway.RecordKey
	found := map[string]map[string][]gateway.Record{}
	for _, kind := range [...]string{store.KeyEmail, store.KeyPhone} {
		by, err := w.RecordsByKeys(ctx, kind, values[kind])
		if err != nil {
			return nil, nil, err
		}
		found[kind] = by
		for _, records := range by {
			for _, r := range records {
				keys = append(keys, r.Key)
			}
		}
	}
	rest := finder(ctx, w)
	return func(step gateway.MatchStep, value string) ([]gateway.Record, error) {
		if by, ahead := found[step.By]; ahead && step.Field == "" {
			return by[value], nil
		}
		return rest(step, value)
	}, keys, nil
}

// knownRecords answers with a record as it is here and what it is owed.
type knownRecords func(gateway.RecordKey) (gateway.Record, *gateway.Change, error)

// readKnown reads records ahead; others are read when they are asked for.
func readKnown(ctx context.Context, w *store.Workspace, keys []gateway.RecordKey) (knownRecords, error) {
	seen := map[gateway.RecordKey]bool{}
	records, pending := map[gateway.RecordKey]gateway.Record{}, map[gateway.RecordKey]gateway.Change{}
	read := func(keys []gateway.RecordKey) error {
		here, err := w.RecordsOf(ctx, keys)
		if err != nil {
			return err
		}
		owed, err := w.PendingOf(ctx, keys)
		maps.Copy(records, here)
		maps.Copy(pending, owed)
		for _, key := range keys {
			seen[key] = true
		}
		return err
	}
	return func(key gateway.RecordKey) (gateway.Record, *gateway.Change, error) {
		if !seen[key] {
			if err := read([]gateway.RecordKey{key}); err != nil {
				return gateway.Record{}, nil, err
			}
		}
		record, here := records[key]
		if !here {
			record = gateway.Record{Key: key}
		}
		if c, owed := pending[key]; owed {
			return record, &c, nil
		}
		return record, nil, nil
	}, read(keys)
}

// rivalry is who are the same record.
type rivalry map[gateway.RecordKey][]gateway.Person

// readRivals reads who is linked to these records, a page at a time.
func readRivals(ctx context.Context, w *store.Workspace, keys []gateway.RecordKey) (rivalry, error) {
	links, err := w.LinksTo(ctx, linkPerson, keys)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, of := range links {
		for _, l := range of {
			ids = append(ids, l.ExternalID)
		}
	}
	people, err := w.PeopleOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	known := make(map[string]gateway.Person, len(people))
	for _, p := range people {
		known[p.ExternalID] = p
	}
	out := rivalry{}
	for key, of := range links {
		for _, l := range of {
			if p, here := known[l.ExternalID]; here {
				out[key] = append(out[key], p)
			}
		}
	}
	return out, nil
}

// beside returns who else is a record, by what is stored and by what the walk
// has met, and takes down whom it asks about.
func (met rivalry) beside(stored rivalry) func(gateway.Person, gateway.RecordKey) []gateway.Person {
	return func(p gateway.Person, key gateway.RecordKey) []gateway.Person {
		var out []gateway.Person
		seen := map[string]bool{p.ExternalID: true}
		for _, other := range slices.Concat(stored[key], met[key]) {
			if !seen[other.ExternalID] && len(out) < mostRivals {
				out = append(out, other)
			}
			seen[other.ExternalID] = true
		}
		met[key] = append(met[key], p)
		return out
	}
}

func planAgain(p gateway.Person, known knownRecords, rivals func(gateway.Person, gateway.RecordKey) []gateway.Person,
	matched func(Terms) (personMatch, error), employer func(Terms, personMatch) (outbound.Employer, error),
) planning {
	return func(t Terms, owed func(gateway.RecordKey) (*gateway.Change, bool), now time.Time) ([]effect.Planned, error) {
		m, err := matched(t)
		if err != nil {
			return nil, err
		}
		record, pending, err := known(m.link.Key)
		if err != nil {
			return nil, err
		}
		out := effect.Planned{Kind: linkPerson, ID: p.ExternalID, Record: record, Held: m.withheld}
		if m.withheld != "" {
			return []effect.Planned{out}, nil
		}
		var before bool
		if out.Was, before = owed(record.Key); !before {
			out.Was = pending
		}
		e, err := employer(t, m)
		if err != nil {
			return nil, err
		}
		account, made, err := employerAgain(t, e, owed, known, p, now)
		if err != nil {
			return nil, err
		}
		plan, err := planPerson(personInput{
			account:    account.key,
			submission: submission{person: p, cause: personCause(p), lane: lanePlanned, again: true},
			match:      m, rivals: rivals(p, m.link.Key), rights: t.rights(m.link.Key.Object), record: record, pending: out.Was, now: now,
		})
		if _, refused := refusedPlan(err); refused {
			return []effect.Planned{out}, nil
		}
		out.Plan = plan
		if plan.Change == nil || plan.Change.Fields["AccountId"].String() != account.key.ID {
			made = nil
		}
		return append(made, out), err
	}
}

// refusedPlan tells a record that takes no edits just now (deleted, converted,
// about to be deleted) from a fault of ours.
func refusedPlan(err error) (gateway.Code, bool) {
	switch code := gateway.CodeOf(err); {
	case err == nil:
		return "", false
	case code == gateway.CodeNotFound, code == gateway.CodeSFConverted, code == gateway.CodeConflict:
		return code, true
	default:
		return code, false
	}
}

func (s personSource) again(ctx context.Context, ws gateway.WorkspaceID, t thing, cause gateway.Cause) (bool, error) {
	s.o.people.Lock()
	defer s.o.people.Unlock()
	p := t.what.(gateway.Person)
	base := personCause(p)
	base.Rule, base.By, base.Name = base.Rule+", "+cause.Rule, cause.By, cause.Name
	receipt, err := s.o.submitUntilKeyed(ctx, ws, submission{person: p, cause: base, lane: lanePlanned, again: true})
	return receipt.State == Waiting, err
}
