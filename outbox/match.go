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
	was      gateway.Link
	withheld string // why nothing is written, "" when it is
	who      string // who must act, "" when a person decided that it be so
}

// link stores a decision, with what it replaces.
func link(ctx context.Context, tx *store.Tx, m personMatch) error {
	m.link.At = tx.Now()
	if err := tx.SaveLink(ctx, m.link); err != nil {
		return err
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
	if m, decided := matchByLink(was, err == nil); decided {
		return m, nil
	}
	s, err := o.inForce(ctx, ws)
	if err != nil {
		return personMatch{}, err
	}
	of, err := locale(ctx, w)
	if err != nil {
		return personMatch{}, fmt.Errorf("reading the user's locale: %w", err)
	}
	return matchByChain(p, was, s.Contacts, of, finder(ctx, w))
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
func matchByLink(was gateway.Link, linked bool) (m personMatch, decided bool) {
	switch {
	case linked && was.Holds():
		return personMatch{link: was}, true
	case linked && was.Pinned:
		return held(was), true
	}
	return personMatch{}, false
}

// matchByChain answers by the steps of the settings; locale is that of the
// connected user.
func matchByChain(p gateway.Person, was gateway.Link, s gateway.ContactsSettings, locale string, look find) (personMatch, error) {
	found, err := match.Chain(match.Subject{Person: p, Steps: stepsOf(s), Objects: mayBe(p, s), Region: match.Regions(s.PhoneRegion, locale), Find: look})
	if err != nil {
		return personMatch{}, fmt.Errorf("matching: %w", err)
	}
	link := gateway.Link{Kind: linkPerson, ExternalID: p.ExternalID, Key: found.Key, Rule: found.Rule, Reason: found.Reason}
	switch {
	case len(found.Matches) > 1:
		link.Key = found.Matches[0].Key
		return personMatch{
			link: link, withheld: found.Reason, who: "Choose the record that this person is, or merge them in Salesforce.",
		}, nil
	case found.Key.ID == "":
		link.Key = personKey(p, s)
		link.Rule, link.Reason = "created", "created for this person"
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
