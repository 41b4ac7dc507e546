package outbox

import (
	"cmp"
	"context"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/effect"
	"tidegate/rules/match"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// employerOf looks for the account of a person of the product: by the domain of
// his address, else by one that he gives as his company (AIM-05, DEM-24).
func (l *loading) employerOf(ctx context.Context, p gateway.Person, s gateway.ContactsSettings) outbound.Employer {
	_, domain, _ := strings.Cut(strings.ToLower(strings.TrimSpace(p.Email)), "@")
	public := l.outbox.opts.PublicDomain
	if domain == "" || public != nil && public(domain) {
		domain = match.Domain(p.Company)
	}
	if domain == "" || s.AccountMatchField == "" {
		return outbound.Employer{}
	}
	found, unsure := l.employer(ctx, "somebody@"+domain, s.AccountMatchField)
	company := p.Company
	if match.Domain(company) != "" {
		company = ""
	}
	return outbound.PlanEmployer(outbound.EmployerInput{
		Workspace: l.w.ID(), Domain: domain, Company: company, Found: found, Unsure: unsure, Settings: s, PublicDomain: public,
	})
}

// employer is employerOf under the settings in force, for whom a contact is.
func (o *Outbox) employer(ctx context.Context, ws gateway.WorkspaceID, p gateway.Person, m personMatch) (outbound.Employer, error) {
	if m.link.Key.Object != "Contact" || m.withheld != "" {
		return outbound.Employer{}, nil
	}
	l := loading{outbox: o, w: o.db.In(ws)}
	s, err := o.inForce(ctx, ws)
	if err != nil {
		return outbound.Employer{}, err
	}
	e := l.employerOf(ctx, p, s.Contacts)
	return e, l.err
}

// employed is the account that a person's contact gets: under the id that holds
// now, and what it is owed where it is to be made.
type employed struct {
	key    gateway.RecordKey
	create *outbound.Plan
}

// employ plans the account of a person against what is there.
func employ(ctx context.Context, tx *store.Tx, e outbound.Employer, schema gateway.Schema, cause gateway.Cause, lane int) (employed, error) {
	if e.Make == nil {
		return employed{key: e.Key}, nil
	}
	given, err := tx.Given(ctx, []string{e.Key.ID})
	if err != nil {
		return employed{}, err
	}
	record, pending, err := load(ctx, tx, numbered(e.Key, given))
	if err != nil || !local(record.Key) || pending != nil {
		return employed{key: record.Key}, err
	}
	return employed{key: record.Key, create: planAccount(e, record, schema, cause, lane, tx.Now())}, nil
}

func planAccount(e outbound.Employer, record gateway.Record, schema gateway.Schema, cause gateway.Cause, lane int, now time.Time) *outbound.Plan {
	cause.Rule += ": " + e.Make.Why
	plan, omitted := outbound.PlanOwed(outbound.OwedInput{Owed: *e.Make, Record: record, Schema: schema, Cause: cause, Now: now, Lane: lane})
	if omitted != "" || plan.Change == nil {
		return nil
	}
	if plan.Log != nil {
		plan.Log.Label = cmp.Or(e.Make.Fields["Name"].String(), plan.Log.Label)
	}
	return &plan
}

// saveEmployer makes the account durable that a person's contact names, and lets
// the contact wait for it.
func (o *Outbox) saveEmployer(ctx context.Context, ws gateway.WorkspaceID, tx *store.Tx, e employed, plan *outbound.Plan) error {
	c := plan.Change
	if c == nil || plan.Drop || !local(e.key) || c.Fields["AccountId"].String() != e.key.ID {
		return nil
	}
	if c.State == gateway.StateWaiting {
		c.Awaits, c.DueAt = e.key.ID, tx.Now().Add(awaitFor)
		if plan.Log != nil {
			plan.Log.NextTry = c.DueAt
		}
	}
	if e.create == nil {
		return nil
	}
	var receipt Receipt
	return o.save(ctx, ws, tx, *e.create, &receipt)
}

// employerAgain is what planning a person anew says of his account.
func employerAgain(t Terms, e outbound.Employer, owed func(gateway.RecordKey) (*gateway.Change, bool), known knownRecords, p gateway.Person, now time.Time) (employed, []effect.Planned, error) {
	if e.Make == nil {
		return employed{key: e.Key}, nil, nil
	}
	record, pending, err := known(e.Key)
	if err != nil {
		return employed{}, nil, err
	}
	if c, before := owed(e.Key); before {
		pending = c
	}
	if pending != nil {
		return employed{key: e.Key}, nil, nil
	}
	plan := planAccount(e, record, t.rights("Account").schema, personCause(p), lanePlanned, now)
	if plan == nil {
		return employed{key: e.Key}, nil, nil
	}
	return employed{key: e.Key, create: plan}, []effect.Planned{{Kind: linkPerson, ID: p.ExternalID, Record: record, Plan: *plan}}, nil
}

// given is an employer under the id that Salesforce gave it meanwhile.
func given(ctx context.Context, w *store.Workspace, e outbound.Employer) (outbound.Employer, error) {
	if e.Make == nil {
		return e, nil
	}
	got, err := w.Given(ctx, []string{e.Key.ID})
	if key := got[e.Key.ID]; key.ID != "" {
		e = outbound.Employer{Key: key}
	}
	return e, err
}
