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
		if m.ambiguous > 0 {
			return o.askWhich(ctx, tx, p, m.ambiguous, &receipt)
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
			m.link.At = tx.Now()
			return tx.SaveLink(ctx, m.link)
		}
		return nil
	})
	return receipt, err
}

// personMatch says which record a person is.
type personMatch struct {
	link      gateway.Link
	fresh     bool // the link is not stored yet
	ambiguous int  // that many records have the e-mail
}

func local(key gateway.RecordKey) bool { return strings.HasPrefix(key.ID, outbound.LocalPrefix) }

func (o *Outbox) match(ctx context.Context, ws gateway.WorkspaceID, p gateway.Person) (personMatch, error) {
	link, err := o.db.In(ws).LinkOf(ctx, linkPerson, p.ExternalID)
	switch {
	case err == nil && link.Broken == "":
		return personMatch{link: link}, nil
	case err != nil && gateway.CodeOf(err) != gateway.CodeNotFound:
		return personMatch{}, fmt.Errorf("reading the link: %w", err)
	}
	link = gateway.Link{Kind: linkPerson, ExternalID: p.ExternalID}
	found, err := o.byEmail(ctx, ws, p)
	if err != nil {
		return personMatch{}, err
	}
	switch len(found) {
	case 0:
		link.Key = gateway.RecordKey{Object: outbound.PersonObject(p), ID: outbound.LocalPrefix + p.ExternalID}
		link.Reason = "created for this person"
	case 1:
		link.Key, link.Reason = found[0].Key, "matched by email "+p.Email
	default:
		link.Key = found[0].Key
		return personMatch{link: link, ambiguous: len(found)}, nil
	}
	return personMatch{link: link, fresh: true}, nil
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

// askWhich writes down that several records could be the person.
func (o *Outbox) askWhich(ctx context.Context, tx *store.Tx, p gateway.Person, n int, receipt *Receipt) error {
	why := fmt.Sprintf("%d records in Salesforce have this e-mail address.", n)
	ids, err := tx.AppendLog(ctx, []gateway.LogEntry{{
		At: tx.Now(), Direction: "out", Key: receipt.Key, Label: strings.TrimSpace(p.FirstName + " " + p.LastName),
		What: "Link a person", Rule: "Person from the product", State: gateway.LogNeedsYou,
		Problem: gateway.Problem{Code: string(gateway.CodeConflict), What: why, Who: "Choose the record that this person is, or merge them in Salesforce."},
	}})
	if err != nil {
		return err
	}
	receipt.State, receipt.Why = NeedsYou, why
	receipt.LogID = ids[0]
	return nil
}
