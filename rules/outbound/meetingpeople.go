package outbound

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"tidegate/gateway"
)

// internal reports whether an address is of our own people.
func (p *planning) internal(email string) bool {
	domain, ok := domainOf(email)
	return ok && (slices.Contains(p.OwnDomains, domain) || slices.Contains(p.Settings.Contacts.OwnDomains, domain))
}

// recognize finds out who took part from outside and which records they are;
// who is none yet may become a contact (AVM-31 to AVM-34).
func (p *planning) recognize() {
	made := 0
	for _, a := range p.Attendees {
		if p.internal(a.Email) || a.Email != "" && strings.EqualFold(a.Email, p.owner) {
			continue
		}
		p.external = true
		switch {
		case a.Held != "" && p.Agent.ID == "":
			p.omit(PartPeople+":"+a.address(), "", a.Held)
			p.met(a, a.Was, gateway.Met{})
		case a.Unread != "" && !p.cancelled:
			p.omit(PartPeople+":"+a.address(), "", a.Unread)
			p.met(a, gateway.RecordKey{}, gateway.Met{State: gateway.UndecidedUnread, Reason: a.Unread})
		case len(a.Matches) < 2 && p.Agent.ID != "" && !p.cancelled:
			p.byAgent(a)
		case len(a.Matches) == 1:
			p.people = append(p.people, person{Attendee: a, key: a.Matches[0].Key})
			p.met(a, a.Matches[0].Key, gateway.Met{Rule: a.Rule, Reason: a.Reason})
		case len(a.Matches) > 1:
			why := fmt.Sprintf("%d records in Salesforce have %s, so nobody knows which one %s is. Choose it under Sync, People, or merge them in Salesforce.",
				len(a.Matches), a.address(), a.Words())
			p.omit(PartPeople+":"+a.address(), a.Matches[0].Key.Object, why)
			p.met(a, gateway.RecordKey{}, gateway.Met{State: gateway.UndecidedSeveral, Reason: why})
		case p.cancelled:
		default:
			key, ok := p.made(a, made)
			if !ok {
				p.met(a, key, gateway.Met{State: gateway.UndecidedNobody, Reason: a.nobody()})
				continue
			}
			made++
			p.people = append(p.people, person{Attendee: a, key: key})
			p.met(a, key, gateway.Met{Rule: "created", Reason: "created because " + a.Words() + " took part"})
		}
	}
}

func (a Attendee) nobody() string { return "Nobody in Salesforce has " + a.address() + "." }

// met notes who somebody turned out to be. His own link is only written where
// it leads elsewhere; that of a person is decided when the product tells of him.
func (p *planning) met(a Attendee, key gateway.RecordKey, m gateway.Met) {
	if a.Who.ID == "" || slices.ContainsFunc(p.plan.Met, func(o gateway.Met) bool { return o.Who == a.Who }) {
		return
	}
	m.Who, m.Name, m.Key, m.From = a.Who, a.Words(), key, a.Was
	m.Fresh = key.ID != "" && key != a.Was && a.Who.Kind == gateway.KindParticipant
	p.plan.Met = append(p.plan.Met, m)
}

func (a Attendee) address() string { return cmp.Or(a.Email, a.Phone, a.Name) }

// made is the record that somebody becomes whom nobody knows, false where none
// is created. before is how many this thing created already.
func (p *planning) made(a Attendee, before int) (gateway.RecordKey, bool) {
	if object := p.guestObject(a); object != "" {
		return p.guest(a, object)
	}
	return p.contact(a, before)
}

// contact decides whether an unknown participant becomes a contact.
func (p *planning) contact(a Attendee, made int) (gateway.RecordKey, bool) {
	part := contactPrefix + strings.ToLower(a.address())
	may, _, why := MayCreateContact(Participant{
		Email: a.Email, Team: p.Member.Team, Settings: p.Settings.Contacts, OwnDomains: p.OwnDomains,
		PublicDomain: p.PublicDomain, InMeeting: made, InHour: p.ContactsInHour + made,
	})
	if !may && !a.Create && !p.wrote(part) {
		p.omit(part, "Contact", a.Words()+": "+why)
		return gateway.RecordKey{}, false
	}
	if p.Gone[part] {
		p.omit(part, "Contact", a.Words()+": the contact that was created was deleted in Salesforce, and is not created again.")
		return gateway.RecordKey{}, false
	}
	key := gateway.RecordKey{Object: "Contact", ID: gateway.LocalID(p.Workspace, "participant", cmp.Or(strings.ToLower(a.Email), a.Who.ID), "contact")}
	p.plan.Owed = append(p.plan.Owed, Owed{Part: part, Key: key, Fields: p.contactFields(a), Why: "Nobody in Salesforce has the address of " + a.Words() + ", who took part."})
	return key, true
}

func (p *planning) contactFields(a Attendee) gateway.Fields {
	first, last := splitName(a.Name)
	if local, _, ok := strings.Cut(a.Email, "@"); ok && (last == "" || strings.Contains(last, "@")) {
		first, last = "", local
	}
	fields := gateway.Fields{"LastName": gateway.Text(cmp.Or(last, notProvided))}
	if a.Email != "" {
		fields["Email"] = gateway.Text(a.Email)
	}
	if first != "" {
		fields["FirstName"] = gateway.Text(first)
	}
	if a.Phone != "" {
		fields["Phone"] = gateway.Text(a.Phone)
	}
	if key := p.accountOf(a); key != (gateway.RecordKey{}) {
		fields["AccountId"] = gateway.Text(key.ID)
	}
	return fields
}

// splitName takes the last word of a name as the last name.
func splitName(name string) (first, last string) {
	last = strings.TrimSpace(name)
	if at := strings.LastIndex(last, " "); at > 0 && !strings.Contains(last, "@") {
		return strings.TrimSpace(last[:at]), last[at+1:]
	}
	return "", last
}

// accountOf returns the account of a participant's domain; one is created
// where the settings say so (DEM-06).
func (p *planning) accountOf(a Attendee) gateway.RecordKey {
	domain, _ := domainOf(a.Email)
	e := PlanEmployer(EmployerInput{
		Workspace: p.Workspace, Domain: domain, Company: a.Person.Company, Found: a.Account, Settings: p.Settings.Contacts, PublicDomain: p.PublicDomain,
	})
	if e.Make != nil && !slices.ContainsFunc(p.plan.Owed, func(o Owed) bool { return o.Part == e.Make.Part }) {
		p.plan.Owed = append(p.plan.Owed, *e.Make)
	}
	return e.Key
}

// relate chooses what the meeting belongs to: a contact before a lead, the
// open opportunity of the contacts (DEM-07), their accounts.
func (p *planning) relate() {
	add := func(list []gateway.RecordKey, key gateway.RecordKey) []gateway.RecordKey {
		if key.ID == "" || slices.Contains(list, key) {
			return list
		}
		return append(list, key)
	}
	for _, object := range [...]string{"Contact", "Lead"} {
		for _, someone := range p.people {
			if p.who.ID == "" && someone.key.Object == object {
				p.who = someone.key
			}
		}
	}
	for _, someone := range p.people {
		p.plan.Related = add(p.plan.Related, someone.key)
		if someone.Account != nil {
			p.accounts = add(p.accounts, someone.Account.Key)
		}
	}
	if o, ok := p.opportunity(); ok {
		p.what = o.Key
		p.plan.Related = add(p.plan.Related, o.Key)
		p.accounts = add(p.accounts, gateway.RecordKey{Object: "Account", ID: o.Fields["AccountId"].String()})
	}
	for _, a := range p.Attendees { // nobody is known there, but the company is
		if a.Account != nil && !p.internal(a.Email) {
			p.accounts = add(p.accounts, a.Account.Key)
		}
	}
	for _, someone := range p.people { // a record of another object stands instead of Lead and Contact (AVC-11)
		if object := someone.key.Object; object != "Contact" && object != "Lead" {
			p.what = someone.key
		}
	}
	for _, key := range p.accounts {
		p.plan.Related = add(p.plan.Related, key)
	}
	if p.what.ID == "" && p.who.ID == "" && len(p.accounts) > 0 {
		p.what = p.accounts[0]
	}
	if p.who.Object == "Lead" {
		p.what = gateway.RecordKey{} // Salesforce refuses both together
	}
}

// opportunity returns the one that gets the meeting; of several the admin's
// rule decides (DEM-08).
func (p *planning) opportunity() (gateway.Record, bool) {
	open := slices.Clone(p.Opportunities)
	for _, o := range open { // closed since, and it stands there already
		if DealOver(o) != "" {
			return o, true
		}
	}
	rule := p.Settings.Advanced.OpportunityRule
	if len(open) == 0 {
		return gateway.Record{}, false
	}
	if len(open) > 1 && rule == gateway.OpportunityNone {
		p.omit(PartAll+":opportunity", "Opportunity", fmt.Sprintf("%d open opportunities qualify, and the settings say that none is chosen then.", len(open)))
		return gateway.Record{}, false
	}
	slices.SortStableFunc(open, func(a, b gateway.Record) int {
		first := 0
		switch rule {
		case gateway.OpportunityLargest:
			first = amount(b, p.Settings.Advanced.AmountField).Cmp(amount(a, p.Settings.Advanced.AmountField))
		case gateway.OpportunityRecent:
			first = b.Version.Compare(a.Version)
		default:
			field := cmp.Or(p.Settings.Advanced.CloseDateField, "CloseDate")
			first = strings.Compare(a.Fields[field].String(), b.Fields[field].String())
		}
		return cmp.Or(first, strings.Compare(a.Key.ID, b.Key.ID))
	})
	return open[0], true
}

func amount(r gateway.Record, field string) decimal.Decimal {
	d, err := decimal.NewFromString(r.Fields[cmp.Or(field, "Amount")].String())
	if err != nil {
		return decimal.Zero
	}
	return d
}

// MakesContact reports whether a part is a contact that is made of somebody who
// took part, which an hour has only so many of.
func MakesContact(part string) bool { return strings.HasPrefix(part, contactPrefix) }
