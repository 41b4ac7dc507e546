package outbox

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"tidegate/gateway"
	"tidegate/rules/match"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// personMatch says which record a person is.
type personMatch struct {
	link     gateway.Link
	fresh    bool // the link is not stored yet
	same     bool // it is that of somebody who is the same
	was      gateway.Link
	withheld string // why nothing is written, "" when it is
	several  bool   // because several records fit
	unread   bool   // because he may be in what is still being read
	who      string // who must act, "" when a person decided that it be so
}

// link stores a decision, with what it replaces.
func link(ctx context.Context, tx *store.Tx, m personMatch) error {
	m.link.At = tx.Now()
	if kept, err := tx.KeepLink(ctx, m.link); err != nil || !kept {
		return err // a person decided meanwhile
	}
	who := gateway.Who{Kind: m.link.Kind, ID: m.link.ExternalID}
	if who.Kind == linkPerson {
		if err := tx.RevisitNamed(ctx, who, "It is known now which record the person is: "+m.link.Reason+"."); err != nil {
			return err
		}
		if err := tx.Decided(ctx, who, "It is known now which record he is: "+m.link.Reason+"."); err != nil {
			return err
		}
	}
	return tx.AppendLinkMoves(ctx, []gateway.LinkMove{{
		Kind: m.link.Kind, ExternalID: m.link.ExternalID, Act: gateway.LinkMade, From: m.was.Key, To: m.link.Key, Reason: m.link.Reason,
	}})
}

func local(key gateway.RecordKey) bool { return strings.HasPrefix(key.ID, outbound.LocalPrefix) }

func (o *Outbox) match(ctx context.Context, ws gateway.WorkspaceID, p gateway.Person) (personMatch, error) {
	w := o.db.In(ws)
	was, err := w.LinkOf(ctx, linkPerson, p.ExternalID)
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return personMatch{}, fmt.Errorf("reading the link: %w", err)
	}
	of, err := linksOf(ctx, w, p, was, err == nil)
	if err != nil {
		return personMatch{}, err
	}
	if m, decided := matchByLink(p, was, of); decided {
		return m, nil
	}
	s, err := o.inForce(ctx, ws)
	if err != nil {
		return personMatch{}, err
	}
	region, err := locale(ctx, w)
	if err != nil {
		return personMatch{}, fmt.Errorf("reading the user's locale: %w", err)
	}
	return matchByChain(p, was, s.Contacts, region, finder(ctx, w), func() (string, error) { return unread(ctx, w) })
}

// linksOf are the links of a person and of those who are the same, with what
// became of the records that they are to be made.
func linksOf(ctx context.Context, w *store.Workspace, p gateway.Person, was gateway.Link, linked bool) ([]gateway.Link, error) {
	var out []gateway.Link
	if linked {
		out = append(out, was)
	}
	if !strings.Contains(p.Email, "@") || was.Pinned {
		return out, nil
	}
	same, err := w.LinksOfKey(ctx, p.Email)
	if err != nil {
		return nil, fmt.Errorf("reading the links of who is the same: %w", err)
	}
	for _, l := range same {
		if l.Kind == linkPerson {
			continue
		}
		if l.Key.Local() {
			if l, err = made(ctx, w, l); err != nil {
				return nil, err
			}
		}
		out = append(out, l)
	}
	return out, nil
}

// made is a link to a record that is being made, as it stands now: one that
// nobody makes any more is none.
func made(ctx context.Context, w *store.Workspace, l gateway.Link) (gateway.Link, error) {
	given, err := w.Given(ctx, []string{l.Key.ID})
	if err != nil {
		return l, fmt.Errorf("reading what was made: %w", err)
	}
	if key, ok := given[l.Key.ID]; ok {
		l.Key = key
		return l, nil
	}
	_, owed, err := w.Pending(ctx, l.Key)
	if err == nil && !owed {
		l.Broken, l.Pinned = "Nothing was made.", false
	}
	return l, err
}

// locale is that of the connected user ("en_GB"), "" when it is not known.
func locale(ctx context.Context, w *store.Workspace) (string, error) {
	conn, err := w.Connection(ctx)
	if err == nil {
		var user gateway.Record
		if user, err = w.Record(ctx, gateway.RecordKey{Object: "User", ID: conn.UserID}); err == nil {
			return user.Fields["LocaleSidKey"].String(), nil
		}
	}
	if gateway.CodeOf(err) == gateway.CodeNotFound {
		err = nil
	}
	return "", err
}

// finder looks in the mirror for whom a step of the chain may find.
func finder(ctx context.Context, w *store.Workspace) find {
	return func(step gateway.MatchStep, value string) ([]gateway.Record, error) {
		if object, field, chosen := strings.Cut(step.Field, "."); chosen && step.By == "phone" {
			return w.RecordsByPhoneField(ctx, object, field, value)
		}
		if step.By == "field" {
			return w.RecordsByField(ctx, step.Field, value, "Contact", "Lead")
		}
		return w.RecordsByKey(ctx, step.By, value)
	}
}

type find func(step gateway.MatchStep, value string) ([]gateway.Record, error)

// matchByLink answers where a person's link decides alone: it leads to a
// record, or a manual choice wins for good.
func matchByLink(p gateway.Person, was gateway.Link, of []gateway.Link) (m personMatch, decided bool) {
	known := match.Same(gateway.Who{Kind: linkPerson, ID: p.ExternalID}, of)
	switch {
	case !known.Decided:
		return personMatch{}, false
	case !known.Link.Holds():
		return held(known.Link), true
	}
	return personMatch{link: known.Link, fresh: known.Follows && known.Link.Key != known.Was, same: known.Follows, was: was}, true
}

// matchByChain answers by the steps of the settings; locale is that of the
// connected user. unread is asked where nobody is found.
func matchByChain(p gateway.Person, was gateway.Link, s gateway.ContactsSettings, locale string, look find, unread func() (string, error)) (personMatch, error) {
	found, err := match.Chain(match.Subject{Person: p, Steps: stepsOf(s), Objects: mayBe(p, s), Region: match.Regions(s.PhoneRegion, locale), Find: look})
	if err != nil {
		return personMatch{}, fmt.Errorf("matching: %w", err)
	}
	link := gateway.Link{Kind: linkPerson, ExternalID: p.ExternalID, Key: found.Key, Rule: found.Rule, Reason: found.Reason}
	switch {
	case len(found.Matches) > 1:
		link.Key = found.Matches[0].Key
		return personMatch{
			link: link, withheld: found.Reason, who: "Choose the record that this person is, under Sync, People, or merge them in Salesforce.", several: true,
		}, nil
	case found.Key.ID == "":
		link.Key = personKey(p, s)
		link.Rule, link.Reason = "created", "created for this person"
		if why, err := unread(); err != nil || why != "" {
			return personMatch{link: link, withheld: why, unread: true}, err
		}
	}
	return personMatch{link: link, fresh: true, was: was}, nil
}

// personKey is the record that a person becomes where none is his.
func personKey(p gateway.Person, s gateway.ContactsSettings) gateway.RecordKey {
	return gateway.RecordKey{Object: cmp.Or(s.ActivityObject, outbound.PersonObject(p)), ID: outbound.LocalPrefix + p.ExternalID}
}

// stepsOf are the steps of the chain, or the one by which records of the
// activity object are found.
func stepsOf(s gateway.ContactsSettings) []gateway.MatchStep {
	if s.ActivityObject != "" {
		return []gateway.MatchStep{s.ActivityStep()}
	}
	return s.Chain
}

// mayBe are the objects among which a person is looked for: the one he would
// become first. A lead counts as known unless the admin says otherwise (AVM-34).
func mayBe(p gateway.Person, s gateway.ContactsSettings) []string {
	if s.ActivityObject != "" {
		return []string{s.ActivityObject}
	}
	if outbound.PersonObject(p) == "Lead" {
		return []string{"Lead", "Contact"}
	}
	if !s.LeadsFirst {
		return []string{"Contact"}
	}
	return []string{"Contact", "Lead"}
}

// held says why nothing is written of a person whose record somebody decided
// on, and which is not there.
func held(l gateway.Link) personMatch {
	m := personMatch{link: l, withheld: "Somebody unlinked this person from Salesforce, so nothing is written."}
	if l.State() == gateway.LinkBroken {
		m.withheld = "The record that somebody chose for this person is gone. " + l.Broken
		m.who = "Restore it in Salesforce, or choose another record for this person."
	}
	return m
}
