package outbox

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tidegate/gateway"
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
	was, err := o.db.In(ws).LinkOf(ctx, linkPerson, p.ExternalID)
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return personMatch{}, fmt.Errorf("reading the link: %w", err)
	}
	if m, decided := matchByLink(was, err == nil); decided {
		return m, nil
	}
	var found []gateway.Record
	if p.Email != "" {
		if found, err = o.db.In(ws).RecordsByKey(ctx, "email", p.Email); err != nil {
			return personMatch{}, fmt.Errorf("matching by e-mail: %w", err)
		}
	}
	return matchByEmail(p, was, found), nil
}

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

// matchByEmail answers from the records that have the person's e-mail address.
func matchByEmail(p gateway.Person, was gateway.Link, all []gateway.Record) personMatch {
	link := gateway.Link{Kind: linkPerson, ExternalID: p.ExternalID}
	found := byEmail(p, all)
	switch len(found) {
	case 0:
		link.Key = gateway.RecordKey{Object: outbound.PersonObject(p), ID: outbound.LocalPrefix + p.ExternalID}
		link.Rule, link.Reason = "created", "created for this person"
	case 1:
		link.Key, link.Rule, link.Reason = found[0].Key, "email", "matched by email "+p.Email
	default:
		link.Key = found[0].Key
		return personMatch{
			link: link, withheld: fmt.Sprintf("%d records in Salesforce have this e-mail address.", len(found)),
			who: "Choose the record that this person is, or merge them in Salesforce.",
		}
	}
	return personMatch{link: link, fresh: true, was: was}
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

// byEmail returns the contacts and leads among those with the person's e-mail:
// those of the object he would become, and only when there is none those of the
// other, so that nobody is created twice (AVM-34).
func byEmail(p gateway.Person, all []gateway.Record) []gateway.Record {
	first := outbound.PersonObject(p)
	for _, object := range [...]string{first, other(first)} {
		found := slices.DeleteFunc(slices.Clone(all), func(r gateway.Record) bool {
			return r.Key.Object != object || r.Deleted || r.Fields["IsConverted"] == gateway.Bool(true)
		})
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

func other(object string) string {
	if object == "Lead" {
		return "Contact"
	}
	return "Lead"
}
