package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// linkPerson is the kind of a person's link.
const linkPerson = "person"

// SubmitPerson makes what the product knows of a person durable together with
// what Salesforce is owed for it. A person who is linked, or whose e-mail names
// exactly one contact or lead, fills what is empty there (AVC-25); one who is
// not there yet is created. Where the e-mail names several records nothing is
// guessed: the receipt and a log line say that a person must choose.
func (o *Outbox) SubmitPerson(ctx context.Context, ws gateway.WorkspaceID, p gateway.Person) (Receipt, error) {
	if strings.TrimSpace(p.ExternalID) == "" {
		return Receipt{}, gateway.InvalidField("external_id", "A person needs an external id.")
	}
	p.Email = strings.ToLower(strings.TrimSpace(p.Email))
	o.people.Lock()
	defer o.people.Unlock()
	receipt, err := o.submitPerson(ctx, ws, p, true)
	if errors.Is(err, errRekeyed) {
		receipt, err = o.submitPerson(ctx, ws, p, false)
	}
	if err != nil {
		return Receipt{}, err
	}
	o.submitted(ctx, ws, receipt)
	return receipt, nil
}

// errRekeyed says that a person's record may have got its Salesforce id since
// his link was read.
var errRekeyed = errors.New("the person's link was read too early")

func (o *Outbox) submitPerson(ctx context.Context, ws gateway.WorkspaceID, p gateway.Person, first bool) (Receipt, error) {
	m, err := o.match(ctx, ws, p)
	if err != nil {
		return Receipt{}, err
	}
	r, err := o.rights(ctx, ws, m.link.Key.Object)
	if err != nil {
		return Receipt{}, err
	}
	var receipt Receipt
	err = o.db.In(ws).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		receipt = Receipt{Key: m.link.Key}
		p.UpdatedAt = tx.Now()
		if err := tx.SavePerson(ctx, p); err != nil {
			return err
		}
		if m.withheld != "" {
			return o.withhold(ctx, tx, p, m, &receipt)
		}
		record, pending, err := load(ctx, tx, m.link.Key)
		if err != nil {
			return err
		}
		if first && !m.fresh && pending == nil && local(m.link.Key) {
			return errRekeyed
		}
		plan, err := o.planPerson(ws, tx.Now(), p, m, r, record, pending)
		if err != nil {
			return err
		}
		if err := o.save(ctx, ws, tx, plan, &receipt); err != nil {
			return err
		}
		if m.fresh && (plan.Change != nil || !local(m.link.Key)) {
			return link(ctx, tx, m)
		}
		return nil
	})
	return receipt, err
}

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
	switch {
	case err == nil && was.Holds():
		return personMatch{link: was}, nil
	case err == nil && was.Pinned: // a manual choice wins for good
		return held(was), nil
	case err != nil && gateway.CodeOf(err) != gateway.CodeNotFound:
		return personMatch{}, fmt.Errorf("reading the link: %w", err)
	}
	link := gateway.Link{Kind: linkPerson, ExternalID: p.ExternalID}
	found, err := o.byEmail(ctx, ws, p)
	if err != nil {
		return personMatch{}, err
	}
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
		}, nil
	}
	return personMatch{link: link, fresh: true, was: was}, nil
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

// byEmail returns the contacts and leads with the person's e-mail: those of
// the object he would become, and only when there is none those of the other,
// so that nobody is created twice (AVM-34).
func (o *Outbox) byEmail(ctx context.Context, ws gateway.WorkspaceID, p gateway.Person) ([]gateway.Record, error) {
	if p.Email == "" {
		return nil, nil
	}
	all, err := o.db.In(ws).RecordsByKey(ctx, "email", p.Email)
	if err != nil {
		return nil, fmt.Errorf("matching by e-mail: %w", err)
	}
	first := outbound.PersonObject(p)
	for _, object := range [...]string{first, other(first)} {
		found := slices.DeleteFunc(slices.Clone(all), func(r gateway.Record) bool {
			return r.Key.Object != object || r.Deleted || r.Fields["IsConverted"] == gateway.Bool(true)
		})
		if len(found) > 0 {
			return found, nil
		}
	}
	return nil, nil
}

func other(object string) string {
	if object == "Lead" {
		return "Contact"
	}
	return "Lead"
}

func (o *Outbox) planPerson(ws gateway.WorkspaceID, now time.Time, p gateway.Person, m personMatch, r rights, record gateway.Record, pending *gateway.Change) (outbound.Plan, error) {
	cause := gateway.Cause{Kind: "person", Ref: p.ExternalID, Rule: "Person from the product"}
	in := outbound.Input{
		Record: record, Pending: pending, Cause: cause, Lane: 1, Label: r.label, Now: now,
		Writable:  func(string) (bool, string) { return true, "" }, // asked below, field by field
		NotBefore: o.pace.next(ws, m.link.Key),
	}
	var skipped []outbound.Skipped
	if local(m.link.Key) {
		create := outbound.PlanCreate(outbound.CreateInput{
			Person: p, Object: m.link.Key.Object, Schema: r.schema, On: r.on, Cause: cause, Now: now,
		})
		if pending == nil || create.Change == nil {
			return create, nil
		}
		in.Fields, skipped = create.Change.Fields, create.Skipped
	} else {
		in.Fields, skipped = outbound.PlanFill(outbound.FillInput{
			Person: p, Record: record, Pending: pending, Schema: r.schema, Mapping: r.mapping, Writable: r.writable,
		})
	}
	in.Cause.Rule += outbound.Omissions(skipped)
	plan, err := outbound.PlanEdit(in)
	plan.Skipped = append(plan.Skipped, skipped...)
	if err == nil && plan.Log == nil {
		plan.Log = outbound.Withheld(record, in.Cause, skipped, now)
	}
	return plan, err
}

// withhold writes down why nothing is written of a person: a person must decide
// first, or decided that it be so.
func (o *Outbox) withhold(ctx context.Context, tx *store.Tx, p gateway.Person, m personMatch, receipt *Receipt) error {
	line := gateway.LogEntry{
		At: tx.Now(), Direction: "out", Key: m.link.Key, Label: strings.TrimSpace(p.FirstName + " " + p.LastName),
		What: "Link a person", Rule: "Person from the product", State: gateway.LogNeedsYou,
		Problem: gateway.Problem{Code: string(gateway.CodeConflict), What: m.withheld, Who: m.who},
	}
	receipt.State, receipt.Why = NeedsYou, m.withheld
	if m.who == "" {
		line.State, line.DoneAt = gateway.LogSkipped, tx.Now()
		receipt.State = Unchanged
	}
	ids, err := tx.AppendLog(ctx, []gateway.LogEntry{line})
	if err != nil {
		return err
	}
	receipt.LogID = ids[0]
	return nil
}
