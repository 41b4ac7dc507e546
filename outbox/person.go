package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tidegate/gateway"
	"tidegate/rules/outbound"
	"tidegate/store"
)

// linkPerson is the kind of a person's link.
const linkPerson = gateway.KindPerson

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
	return o.submitUntilKeyed(ctx, ws, submission{person: p, cause: personCause(p), lane: 1})
}

// submission is a person to be planned, as the product has just told of him or
// again.
type submission struct {
	person gateway.Person
	cause  gateway.Cause
	lane   int
	again  bool // he is stored already, and may have been told of anew since
	first  bool
	basis  basis // under which settings he is planned
}

func personCause(p gateway.Person) gateway.Cause {
	return gateway.Cause{Kind: "person", Ref: p.ExternalID, Rule: "Person from the product"}
}

func (o *Outbox) submitUntilKeyed(ctx context.Context, ws gateway.WorkspaceID, s submission) (receipt Receipt, err error) {
	err = o.under(ctx, ws, func(b basis) error {
		s.first, s.basis = true, b
		receipt, err = o.submitPerson(ctx, ws, s)
		if errors.Is(err, errRekeyed) {
			s.first = false
			receipt, err = o.submitPerson(ctx, ws, s)
		}
		return err
	})
	if err != nil {
		return Receipt{}, err
	}
	o.submitted(ctx, ws, receipt)
	return receipt, nil
}

// errRekeyed says that a person's record may have got its Salesforce id since
// his link was read.
var errRekeyed = errors.New("the person's link was read too early")

func (o *Outbox) submitPerson(ctx context.Context, ws gateway.WorkspaceID, s submission) (Receipt, error) {
	p := s.person
	m, err := o.match(ctx, ws, p)
	if err != nil {
		return Receipt{}, err
	}
	r, err := o.rights(ctx, ws, m.link.Key.Object)
	if err != nil {
		return Receipt{}, err
	}
	if r.agents, err = o.db.In(ws).Agents(ctx); err != nil {
		return Receipt{}, fmt.Errorf("reading the agents: %w", err)
	}
	rivals, err := o.rivals(ctx, ws, p, m.link.Key)
	if err != nil {
		return Receipt{}, err
	}
	employer, err := o.employer(ctx, ws, p, m)
	if err != nil {
		return Receipt{}, err
	}
	accounts, err := o.rights(ctx, ws, "Account")
	if err != nil {
		return Receipt{}, err
	}
	var receipt Receipt
	err = o.db.In(ws).InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		receipt = Receipt{Key: m.link.Key}
		if err := s.basis.holds(ctx, tx); err != nil {
			return err
		}
		s, current, err := s.keep(ctx, tx)
		if err != nil || !current {
			return err
		}
		if m.withheld != "" {
			if err := undecided(ctx, tx, p, m); err != nil || s.again {
				return err // it was said when the product told of him
			}
			return o.withhold(ctx, tx, p, m, &receipt)
		}
		record, pending, err := load(ctx, tx, m.link.Key)
		if err != nil {
			return err
		}
		if s.first && (!m.fresh || m.same) && pending == nil && local(m.link.Key) {
			return errRekeyed
		}
		account, err := employ(ctx, tx, employer, accounts.schema, s.cause, s.lane)
		if err != nil {
			return err
		}
		plan, err := planPerson(personInput{
			submission: s, match: m, account: account.key, rivals: rivals, rights: r, record: record, pending: pending, now: tx.Now(), notBefore: o.pace.next(ws, m.link.Key, s.lane),
		})
		if err == nil && s.again && plan.Change == nil && m.fresh && !local(m.link.Key) && m.was.Key.ID == "" {
			return link(ctx, tx, m) // who he is is known now, and he has all that is to be written
		}
		if err != nil || s.again && plan.Change == nil {
			return err
		}
		if err := o.saveEmployer(ctx, ws, tx, account, &plan); err != nil {
			return err
		}
		if err := o.save(ctx, ws, tx, plan, &receipt); err != nil {
			return err
		}
		switch {
		case m.fresh && (plan.Change != nil || !local(m.link.Key)):
			return link(ctx, tx, m)
		case m.fresh:
			m.withheld = r.refusing(p)
			return undecided(ctx, tx, p, m)
		}
		return nil
	})
	return receipt, err
}

// keep saves the person, or sees that he is still as he was read; what the
// product told since was planned under the settings of then.
func (s submission) keep(ctx context.Context, tx *store.Tx) (kept submission, current bool, err error) {
	was, err := tx.LockPerson(ctx, s.person.ExternalID)
	if s.again {
		return s, err == nil && was.UpdatedAt.Equal(s.person.UpdatedAt), err
	}
	if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
		return s, false, err
	}
	s.person = outbound.Told(s.person, was, tx.Now())
	return s, true, tx.SavePerson(ctx, s.person)
}

// mostRivals bounds how many people of one record are looked at.
const mostRivals = 20

// rivals are the other people here who are the same record.
func (o *Outbox) rivals(ctx context.Context, ws gateway.WorkspaceID, p gateway.Person, key gateway.RecordKey) ([]gateway.Person, error) {
	w := o.db.In(ws)
	links, err := w.Links(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("reading who is the same record: %w", err)
	}
	var out []gateway.Person
	for _, l := range links {
		if l.Kind != linkPerson || l.Role != gateway.RoleSelf || l.ExternalID == p.ExternalID || len(out) == mostRivals {
			continue
		}
		other, err := w.Person(ctx, l.ExternalID)
		if err != nil && gateway.CodeOf(err) != gateway.CodeNotFound {
			return nil, fmt.Errorf("reading who is the same record: %w", err)
		}
		if err == nil {
			out = append(out, other)
		}
	}
	return out, nil
}

// personInput is everything that planning a person looks at.
type personInput struct {
	submission
	match     personMatch
	account   gateway.RecordKey // of his company, zero = none is known
	rivals    []gateway.Person  // who are the same record
	rights    rights
	record    gateway.Record
	pending   *gateway.Change
	now       time.Time
	notBefore time.Time
}

// planPerson decides what a person's record is owed. It is a function of its
// argument: what pages say of other settings comes from here too.
func planPerson(in personInput) (outbound.Plan, error) {
	p, r := in.person, in.rights
	edit := outbound.Input{
		Record: in.record, Pending: in.pending, Cause: in.cause, Lane: in.lane, Label: r.label, Now: in.now,
		Writable:  func(string) (bool, string) { return true, "" }, // asked below, field by field
		NotBefore: in.notBefore,
	}
	account := outbound.Employ(outbound.EmployeeInput{Account: in.account, Record: in.record, Pending: in.pending, Schema: r.schema, Updates: r.updates && r.on})
	var skipped []outbound.Skipped
	if key := in.match.link.Key; local(key) {
		create := outbound.PlanCreate(outbound.CreateInput{
			Person: p, Object: key.Object, Schema: r.schema, Phone: r.phone, Mapping: r.mapping, Refused: r.refusing(p), Lane: in.lane, Cause: in.cause, Now: in.now,
		})
		if create.Change != nil && account != "" && create.Change.Fields["AccountId"].Empty() {
			create.Change.Fields["AccountId"] = account
		}
		if in.pending == nil || create.Change == nil {
			return create, nil
		}
		edit.Fields, skipped = create.Change.Fields, create.Skipped
	} else {
		edit.Fields, skipped = outbound.PlanFill(outbound.FillInput{
			Person: p, Record: in.record, Pending: in.pending, Schema: r.schema, Phone: r.phone, Mapping: r.mapping, Writable: r.writable, Updates: r.updates,
		})
		var lost []outbound.Skipped
		edit.Fields, lost = outbound.Contest(edit.Fields, p, in.rivals, func(other gateway.Person) gateway.Fields {
			return outbound.Wishes(other, in.record, r.schema, r.mapping)
		})
		skipped = append(skipped, lost...)
		edit.Fills = outbound.Fills(edit.Fields, r.mapping)
		if account != "" && edit.Fields["AccountId"].Empty() {
			edit.Fields["AccountId"], edit.Fills = account, append(edit.Fills, "AccountId")
		}
	}
	if in.again && in.pending != nil && contains(in.pending.Fields, edit.Fields) {
		return outbound.Plan{Skipped: skipped}, nil // a parked entry is not woken by the same again
	}
	edit.Cause = r.revised(edit.Cause, edit.Fields)
	edit.Cause.Rule += outbound.Omissions(skipped, r.label)
	plan, err := outbound.PlanEdit(edit)
	plan = outbound.Hold(plan, r.told, r.refusing(p), r.label)
	plan.Skipped = append(plan.Skipped, skipped...)
	if err == nil && plan.Log == nil {
		plan.Log = outbound.Withheld(in.record, edit.Cause, skipped, in.now)
	}
	return plan, err
}

// contains reports whether all that an edit asks for is owed already.
func contains(owed, edit gateway.Fields) bool {
	for name, v := range edit {
		if owed[name] != v {
			return false
		}
	}
	return true
}

// undecided notes that it is not known which record a person is, if that is so:
// one that a person cut is decided.
func undecided(ctx context.Context, tx *store.Tx, p gateway.Person, m personMatch) error {
	state := gateway.UndecidedNobody
	switch {
	case m.several:
		state = gateway.UndecidedSeveral
	case m.unread:
		state = gateway.UndecidedUnread
	case m.link.State() == gateway.LinkUnlinked || m.withheld == "":
		return nil
	}
	return tx.SaveUndecided(ctx, gateway.Undecided{
		Who: gateway.Who{Kind: linkPerson, ID: p.ExternalID}, State: state, Name: personName(p), Reason: m.withheld,
	})
}

// personName is what a person is called, by whatever is known of him.
func personName(p gateway.Person) string {
	return cmp.Or(strings.TrimSpace(p.FirstName+" "+p.LastName), p.Email, p.MobilePhone, p.Phone, p.ExternalID)
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
